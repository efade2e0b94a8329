# SPDX-License-Identifier: GPL-2.0-or-later

PROGRAMS += voicepayd voicepay-handshake

voicepayd_SRCS := $(addprefix user/voicepayd/,main.c listen.c peer.c jobs.c spawn.c reply.c log.c) \
	user/libvoicepay/protocol.c $(VP_CONFIG_SRCS)
voicepayd_PKGS := inih libsystemd
voicepayd_LIBS := libvoicepay
voicepayd_DEST := $(sbindir)

# What the tests of the handshake need, too: all but its main() and its sandbox.
VP_HANDSHAKE_SRCS := $(addprefix user/voicepayd/handshake/,tls.c verify.c device.c connect.c) \
	user/voicepayd/reply.c user/libvoicepay/protocol.c $(VP_CONFIG_SRCS)

voicepay-handshake_SRCS := $(VP_HANDSHAKE_SRCS) \
	$(addprefix user/voicepayd/handshake/,main.c memory.c sandbox.c handover.c)
voicepay-handshake_PKGS := inih libssl libcrypto libseccomp
voicepay-handshake_LIBS := libvoicepay
voicepay-handshake_DEST := $(libexecdir)

TESTS += test_handshake
test_handshake_SRCS := $(addprefix user/voicepayd/tests/,test_handshake.c certs.c) $(VP_HANDSHAKE_SRCS)
test_handshake_PKGS := cmocka inih libssl libcrypto
test_handshake_LIBS := libvoicepay
