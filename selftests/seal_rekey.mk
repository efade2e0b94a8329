# SPDX-License-Identifier: GPL-2.0-or-later
seal_rekey_PKGS += libcrypto
seal_ticket_SRCS += $(ENROL_SRCS)
seal_ticket_PKGS += libcrypto
seal_ticket_CPPFLAGS += $(ENROL_CPPFLAGS)
seal_openssl_PKGS += libssl libcrypto
