// SPDX-License-Identifier: GPL-2.0-or-later
/* What has outlived its use. */
#include <stdio.h>

#include "db_postgres.h"
#include "store_schema.h"

#define META_SWEPT	"swept"
#define SWEEP_MIN	3000	/* seconds, of the hour between two */

enum store_result store_sweep(struct store *st, __u64 now, __u64 rest)
{
	enum store_result r;
	long long t = now;

	db_patient(st);
	/*
	 * In a file on this connection, which puts aside all pages that it touches, and not in the
	 * group of one that has them in memory. On a server alone would mean serializable, which never
	 * ends beside charges.
	 */
	r = db_is_postgres(st) ? store_begin(st) : store_begin_alone(st);
	if (r != STORE_OK)
		return r;
	/* Each may find nothing to do. */
	r = db_run(st, db(st, "UPDATE alias SET rests_until = $1 + $2 WHERE rests_until IS NULL AND key IN "
			  "(SELECT id FROM device_key WHERE state <> 'dead' AND not_after <= $1 "
			  "UNION SELECT id FROM device_key WHERE state = 'old' AND old_until <= $1)",
			  "ii", t, (long long)rest));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "UPDATE device_key SET state = 'dead' WHERE id IN "
				  "(SELECT id FROM device_key WHERE state <> 'dead' AND not_after <= $1 "
				  "UNION SELECT id FROM device_key WHERE state = 'old' AND old_until <= $1)", "i", t));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "UPDATE device_key SET sealed = $2 WHERE id IN "
				  "(SELECT key FROM alias WHERE rests_until <= $1)", "ib", t, "", (size_t)0));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "UPDATE agreement SET answer = $2 WHERE key IN "
				  "(SELECT key FROM alias WHERE rests_until <= $1)", "ib", t, "", (size_t)0));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM alias WHERE rests_until <= $1", "i", t));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM voice_token WHERE expires < $1 - 86400", "i", t));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "UPDATE merchant_order SET state = 'PAYERROR', reason = 'NOT_CONFIRMED', "
				  "time = expires WHERE state = 'USERPAYING' AND expires <= $1", "i", t));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM ticket WHERE expires < $1 - 86400", "i", t));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM online_code WHERE expires < $1", "i", t));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM pool WHERE not_after < $1", "i", t));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM authorisation WHERE expires < $1", "i", t));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM notification WHERE time < $1 - 30 * 86400", "i", t));
	if (r <= STORE_NONE && db_is_postgres(st))
		r = db_run(st, db(st, "DELETE FROM ration WHERE time < $1 - 3600", "i", t));
	if (r <= STORE_NONE)
		r = store_commit(st);
	store_rollback(st);
	return r == STORE_OK ? store_partitions(st, now) : r;
}

enum store_result store_sweep_turn(struct store *st, __u64 now)
{
	char text[32], before[32];
	enum store_result r;

	if (!db_is_postgres(st))
		return STORE_OK;
	/* Twenty digits with zeros before them: as texts they are in order, too. */
	snprintf(text, sizeof(text), "%020llu", (unsigned long long)now);
	snprintf(before, sizeof(before), "%020llu", (unsigned long long)now - SWEEP_MIN);
	r = db_run(st, db(st, "INSERT INTO meta (name, value) VALUES ('" META_SWEPT "', '0') ON CONFLICT DO NOTHING", ""));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "UPDATE meta SET value = $1 WHERE name = '" META_SWEPT "' AND value <= $2", "tt", text, before));
	return r;
}
