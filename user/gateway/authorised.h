/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this the word of the device's kernel? Whoever has stolen the device's TLS
 * session, or runs on it as root, can send whatever he likes in its name, but not
 * make the MAC over it.
 */
#ifndef VPG_AUTHORISED_H
#define VPG_AUTHORISED_H

#include "authorise.h"
#include "gateway.h"

/* As it came. */
struct authorisation {
	__u32 slot;
	__u64 epoch, time;
	__u8 mac[VP_HASH_LEN];
};

/* What it should be over: the request as it will be carried out. */
struct authorised {
	enum vp_purpose purpose;
	long long amount;
	const char *currency, *order, *payee;	/* NULL: none */
};

#define AUTHORISED_SECONDS	120	/* that two clocks and a slow network may differ */

/*
 * RF_OK: made by a live key of this device over just this; @key is it. How
 * long ago is authorised_fresh()'s to say: a request that has an answer already
 * gets it however old it is.
 */
enum refusal authorised_check(struct call *c, const struct authorisation *auth, const struct authorised *what,
			      struct device_key *key);
enum refusal authorised_fresh(struct call *c, const struct authorisation *auth);

/*
 * For calls that have no number by which a second sending is known: all of the
 * above, then a transaction in which this authorisation has been used up.
 * authorised_end() commits it if @ret is RF_OK, and passes it on.
 */
enum refusal authorised_begin(struct call *c, const struct authorisation *auth, const struct authorised *what,
			      struct device_key *key);
enum refusal authorised_end(struct call *c, enum refusal ret);

#endif /* VPG_AUTHORISED_H */
