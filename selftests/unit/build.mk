# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unit tests, in userspace, of the sources that module and gateway share. The
# module runs the same vectors under KUnit (kmod/tests/).

TESTS += test_paycode test_noise test_agreement test_authorise

UNIT_COMMON := kmod/common/agreement.c kmod/common/authorise.c kmod/common/bind.c \
	kmod/common/hkdf.c kmod/common/noise.c kmod/common/paycode.c kmod/common/pool.c \
	user/gateway/prim_openssl.c
UNIT_CPPFLAGS := -I$(TOP)/kmod/tests -I$(TOP)/user/gateway

test_paycode_SRCS := selftests/unit/test_paycode.c $(UNIT_COMMON)
test_paycode_PKGS := cmocka libcrypto
test_paycode_CPPFLAGS := $(UNIT_CPPFLAGS)

# The published vectors fix the ephemeral keys, so the test has a source of its own.
test_noise_SRCS := selftests/unit/test_noise.c $(UNIT_COMMON)
test_noise_PKGS := cmocka libcrypto
test_noise_CPPFLAGS := $(UNIT_CPPFLAGS)
test_noise_LDLIBS := -Wl,--wrap=vp_prim_keypair

test_agreement_SRCS := selftests/unit/test_agreement.c $(UNIT_COMMON)
test_agreement_PKGS := cmocka libcrypto
test_agreement_CPPFLAGS := $(UNIT_CPPFLAGS)

test_authorise_SRCS := selftests/unit/test_authorise.c $(UNIT_COMMON)
test_authorise_PKGS := cmocka libcrypto
test_authorise_CPPFLAGS := $(UNIT_CPPFLAGS)
