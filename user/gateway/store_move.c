// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	{"voicepay": 4}
 *	{"table": "party"}
 *	[1, "user", "alice"]			blobs in base64, null for null
 *	...
 *	{"end": {"party": [1, "hex"], ...}}	rows, and the sum of their lines' SHA-256
 *
 * A sum, as no two databases need agree on the order of texts.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base64.h"
#include "db_postgres.h"
#include "keystore.h"
#include "log.h"
#include "prim_openssl.h"
#include "schema.h"
#include "store_move.h"
#include "store_schema.h"

#define COLUMNS		20
#define BLOB_MAX	8192
#define TOLD_EVERY	100000

/* In an order in which what is referred to is there before. A column is a name and a type. */
static const struct table {
	const char *name, *columns, *order;
	/* How a row is written where that is not simply its columns. */
	const char *lite, *pg;
} tables[] = {
	{ "meta", "name:t value:t", "name",
	  .lite = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
	  .pg = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2" },
	{ "party", "id:i kind:t name:t", "id" },
	{ "merchant", "party:i spki:b id:t", "party" },
	/* SQLite posts the transfers again, which makes the balances; in what order they came does not matter then. */
	{ "account", "id:i party:i currency:t overdraft:i balance:i confirm_above:i per_day:i per_payment:i", "id",
	  .lite = "INSERT INTO account (id, party, currency, overdraft, balance, confirm_above, per_day, per_payment) "
		  "VALUES ($1, $2, $3, 1, 0, $6, $7, $8)" },
	{ "transfer", "id:i debit:i credit:i amount:i time:i", "id",
	  .pg = "INSERT INTO transfer (id, debit, credit, currency, amount, time) "
		"SELECT $1, $2, $3, currency, $4, $5 FROM account WHERE id = $2" },
	{ "ticket", "id:b party:i sealed:b expires:i used:i", "id" },
	{ "device_key", "id:i device:b slot:i epoch:i party:i state:t sealed:b watermark:i created:i not_after:i old_until:i modes:i", "id" },
	{ "agreement", "key:i device:b static:b nonce:b asked:b answer:b", "key" },
	{ "alias", "alias:i key:i rests_until:i", "alias" },
	{ "payment", "id:t kind:t transfer:i key:i ordinal:i", "transfer",
	  .pg = "WITH s AS (INSERT INTO spent (key, ordinal) SELECT $4, $5 WHERE $5 IS NOT NULL) "
		"INSERT INTO payment (id, kind, transfer, key, ordinal) VALUES ($1, $2, $3, $4, $5)" },
	{ "merchant_order", "merchant:i order_no:t kind:t amount:i currency:t code:b state:t reason:t payment:t time:i ref:t "
	  "expires:i key:i ordinal:i", "merchant" },
	{ "refund", "id:t payment:t transfer:i merchant:i refund_no:t", "transfer" },
	{ "voice_order", "device:b order_id:t content:b payment:t time:i key:i", "device" },
	{ "voice_token", "jti:t expires:i", "expires" },
	{ "pool", "serial:i key:i not_after:i used:i", "serial" },
	{ "online_code", "number:i key:i mac:b expires:i used:i", "number" },
	{ "authorisation", "mac:b expires:i", "mac" },
	{ "alarm", "id:i kind:t key:i merchant:i first:i last:i count:i", "id" },
	{ "notification", "number:i device:b party:i slot:i time:i kind:t ref:t payee:t amount:i currency:t reason:t expires:i", "number" },
	{ "certificate", "serial:b spki:b made:i not_after:i der:b", "serial" },
	{ "revoked", "peer:b since:i reason:i", "peer" },
};
#define TABLES	(sizeof(tables) / sizeof(tables[0]))

/* What is said about this database, and not about the fleet. */
#define OWN_META	"('schema', 'partitions', 'partitions-closed', 'swept')"

struct tally {
	long long rows;
	__u64 sum[4];
};

struct columns {
	char names[400];	/* a, b, c */
	char type[COLUMNS];
	int n;
};

static struct columns columns_of(const struct table *t)
{
	struct columns c = { .n = 0 };
	const char *p = t->columns;

	while (*p) {
		size_t len = strcspn(p, ":"), used = strlen(c.names);

		snprintf(c.names + used, sizeof(c.names) - used, "%s%.*s", used ? ", " : "", (int)len, p);
		c.type[c.n++] = p[len + 1];
		p += len + 2;
		p += *p == ' ';
	}
	return c;
}

static void add(struct tally *y, const char *line)
{
	struct vp_piece piece = { line, strlen(line) };
	__u8 hash[VP_HASH_LEN];
	__u64 part[4];

	y->rows++;
	if (vp_prim_hash(hash, &piece, 1))
		return;
	memcpy(part, hash, sizeof(part));
	for (int i = 0; i < 4; i++)
		y->sum[i] += part[i];
}

static json_t *value_of(struct query *q, int col, char type)
{
	static __thread char blob[BLOB_MAX], text[BASE64_SIZE(BLOB_MAX)];
	size_t len;

	if (db_null(q, col))
		return json_null();
	if (type == 'i')
		return json_integer(db_int(q, col));
	if (type == 't') {
		db_text(q, col, text, sizeof(text));
		return json_string(text);
	}
	len = db_blob(q, col, blob, sizeof(blob));
	base64_encode(text, (__u8 *)blob, len);
	return json_string(text);
}

static char *line_of(struct query *q, const struct columns *c)
{
	json_t *row = json_array();
	char *line;

	for (int i = 0; i < c->n; i++)
		json_array_append_new(row, value_of(q, i, c->type[i]));
	line = json_array_size(row) == (size_t)c->n ? json_dumps(row, JSON_COMPACT) : NULL;
	json_decref(row);
	return line;
}

/* Every row of a table: to @out, unless it is NULL, and into the tally. */
static enum store_result read_table(struct store *st, const struct table *t, FILE *out, struct tally *y, move_progress_fn *fn)
{
	struct columns c = columns_of(t);
	enum store_result r;
	struct query *q;
	char sql[640];

	snprintf(sql, sizeof(sql), "SELECT %s FROM %s%s ORDER BY %s", c.names, t->name,
		 strcmp(t->name, "meta") ? "" : " WHERE name NOT IN " OWN_META, t->order);
	q = db(st, sql, "!*");
	while ((r = db_row(st, q)) == STORE_OK) {
		char *line = line_of(q, &c);

		if (!line || (out && fprintf(out, "%s\n", line) < 0)) {
			free(line);
			r = STORE_FAILED;
			break;
		}
		add(y, line);
		free(line);
		if (fn && y->rows % TOLD_EVERY == 0)
			fn(t->name, y->rows);
	}
	db_end(q, r);
	if (fn && r == STORE_NONE)
		fn(t->name, y->rows);
	return r == STORE_NONE ? STORE_OK : r;
}

static json_t *tally_json(const struct tally *y)
{
	char hex[65];

	snprintf(hex, sizeof(hex), "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, (uint64_t)y->sum[0],
		 (uint64_t)y->sum[1], (uint64_t)y->sum[2], (uint64_t)y->sum[3]);
	return json_pack("[I, s]", (json_int_t)y->rows, hex);
}

static int put_line(FILE *out, json_t *json)
{
	int bad = json_dumpf(json, out, JSON_COMPACT) || fputc('\n', out) == EOF;

	json_decref(json);
	return bad;
}

static enum store_result at_rest(struct store *st)
{
	char text[64];
	enum store_result r = store_meta(st, META_REKEY_TO, text, sizeof(text));

	if (r == STORE_NONE)
		r = store_meta(st, META_REKEY_ONLINE, text, sizeof(text));
	if (r == STORE_OK)
		log_error("the master key is being changed, or that was cut short: let \"voicepay-gateway rekey\" come to its end first");
	return r == STORE_OK ? STORE_FAILED : r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_export(struct store *st, FILE *out, move_progress_fn *fn)
{
	json_t *end = json_object();
	enum store_result r;

	db_patient(st);
	/* One moment of it. */
	r = store_begin_alone(st);
	if (r == STORE_OK)
		r = at_rest(st);
	if (r == STORE_OK && put_line(out, json_pack("{s:i}", "voicepay", SCHEMA_VERSION)))
		r = STORE_FAILED;
	for (size_t i = 0; i < TABLES && r == STORE_OK; i++) {
		struct tally y = { 0 };

		if (put_line(out, json_pack("{s:s}", "table", tables[i].name)))
			r = STORE_FAILED;
		else
			r = read_table(st, &tables[i], out, &y, fn);
		json_object_set_new(end, tables[i].name, tally_json(&y));
	}
	store_rollback(st);
	if (r == STORE_OK && (put_line(out, json_pack("{s:O}", "end", end)) || fflush(out)))
		r = STORE_FAILED;
	json_decref(end);
	if (r != STORE_OK)
		log_error("the export is not complete: %s", ferror(out) ? "its file cannot be written" : "see above");
	return r;
}

struct import {
	struct store *st;
	char sql[TABLES][640];	/* stay where they are: statements are known by their address */
	struct tally read[TABLES];
	long long line;
	move_progress_fn *fn;
};

static const char *insert_of(struct import *im, size_t at, const struct columns *c)
{
	const struct table *t = &tables[at];
	char *sql = im->sql[at];
	size_t used;

	if (db_is_postgres(im->st) ? t->pg : t->lite)
		return db_is_postgres(im->st) ? t->pg : t->lite;
	if (*sql)
		return sql;
	used = snprintf(sql, sizeof(im->sql[at]), "INSERT INTO %s (%s) VALUES (", t->name, c->names);
	for (int i = 1; i <= c->n; i++)
		used += snprintf(sql + used, sizeof(im->sql[at]) - used, "%s$%d", i > 1 ? ", " : "", i);
	snprintf(sql + used, sizeof(im->sql[at]) - used, ")");
	return sql;
}

/* One row; false if it is not one of this table's. */
static bool take_row(struct import *im, size_t at, const struct columns *c, const json_t *row, enum store_result *r)
{
	static __thread __u8 blob[COLUMNS][BLOB_MAX];
	struct db_value v[COLUMNS];

	if (json_array_size(row) != (size_t)c->n)
		return false;
	for (int i = 0; i < c->n; i++) {
		const json_t *j = json_array_get(row, i);
		long len;

		v[i] = (struct db_value){ .type = c->type[i], .null = json_is_null(j), .number = json_integer_value(j),
					  .bytes = json_string_value(j), .len = json_string_length(j) };
		if (v[i].null)
			continue;
		if (c->type[i] == 'i' ? !json_is_integer(j) : !json_is_string(j))
			return false;
		if (c->type[i] != 'b')
			continue;
		len = base64_decode(blob[i], BLOB_MAX, v[i].bytes, v[i].len);
		if (len < 0)
			return false;
		v[i].bytes = (char *)blob[i];
		v[i].len = len;
	}
	*r = db_put(im->st, insert_of(im, at, c), v, c->n);
	return true;
}

/* Rows of short life are not in the export, but devices remember their numbers. */
static enum store_result ahead(struct store *st)
{
	enum store_result r = store_numbers_ahead(st);

	return r == STORE_NONE ? STORE_OK : r;
}

/* What follows from the rows and is not among them. */
static enum store_result finish(struct store *st)
{
	static const char *const numbered[][2] = {
		{ "party", "id" }, { "account", "id" }, { "device_key", "id" }, { "pool", "serial" },
		{ "online_code", "number" }, { "alarm", "id" },
	};
	char sql[256];
	enum store_result r;

	if (!db_is_postgres(st)) {
		r = db_exec(st, "UPDATE account SET overdraft = 0 WHERE party NOT IN (SELECT id FROM party WHERE kind = 'equity')");
		return r == STORE_OK ? ahead(st) : r;
	}
	r = db_exec(st, "UPDATE merchant_order SET refunded = (SELECT sum(t.amount) FROM refund r JOIN transfer t ON t.id = r.transfer "
			"WHERE r.payment = merchant_order.payment) WHERE payment IN (SELECT payment FROM refund)");
	if (r == STORE_OK)
		r = db_exec(st, "SELECT setval('notification_number', (SELECT coalesce(max(number), 0) + 1 FROM notification), false)");
	/* The second may be the same as that of the last one that was imported. */
	if (r == STORE_OK)
		r = db_exec(st, "SELECT setval('transfer_number', (SELECT coalesce(max(id), 0) % " TRANSFERS_A_SECOND
				" + 1 FROM transfer), false)");
	for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]) && r == STORE_OK; i++) {
		snprintf(sql, sizeof(sql), "SELECT setval(pg_get_serial_sequence('%s', '%s'), "
			 "(SELECT coalesce(max(%s), 0) + 1 FROM %s), false)", numbered[i][0], numbered[i][1],
			 numbered[i][1], numbered[i][0]);
		r = db_exec(st, sql);
	}
	return r == STORE_OK ? ahead(st) : r;
}

static bool same(const struct tally *a, const struct tally *b)
{
	return a->rows == b->rows && !memcmp(a->sum, b->sum, sizeof(a->sum));
}

/* What is in the database now is what was read, and what had been written there. */
static enum store_result compare(struct import *im, const json_t *end)
{
	enum store_result r = STORE_OK;
	struct audit audit;

	for (size_t i = 0; i < TABLES && r == STORE_OK; i++) {
		json_t *is = tally_json(&im->read[i]);
		struct tally y = { 0 };

		if (!json_equal(is, json_object_get(end, tables[i].name))) {
			log_error("import: table %s is not as it was exported: its lines were changed, or some are missing", tables[i].name);
			r = STORE_FAILED;
		}
		json_decref(is);
		if (r == STORE_OK)
			r = read_table(im->st, &tables[i], NULL, &y, NULL);
		if (r == STORE_OK && !same(&y, &im->read[i])) {
			log_error("import: table %s came out with %lld rows for %lld, or with others", tables[i].name, y.rows,
				  im->read[i].rows);
			r = STORE_FAILED;
		}
	}
	if (r == STORE_OK)
		r = store_audit(im->st, &audit);
	if (r == STORE_OK && (audit.sum || audit.wrong)) {
		log_error("import: the ledger does not add up: sum %lld, %lld wrong", audit.sum, audit.wrong);
		r = STORE_FAILED;
	}
	return r;
}

static const struct table *table_named(const char *name)
{
	for (size_t i = 0; name && i < TABLES; i++)
		if (!strcmp(tables[i].name, name))
			return &tables[i];
	return NULL;
}

static enum store_result wrong_line(const struct import *im, const char *why)
{
	log_error("import: line %lld: %s", im->line, why);
	return STORE_FAILED;
}

/* From the first table to the end; @end is a new reference. */
static enum store_result read_all(struct import *im, FILE *in, json_t **end)
{
	const struct table *t = NULL;
	enum store_result r = STORE_OK;
	struct columns c = { .n = 0 };
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (r == STORE_OK && !*end && (len = getline(&line, &size, in)) > 0) {
		json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

		im->line++;
		line[len - (line[len - 1] == '\n')] = '\0';
		if (im->line == 1 && json_integer_value(json_object_get(json, "voicepay")) != SCHEMA_VERSION) {
			r = wrong_line(im, "not an export of this version's: migrate the database it is of, and export again");
		} else if (json_is_array(json) && t) {
			if (!take_row(im, t - tables, &c, json, &r))
				r = wrong_line(im, "not a row of this table");
			add(&im->read[t - tables], line);
			if (im->read[t - tables].rows % TOLD_EVERY == 0)
				im->fn(t->name, im->read[t - tables].rows);
		} else if (json_object_get(json, "end")) {
			*end = json_incref(json_object_get(json, "end"));
		} else if (im->line > 1) {
			t = table_named(json_string_value(json_object_get(json, "table")));
			if (t)
				c = columns_of(t);
			else
				r = wrong_line(im, "neither a table nor a row nor the end");
		}
		json_decref(json);
	}
	free(line);
	if (r == STORE_OK && !*end)
		r = wrong_line(im, "it ends here, before its end: the export was cut short");
	return r;
}

enum store_result store_is_new(struct store *st)
{
	char sql[128];
	enum store_result r = STORE_NONE;

	for (size_t i = 1; i < TABLES && r == STORE_NONE; i++) {
		struct query *q;

		snprintf(sql, sizeof(sql), "SELECT 1 FROM %s LIMIT 1", tables[i].name);
		q = db(st, sql, "!");
		r = db_end(q, db_row(st, q));
	}
	return r == STORE_NONE ? STORE_OK : r == STORE_OK ? STORE_NONE : r;
}

enum store_result store_import(struct store *st, FILE *in, move_progress_fn *fn)
{
	struct import *im = calloc(1, sizeof(*im));
	json_t *end = NULL;
	enum store_result r;

	if (!im)
		return STORE_FAILED;
	im->st = st;
	im->fn = fn;
	db_patient(st);
	r = store_begin(st);
	if (r == STORE_OK)
		r = read_all(im, in, &end);
	if (r == STORE_OK)
		r = finish(st);
	if (r == STORE_OK)
		r = compare(im, end);
	if (r == STORE_OK)
		r = store_commit(st);
	store_rollback(st);
	if (r == STORE_TAKEN || r == STORE_POOR) {
		log_error("import: the database does not take these rows together: nothing was written");
		r = STORE_FAILED;
	}
	for (size_t i = 0; i < TABLES && r == STORE_OK; i++)
		fn(tables[i].name, im->read[i].rows);
	json_decref(end);
	free(im);
	return r;
}
