# SPDX-License-Identifier: GPL-2.0-or-later
#
# The device's TLS key; compiled into each program that signs with it.

VP_DEVKEY_SRCS := $(addprefix user/devkey/,devkey.c access.c pinfile.c)
# For whoever makes keys and requests certificates for them.
VP_REQUEST_SRCS := $(addprefix user/devkey/,make.c request.c) $(addprefix user/common/,whole.c input.c biostring.c)

TESTS += test_pinfile
test_pinfile_SRCS := user/devkey/tests/test_pinfile.c user/devkey/pinfile.c $(VP_CONFIG_SRCS)
test_pinfile_PKGS := cmocka inih libcrypto
test_pinfile_LIBS := libvoicepay
