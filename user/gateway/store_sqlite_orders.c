// SPDX-License-Identifier: GPL-2.0-or-later
/* SQLite: payments, and the orders and tokens that they came from. */
#include <string.h>

#include "store_sqlite.h"

enum store_result store_payment_add(struct store *st, const struct payment *p)
{
	if (p->kind == PAYMENT_VOICE)
		return sq_run(st, sq(st, "INSERT INTO payment (id, kind, transfer) VALUES (?1, 'voice', ?2)", "ti",
				     p->id, p->transfer));
	return sq_run(st, sq(st, "INSERT INTO payment VALUES (?1, 'code', ?2, ?3, ?4)", "tiii",
			     p->id, p->transfer, p->key, (long long)p->ordinal));
}

#define PAYMENT	"SELECT p.id, p.kind, p.transfer, coalesce(p.key, 0), coalesce(p.ordinal, 0), " \
		"dp.name, cp.name, d.currency, t.amount, t.time, " \
		"coalesce((SELECT order_no FROM merchant_order m WHERE m.merchant = cp.id AND m.payment = p.id), " \
		" (SELECT order_id FROM voice_order v WHERE v.payment = p.id), '') " \
		"FROM payment p JOIN transfer t ON t.id = p.transfer " \
		"JOIN account d ON d.id = t.debit JOIN party dp ON dp.id = d.party " \
		"JOIN account c ON c.id = t.credit JOIN party cp ON cp.id = c.party "

static void read_payment(sqlite3_stmt *q, struct payment *p)
{
	char kind[16];

	memset(p, 0, sizeof(*p));
	sq_text(q, 0, p->id, sizeof(p->id));
	sq_text(q, 1, kind, sizeof(kind));
	p->kind = strcmp(kind, "voice") ? PAYMENT_CODE : PAYMENT_VOICE;
	p->transfer = sqlite3_column_int64(q, 2);
	p->key = sqlite3_column_int64(q, 3);
	p->ordinal = sqlite3_column_int64(q, 4);
	sq_text(q, 5, p->payer, sizeof(p->payer));
	sq_text(q, 6, p->payee, sizeof(p->payee));
	sq_text(q, 7, p->currency, sizeof(p->currency));
	p->amount = sqlite3_column_int64(q, 8);
	p->time = sqlite3_column_int64(q, 9);
	sq_text(q, 10, p->order, sizeof(p->order));
}

enum store_result store_payment_find(struct store *st, const char *id, struct payment *p)
{
	sqlite3_stmt *q = sq(st, PAYMENT "WHERE p.id = ?1", "t", id);
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK)
		read_payment(q, p);
	return sq_end(q, r);
}

enum store_result store_each_payment(struct store *st,
				     void (*fn)(void *arg, const struct payment *p), void *arg)
{
	sqlite3_stmt *q = sq(st, PAYMENT "ORDER BY p.transfer", "");
	struct payment p;
	enum store_result r;

	while ((r = sq_row(st, q)) == STORE_OK) {
		read_payment(q, &p);
		fn(arg, &p);
	}
	return sq_end(q, r == STORE_NONE ? STORE_OK : r);
}

enum store_result store_order_find(struct store *st, struct merchant_order *o)
{
	sqlite3_stmt *q = sq(st, "SELECT amount, currency, code, state, coalesce(reason, ''), coalesce(payment, ''), time "
			     "FROM merchant_order WHERE merchant = ?1 AND order_no = ?2", "it",
			     o->merchant, o->order_no);
	enum store_result r = sq_row(st, q);
	char state[16];

	if (r == STORE_OK) {
		o->amount = sqlite3_column_int64(q, 0);
		sq_text(q, 1, o->currency, sizeof(o->currency));
		sq_blob(q, 2, o->code, sizeof(o->code));
		sq_text(q, 3, state, sizeof(state));
		o->state = strcmp(state, "SUCCESS") ? ORDER_PAYERROR : ORDER_SUCCESS;
		sq_text(q, 4, o->reason, sizeof(o->reason));
		sq_text(q, 5, o->payment, sizeof(o->payment));
		o->time = sqlite3_column_int64(q, 6);
	}
	return sq_end(q, r);
}

enum store_result store_order_put(struct store *st, const struct merchant_order *o)
{
	bool paid = o->state == ORDER_SUCCESS;

	return sq_run(st, sq(st, "INSERT INTO merchant_order VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
			     "nullif(?7, ''), nullif(?8, ''), ?9) "
			     "ON CONFLICT (merchant, order_no) DO UPDATE SET code = excluded.code, "
			     "state = excluded.state, reason = excluded.reason, payment = excluded.payment, "
			     "time = excluded.time WHERE state = 'PAYERROR' AND amount = excluded.amount AND "
			     "currency = excluded.currency", "ititbttti",
			     o->merchant, o->order_no, o->amount, o->currency, o->code, sizeof(o->code),
			     paid ? "SUCCESS" : "PAYERROR", paid ? "" : o->reason, paid ? o->payment : "",
			     (long long)o->time));
}

enum store_result store_voice_find(struct store *st, struct voice_order *o)
{
	sqlite3_stmt *q = sq(st, "SELECT content, payment, time FROM voice_order WHERE device = ?1 AND order_id = ?2",
			     "bt", o->device, (size_t)VP_DEVICE_ID_LEN, o->order_id);
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK) {
		sq_blob(q, 0, o->content, sizeof(o->content));
		sq_text(q, 1, o->payment, sizeof(o->payment));
		o->time = sqlite3_column_int64(q, 2);
	}
	return sq_end(q, r);
}

enum store_result store_voice_put(struct store *st, const struct voice_order *o)
{
	return sq_run(st, sq(st, "INSERT INTO voice_order VALUES (?1, ?2, ?3, ?4, ?5)", "btbti",
			     o->device, (size_t)VP_DEVICE_ID_LEN, o->order_id, o->content, sizeof(o->content),
			     o->payment, (long long)o->time));
}

enum store_result store_token_use(struct store *st, const char *jti, __u64 expires)
{
	return sq_run(st, sq(st, "INSERT INTO voice_token VALUES (?1, ?2)", "ti", jti, (long long)expires));
}
