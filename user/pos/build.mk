# SPDX-License-Identifier: GPL-2.0-or-later

PROGRAMS += voicepay-pos
voicepay-pos_SRCS := $(addprefix user/pos/,main.c call.c config.c journal.c picture.c report.c sale.c) user/common/amount.c kmod/common/paycode.c
voicepay-pos_PKGS := jansson libcurl libpng zbar inih
voicepay-pos_CPPFLAGS := -I$(TOP)/user/common
voicepay-pos_DEST := $(bindir)

INSTALLS += user/pos/pos.conf:$(datadir)/doc/voicepay/examples/pos.conf:644
INSTALLS += user/pos/completion.bash:$(datadir)/bash-completion/completions/voicepay-pos:644
INSTALLS += Documentation/man/voicepay-pos.1:$(mandir)/man1/voicepay-pos.1:644

TESTS += test_pos_report
test_pos_report_SRCS := user/pos/tests/test_report.c user/pos/report.c user/common/amount.c
test_pos_report_PKGS := cmocka jansson
test_pos_report_CPPFLAGS := -I$(TOP)/user/pos -I$(TOP)/user/common
