# SPDX-License-Identifier: GPL-2.0-or-later
#
# Signed bundles of CAs, pins and CRLs. voicepay-handshake reads them, too.

VP_BUNDLE_SRCS := $(addprefix user/bundle/,bundle.c store.c) user/common/whole.c

PROGRAMS += voicepay-bundle
voicepay-bundle_SRCS := user/bundle/main.c $(VP_BUNDLE_SRCS) user/verify/load.c user/common/config.c user/common/keyuri.c user/common/pin.c user/common/base64.c
voicepay-bundle_PKGS := inih jansson libcrypto
voicepay-bundle_DEST := $(bindir)

INSTALLS += Documentation/man/voicepay-bundle.1:$(mandir)/man1/voicepay-bundle.1:644

TESTS += test_bundle
test_bundle_SRCS := user/bundle/tests/test_bundle.c user/verify/tests/make.c $(VP_BUNDLE_SRCS) user/verify/load.c \
	user/common/pin.c user/common/base64.c
test_bundle_PKGS := cmocka jansson libcrypto
TEST_SCRIPTS += user/bundle/tests/bundle.sh
