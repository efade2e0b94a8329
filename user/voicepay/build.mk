# SPDX-License-Identifier: GPL-2.0-or-later

PROGRAMS += voicepay
voicepay_SRCS := $(addprefix user/voicepay/,main.c command.c certificate.c check.c code.c confirm.c enrol.c events.c limits.c lock.c notifications.c \
	otp.c pay.c pool.c provision.c rotate.c scan.c slot.c statement.c status.c verify_server.c warm.c wipe.c authorise.c base32.c \
	display.c exchange.c http.c identity.c issue.c live.c netlink.c newslot.c otpauth.c otpimport.c picture.c pskcfile.c \
	symbol.c ticket.c) user/common/amount.c kmod/common/paycode.c $(VP_CONFIG_SRCS) $(VP_MANAGE_SRCS) $(VP_VERIFY_SRCS) $(VP_DEVKEY_SRCS) $(VP_REQUEST_SRCS)
voicepay_PKGS := inih jansson libcurl libcrypto libnl-3.0 libnl-genl-3.0 libpng libpskc libxml-2.0
# zint has no pkg-config file
voicepay_LDLIBS := -lzint
voicepay_LIBS := libvoicepay
voicepay_DEST := $(bindir)

INSTALLS += user/voicepay/completion.bash:$(datadir)/bash-completion/completions/voicepay:644 \
	Documentation/man/voicepay.1:$(mandir)/man1/voicepay.1:644 \
	Documentation/man/voicepay-verify-server.1:$(mandir)/man1/voicepay-verify-server.1:644

TESTS += test_voicepay
test_voicepay_SRCS := $(addprefix user/voicepay/,tests/test_voicepay.c command.c ticket.c) \
	$(VP_CONFIG_SRCS)
test_voicepay_PKGS := cmocka inih jansson
test_voicepay_LIBS := libvoicepay

TESTS += test_symbol
test_symbol_SRCS := $(addprefix user/voicepay/,tests/test_symbol.c symbol.c picture.c) kmod/common/paycode.c
test_symbol_PKGS := cmocka libpng zbar
test_symbol_LDLIBS := -lzint

TESTS += test_live
test_live_SRCS := $(addprefix user/voicepay/,tests/test_live.c live.c)
test_live_PKGS := cmocka
test_live_LDLIBS := -lutil

TESTS += test_otp
test_otp_SRCS := $(addprefix user/voicepay/,tests/test_otp.c base32.c otpauth.c pskcfile.c) user/common/base64.c
test_otp_PKGS := cmocka libcrypto libpskc libxml-2.0

FUZZERS += fuzz_device
fuzz_device_TARGETS := otpauth pskc netlink
fuzz_device_CORPUS := user/voicepay/fuzz/corpus
fuzz_device_SRCS := $(addprefix user/voicepay/,fuzz/fuzz_device.c base32.c otpauth.c pskcfile.c) \
	user/common/manage_call.c user/common/base64.c
fuzz_device_PKGS := libnl-3.0 libnl-genl-3.0 libpskc libxml-2.0
