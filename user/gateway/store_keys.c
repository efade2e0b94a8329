// SPDX-License-Identifier: GPL-2.0-or-later
/* tickets, device keys and aliases. */
#include <string.h>

#include "db_postgres.h"

enum store_result store_ticket_add(struct store *st, const struct ticket *t)
{
	return db_run(st, db(st, "INSERT INTO ticket (id, party, sealed, expires) VALUES ($1, $2, $3, $4)", "bibi",
			     t->id, sizeof(t->id), t->party, t->sealed, t->sealed_len, (long long)t->expires));
}

static void read_ticket(struct query *q, struct ticket *t)
{
	db_blob(q, 0, t->id, sizeof(t->id));
	t->party = db_int(q, 1);
	t->sealed_len = db_blob(q, 2, t->sealed, sizeof(t->sealed));
	t->expires = db_int(q, 3);
	t->used = db_int(q, 4);
}

#define TICKET	"SELECT id, party, sealed, expires, used IS NOT NULL FROM ticket "

enum store_result store_ticket_find(struct store *st, const __u8 id[STORE_TICKET_HASH],
				    struct ticket *t)
{
	struct query *q = db(st, TICKET "WHERE id = $1", "b", id, (size_t)STORE_TICKET_HASH);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_ticket(q, t);
	return db_end(q, r);
}

enum store_result store_ticket_use(struct store *st, const __u8 id[STORE_TICKET_HASH], __u64 now)
{
	return db_run(st, db(st, "UPDATE ticket SET used = $2 WHERE id = $1 AND used IS NULL AND expires > $2", "bi",
			     id, (size_t)STORE_TICKET_HASH, (long long)now));
}

enum store_result store_ticket_after(struct store *st, const __u8 id[STORE_TICKET_HASH], struct ticket *t)
{
	struct query *q = db(st, TICKET "WHERE id > $1 ORDER BY id LIMIT 1", "b", id, (size_t)STORE_TICKET_HASH);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_ticket(q, t);
	return db_end(q, r);
}

enum store_result store_ticket_seal(struct store *st, const struct ticket *t)
{
	return db_run(st, db(st, "UPDATE ticket SET sealed = $2 WHERE id = $1", "bb", t->id, sizeof(t->id),
			     t->sealed, t->sealed_len));
}

enum store_result store_key_add(struct store *st, struct device_key *key)
{
	return db_insert(st, db(st, "INSERT INTO device_key (device, slot, epoch, party, state, sealed, watermark, "
				"created, not_after, modes) VALUES ($1, $2, $3, $4, 'next', $9, $5, $6, $7, $8) RETURNING id", "biiiiiiib",
				key->device, sizeof(key->device), (long long)key->slot, (long long)key->epoch, key->party,
				(long long)key->watermark, (long long)key->created, (long long)key->not_after,
				(long long)key->modes, "", (size_t)0), &key->id);
}

enum store_result store_key_complete(struct store *st, const struct device_key *key,
				     const struct agreement *agr)
{
	enum store_result r = store_key_seal(st, key);

	if (r != STORE_OK)
		return r;
	return db_run(st, db(st, "INSERT INTO agreement (key, device, static, nonce, asked, answer) "
			     "VALUES ($1, $2, $3, $4, $5, $6)", "ibbbbb", key->id, key->device, sizeof(key->device),
			     agr->d_pub, sizeof(agr->d_pub), agr->nonce, sizeof(agr->nonce),
			     agr->asked, sizeof(agr->asked), agr->answer, agr->answer_len));
}

enum store_result store_agreement(struct store *st, long long key, struct agreement *agr)
{
	struct query *q = db(st, "SELECT static, nonce, asked, answer FROM agreement WHERE key = $1", "i", key);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK) {
		memset(agr, 0, sizeof(*agr));
		db_blob(q, 0, agr->d_pub, sizeof(agr->d_pub));
		db_blob(q, 1, agr->nonce, sizeof(agr->nonce));
		db_blob(q, 2, agr->asked, sizeof(agr->asked));
		agr->answer_len = db_blob(q, 3, agr->answer, sizeof(agr->answer));
	}
	return db_end(q, r);
}

#define KEY	"SELECT k.id, k.device, slot, epoch, party, state, sealed, watermark, created, " \
		"not_after, coalesce(old_until, 0), modes FROM device_key k "

static enum store_result one_key(struct store *st, struct query *q, struct device_key *key)
{
	enum store_result r = db_row(st, q);
	char state[16];

	if (r != STORE_OK)
		return db_end(q, r);
	memset(key, 0, sizeof(*key));
	key->id = db_int(q, 0);
	db_blob(q, 1, key->device, sizeof(key->device));
	key->slot = db_int(q, 2);
	key->epoch = db_int(q, 3);
	key->party = db_int(q, 4);
	db_text(q, 5, state, sizeof(state));
	key->state = !strcmp(state, "next") ? KEY_NEXT : !strcmp(state, "current") ? KEY_CURRENT :
		     !strcmp(state, "old") ? KEY_OLD : KEY_DEAD;
	key->sealed_len = db_blob(q, 6, key->sealed, sizeof(key->sealed));
	key->watermark = db_int(q, 7);
	key->created = db_int(q, 8);
	key->not_after = db_int(q, 9);
	key->old_until = db_int(q, 10);
	key->modes = db_int(q, 11);
	return db_end(q, STORE_OK);
}

enum store_result store_key_asked(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				  const __u8 asked[VP_HASH_LEN], struct device_key *key)
{
	return one_key(st, db(st, KEY "JOIN agreement g ON g.key = k.id WHERE g.device = $1 AND g.asked = $2", "bb",
			      device, (size_t)VP_DEVICE_ID_LEN, asked, (size_t)VP_HASH_LEN), key);
}

enum store_result store_key_epoch(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				  __u32 slot, __u64 epoch, struct device_key *key)
{
	return one_key(st, db(st, KEY "WHERE device = $1 AND slot = $2 AND epoch = $3", "bii",
			      device, (size_t)VP_DEVICE_ID_LEN, (long long)slot, (long long)epoch), key);
}

/* Always ten digits, so that the number and the digits say the same. -1: not digits, which no row has. */
static long long alias_number(const char alias[VP_ALIAS_DIGITS])
{
	long long n = 0;

	for (int i = 0; i < VP_ALIAS_DIGITS; i++) {
		if (alias[i] < '0' || alias[i] > '9')
			return -1;
		n = n * 10 + alias[i] - '0';
	}
	return n;
}

enum store_result store_key_alias(struct store *st, const char alias[VP_ALIAS_DIGITS],
				  struct device_key *key)
{
	return one_key(st, db(st, KEY "WHERE k.id = (SELECT key FROM alias WHERE alias = $1)", "i",
			      alias_number(alias)), key);
}

enum store_result store_key_by_id(struct store *st, long long id, struct device_key *key)
{
	return one_key(st, db(st, KEY "WHERE k.id = $1", "i", id), key);
}

enum store_result store_voice_key(struct store *st, const char *payment, struct device_key *key)
{
	return one_key(st, db(st, KEY "WHERE k.id = (SELECT key FROM voice_order WHERE payment = $1)", "t", payment), key);
}

enum store_result store_key_after(struct store *st, long long id, struct device_key *key)
{
	return one_key(st, db(st, KEY "WHERE k.id > $1 AND length(sealed) > 0 ORDER BY k.id LIMIT 1", "i", id), key);
}

enum store_result store_key_seal(struct store *st, const struct device_key *key)
{
	return db_run(st, db(st, "UPDATE device_key SET sealed = $2 WHERE id = $1", "ib", key->id,
			     key->sealed, key->sealed_len));
}

enum store_result store_key_reseal(struct store *st, const struct device_key *key, const __u8 *was, size_t was_len)
{
	return db_run(st, db(st, "UPDATE device_key SET sealed = $2 WHERE id = $1 AND sealed = $3", "ibb", key->id,
			     key->sealed, key->sealed_len, was, was_len));
}

enum store_result store_keys_total(struct store *st, long long *n)
{
	return db_number(st, db(st, "SELECT count(*) FROM device_key", ""), n);
}

enum store_result store_key_of_slot(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				    __u32 slot, __u64 now, struct device_key *key)
{
	return one_key(st, db(st, KEY "WHERE device = $1 AND slot = $2 AND state <> 'dead' AND not_after > $3 "
			      "ORDER BY epoch DESC LIMIT 1", "bii",
			      device, (size_t)VP_DEVICE_ID_LEN, (long long)slot, (long long)now), key);
}

enum store_result store_key_top_epoch(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				      __u32 slot, __u64 *epoch)
{
	long long top = 0;
	enum store_result r = db_number(st, db(st, "SELECT coalesce(max(epoch), 0) FROM device_key WHERE device = $1 AND slot = $2", "bi",
					       device, (size_t)VP_DEVICE_ID_LEN, (long long)slot), &top);

	if (r == STORE_OK)
		*epoch = top;
	return r;
}

enum store_result store_key_count(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				  __u64 since, __u64 *n)
{
	long long granted = 0;
	enum store_result r = db_number(st, db(st, "SELECT count(*) FROM device_key WHERE device = $1 AND created > $2", "bi",
					       device, (size_t)VP_DEVICE_ID_LEN, (long long)since), &granted);

	if (r == STORE_OK)
		*n = granted;
	return r;
}

enum store_result store_device_known(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				     __u64 now)
{
	struct query *q = db(st, "SELECT 1 FROM device_key WHERE device = $1 AND "
			     "state <> 'dead' AND not_after > $2 LIMIT 1", "bi",
			     device, (size_t)VP_DEVICE_ID_LEN, (long long)now);

	return db_end(q, db_row(st, q));
}

enum store_result store_device_turn(struct store *st, const __u8 device[VP_DEVICE_ID_LEN])
{
	struct query *q;

	if (!db_is_postgres(st))
		return STORE_OK;
	/* The device's first key: never deleted, and the same for all. */
	q = db(st, "SELECT id FROM device_key WHERE device = $1 ORDER BY slot, epoch LIMIT 1 FOR NO KEY UPDATE", "b",
	       device, (size_t)VP_DEVICE_ID_LEN);
	return db_later(st, q, STORE_TAKEN);
}

enum store_result store_key_make_way(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				     __u32 slot, long long party, __u64 rest_until)
{
	enum store_result r;

	r = db_run(st, db(st, "UPDATE alias SET rests_until = $4 WHERE rests_until IS NULL AND key IN "
			  "(SELECT id FROM device_key WHERE device = $1 AND slot = $2 AND "
			  "(state = 'next' OR (state <> 'dead' AND party <> $3)))", "biii",
			  device, (size_t)VP_DEVICE_ID_LEN, (long long)slot, party, (long long)rest_until));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "UPDATE device_key SET state = 'dead' WHERE device = $1 AND slot = $2 AND "
				  "(state = 'next' OR (state <> 'dead' AND party <> $3))", "bii",
				  device, (size_t)VP_DEVICE_ID_LEN, (long long)slot, party));
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_key_promote(struct store *st, const struct device_key *key,
				    __u64 old_until)
{
	enum store_result r;

	r = db_run(st, db(st, "UPDATE device_key SET state = 'old', old_until = $3 "
			  "WHERE device = $1 AND slot = $2 AND state = 'current' AND "
			  "EXISTS (SELECT 1 FROM device_key WHERE id = $4 AND state = 'next')", "biii",
			  key->device, sizeof(key->device), (long long)key->slot, (long long)old_until, key->id));
	if (r > STORE_NONE)
		return r;
	return db_run(st, db(st, "UPDATE device_key SET state = 'current' WHERE id = $1 AND state = 'next'", "i",
			     key->id));
}

#define ACCEPT	"UPDATE device_key SET watermark = $2 WHERE id = $1 AND watermark < $2 AND " \
		"(state IN ('next', 'current') OR (state = 'old' AND old_until > $3)) AND not_after > $3 AND " \
		"NOT EXISTS (SELECT 1 FROM revoked r WHERE r.peer = device_key.device)"

enum store_result store_key_accept(struct store *st, long long key, __u64 ordinal, __u64 now, const __u8 *salt)
{
	if (!salt)
		return db_run(st, db(st, ACCEPT, "iii", key, (long long)ordinal, (long long)now));
	return db_run(st, db(st, ACCEPT " AND substr(sealed, 1, 16) = $4", "iiib", key, (long long)ordinal, (long long)now,
			     salt, (size_t)STORE_SALT));
}

enum store_result store_key_alive(struct store *st, long long key, __u64 now)
{
	struct query *q = db(st, "SELECT 1 FROM device_key WHERE id = $1 AND not_after > $2 AND "
			     "(state IN ('next', 'current') OR (state = 'old' AND old_until > $2))", "ii", key, (long long)now);

	return db_end(q, db_row(st, q));
}

enum store_result store_alias_of(struct store *st, long long key, __u64 which, char alias[VP_ALIAS_DIGITS])
{
	struct query *q = db(st, "SELECT alias FROM alias WHERE key = $1 ORDER BY alias LIMIT 1 "
			     "OFFSET $2 % (SELECT CASE WHEN count(*) = 0 THEN 1 ELSE count(*) END FROM alias WHERE key = $1)", "ii", key, (long long)which);
	enum store_result r = db_row(st, q);
	long long n;

	if (r == STORE_OK) {
		n = db_int(q, 0);
		for (int i = VP_ALIAS_DIGITS - 1; i >= 0; i--, n /= 10)
			alias[i] = '0' + n % 10;
	}
	return db_end(q, r);
}

enum store_result store_alias_add(struct store *st, const char alias[VP_ALIAS_DIGITS],
				  long long key)
{
	return db_taken(db_run(st, db(st, "INSERT INTO alias (alias, key) VALUES ($1, $2) ON CONFLICT DO NOTHING", "ii",
				      alias_number(alias), key)));
}
