// SPDX-License-Identifier: GPL-2.0-or-later
/* pools, online codes, authorisations that were seen. */
#include "db_postgres.h"

enum store_result store_pool_put(struct store *st, struct pool *pool)
{
	enum store_result r = db_run(st, db(st, "DELETE FROM pool WHERE key = $1", "i", pool->key));
	long long serial = 0;

	if (r <= STORE_NONE)
		r = db_insert(st, db(st, "INSERT INTO pool (key, not_after) VALUES ($1, $2) RETURNING serial", "ii", pool->key,
				     (long long)pool->not_after), &serial);
	pool->serial = serial;
	pool->used = 0;
	return r;
}

enum store_result store_pool_of(struct store *st, long long key, struct pool *pool)
{
	struct query *q = db(st, "SELECT serial, not_after, used FROM pool WHERE key = $1", "i", key);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK) {
		pool->key = key;
		pool->serial = db_int(q, 0);
		pool->not_after = db_int(q, 1);
		pool->used = db_int(q, 2);
	}
	return db_end(q, r);
}

enum store_result store_pool_use(struct store *st, const struct pool *pool, unsigned int index, __u64 now)
{
	return db_run(st, db(st, "UPDATE pool SET used = used | $3 WHERE serial = $1 AND key = $2 AND (used & $3) = 0 AND "
			     "not_after > $4", "iiii", (long long)pool->serial, pool->key, 1LL << index, (long long)now));
}

enum store_result store_online_put(struct store *st, struct online_code *oc)
{
	enum store_result r = db_run(st, db(st, "DELETE FROM online_code WHERE key = $1", "i", oc->key));

	if (r <= STORE_NONE)
		r = db_insert(st, db(st, "INSERT INTO online_code (key, mac, expires) VALUES ($1, $2, $3) RETURNING number", "ibi",
				     oc->key, oc->mac, sizeof(oc->mac), (long long)oc->expires), &oc->number);
	oc->used = false;
	return r;
}

enum store_result store_online_of(struct store *st, long long key, struct online_code *oc)
{
	struct query *q = db(st, "SELECT number, mac, expires, used FROM online_code WHERE key = $1", "i", key);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK) {
		oc->key = key;
		oc->number = db_int(q, 0);
		db_blob(q, 1, oc->mac, sizeof(oc->mac));
		oc->expires = db_int(q, 2);
		oc->used = db_int(q, 3);
	}
	return db_end(q, r);
}

enum store_result store_online_use(struct store *st, const struct online_code *oc, __u64 now)
{
	return db_run(st, db(st, "UPDATE online_code SET used = 1 WHERE number = $1 AND key = $2 AND used = 0 AND expires > $3",
			     "iii", oc->number, oc->key, (long long)now));
}

enum store_result store_online_drop(struct store *st)
{
	return db_run(st, db(st, "DELETE FROM online_code", ""));
}

enum store_result store_authorisation_use(struct store *st, const __u8 mac[VP_HASH_LEN], __u64 expires)
{
	return db_taken(db_run(st, db(st, "INSERT INTO authorisation (mac, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING", "bi",
				      mac, (size_t)VP_HASH_LEN, (long long)expires)));
}

enum store_result store_ration(struct store *st, long long bucket, long long add, long long per_second,
			       long long credit, __u64 now, long long *level)
{
	if (!db_is_postgres(st))
		return STORE_NONE;
	return db_insert(st, db(st, "INSERT INTO ration (bucket, level, time) VALUES ($1, $2, $3) ON CONFLICT (bucket) DO UPDATE SET "
				"level = greatest(0, ration.level - greatest(0, $3 - ration.time) * $4 - $5) + $2, "
				"time = greatest(ration.time, $3) RETURNING level", "iiiii", bucket, add, (long long)now, per_second,
				credit), level);
}
