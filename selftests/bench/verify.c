// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verify ROUNDS: what it costs a gateway to find a code's key and to try the code, no
 * booking, when the key is looked up and opened and when it is kept ([keys] key-cache), beside the least
 * that it can cost: one look-up in a table in memory and three HMACs, with keys that were prepared
 * before. And what it costs when a key has 1 to 512 aliases.
 */
/* The quickest that OpenSSL has, which it would rather not show. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdlib.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "bench.h"
#include "fixture.h"
#include "identify.h"
#include "prim_openssl.h"

#define DEVICES	100
#define TIMES	1000
#define CROWD	16	/* devices of which each gets */
#define ALIASES	512

static struct world *w;
static struct test_device devices[DEVICES];
static char codes[DEVICES][PAYCODE_DIGITS + 1];

/* The bare side: states after the padded key, by alias. */
#define BUCKETS	256
static struct entry {
	char alias[PAYCODE_ALIAS_DIGITS];
	SHA256_CTX inner, outer;
	struct entry *next;
} entries[DEVICES], *table[BUCKETS];

static unsigned int bucket_of(const __u8 *alias)
{
	unsigned int h = 0;

	for (int i = 0; i < PAYCODE_ALIAS_DIGITS; i++)
		h = h * 31 + alias[i];
	return h % BUCKETS;
}

static void enter(struct entry *e, const struct paycode *code, const __u8 key[VP_KEY_LEN])
{
	__u8 block[64];

	memcpy(e->alias, code->alias, sizeof(e->alias));
	for (int half = 0; half < 2; half++) {
		memset(block, half ? 0x5c : 0x36, sizeof(block));
		for (int i = 0; i < VP_KEY_LEN; i++)
			block[i] ^= key[i];
		SHA256_Init(half ? &e->outer : &e->inner);
		SHA256_Update(half ? &e->outer : &e->inner, block, sizeof(block));
	}
	e->next = table[bucket_of(code->alias)];
	table[bucket_of(code->alias)] = e;
}

static bool bare(const char *digits, __u64 step)
{
	const struct entry *e;
	struct paycode code;
	bool good = false;

	if (paycode_parse(&code, digits, PAYCODE_DIGITS))
		return false;
	for (e = table[bucket_of(code.alias)]; e && memcmp(e->alias, code.alias, sizeof(e->alias)); )
		e = e->next;
	if (!e)
		return false;
	for (__u64 s = step - 1; s <= step + 1; s++) {
		__u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH_LEN];
		SHA256_CTX ctx = e->inner;

		SHA256_Update(&ctx, input, paycode_mac_input(input, &code, s, NULL, 0));
		SHA256_Final(mac, &ctx);
		ctx = e->outer;
		SHA256_Update(&ctx, mac, sizeof(mac));
		SHA256_Final(mac, &ctx);
		good |= paycode_truncate(mac) == code.mac;
	}
	return good;
}

static bool gateway(const char *digits)
{
	struct call call = { .gw = &w->gw, .st = w->st, .now_ms = w->now * 1000 };
	struct identity id;
	struct paycode code;
	bool good;

	if (paycode_parse(&code, digits, PAYCODE_DIGITS))
		return false;
	good = identify_code(&call, &code, NULL, 0, &id) == RF_OK;
	/* A kept key's stay is prolonged, which is part of what keeping costs. */
	if (good)
		identify_paid(&call, &id);
	identify_forget(&id);
	return good;
}

enum side { LOOKED_UP, KEPT, BARE, SIDES };

static double measure(enum side side)
{
	struct key_cache *kept = w->gw.kept;
	double t;

	if (side == LOOKED_UP)
		w->gw.kept = NULL;
	t = bench_now();

	for (int i = 0; i < TIMES; i++) {
		const char *code = codes[i * 37 % DEVICES];

		if (!(side == BARE ? bare(code, w->now / 30) : gateway(code)))
			bench_die("a good code is refused");
	}
	t = (bench_now() - t) / TIMES;
	w->gw.kept = kept;
	return t;
}

/* A code of now that @dev would show under any alias of its key. */
static void code_under(const struct test_device *dev, const char alias[PAYCODE_ALIAS_DIGITS], char digits[PAYCODE_DIGITS + 1])
{
	struct paycode code = { .mode = PAYCODE_PLAIN };
	__u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH_LEN];
	struct vp_piece piece = { input, 0 };

	memcpy(code.prefix, w->gw.set.prefix, sizeof(code.prefix));
	memcpy(code.alias, alias, sizeof(code.alias));
	piece.len = paycode_mac_input(input, &code, w->now / 30, NULL, 0);
	if (vp_prim_hmac(mac, dev->keys.code, VP_KEY_LEN, &piece, 1))
		bench_die("no HMAC");
	code.mac = paycode_truncate(mac);
	paycode_format((__u8 *)digits, &code);
	digits[PAYCODE_DIGITS] = '\0';
}

/* The first devices' keys, each with one alias, and then with more and more. */
static void crowd(int rounds)
{
	static const int sizes[] = { 1, 8, 64, ALIASES };
	static char alias[CROWD][ALIASES][PAYCODE_ALIAS_DIGITS + 1], text[TIMES][PAYCODE_DIGITS + 1];
	long long keys[CROWD];
	int have = 1;

	for (int d = 0; d < CROWD; d++) {
		struct device_key key;
		char sql[160];

		memcpy(alias[d][0], codes[d] + PAYCODE_PREFIX_DIGITS + 1, PAYCODE_ALIAS_DIGITS);
		if (store_key_alias(w->st, alias[d][0], &key) != STORE_OK)
			bench_die("no key");
		keys[d] = key.id;
		snprintf(sql, sizeof(sql), "DELETE FROM alias WHERE key = %lld AND alias <> %lld", key.id, atoll(alias[d][0]));
		if (!world_sql(w, sql))
			bench_die("cannot take aliases away");
	}
	for (unsigned int s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		if (store_begin(w->st) != STORE_OK)
			bench_die("no transaction");
		for (; have < sizes[s]; have++) {
			for (int d = 0; d < CROWD; d++) {
				enum store_result r;

				do {
					__u64 n;

					if (prim_random(&n, sizeof(n)))
						bench_die("no random number");
					snprintf(alias[d][have], sizeof(alias[d][have]), "%010llu", (unsigned long long)n % 10000000000ULL);
					r = store_alias_add(w->st, alias[d][have], keys[d]);
				} while (r == STORE_TAKEN);
				if (r != STORE_OK)
					bench_die("no alias");
			}
		}
		if (store_commit(w->st) != STORE_OK)
			bench_die("no commit");
		for (int i = 0; i < TIMES; i++)
			code_under(&devices[i % CROWD], alias[i % CROWD][i * 37 % sizes[s]], text[i]);
		for (int r = -1; r < rounds; r++) {
			double t = bench_now();

			for (int i = 0; i < TIMES; i++)
				if (!gateway(text[i]))
					bench_die("a good code is refused");
			if (r >= 0)
				bench_sample((bench_now() - t) / TIMES, "aliases.%d", sizes[s]);
		}
	}
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 5;
	struct peer peer;
	char header[4096];
	void *world;

	world_new(&world);
	w = world;
	world_cert(header, &peer);
	for (int i = 0; i < DEVICES; i++) {
		struct paycode code;

		if (device_init(&devices[i], peer.device, w->gw.keys.s_pub))
			bench_die("no device");
		devices[i].req.slot = i;
		if (world_enrol_as(w, &peer, &devices[i]) != RF_OK)
			bench_die("device %d cannot enrol", i);
		device_code(&devices[i], 0, w->now / 30, 0, codes[i]);
		if (paycode_parse(&code, codes[i], PAYCODE_DIGITS))
			bench_die("no code");
		enter(&entries[i], &code, devices[i].keys.code);
	}
	/* As they are from their first payment on. */
	w->gw.kept = key_cache_new(4 * DEVICES);
	if (!w->gw.kept || !world_sql(w, "UPDATE device_key SET state = 'current'"))
		bench_die("no keys to keep");
	for (int r = -1; r < rounds; r++) {
		static const char *const names[] = { "verify.gateway", "verify.kept", "verify.bare" };
		double took[SIDES];

		for (int i = 0; i < SIDES; i++)
			took[(i + r + 1) % SIDES] = measure((i + r + 1) % SIDES);
		if (key_cache_count(w->gw.kept) != DEVICES)
			bench_die("not all keys are kept");
		for (int i = 0; i < SIDES && r >= 0; i++)
			bench_sample(took[i], "%s", names[i]);
	}
	key_cache_free(w->gw.kept);
	w->gw.kept = NULL;
	crowd(rounds);
	world_end(&world);
	return 0;
}
