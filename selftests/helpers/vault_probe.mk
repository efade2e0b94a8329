# SPDX-License-Identifier: GPL-2.0-or-later
vault_probe_SRCS := $(ENROL_SRCS)
vault_probe_PKGS := libcrypto
vault_probe_CPPFLAGS := $(ENROL_CPPFLAGS)
