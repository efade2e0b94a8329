// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base64.h"
#include "enrol.h"
#include "fixture.h"
#include "http.h"
#include "ledger.h"
#include "db_postgres.h"

static void peer_of(struct peer *peer, const char *name)
{
	struct vp_piece piece = { name, strlen(name) };

	assert_int_equal(vp_prim_hash(peer->spki, &piece, 1), 0);
	memcpy(peer->device, peer->spki, sizeof(peer->device));
}

static void add_merchant(struct world *w, const char *name)
{
	struct merchant m = { 0 };
	struct account acc;
	struct peer peer;

	peer_of(&peer, name);
	assert_int_equal(ledger_open_account(w->st, PARTY_MERCHANT, name, "CNY", 0, TEST_TIME, &acc), STORE_OK);
	m.party = acc.party;
	memcpy(m.spki, peer.spki, sizeof(m.spki));
	snprintf(m.id, sizeof(m.id), "%s.1", name);
	assert_int_equal(store_merchant_add(w->st, &m), STORE_OK);
}

/*
 * VPG_TEST_DB: a server whose databases are the test's to make and drop. A database is
 * emptied and used again, as that takes a tenth of the time of another one.
 */
static char spare[256];

static const char *test_server(void)
{
	const char *uri = getenv("VPG_TEST_DB");

	assert_non_null(uri);
	return uri;
}

static PGconn *superuser(const char *uri)
{
	const char *at = strchr(uri, '@');
	char other[300];
	PGconn *conn;

	assert_non_null(at);
	snprintf(other, sizeof(other), "postgresql://postgres%s", at);
	conn = PQconnectdb(other);
	assert_int_equal(PQstatus(conn), CONNECTION_OK);
	PQclear(PQexec(conn, "SET client_min_messages = warning; SET session_replication_role = replica"));
	return conn;
}

static void as_superuser(const char *uri, const char *sql)
{
	PGconn *conn = superuser(uri);
	PGresult *res = PQexec(conn, sql);

	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(conn));
	PQclear(res);
	PQfinish(conn);
}

static const char *database_in(const char *uri)
{
	const char *slash = strchr(uri + strlen("postgresql://"), '/');

	assert_non_null(slash);
	return slash + 1;
}

/* postgresql://user@/NAME?host=... */
static void uri_of(char out[256], const char *uri, const char *name)
{
	const char *more = strchr(uri, '?');

	snprintf(out, 256, "%.*s%s%s", (int)(database_in(uri) - uri), uri, name, more ? more : "");
}

static void drop(const char *uri)
{
	const char *name = database_in(uri);
	char sql[128];

	snprintf(sql, sizeof(sql), "DROP DATABASE %.*s WITH (FORCE)", (int)strcspn(name, "?"), name);
	as_superuser(test_server(), sql);
}

static void new_database(char uri[256], const char *server)
{
	char name[32], sql[128];

	snprintf(name, sizeof(name), "vpg_%d_%ld", getpid(), random());
	uri_of(uri, server, name);
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s OWNER voicepay", name);
	as_superuser(server, sql);
}

void world_other(struct world *w, bool server, char where[256])
{
	static int n;

	if (server)
		new_database(where, test_server());
	else
		snprintf(where, 256, "%s/other%d.db", w->dir, n++);
}

void world_other_end(const char *where)
{
	if (!strncmp(where, "postgresql:", 11))
		drop(where);
}

static void make_database(struct world *w, const char *server)
{
	static const char empty[] =
		"DO $$ DECLARE r record; BEGIN "
		"FOR r IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'meta' LOOP "
		"	EXECUTE format('DELETE FROM ONLY %I', r.tablename); END LOOP; "
		"FOR r IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP "
		"	EXECUTE format('ALTER SEQUENCE %I RESTART', r.sequencename); END LOOP; "
		"DELETE FROM meta WHERE name NOT IN ('schema', 'partitions'); END $$";
	struct store *st;

	if (*spare) {
		strcpy(w->uri, spare);
		*spare = '\0';
		as_superuser(w->uri, empty);
		return;
	}
	new_database(w->uri, server);
	assert_int_equal(store_open(&st, w->uri, true), STORE_OK);
	store_close(st);
}

/* A process that a test has forked drops nothing. */
static void at_exit(void)
{
	static pid_t me;

	if (!me)
		me = getpid();
	else if (me == getpid() && *spare)
		drop(spare);
}

static void give_database(struct world *w)
{
	static bool said;

	if (*spare) {
		drop(w->uri);
		return;
	}
	strcpy(spare, w->uri);
	if (!said) {
		at_exit();
		atexit(at_exit);
	}
	said = true;
}

bool world_on_postgres(void)
{
	const char *server = getenv("VPG_TEST_DB");

	return server && *server;
}

int world_new(void **state)
{
	const char *disk = getenv("VPG_TEST_DIR");
	struct world *w = calloc(1, sizeof(*w));
	char path[128];
	FILE *f;

	w->now = TEST_TIME;
	/* VPG_TEST_DIR: a disk, where /tmp is memory. Names of sockets are to fit behind it. */
	snprintf(w->dir, sizeof(w->dir), "%.60s/vpg-test.XXXXXX", disk ? disk : "/tmp");
	if (!mkdtemp(w->dir)) {
		fprintf(stderr, "%s: %s (60 characters, then the rest)\n", w->dir, strerror(errno));
		exit(3);
	}
	w->voice = EVP_EC_gen("P-256");
	assert_non_null(w->voice);
	snprintf(w->voice_pem, sizeof(w->voice_pem), "%s/voice.pub", w->dir);
	f = fopen(w->voice_pem, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PUBKEY(f, w->voice), 1);
	fclose(f);
	snprintf(path, sizeof(path), "%s/conf", w->dir);
	f = fopen(path, "w");
	assert_non_null(f);
	if (world_on_postgres())
		make_database(w, test_server());
	fprintf(f, "[gateway]\ndb = %s\n[voice]\nkey = %s\n", w->uri, w->voice_pem);
	fclose(f);

	{
		char master[128], key[128], db[128];
		struct store *st;

		snprintf(master, sizeof(master), "%s/master.key", w->dir);
		snprintf(key, sizeof(key), "%s/gateway.key", w->dir);
		snprintf(db, sizeof(db), "%s/ledger.db", w->dir);
		assert_int_equal(keystore_create(master, key), 0);
		if (!*w->uri) {
			assert_int_equal(store_open(&st, db, true), STORE_OK);
			store_close(st);
		}
	}
	assert_int_equal(gateway_open(&w->gw, path, w->dir), 0);
	if (getenv("VPG_TEST_KEY_CACHE"))
		w->gw.kept = key_cache_new(atol(getenv("VPG_TEST_KEY_CACHE")));
	assert_int_equal(store_open(&w->st, w->gw.db_path, false), STORE_OK);
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(ledger_open_account(w->st, PARTY_USER, "alice", "CNY", BALANCE, TEST_TIME, &w->alice), STORE_OK);
	assert_int_equal(ledger_open_account(w->st, PARTY_USER, "mom", "CNY", 0, TEST_TIME, &w->mom), STORE_OK);
	add_merchant(w, "shop");
	add_merchant(w, "kiosk");
	assert_int_equal(store_commit(w->st), STORE_OK);
	peer_of(&w->device_peer, "speaker");
	peer_of(&w->shop_peer, "shop");
	assert_int_equal(device_init(&w->dev, w->device_peer.device, w->gw.keys.s_pub), 0);
	*state = w;
	return 0;
}

int world_end(void **state)
{
	struct world *w = *state;
	char cmd[128];

	store_close(w->st);
	gateway_close(&w->gw);
	EVP_PKEY_free(w->voice);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	if (*w->uri)
		give_database(w);
	free(w);
	return system(cmd);
}

void world_cert(char *header, struct peer *peer)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem, *p;
	long len;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	len = BIO_get_mem_data(bio, &pem);
	p = header + sprintf(header, HTTP_PEER_HEADER ": ");
	for (long i = 0; i < len; i++)
		p += sprintf(p, strchr("\n +/=", pem[i]) ? "%%%02X" : "%c", pem[i]);
	assert_int_equal(peer_from_header(peer, header + strlen(HTTP_PEER_HEADER ": ")), 0);
	BIO_free(bio);
	X509_free(x);
	EVP_PKEY_free(key);
}

struct store *world_store(struct world *w)
{
	struct store *st;

	return store_open(&st, w->gw.db_path, false) == STORE_OK ? st : NULL;
}

void world_ticket(struct world *w, __u8 ticket[VP_TICKET_LEN])
{
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(enrol_ticket(&w->gw, w->st, w->alice.party, w->now + 900, ticket), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
}

enum refusal world_send_msg1(struct world *w, const struct peer *peer, const __u8 *msg1, size_t len,
			     __u8 *msg2, size_t *msg2_len)
{
	struct call call = { .gw = &w->gw, .st = w->st, .peer = *peer, .now_ms = w->now * 1000 };

	return enrol_device(&call, msg1, len, msg2, msg2_len);
}

void world_enrol(struct world *w)
{
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	size_t len;

	world_ticket(w, ticket);
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), msg2, &len), RF_OK);
	assert_int_equal(device_finish(&w->dev, msg2, len), 0);
}

int world_request(struct world *w, struct store *st, const struct peer *peer, const char *path,
		  const char *body, json_t **answer)
{
	struct call call = { .gw = &w->gw, .st = st, .now_ms = w->now * 1000 };
	struct request req = {
		.method = body ? "POST" : "GET", .path = path,
		.content_type = body ? "application/json" : NULL,
		.body = body ? body : "", .body_len = body ? strlen(body) : 0,
	};

	if (peer)
		call.peer = *peer;
	return route_request(&call, &req, peer != NULL, answer);
}

const char *world_ask(struct world *w, struct store *st, const struct peer *peer, const char *path,
		      const char *body, json_t **answer)
{
	static __thread char name[64];
	json_t *a;
	int status;

	status = world_request(w, st, peer, path, body, &a);
	snprintf(name, sizeof(name), "%s",
		 json_string_value(json_object_get(a, status == 200 ? "state" : "error")));
	if (answer)
		*answer = a;
	else
		json_decref(a);
	return name;
}

const char *world_charge(struct world *w, struct store *st, const char *order, const char *code,
			 long long amount, json_t **answer)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"order_no\":\"%s\",\"code\":\"%s\",\"amount\":%lld,\"currency\":\"CNY\"}",
		 order, code, amount);
	return world_ask(w, st, &w->shop_peer, "/v1/merchant/charge", body, answer);
}

const char *world_auth_of(const struct test_device *dev, __u64 time, const struct test_order *o)
{
	static __thread char text[4][DEVICE_AUTH_MAX + 32];
	static __thread int n;
	char auth[DEVICE_AUTH_MAX];

	n = (n + 1) % 4;
	assert_non_null(device_authorise(dev, time, o, auth));
	snprintf(text[n], sizeof(text[n]), ",\"authorisation\":%s", auth);
	return text[n];
}

const char *world_auth(struct world *w, enum vp_purpose purpose, long long amount, const char *order, const char *payee)
{
	const struct test_order o = { purpose, amount, amount ? "CNY" : NULL, order, payee };

	return world_auth_of(&w->dev, w->now, &o);
}

static enum refusal exchange(struct world *w, const struct peer *peer, struct test_device *dev, const __u8 *msg1)
{
	__u8 msg2[VP_MSG2_MAX];
	size_t len;
	enum refusal r = world_send_msg1(w, peer, msg1, VP_MSG1_LEN, msg2, &len);

	if (r == RF_OK)
		assert_int_equal(device_finish(dev, msg2, len), 0);
	return r;
}

enum refusal world_rotate(struct world *w, const struct peer *peer, struct test_device *dev)
{
	__u8 msg1[VP_MSG1_LEN];

	assert_int_equal(device_rotate(dev, msg1), 0);
	return exchange(w, peer, dev, msg1);
}

enum refusal world_enrol_as(struct world *w, const struct peer *peer, struct test_device *dev)
{
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN];

	world_ticket(w, ticket);
	assert_int_equal(device_enrol(dev, ticket, msg1), 0);
	return exchange(w, peer, dev, msg1);
}

long long world_balance(struct world *w, const char *name)
{
	struct account acc;

	assert_int_equal(store_account_by_name(w->st, name, "CNY", &acc), STORE_OK);
	return acc.balance;
}

static void count(void *arg, const struct payment *p)
{
	++*(long *)arg;
}

long world_payments(struct world *w)
{
	struct audit audit;
	long n = 0, refunds;

	assert_int_equal(store_audit(w->st, &audit), STORE_OK);
	assert_int_equal(audit.sum, 0);
	assert_int_equal(audit.wrong, 0);
	assert_int_equal(store_each_payment(w->st, count, &n), STORE_OK);
	refunds = world_number(w, "SELECT count(*) FROM refund");
	/* One transfer is alice's opening balance. */
	assert_int_equal(audit.transfers, n + refunds + 1);
	return n;
}

bool world_sql(struct world *w, const char *sql)
{
	return db_exec(w->st, sql) == STORE_OK;
}

PGconn *world_superuser(struct world *w)
{
	return superuser(w->uri);
}

void world_force(struct world *w, const char *sql)
{
	if (*w->uri)
		as_superuser(w->uri, sql);
	else
		assert_true(world_sql(w, sql));
}

long long world_number(struct world *w, const char *sql)
{
	struct query *q = db(w->st, sql, "!");
	enum store_result r = db_row(w->st, q);
	long long n = r == STORE_OK ? db_int(q, 0) : -1;

	db_end(q, r);
	assert_int_equal(r, STORE_OK);
	return n;
}

static void put_part(char *out, const char *text, size_t len)
{
	size_t n;

	base64_encode(out, text, len);
	n = strcspn(out, "=");
	out[n] = '\0';
	for (char *p = out; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
}

static void sign_es256(EVP_PKEY *key, const char *text, unsigned char raw[64])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[80];
	const unsigned char *p = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA2-256", NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, (const unsigned char *)text, strlen(text)), 1);
	sig = d2i_ECDSA_SIG(NULL, &p, len);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32), 32);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

char *world_token(EVP_PKEY *key, const char *header, __u64 now, const char *patch)
{
	static int serial;
	char jti[32], *payload, *token = malloc(8192);
	unsigned char raw[64];
	json_t *claims, *over;

	snprintf(jti, sizeof(jti), "token-%d", ++serial);
	claims = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:I, s:s}", "iss", "voice-cloud", "aud", "voicepay",
			   "sub", "alice", "payee", "mom", "amount", 50000, "currency", "CNY",
			   "exp", (json_int_t)now + 300, "jti", jti);
	over = json_loads(patch ? patch : "{}", 0, NULL);
	assert_non_null(over);
	json_object_update(claims, over);
	payload = json_dumps(claims, JSON_COMPACT);
	put_part(token, header, strlen(header));
	strcat(token, ".");
	put_part(token + strlen(token), payload, strlen(payload));
	sign_es256(key, token, raw);
	strcat(token, ".");
	put_part(token + strlen(token), (char *)raw, sizeof(raw));
	free(payload);
	json_decref(claims);
	json_decref(over);
	return token;
}
