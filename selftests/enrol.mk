# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of ioctl and netlink share: a netlink client and a gateway.
ENROL_SRCS := selftests/lib/genl.c selftests/lib/enrol.c kmod/common/agreement.c \
	kmod/common/authorise.c kmod/common/bind.c kmod/common/pool.c kmod/common/hkdf.c kmod/common/noise.c kmod/common/paycode.c user/gateway/prim_openssl.c
ENROL_CPPFLAGS := -I$(TOP)/selftests/lib -I$(TOP)/user/gateway

ioctl_SRCS := $(ENROL_SRCS)
ioctl_PKGS := libcrypto
ioctl_CPPFLAGS := $(ENROL_CPPFLAGS)
netlink_SRCS := $(ENROL_SRCS)
netlink_PKGS := libcrypto
netlink_CPPFLAGS := $(ENROL_CPPFLAGS)
races_SRCS := $(ENROL_SRCS)
races_PKGS := libcrypto
races_CPPFLAGS := $(ENROL_CPPFLAGS)
rights_SRCS := $(ENROL_SRCS)
rights_PKGS := libcrypto
rights_CPPFLAGS := $(ENROL_CPPFLAGS)
events_SRCS := $(ENROL_SRCS)
events_PKGS := libcrypto
events_CPPFLAGS := $(ENROL_CPPFLAGS)
clock_SRCS := $(ENROL_SRCS)
clock_PKGS := libcrypto
clock_CPPFLAGS := $(ENROL_CPPFLAGS)
codes_SRCS := $(ENROL_SRCS)
codes_PKGS := libcrypto
codes_CPPFLAGS := $(ENROL_CPPFLAGS)
rotate_SRCS := $(ENROL_SRCS)
rotate_PKGS := libcrypto
rotate_CPPFLAGS := $(ENROL_CPPFLAGS)
authorise_SRCS := $(ENROL_SRCS)
authorise_PKGS := libcrypto
authorise_CPPFLAGS := $(ENROL_CPPFLAGS)
otp_SRCS := $(ENROL_SRCS)
otp_PKGS := libcrypto
otp_CPPFLAGS := $(ENROL_CPPFLAGS) -I$(TOP)/kmod/tests
