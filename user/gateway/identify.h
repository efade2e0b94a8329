/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a code to the key that made it, and from there to the code's being spent. */
#ifndef VPG_IDENTIFY_H
#define VPG_IDENTIFY_H

#include "gateway.h"
#include "key_cache.h"
#include "paycode.h"

struct identity {
	struct device_key key;
	__u8 mode;
	bool kept;			/* by what was in memory, and is to be held against the row */
	struct kept_at at;		/* there */
	bool unthanked;			/* its merchant's ration has got nothing for it so far */
	__u8 alias[PAYCODE_ALIAS_DIGITS];
	__u64 ordinal;			/* what a payment is booked under; unique for the key */
	struct pool pool;		/* V 8 */
	unsigned int index;
	struct online_code online;	/* V 9 */
	bool to_keep;			/* once it has paid */
	struct hmac_states states;	/* secret; with to_keep */
};

/*
 * One look-up of the alias, at most three HMACs, as the code's own V says and
 * never as another. @bind is what V 2 to 4 are bound to, else NULL. RF_OK,
 * RF_CODE_USED, or RF_CODE_EXPIRED for whatever else is wrong with it: for an
 * alias that nobody has the work is the same. With [keys] key-cache the look-up is left out if
 * what was kept says RF_OK, and only then. Its question may be under way already: identify_ahead().
 */
enum refusal identify_code(struct call *c, const struct paycode *code, const __u8 *bind, long long merchant,
			   struct identity *id);

/* After store_ahead(): asks for the alias, unless what is kept may do without. */
void identify_ahead(struct call *c, const struct paycode *code);
/* True: what identify_spend() will ask is asked, and store_ahead() is open for more. */
bool identify_spend_ahead(struct call *c, const struct identity *id);
/*
 * In the transaction that books: compare and set. RF_CODE_USED if somebody else was first. RF_AGAIN if
 * what was kept of the key does not hold any more: it is not kept now, and the call is to be run again.
 */
enum refusal identify_spend(struct call *c, const struct identity *id);

/* Its payment is on the disk: the key is kept, or stays so. What pays nothing keeps no key open. */
void identify_paid(struct call *c, const struct identity *id);
/* Wipes what is secret of it: the key's row has it sealed. */
void identify_forget(struct identity *id);

/* Its keys are in use and have not ended. */
bool key_lives(const struct device_key *key, __u64 now);
/* It was not known to have arrived, and has: what was there before gets old. */
enum store_result key_arrived(struct call *c, const struct device_key *key);
/* For a person to look at; never in a transaction. */
void key_alarm(struct call *c, const char *kind, const struct device_key *key, long long merchant);

#endif /* VPG_IDENTIFY_H */
