# SPDX-License-Identifier: GPL-2.0-or-later
keys_server_PKGS := libssl libcrypto
keys_server_SRCS := user/voicepayd/handshake/secrets.c
keys_server_CPPFLAGS := -I$(TOP)/user/voicepayd/handshake
