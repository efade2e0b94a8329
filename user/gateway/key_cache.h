/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys that have paid here lately, ready to try codes with: [keys] key-cache, none unless it says how
 * many. What is found here is a guess. Whoever books by it holds it against the row, in the
 * transaction (store_key_accept()), so that what another gateway or a command has done to the
 * key holds at once; and whatever is not good by it is looked up.
 */
#ifndef VPG_KEY_CACHE_H
#define VPG_KEY_CACHE_H

#include "hmac.h"
#include "store.h"

struct key_cache;

/* Where an alias was found, so that it is not looked for again. */
struct kept_at {
	__u64 number;
	size_t way;
};

/* Memory that is neither swapped, dumped nor inherited. NULL, and the log is told why. */
struct key_cache *key_cache_new(long keys);
/* Wipes it. */
void key_cache_free(struct key_cache *kc);

/*
 * @key without its sealed keys, of which only the salt is there, what its codes' MACs begin
 * with, and for key_cache_paid() where that was. False: it is not here, and @hs are nobody's, for who
 * does the work all the same.
 */
bool key_cache_find(struct key_cache *kc, const __u8 alias[VP_ALIAS_DIGITS], __u64 now,
		    struct device_key *key, struct hmac_states *hs, struct kept_at *at);
/* Whether key_cache_find() would find it. */
bool key_cache_has(struct key_cache *kc, const __u8 alias[VP_ALIAS_DIGITS], __u64 now);
/* It has paid, @now. In place of the one in its way that paid the longest ago. Only keys that are 'current'. */
void key_cache_put(struct key_cache *kc, const __u8 alias[VP_ALIAS_DIGITS], __u64 now,
		   const struct device_key *key, const struct hmac_states *hs);
/* The key @id that was found there has paid once more. Nothing else prolongs its stay: whoever has seen an alias can try codes. */
void key_cache_paid(struct key_cache *kc, const struct kept_at *at, long long id, __u64 now);
void key_cache_drop(struct key_cache *kc, const __u8 alias[VP_ALIAS_DIGITS]);

/* Wipes those that have had their time. For where nothing comes any more, and so nothing is tidied up by what does. */
void key_cache_tidy(struct key_cache *kc, __u64 now);

/* How many there are. */
long key_cache_count(struct key_cache *kc);

#endif /* VPG_KEY_CACHE_H */
