# SPDX-License-Identifier: GPL-2.0-or-later
seal_rekey_PKGS += libcrypto
seal_ticket_PKGS += libcrypto
seal_openssl_PKGS += libssl libcrypto
