# SPDX-License-Identifier: GPL-2.0-or-later

PROGRAMS += voicepay-fetch-crl
voicepay-fetch-crl_SRCS := user/crl/main.c user/crl/renew.c user/verify/load.c $(addprefix user/common/,config.c keyuri.c pin.c base64.c whole.c)
voicepay-fetch-crl_PKGS := inih jansson libcurl libcrypto
voicepay-fetch-crl_DEST := $(sbindir)

INSTALLS += Documentation/man/voicepay-fetch-crl.8:$(mandir)/man8/voicepay-fetch-crl.8:644 \
	user/crl/voicepay-fetch-crl.timer:$(unitdir)/voicepay-fetch-crl.timer:644
TEMPLATES += user/crl/voicepay-fetch-crl.service.in:$(unitdir)/voicepay-fetch-crl.service:644

TEST_SCRIPTS += user/crl/tests/fetch_crl.sh
