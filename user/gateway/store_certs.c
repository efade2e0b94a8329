// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "store_certs.h"
#include "db.h"

enum store_result store_cert_add(struct store *st, const struct certificate *c)
{
	return db_run(st, db(st, "INSERT INTO certificate (serial, spki, made, not_after, der) VALUES ($1, $2, $3, $4, $5)",
			     "bbiib", c->serial, c->serial_len, c->spki, sizeof(c->spki), (long long)c->made,
			     (long long)c->not_after, c->der, c->der_len));
}

static void read_certificate(struct query *q, struct certificate *c)
{
	memset(c, 0, sizeof(*c));
	c->serial_len = db_blob(q, 0, c->serial, sizeof(c->serial));
	db_blob(q, 1, c->spki, sizeof(c->spki));
	c->made = db_int(q, 2);
	c->not_after = db_int(q, 3);
	c->der_len = db_blob(q, 4, c->der, sizeof(c->der));
}

enum store_result store_cert_find(struct store *st, const struct certificate *serial, struct certificate *c)
{
	struct query *q = db(st, "SELECT serial, spki, made, not_after, der FROM certificate WHERE serial = $1",
			     "b", serial->serial, serial->serial_len);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_certificate(q, c);
	return db_end(q, r);
}

enum store_result store_cert_newest(struct store *st, const __u8 spki[VP_HASH_LEN], struct certificate *c)
{
	struct query *q = db(st, "SELECT serial, spki, made, not_after, der FROM certificate "
				 "WHERE spki = $1 AND length(der) > 0 ORDER BY made DESC, not_after DESC LIMIT 1",
			     "b", spki, (size_t)VP_HASH_LEN);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_certificate(q, c);
	return db_end(q, r);
}

enum store_result store_cert_forget(struct store *st, __u64 before)
{
	enum store_result r = db_run(st, db(st, "DELETE FROM certificate WHERE not_after < $1", "i", (long long)before));

	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_revoke(struct store *st, const struct revocation *rev)
{
	return db_taken(db_run(st, db(st, "INSERT INTO revoked (peer, since, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", "bii",
				      rev->peer, sizeof(rev->peer), (long long)rev->since, (long long)rev->reason)));
}

enum store_result store_revoked(struct store *st, const __u8 peer[VP_DEVICE_ID_LEN])
{
	struct query *q = db(st, "SELECT 1 FROM revoked WHERE peer = $1", "b", peer, (size_t)VP_DEVICE_ID_LEN);

	return db_end(q, db_row(st, q));
}

enum store_result store_each_revoked(struct store *st,
				     void (*fn)(void *arg, const struct certificate *c, const struct revocation *rev),
				     void *arg)
{
	struct query *q = db(st, "SELECT c.serial, c.spki, c.made, c.not_after, c.der, r.peer, r.since, r.reason "
				 "FROM certificate c JOIN revoked r ON r.peer = substr(c.spki, 1, 16) ORDER BY c.serial", "");
	struct certificate c;
	struct revocation rev;
	enum store_result r;

	while ((r = db_row(st, q)) == STORE_OK) {
		read_certificate(q, &c);
		db_blob(q, 5, rev.peer, sizeof(rev.peer));
		rev.since = db_int(q, 6);
		rev.reason = db_int(q, 7);
		fn(arg, &c, &rev);
	}
	r = db_end(q, r);
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_merchant_named(struct store *st, const char *name, __u8 spki[VP_HASH_LEN])
{
	struct query *q = db(st, "SELECT m.spki FROM merchant m JOIN party p ON p.id = m.party WHERE p.name = $1", "t", name);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK && db_blob(q, 0, spki, VP_HASH_LEN) != VP_HASH_LEN)
		r = STORE_FAILED;
	return db_end(q, r);
}
