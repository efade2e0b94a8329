# SPDX-License-Identifier: GPL-2.0-or-later
ask_SRCS := $(ENROL_SRCS)
ask_PKGS := libcrypto
ask_CPPFLAGS := $(ENROL_CPPFLAGS)
