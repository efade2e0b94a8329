# SPDX-License-Identifier: GPL-2.0-or-later

gateway_shared := kmod/common/paycode.c kmod/common/noise.c kmod/common/hkdf.c kmod/common/agreement.c
# All but main.c: the tests link it too.
gateway_srcs := $(addprefix user/gateway/,amount.c charge.c cmd_admin.c cmd_report.c command.c enrol.c \
	gateway.c hex.c http.c jwt.c keystore.c ledger.c log.c peer.c prim_openssl.c refusal.c route.c schema.c serve.c \
	settings.c store_sqlite.c store_sqlite_keys.c store_sqlite_ledger.c store_sqlite_orders.c throttle.c \
	verify.c voice.c) user/common/base64.c $(gateway_shared)
gateway_pkgs := libmicrohttpd sqlite3 jansson libcrypto libsystemd inih
gateway_cppflags := -I$(TOP)/user/gateway -I$(TOP)/user/common -DVPG_SCHEMA='"$(TOP)/user/gateway/schema.sql"'

PROGRAMS += voicepay-gateway
voicepay-gateway_SRCS := user/gateway/main.c $(gateway_srcs)
voicepay-gateway_PKGS := $(gateway_pkgs)
voicepay-gateway_CPPFLAGS := $(gateway_cppflags)
voicepay-gateway_LDLIBS := -pthread
voicepay-gateway_DEST := $(sbindir)

$(O)/obj/%/user/gateway/schema.o: $(TOP)/user/gateway/schema.sql

INSTALLS += user/gateway/nginx.conf:$(datadir)/voicepay/nginx/voicepay.conf:644
INSTALLS += user/gateway/nginx-site.conf:$(datadir)/voicepay/nginx/voicepay-site.conf:644
INSTALLS += user/gateway/nginx-upstream.conf:$(datadir)/voicepay/nginx/voicepay-upstream.conf:644
INSTALLS += user/gateway/gateway.conf:$(datadir)/doc/voicepay/examples/gateway.conf:644
INSTALLS += user/gateway/voicepay-gateway.socket:$(unitdir)/voicepay-gateway.socket:644
INSTALLS += Documentation/man/voicepay-gateway.8:$(mandir)/man8/voicepay-gateway.8:644
TEMPLATES += user/gateway/voicepay-gateway.service.in:$(unitdir)/voicepay-gateway.service:644
# The integration test and the demonstration make their certificates and tokens with these.
INSTALLS += selftests/pki/make-pki:$(testdir)/make-pki:755
INSTALLS += selftests/pki/mint-voice-token:$(testdir)/mint-voice-token:755
