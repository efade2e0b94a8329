# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the programs share; compiled into each.

VP_CONFIG_SRCS := $(addprefix user/common/,config.c keyuri.c pin.c base64.c)
# The module's management; with libnl-3.0 and libnl-genl-3.0.
VP_MANAGE_SRCS := $(addprefix user/common/,manage.c manage_code.c manage_seal.c manage_call.c)

TESTS += test_config
test_config_SRCS := user/common/tests/test_config.c $(VP_CONFIG_SRCS)
test_config_PKGS := cmocka inih

TESTS += test_amount
test_amount_SRCS := user/common/tests/test_amount.c user/common/amount.c
test_amount_PKGS := cmocka

TESTS += test_manage
test_manage_SRCS := user/common/tests/test_manage.c $(VP_MANAGE_SRCS)
test_manage_PKGS := cmocka libnl-3.0 libnl-genl-3.0
