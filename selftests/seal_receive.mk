# SPDX-License-Identifier: GPL-2.0-or-later
seal_receive_PKGS += libcrypto
