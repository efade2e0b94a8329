# SPDX-License-Identifier: GPL-2.0-or-later

gateway_shared := kmod/common/paycode.c kmod/common/noise.c kmod/common/hkdf.c kmod/common/agreement.c \
	kmod/common/bind.c kmod/common/authorise.c kmod/common/pool.c
# All but main.c: the tests link it too.
gateway_srcs := $(addprefix user/gateway/,authorised.c calls_device.c calls_merchant.c certify.c cmd_certify.c csr.c deviceca.c calls_own.c charge.c cmd_admin.c cmd_report.c cmd_state.c command.c confirm.c enrol.c fields.c \
	gateway.c hex.c hmac.c http.c identify.c jwt.c key_cache.c keystore.c ledger.c log.c notice.c online.c order.c own_limits.c pay_order.c peer.c prim_openssl.c refund.c refusal.c rekey.c route.c schema.c serve.c \
	settings.c statedir.c throttle.c \
	verify.c voice.c waiters.c) $(addprefix user/common/,base64.c amount.c whole.c input.c biostring.c) $(gateway_shared)
gateway_pkgs := libmicrohttpd sqlite3 libpq jansson libcrypto libsystemd inih
gateway_cppflags := -I$(TOP)/user/gateway -I$(TOP)/user/common -DVPG_SCHEMA_DIR='"$(TOP)/user/gateway"'
gateway_srcs += $(addprefix user/gateway/,cmd_backup.c filemode.c health.c listen.c master_keys.c metrics.c process.c reception.c rekey_online.c request_id.c sweeper.c)
# What is kept, and where.
gateway_srcs += $(addprefix user/gateway/,store.c store_certs.c store_codes.c store_keys.c store_ledger.c store_migrate.c \
	store_backup.c store_notes.c store_orders.c store_sweep.c store_create.c store_partitions.c store_move.c cmd_move.c \
	db.c db_sqlite.c db_sqlite_log.c db_postgres.c db_pipeline.c db_parameters.c db_ahead.c db_connect.c)

PROGRAMS += voicepay-gateway
voicepay-gateway_SRCS := user/gateway/main.c $(gateway_srcs)
voicepay-gateway_PKGS := $(gateway_pkgs)
voicepay-gateway_CPPFLAGS := $(gateway_cppflags)
voicepay-gateway_LDLIBS := -pthread
voicepay-gateway_DEST := $(sbindir)

INSTALLS += user/gateway/nginx.conf:$(datadir)/voicepay/nginx/voicepay.conf:644
INSTALLS += user/gateway/nginx-site.conf:$(datadir)/voicepay/nginx/voicepay-site.conf:644
INSTALLS += user/gateway/nginx-upstream.conf:$(datadir)/voicepay/nginx/voicepay-upstream.conf:644
INSTALLS += user/gateway/nginx-far.conf:$(datadir)/voicepay/nginx/voicepay-far.conf:644
INSTALLS += user/gateway/nginx-behind.conf:$(datadir)/voicepay/nginx/voicepay-behind.conf:644
INSTALLS += user/gateway/gateway.conf:$(datadir)/doc/voicepay/examples/gateway.conf:644
INSTALLS += user/gateway/voicepay-gateway-crl.timer:$(unitdir)/voicepay-gateway-crl.timer:644
TEMPLATES += user/gateway/voicepay-gateway-crl.service.in:$(unitdir)/voicepay-gateway-crl.service:644
INSTALLS += user/gateway/voicepay-gateway.socket:$(unitdir)/voicepay-gateway.socket:644
INSTALLS += user/gateway/voicepay-gateway-metrics.socket:$(unitdir)/voicepay-gateway-metrics.socket:644
INSTALLS += user/gateway/voicepay-gateway.sysusers:$(PREFIX)/lib/sysusers.d/voicepay-gateway.conf:644
INSTALLS += user/gateway/completion.bash:$(datadir)/bash-completion/completions/voicepay-gateway:644
INSTALLS += Documentation/man/voicepay-gateway.8:$(mandir)/man8/voicepay-gateway.8:644
TEMPLATES += user/gateway/voicepay-gateway.service.in:$(unitdir)/voicepay-gateway.service:644
# Tests of the whole system and the demonstration make their certificates and tokens with these.
INSTALLS += selftests/pki/make-pki:$(testdir)/make-pki:755
INSTALLS += selftests/pki/mint-voice-token:$(testdir)/mint-voice-token:755

gateway_tests := test_gateway_codes test_gateway_verify test_gateway_jwt test_gateway_enrol test_gateway_charge test_gateway_refund test_gateway_confirm test_gateway_api test_gateway_http test_gateway_modes test_gateway_own test_gateway_state test_gateway_certify test_gateway_fleet test_gateway_move test_gateway_db test_gateway_key_cache test_gateway_log
TESTS += $(gateway_tests)
define gateway_test
$(1)_SRCS := user/gateway/tests/$(subst _gateway,,$(1)).c user/gateway/tests/fixture.c user/gateway/tests/device.c $(gateway_srcs)
$(1)_PKGS := cmocka $(gateway_pkgs)
$(1)_CPPFLAGS := $(gateway_cppflags) -I$(TOP)/user/gateway/tests
$(1)_SHARES := voicepay-gateway
$(1)_LDLIBS := -pthread -lm
endef
$(foreach t,$(gateway_tests),$(eval $(call gateway_test,$(t))))

# The gateway whose steps can kill it, and the test around it, in one program.
TESTS += test_gateway_kill
test_gateway_kill_SRCS := $(addprefix user/gateway/tests/,test_kill.c kill_rekey.c kill_step.c server.c fixture.c device.c) $(gateway_srcs)
test_gateway_kill_PKGS := cmocka libcurl $(gateway_pkgs)
test_gateway_kill_CPPFLAGS := $(gateway_cppflags) -I$(TOP)/user/gateway/tests -DVOICEPAY_KILL_STEPS
test_gateway_kill_LDLIBS := -pthread

# Fleets and crowds; LONG=1 ("make check-long") runs them at full size.
define gateway_crowd
TESTS += $(1)
$(1)_SRCS := $(addprefix user/gateway/tests/,$(subst _gateway,,$(1)).c $(2) fixture.c device.c) $(gateway_srcs)
$(1)_PKGS := cmocka $(if $(filter server.c,$(2)),libcurl) $(gateway_pkgs)
$(1)_CPPFLAGS := $(gateway_cppflags) -I$(TOP)/user/gateway/tests
$(1)_SHARES := voicepay-gateway
$(1)_LDLIBS := -pthread
endef
LONG_TESTS += test_gateway_codes test_gateway_double test_gateway_lookup
gateway_crowds := test_gateway_double test_gateway_lookup
$(eval $(call gateway_crowd,test_gateway_double,server.c))
$(eval $(call gateway_crowd,test_gateway_lookup,many_keys.c))

# The compiler does not tell make what an assembler directive includes.
$(foreach t,voicepay-gateway $(gateway_tests) $(gateway_crowds) test_gateway_kill,\
	$(eval $(O)/obj/$(t)/user/gateway/schema.o: $(wildcard $(TOP)/user/gateway/schema-*.sql)))

# The same with the real nginx in front and the real till, and a device of userspace.
TEST_SCRIPTS += user/gateway/tests/integration.sh
TEST_HELPERS += gateway-device
gateway-device_SRCS := $(addprefix user/gateway/tests/,gateway-device.c device.c) \
	$(addprefix user/gateway/,prim_openssl.c peer.c hex.c) user/common/base64.c $(gateway_shared)
gateway-device_PKGS := libcrypto libcurl jansson
gateway-device_LDLIBS := -lzint
gateway-device_CPPFLAGS := $(gateway_cppflags) -I$(TOP)/user/gateway/tests

# libFuzzer, see user/Makefile. The fixture's world is a gateway with a device in it.
FUZZERS += fuzz_gateway
fuzz_gateway_TARGETS := json jwt paycode agreement settings header request
fuzz_gateway_CORPUS := user/gateway/fuzz/corpus
fuzz_gateway_SRCS := $(addprefix user/gateway/fuzz/,fuzz_gateway.c unsafe.c) $(addprefix user/gateway/tests/,fixture.c device.c) $(gateway_srcs)
fuzz_gateway_PKGS := cmocka $(gateway_pkgs)
fuzz_gateway_CPPFLAGS := $(gateway_cppflags) -I$(TOP)/user/gateway/tests -I$(TOP)/user/gateway/fuzz
fuzz_gateway_LDLIBS := -pthread
$(O)/fuzz/obj/fuzz_gateway/user/gateway/schema.o: $(wildcard $(TOP)/user/gateway/schema-*.sql)

# A device's certificate, made, installed and revoked, before the real nginx.
TEST_SCRIPTS += user/gateway/tests/certificates.sh

# Watched, reloaded, drained, two at a time.
TEST_SCRIPTS += user/gateway/tests/operations.sh
# The unit tests again, on PostgreSQL.
TEST_SCRIPTS += user/gateway/tests/on_postgres.sh user/gateway/tests/on_plain_postgres.sh user/gateway/tests/on_postgres_killed.sh
# And with keys that are kept open.
TEST_SCRIPTS += user/gateway/tests/on_kept_keys.sh
# Copies while tills charge, and one that is put back. Its clients are selftests/cluster's.
TEST_SCRIPTS += user/gateway/tests/backup.sh
# The master key changed while tills charge.
TEST_SCRIPTS += user/gateway/tests/rekey.sh
LONG_SCRIPTS += user/gateway/tests/lookup_on_postgres.sh
