// SPDX-License-Identifier: GPL-2.0-or-later
/* what people are told: alarms, notifications, the statement. */
#include <string.h>

#include "db_postgres.h"

enum store_result store_alarm_raise(struct store *st, const struct alarm *al, __u64 now)
{
	enum store_result r = db_run(st, db(st, "UPDATE alarm SET last = $4, count = count + 1 WHERE kind = $1 AND key = $2 AND "
					    "coalesce(merchant, 0) = $3", "tiii", al->kind, al->key, al->merchant, (long long)now));

	if (r != STORE_NONE)
		return r;
	r = db_run(st, db(st, "INSERT INTO alarm (kind, key, merchant, first, last) VALUES ($1, $2, nullif($3, 0), $4, $4) "
			  "ON CONFLICT DO NOTHING", "tiii", al->kind, al->key, al->merchant, (long long)now));
	/* At another gateway, at the same time. */
	return r == STORE_NONE ? STORE_AGAIN : r;
}

enum store_result store_each_alarm(struct store *st, __u64 since,
				   void (*fn)(void *arg, const struct alarm *al), void *arg)
{
	struct query *q = db(st, "SELECT a.id, a.kind, a.key, coalesce(a.merchant, 0), a.first, a.last, a.count, "
			     "k.device, k.slot, k.epoch, k.party, u.name, coalesce(m.name, '') FROM alarm a "
			     "JOIN device_key k ON k.id = a.key JOIN party u ON u.id = k.party "
			     "LEFT JOIN party m ON m.id = a.merchant WHERE a.last >= $1 ORDER BY a.last, a.id", "i",
			     (long long)since);
	enum store_result r;

	while ((r = db_row(st, q)) == STORE_OK) {
		struct alarm al = { .id = db_int(q, 0) };
		char kind[24];

		db_text(q, 1, kind, sizeof(kind));
		al.kind = kind;
		al.key = db_int(q, 2);
		al.merchant = db_int(q, 3);
		al.first = db_int(q, 4);
		al.last = db_int(q, 5);
		al.count = db_int(q, 6);
		db_blob(q, 7, al.of.device, sizeof(al.of.device));
		al.of.slot = db_int(q, 8);
		al.of.epoch = db_int(q, 9);
		al.of.party = db_int(q, 10);
		db_text(q, 11, al.user, sizeof(al.user));
		db_text(q, 12, al.merchant_name, sizeof(al.merchant_name));
		fn(arg, &al);
	}
	return db_end(q, r == STORE_NONE ? STORE_OK : r);
}

enum store_result store_notify(struct store *st, const struct notification *n)
{
	return db_later(st, db(st, "INSERT INTO notification (device, party, slot, time, kind, ref, payee, amount, currency, "
			     "reason, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, ''), nullif($11, 0))",
			     "biiitttitti", n->device, sizeof(n->device), n->party, (long long)n->slot,
			     (long long)n->time, n->kind, n->ref, n->payee, n->amount, n->currency, n->reason,
			     (long long)n->expires), STORE_TAKEN);
}

/* A device sees what is its present owners'. */
#define OWNERS(device, now) "(SELECT party FROM device_key WHERE device = " device \
		" AND state <> 'dead' AND not_after > " now ") "

enum store_result store_each_notification(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
					  __u64 now, long long since, int limit,
					  void (*fn)(void *arg, const struct notification *n), void *arg)
{
	struct query *q = db(st, "SELECT number, party, slot, time, kind, ref, payee, amount, currency, "
			     "coalesce(reason, ''), coalesce(expires, 0) FROM notification "
			     "WHERE device = $1 AND number > $3 AND party IN " OWNERS("$1", "$2")
			     "ORDER BY number LIMIT $4", "biii", device, (size_t)VP_DEVICE_ID_LEN, (long long)now, since,
			     (long long)limit);
	enum store_result r;

	while ((r = db_row(st, q)) == STORE_OK) {
		struct notification n = { .number = db_int(q, 0) };
		char kind[16];

		memcpy(n.device, device, sizeof(n.device));
		n.party = db_int(q, 1);
		n.slot = db_int(q, 2);
		n.time = db_int(q, 3);
		db_text(q, 4, kind, sizeof(kind));
		n.kind = kind;
		db_text(q, 5, n.ref, sizeof(n.ref));
		db_text(q, 6, n.payee, sizeof(n.payee));
		n.amount = db_int(q, 7);
		db_text(q, 8, n.currency, sizeof(n.currency));
		db_text(q, 9, n.reason, sizeof(n.reason));
		n.expires = db_int(q, 10);
		fn(arg, &n);
	}
	return db_end(q, r == STORE_NONE ? STORE_OK : r);
}

enum store_result store_notification_top(struct store *st, long long *top)
{
	return db_number(st, db(st, "SELECT coalesce(max(number), 0) FROM notification", ""), top);
}

enum store_result store_notification_of(struct store *st, const __u8 device[VP_DEVICE_ID_LEN], long long *top)
{
	return db_number(st, db(st, "SELECT coalesce(max(number), 0) FROM notification WHERE device = $1", "b", device,
				(size_t)VP_DEVICE_ID_LEN), top);
}

long long store_notification_late(struct store *st)
{
	/* Some seconds' worth at a country's rate. */
	return db_is_postgres(st) ? 20000 : 0;
}

enum store_result store_each_notified(struct store *st, long long since,
				      void (*fn)(void *arg, const __u8 device[VP_DEVICE_ID_LEN], long long number), void *arg)
{
	struct query *q = db(st, "SELECT device, max(number) FROM notification WHERE number > $1 GROUP BY device", "i", since);
	__u8 device[VP_DEVICE_ID_LEN];
	enum store_result r;

	while ((r = db_row(st, q)) == STORE_OK) {
		db_blob(q, 0, device, sizeof(device));
		fn(arg, device, db_int(q, 1));
	}
	return db_end(q, r == STORE_NONE ? STORE_OK : r);
}

enum store_result store_statement(struct store *st, const __u8 device[VP_DEVICE_ID_LEN], __u64 now,
				  long long before, int limit,
				  void (*fn)(void *arg, const struct statement_entry *e), void *arg)
{
	struct query *q = db(st,
		"WITH paid AS (SELECT p.id, p.transfer FROM payment p JOIN device_key k ON k.id = p.key WHERE k.device = $1 "
		"  UNION ALL SELECT p.id, p.transfer FROM voice_order v JOIN payment p ON p.id = v.payment WHERE v.device = $1), "
		"own AS (SELECT paid.id, paid.transfer, pt.name AS payee FROM paid JOIN transfer t ON t.id = paid.transfer "
		"  JOIN account d ON d.id = t.debit JOIN account c ON c.id = t.credit JOIN party pt ON pt.id = c.party "
		"  WHERE d.party IN " OWNERS("$1", "$2") "), "
		"lines AS (SELECT transfer, 0 AS back, id AS ref, id AS payment, payee FROM own "
		"  UNION ALL SELECT r.transfer, 1, r.id, own.id, own.payee FROM refund r JOIN own ON own.id = r.payment) "
		"SELECT l.transfer, l.back, l.ref, l.payment, l.payee, t.amount, a.currency, t.time FROM lines l "
		"JOIN transfer t ON t.id = l.transfer JOIN account a ON a.id = t.debit "
		"WHERE l.transfer < $3 ORDER BY l.transfer DESC LIMIT $4", "biii",
		device, (size_t)VP_DEVICE_ID_LEN, (long long)now, before, (long long)limit);
	enum store_result r;

	while ((r = db_row(st, q)) == STORE_OK) {
		struct statement_entry e = { .id = db_int(q, 0), .refund = db_int(q, 1) };

		db_text(q, 2, e.ref, sizeof(e.ref));
		db_text(q, 3, e.payment, sizeof(e.payment));
		db_text(q, 4, e.payee, sizeof(e.payee));
		e.amount = db_int(q, 5);
		db_text(q, 6, e.currency, sizeof(e.currency));
		e.time = db_int(q, 7);
		fn(arg, &e);
	}
	return db_end(q, r == STORE_NONE ? STORE_OK : r);
}
