# SPDX-License-Identifier: GPL-2.0-or-later

PROGRAMS += voicepayd voicepay-handshake voicepay-store

voicepayd_SRCS := $(addprefix user/voicepayd/,main.c listen.c peer.c jobs.c warm.c wanted.c stamp.c spawn.c reply.c log.c donate.c) \
	user/libvoicepay/protocol.c $(VP_CONFIG_SRCS)
voicepayd_PKGS := inih libsystemd
voicepayd_LIBS := libvoicepay
voicepayd_DEST := $(sbindir)

voicepay-store_SRCS := $(addprefix user/voicepayd/,store/main.c store/key.c store/slots.c store/watch.c store/files.c \
	donate.c log.c) $(VP_MANAGE_SRCS)
voicepay-store_PKGS := libsystemd libnl-3.0 libnl-genl-3.0
voicepay-store_LIBS := libvoicepay
voicepay-store_DEST := $(sbindir)

# What the tests of the handshake need, too: all but its main() and its sandbox.
VP_HANDSHAKE_SRCS := $(addprefix user/voicepayd/handshake/,tls.c trust.c device.c connect.c secrets.c context.c resume.c) $(VP_DEVKEY_SRCS) $(VP_VERIFY_SRCS) $(VP_BUNDLE_SRCS) \
	user/voicepayd/reply.c user/libvoicepay/protocol.c $(VP_CONFIG_SRCS)

voicepay-handshake_SRCS := $(VP_HANDSHAKE_SRCS) \
	$(addprefix user/voicepayd/handshake/,main.c memory.c sandbox.c signer.c remote.c asker.c inward.c session.c handover.c)
voicepay-handshake_PKGS := inih jansson libssl libcrypto libseccomp
voicepay-handshake_LIBS := libvoicepay
voicepay-handshake_DEST := $(libexecdir)

INSTALLS += $(foreach f,sysusers tmpfiles,user/voicepayd/systemd/$(f).conf:$(PREFIX)/lib/$(f).d/voicepay.conf:644) \
	user/voicepayd/systemd/modules-load.conf:$(PREFIX)/lib/modules-load.d/voicepay.conf:644 \
	user/voicepayd/systemd/udev.rules:$(PREFIX)/lib/udev/rules.d/60-voicepay.rules:644 \
	user/voicepayd/systemd/voicepayd.socket:$(unitdir)/voicepayd.socket:644 \
	user/voicepayd/systemd/voicepay-rotate.timer:$(unitdir)/voicepay-rotate.timer:644 \
	user/voicepayd/systemd/voicepay-certificate.timer:$(unitdir)/voicepay-certificate.timer:644 \
	user/voicepayd/voicepay.conf:$(sysconfdir)/voicepay/voicepay.conf.example:644 \
	Documentation/man/voicepayd.8:$(mandir)/man8/voicepayd.8:644 \
	Documentation/man/voicepay-store.8:$(mandir)/man8/voicepay-store.8:644 \
	user/voicepayd/initramfs/hook:$(datadir)/initramfs-tools/hooks/voicepay:755 \
	user/voicepayd/initramfs/local-bottom:$(datadir)/initramfs-tools/scripts/local-bottom/voicepay:755 \
	user/voicepayd/initramfs/dracut-module:$(PREFIX)/lib/dracut/modules.d/90voicepay/module-setup.sh:755 \
	user/voicepayd/initramfs/dracut-key:$(PREFIX)/lib/dracut/modules.d/90voicepay/voicepay-key.sh:755 \
	Documentation/man/voicepay.conf.5:$(mandir)/man5/voicepay.conf.5:644
TEMPLATES += user/voicepayd/systemd/voicepayd.service.in:$(unitdir)/voicepayd.service:644 \
	user/voicepayd/systemd/voicepay-rotate.service.in:$(unitdir)/voicepay-rotate.service:644 \
	user/voicepayd/systemd/voicepay-certificate.service.in:$(unitdir)/voicepay-certificate.service:644 \
	user/voicepayd/systemd/voicepay-vault.service.in:$(unitdir)/voicepay-vault.service:644 \
	user/voicepayd/systemd/voicepay-store.service.in:$(unitdir)/voicepay-store.service:644

TESTS += test_handshake
test_handshake_SRCS := $(addprefix user/voicepayd/tests/,test_handshake.c certs.c) $(VP_HANDSHAKE_SRCS)
test_handshake_PKGS := cmocka inih jansson libssl libcrypto
test_handshake_LIBS := libvoicepay

TESTS += test_process
test_process_SRCS := user/libvoicepay/protocol.c $(addprefix user/voicepayd/tests/,test_process.c certs.c)
test_process_PKGS := cmocka libcrypto
test_process_LIBS := libvoicepay

TESTS += test_jobs
test_jobs_SRCS := user/voicepayd/tests/test_jobs.c $(addprefix user/voicepayd/,jobs.c warm.c wanted.c stamp.c peer.c spawn.c reply.c log.c) \
	user/libvoicepay/protocol.c $(VP_CONFIG_SRCS)
test_jobs_PKGS := cmocka inih
test_jobs_LIBS := libvoicepay

TESTS += test_warm
TEST_HELPERS += fake-handshake
fake-handshake_SRCS := $(addprefix user/voicepayd/,tests/fake_handshake.c reply.c) user/libvoicepay/protocol.c
fake-handshake_LIBS := libvoicepay
test_warm_SRCS := $(addprefix user/voicepayd/,tests/test_warm.c warm.c wanted.c stamp.c spawn.c reply.c log.c) \
	user/libvoicepay/protocol.c $(VP_CONFIG_SRCS)
test_warm_PKGS := cmocka inih
test_warm_LIBS := libvoicepay

TESTS += test_resume
test_resume_SRCS := $(addprefix user/voicepayd/tests/,test_resume.c certs.c) $(VP_HANDSHAKE_SRCS)
test_resume_PKGS := cmocka inih jansson libssl libcrypto
test_resume_LIBS := libvoicepay

TESTS += test_sandbox
test_sandbox_SRCS := $(addprefix user/voicepayd/,tests/test_sandbox.c handshake/sandbox.c reply.c)
test_sandbox_PKGS := cmocka libseccomp
test_sandbox_LIBS := libvoicepay

TESTS += test_inward
test_inward_SRCS := $(addprefix user/voicepayd/,tests/test_inward.c handshake/inward.c)
test_inward_PKGS := cmocka

TESTS += test_memory
test_memory_SRCS := $(addprefix user/voicepayd/,tests/test_memory.c handshake/memory.c reply.c)
test_memory_PKGS := cmocka libcrypto
test_memory_LDLIBS := -Wl,--wrap=free

TESTS += test_store_files
test_store_files_SRCS := $(addprefix user/voicepayd/,tests/test_store_files.c store/files.c)
test_store_files_PKGS := cmocka
test_store_files_LDLIBS := $(foreach f,openat write fsync renameat unlinkat,-Wl,--wrap=$f)

TESTS += test_hostile
# The same program, but for the locking of memory, where root may not do that.
TEST_HELPERS += handshake-unlocked
handshake-unlocked_SRCS := $(voicepay-handshake_SRCS)
handshake-unlocked_PKGS := $(voicepay-handshake_PKGS)
handshake-unlocked_LIBS := $(voicepay-handshake_LIBS)
handshake-unlocked_CPPFLAGS := -DVOICEPAY_TEST_UNLOCKED
test_hostile_SRCS := user/libvoicepay/protocol.c $(addprefix user/voicepayd/tests/,test_hostile.c hostile_server.c) \
	user/verify/tests/make.c $(VP_VERIFY_SRCS) user/common/pin.c user/common/base64.c
test_hostile_PKGS := cmocka libssl libcrypto
test_hostile_LIBS := libvoicepay
test_hostile_LDLIBS := -pthread

# Keys in a token and in a TPM, each of them software, with the same program.
TEST_SCRIPTS += user/voicepayd/tests/key_places.sh
TEST_HELPERS += shake
shake_SRCS := user/voicepayd/tests/shake.c user/libvoicepay/protocol.c
shake_LIBS := libvoicepay

# A responder that is asked, and those that lie.
TEST_SCRIPTS += user/voicepayd/tests/ocsp_query.sh
