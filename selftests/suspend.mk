# SPDX-License-Identifier: GPL-2.0-or-later
suspend_SRCS := $(ENROL_SRCS)
suspend_PKGS := libcrypto
suspend_CPPFLAGS := $(ENROL_CPPFLAGS)
