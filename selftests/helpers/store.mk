# SPDX-License-Identifier: GPL-2.0-or-later
store_SRCS := selftests/lib/sealed.c $(ENROL_SRCS)
store_PKGS := libcrypto
store_CPPFLAGS := $(ENROL_CPPFLAGS)
