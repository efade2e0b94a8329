// SPDX-License-Identifier: GPL-2.0-or-later
/* What has outlived its use. */
#include "db.h"

enum store_result store_sweep(struct store *st, __u64 now, __u64 rest)
{
	enum store_result r = store_begin(st);
	long long t = now;

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
		r = db_run(st, db(st, "UPDATE device_key SET sealed = x'' WHERE id IN "
				  "(SELECT key FROM alias WHERE rests_until <= $1)", "i", t));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "UPDATE agreement SET answer = x'' WHERE key IN "
				  "(SELECT key FROM alias WHERE rests_until <= $1)", "i", t));
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
	if (r <= STORE_NONE)
		return store_commit(st);
	store_rollback(st);
	return r;
}
