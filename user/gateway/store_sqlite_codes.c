// SPDX-License-Identifier: GPL-2.0-or-later
/* SQLite: pools, online codes, authorisations that were seen. */
#include "store_sqlite.h"

enum store_result store_pool_put(struct store *st, struct pool *pool)
{
	enum store_result r = sq_run(st, sq(st, "DELETE FROM pool WHERE key = ?1", "i", pool->key));

	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "INSERT INTO pool (key, not_after) VALUES (?1, ?2)", "ii", pool->key,
				  (long long)pool->not_after));
	if (r == STORE_OK)
		pool->serial = sqlite3_last_insert_rowid(st->db);
	pool->used = 0;
	return r;
}

enum store_result store_pool_of(struct store *st, long long key, struct pool *pool)
{
	sqlite3_stmt *q = sq(st, "SELECT serial, not_after, used FROM pool WHERE key = ?1", "i", key);
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK) {
		pool->key = key;
		pool->serial = sqlite3_column_int64(q, 0);
		pool->not_after = sqlite3_column_int64(q, 1);
		pool->used = sqlite3_column_int(q, 2);
	}
	return sq_end(q, r);
}

enum store_result store_pool_use(struct store *st, const struct pool *pool, unsigned int index, __u64 now)
{
	return sq_run(st, sq(st, "UPDATE pool SET used = used | ?3 WHERE serial = ?1 AND key = ?2 AND used & ?3 = 0 AND "
			     "not_after > ?4", "iiii", (long long)pool->serial, pool->key, 1LL << index, (long long)now));
}

enum store_result store_online_put(struct store *st, struct online_code *oc)
{
	enum store_result r = sq_run(st, sq(st, "DELETE FROM online_code WHERE key = ?1", "i", oc->key));

	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "INSERT INTO online_code (key, mac, expires) VALUES (?1, ?2, ?3)", "ibi", oc->key,
				  oc->mac, sizeof(oc->mac), (long long)oc->expires));
	if (r == STORE_OK)
		oc->number = sqlite3_last_insert_rowid(st->db);
	oc->used = false;
	return r;
}

enum store_result store_online_of(struct store *st, long long key, struct online_code *oc)
{
	sqlite3_stmt *q = sq(st, "SELECT number, mac, expires, used FROM online_code WHERE key = ?1", "i", key);
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK) {
		oc->key = key;
		oc->number = sqlite3_column_int64(q, 0);
		sq_blob(q, 1, oc->mac, sizeof(oc->mac));
		oc->expires = sqlite3_column_int64(q, 2);
		oc->used = sqlite3_column_int(q, 3);
	}
	return sq_end(q, r);
}

enum store_result store_online_use(struct store *st, const struct online_code *oc, __u64 now)
{
	return sq_run(st, sq(st, "UPDATE online_code SET used = 1 WHERE number = ?1 AND key = ?2 AND used = 0 AND expires > ?3",
			     "iii", oc->number, oc->key, (long long)now));
}

enum store_result store_online_drop(struct store *st)
{
	return sq_run(st, sq(st, "DELETE FROM online_code", ""));
}

enum store_result store_authorisation_use(struct store *st, const __u8 mac[VP_HASH_LEN], __u64 expires)
{
	return sq_run(st, sq(st, "INSERT INTO authorisation VALUES (?1, ?2)", "bi", mac, (size_t)VP_HASH_LEN,
			     (long long)expires));
}
