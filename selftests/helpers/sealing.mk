# SPDX-License-Identifier: GPL-2.0-or-later
sealing_SRCS := selftests/lib/sealed.c $(ENROL_SRCS)
sealing_PKGS := libcrypto
sealing_CPPFLAGS := $(ENROL_CPPFLAGS)
