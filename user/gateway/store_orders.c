// SPDX-License-Identifier: GPL-2.0-or-later
/* payments, and the orders and tokens that they came from. */
#include <string.h>

#include "db_postgres.h"
#include "store_schema.h"

const char *const store_payment_kinds[] = {
	[PAYMENT_CODE] = "code", [PAYMENT_VOICE] = "voice", [PAYMENT_ORDER] = "order",
};

/* The column's word among @words; the schema lets no other be there. */
static int one_of(struct query *q, int col, const char *const *words, int n)
{
	char word[16];

	db_text(q, col, word, sizeof(word));
	while (--n > 0 && strcmp(word, words[n]))
		;
	return n;
}
#define ONE_OF(q, col, words) one_of(q, col, words, sizeof(words) / sizeof((words)[0]))

#define REFUNDED(payment) "(SELECT coalesce(sum(b.amount), 0) FROM refund r JOIN transfer b ON b.id = r.transfer " \
		"WHERE r.payment = " payment ") "
#define PAYMENT	"SELECT p.id, p.kind, p.transfer, coalesce(p.key, 0), coalesce(p.ordinal, 0), " \
		"dp.name, cp.name, d.currency, t.amount, t.time, " \
		"coalesce((SELECT order_no FROM merchant_order m WHERE m.merchant = cp.id AND m.payment = p.id), " \
		" (SELECT order_id FROM voice_order v WHERE v.payment = p.id), ''), " \
		"t.debit, t.credit, " REFUNDED("p.id") \
		"FROM payment p JOIN transfer t ON t.id = p.transfer " \
		"JOIN account d ON d.id = t.debit JOIN party dp ON dp.id = d.party " \
		"JOIN account c ON c.id = t.credit JOIN party cp ON cp.id = c.party "

static void read_payment(struct query *q, struct payment *p)
{
	memset(p, 0, sizeof(*p));
	db_text(q, 0, p->id, sizeof(p->id));
	p->kind = ONE_OF(q, 1, store_payment_kinds);
	p->transfer = db_int(q, 2);
	p->key = db_int(q, 3);
	p->ordinal = db_int(q, 4);
	db_text(q, 5, p->payer, sizeof(p->payer));
	db_text(q, 6, p->payee, sizeof(p->payee));
	db_text(q, 7, p->currency, sizeof(p->currency));
	p->amount = db_int(q, 8);
	p->time = db_int(q, 9);
	db_text(q, 10, p->order, sizeof(p->order));
	p->debit = db_int(q, 11);
	p->credit = db_int(q, 12);
	p->refunded = db_int(q, 13);
}

enum store_result store_payment_find(struct store *st, const char *id, struct payment *p)
{
	struct query *q = db(st, PAYMENT "WHERE p.id = $1", "t", id);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_payment(q, p);
	return db_end(q, r);
}

enum store_result store_each_payment(struct store *st,
				     void (*fn)(void *arg, const struct payment *p), void *arg)
{
	struct query *q = db(st, PAYMENT "ORDER BY p.transfer", "*");
	struct payment p;
	enum store_result r;

	while ((r = db_row(st, q)) == STORE_OK) {
		read_payment(q, &p);
		fn(arg, &p);
	}
	return db_end(q, r == STORE_NONE ? STORE_OK : r);
}

static const char *const order_kinds[] = { [ORDER_NONE] = "none", [ORDER_CODE] = "code", [ORDER_SCAN] = "scan" };
static const char *const order_states[] = {
	[ORDER_NOTPAY] = "NOTPAY", [ORDER_USERPAYING] = "USERPAYING", [ORDER_SUCCESS] = "SUCCESS",
	[ORDER_PAYERROR] = "PAYERROR", [ORDER_REVOKED] = "REVOKED",
};

#define ORDER	"SELECT o.merchant, o.order_no, o.kind, o.amount, o.currency, o.code, o.state, coalesce(o.reason, ''), " \
		"coalesce(o.payment, ''), o.time, coalesce(o.ref, ''), coalesce(o.expires, 0), coalesce(o.key, 0), " \
		"coalesce(o.ordinal, 0), "
/* PostgreSQL reads a row that it had to wait for anew, but not what a subquery has found before. */
#define LITE_ORDER	ORDER REFUNDED("o.payment")
#define PG_ORDER	ORDER "o.refunded "
#define HELD		" FOR NO KEY UPDATE OF o"
/* In a transaction the row is held until its end: what is decided by it stays true. */
#define FIND(st, rest)	db_sql(st, LITE_ORDER rest, (st)->writing ? PG_ORDER rest HELD : PG_ORDER rest)

static void read_order(struct query *q, struct merchant_order *o)
{
	memset(o, 0, sizeof(*o));
	o->merchant = db_int(q, 0);
	db_text(q, 1, o->order_no, sizeof(o->order_no));
	o->kind = ONE_OF(q, 2, order_kinds);
	o->amount = db_int(q, 3);
	db_text(q, 4, o->currency, sizeof(o->currency));
	db_blob(q, 5, o->code, sizeof(o->code));
	o->state = ONE_OF(q, 6, order_states);
	db_text(q, 7, o->reason, sizeof(o->reason));
	db_text(q, 8, o->payment, sizeof(o->payment));
	o->time = db_int(q, 9);
	db_text(q, 10, o->ref, sizeof(o->ref));
	o->expires = db_int(q, 11);
	o->key = db_int(q, 12);
	o->ordinal = db_int(q, 13);
	o->refunded = db_int(q, 14);
	o->there = true;
}

enum store_result store_order_find(struct store *st, struct merchant_order *o)
{
	struct query *q = db(st, FIND(st, "FROM merchant_order o WHERE o.merchant = $1 AND o.order_no = $2"), "it", o->merchant,
			     o->order_no);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_order(q, o);
	return db_end(q, r);
}

enum store_result store_order_of_peer(struct store *st, const __u8 spki[VP_HASH_LEN], struct merchant_order *o)
{
#define OF_PEER	"FROM merchant_order o WHERE o.merchant = (SELECT party FROM merchant WHERE spki = $1) AND o.order_no = $2"
	struct query *q = db(st, db_sql(st, LITE_ORDER OF_PEER, PG_ORDER OF_PEER), "bt", spki, (size_t)VP_HASH_LEN, o->order_no);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_order(q, o);
	return db_end(q, r);
}

enum store_result store_order_by_ref(struct store *st, const char *ref, struct merchant_order *o)
{
	struct query *q = db(st, FIND(st, "FROM merchant_order o WHERE o.ref = $1"), "t", ref);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_order(q, o);
	return db_end(q, r);
}

enum store_result store_each_waiting(struct store *st, const __u8 device[VP_DEVICE_ID_LEN], __u64 now,
				     void (*fn)(void *arg, const struct merchant_order *o, const char *merchant),
				     void *arg)
{
#define WAITING	", p.name FROM merchant_order o JOIN device_key k ON k.id = o.key " \
		"JOIN party p ON p.id = o.merchant WHERE k.device = $1 AND o.state = 'USERPAYING' AND " \
		"o.expires > $2 ORDER BY o.expires LIMIT 16"
	struct query *q = db(st, db_sql(st, LITE_ORDER WAITING, PG_ORDER WAITING), "bi",
			     device, (size_t)VP_DEVICE_ID_LEN, (long long)now);
	char merchant[STORE_NAME_MAX];
	struct merchant_order o;
	enum store_result r;

	while ((r = db_row(st, q)) == STORE_OK) {
		read_order(q, &o);
		db_text(q, 15, merchant, sizeof(merchant));
		fn(arg, &o, merchant);
	}
	return db_end(q, r == STORE_NONE ? STORE_OK : r);
}

enum store_result store_order_put(struct store *st, const struct merchant_order *o)
{
	enum store_result r;
	const char *reason = o->state == ORDER_PAYERROR ? o->reason : "";

	/*
	 * Two tills with one number, at two gateways: both found nothing. The second one's
	 * row is not there; the call, run again, finds the first one's.
	 */
	if (!o->there)
		return db_later(st, db(st, "INSERT INTO merchant_order (merchant, order_no, kind, amount, currency, code, state, "
				       "reason, payment, time, ref, expires, key, ordinal) "
				       "VALUES ($1, $2, $3, $4, $5, CASE WHEN length($6) > 0 THEN $6 END, $7, "
				       "nullif($8, ''), nullif($9, ''), $10, nullif($11, ''), nullif($12, 0), nullif($13, 0), nullif($14, 0))",
				       "ittitbtttitiii", o->merchant, o->order_no, order_kinds[o->kind], o->amount, o->currency,
				       o->code, o->kind == ORDER_CODE ? sizeof(o->code) : (size_t)0, order_states[o->state],
				       reason, o->payment, (long long)o->time, o->ref, (long long)o->expires, o->key,
				       (long long)o->ordinal), STORE_AGAIN);
	/* What is paid stays as it is or is reversed, what is reversed stays; SQLite has a trigger for it, too. */
	r = db_run(st, db(st, "UPDATE merchant_order SET code = CASE WHEN length($6) > 0 THEN $6 END, state = $7, "
			  "reason = nullif($8, ''), payment = nullif($9, ''), time = $10, ref = nullif($11, ''), "
			  "expires = nullif($12, 0), key = nullif($13, 0), ordinal = nullif($14, 0) "
			  "WHERE merchant = $1 AND order_no = $2 AND kind = $3 AND amount = $4 AND currency = $5 AND "
			  "(state IN ('NOTPAY', 'USERPAYING', 'PAYERROR') OR "
			  " (state = 'SUCCESS' AND $7 = 'REVOKED' AND payment = $9))", "ittitbtttitiii",
			  o->merchant, o->order_no, order_kinds[o->kind], o->amount, o->currency,
			  o->code, o->kind == ORDER_CODE ? sizeof(o->code) : (size_t)0, order_states[o->state],
			  reason, o->payment, (long long)o->time,
			  o->ref, (long long)o->expires, o->key, (long long)o->ordinal));
	/* An order of another content is never written over: whoever calls has looked. */
	return r == STORE_NONE ? STORE_FAILED : r;
}

enum store_result store_refund_add(struct store *st, const struct refund *b)
{
	enum store_result r;

	/* PostgreSQL's row of the order counts what went back, and has a constraint on it. */
	if (db_is_postgres(st)) {
		r = db_run(st, db(st, "UPDATE merchant_order SET refunded = refunded + $2 WHERE payment = $1 AND merchant = $3", "tii",
				  b->payment, b->amount, b->merchant));
		if (r != STORE_OK)
			return r == STORE_NONE ? STORE_FAILED : r;
	}
	r = db_run(st, db(st, "INSERT INTO refund (id, payment, transfer, merchant, refund_no) "
			  "VALUES ($1, $2, $3, $4, nullif($5, ''))", "ttiit",
			  b->id, b->payment, b->transfer, b->merchant, b->refund_no));
	/* Whoever calls has looked for one of this number: it came since, at another gateway. */
	return r == STORE_TAKEN ? STORE_AGAIN : r;
}

enum store_result store_refund_find(struct store *st, struct refund *b)
{
	struct query *q = db(st, "SELECT r.id, r.payment, r.transfer, o.order_no, t.amount, o.currency, t.time, "
			     "(SELECT sum(b.amount) FROM refund s JOIN transfer b ON b.id = s.transfer "
			     " WHERE s.payment = r.payment AND s.transfer <= r.transfer) "
			     "FROM refund r JOIN transfer t ON t.id = r.transfer JOIN merchant_order o ON o.payment = r.payment "
			     "WHERE r.merchant = $1 AND r.refund_no = $2", "it", b->merchant, b->refund_no);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK) {
		db_text(q, 0, b->id, sizeof(b->id));
		db_text(q, 1, b->payment, sizeof(b->payment));
		b->transfer = db_int(q, 2);
		db_text(q, 3, b->order_no, sizeof(b->order_no));
		b->amount = db_int(q, 4);
		db_text(q, 5, b->currency, sizeof(b->currency));
		b->time = db_int(q, 6);
		b->total = db_int(q, 7);
	}
	return db_end(q, r);
}

enum store_result store_voice_find(struct store *st, struct voice_order *o)
{
	struct query *q = db(st, "SELECT content, payment, time FROM voice_order WHERE device = $1 AND order_id = $2",
			     "bt", o->device, (size_t)VP_DEVICE_ID_LEN, o->order_id);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK) {
		db_blob(q, 0, o->content, sizeof(o->content));
		db_text(q, 1, o->payment, sizeof(o->payment));
		o->time = db_int(q, 2);
	}
	return db_end(q, r);
}

enum store_result store_voice_put(struct store *st, const struct voice_order *o)
{
	return db_run(st, db(st, "INSERT INTO voice_order (device, order_id, content, payment, time, key) "
			     "VALUES ($1, $2, $3, $4, $5, $6)", "btbtii",
			     o->device, (size_t)VP_DEVICE_ID_LEN, o->order_id, o->content, sizeof(o->content),
			     o->payment, (long long)o->time, o->key));
}

enum store_result store_token_use(struct store *st, const char *jti, __u64 expires)
{
	return db_taken(db_run(st, db(st, "INSERT INTO voice_token (jti, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING", "ti",
				      jti, (long long)expires)));
}
