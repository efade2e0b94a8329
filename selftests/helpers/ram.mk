# SPDX-License-Identifier: GPL-2.0-or-later
ram_host_SRCS := $(ENROL_SRCS)
ram_host_PKGS := libcrypto
ram_host_CPPFLAGS := $(ENROL_CPPFLAGS)
ram_guest_SRCS := $(ENROL_SRCS)
ram_guest_PKGS := libcrypto
ram_guest_CPPFLAGS := $(ENROL_CPPFLAGS)
