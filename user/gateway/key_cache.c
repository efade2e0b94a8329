// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "key_cache.h"
#include "keystore.h"
#include "log.h"
#include "prim_openssl.h"

/* Sets of so many, one lock for each LOCKS-th of them. */
#define WAYS	8
#define LOCKS	64
/* Past the last payment: longer than that nobody waits for his next one, and an alias has its day. */
#define KEEP_SECONDS	86400
/* With each key that comes so many sets are looked through for those that have had their time. */
#define TIDY	4

struct kept {
	__u64 alias;	/* its number + 1; 0: free */
	__u64 paid;	/* when it did last */
	struct hmac_states states;
	long long id, party;
	__u8 device[VP_DEVICE_ID_LEN], salt[KEYSTORE_SALT_LEN];
	__u32 slot, modes;
	__u64 epoch, watermark, created, not_after;
};

struct key_cache {
	size_t sets, size;
	atomic_size_t hand;
	__u64 seed;
	struct hmac_states nobodys;
	pthread_mutex_t lock[LOCKS];
	struct kept way[][WAYS];
};

struct key_cache *key_cache_new(long keys)
{
	size_t sets = (keys + WAYS - 1) / WAYS, size = sizeof(struct key_cache) + sets * WAYS * sizeof(struct kept);
	__u8 nobody[VP_KEY_LEN];
	struct key_cache *kc = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (kc == MAP_FAILED) {
		log_error("no memory for %ld keys: [keys] key-cache must be less", keys);
		return NULL;
	}
	if (mlock(kc, size)) {
		log_error("[keys] key-cache = %ld takes %zu KiB that must not be swapped, and the limit on locked memory is below that: raise LimitMEMLOCK=, or keep fewer: %m",
			  keys, size / 1024 + 1);
		munmap(kc, size);
		return NULL;
	}
	kc->sets = sets;
	kc->size = size;
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_init(&kc->lock[i], NULL);
	if (madvise(kc, size, MADV_DONTDUMP) || madvise(kc, size, MADV_WIPEONFORK) ||
	    prim_random(nobody, sizeof(nobody)) || prim_random(&kc->seed, sizeof(kc->seed))) {
		log_error("memory for keys cannot be kept out of dumps and of children: %m");
		key_cache_free(kc);
		return NULL;
	}
	hmac_prepare(&kc->nobodys, nobody);
	vp_prim_wipe(nobody, sizeof(nobody));
	return kc;
}

void key_cache_free(struct key_cache *kc)
{
	size_t size;

	if (!kc)
		return;
	size = kc->size;
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&kc->lock[i]);
	vp_prim_wipe(kc, size);
	munmap(kc, size);
}

/* Who shares a set with whom is not for outsiders to know. */
static size_t set_of(const struct key_cache *kc, __u64 alias)
{
	__u64 x = alias ^ kc->seed;

	x ^= x >> 31;
	x *= 0x7fb5d329728ea185ULL;
	x ^= x >> 27;
	x *= 0x81dadef4bc2dd44dULL;
	return (x ^ x >> 33) % kc->sets;
}

static __u64 number_of(const __u8 alias[VP_ALIAS_DIGITS])
{
	__u64 n = 0;

	for (int i = 0; i < VP_ALIAS_DIGITS; i++)
		n = n * 10 + (alias[i] - '0');
	return n + 1;
}

static pthread_mutex_t *lock_of(struct key_cache *kc, size_t set)
{
	pthread_mutex_t *lock = &kc->lock[set % LOCKS];

	pthread_mutex_lock(lock);
	return lock;
}

/* Where an alias is kept if it is, locked. */
struct place {
	__u64 number;
	struct kept *set, *key;	/* @key: NULL if it is not */
	pthread_mutex_t *lock;
};

static struct place place_of(struct key_cache *kc, const __u8 alias[VP_ALIAS_DIGITS])
{
	struct place p = { .number = number_of(alias) };
	size_t set = set_of(kc, p.number);

	p.lock = lock_of(kc, set);
	p.set = kc->way[set];
	for (int i = 0; !p.key && i < WAYS; i++)
		if (p.set[i].alias == p.number)
			p.key = &p.set[i];
	return p;
}

static bool over(const struct kept *k, __u64 now)
{
	return k->not_after <= now || k->paid + KEEP_SECONDS <= now;
}

bool key_cache_find(struct key_cache *kc, const __u8 alias[VP_ALIAS_DIGITS], __u64 now,
		    struct device_key *key, struct hmac_states *hs, struct kept_at *at)
{
	struct place p = place_of(kc, alias);
	const struct kept *k = p.key;
	bool there = k && !over(k, now);

	if (there) {
		at->number = p.number;
		at->way = k - kc->way[0];
		key->id = k->id;
		key->party = k->party;
		memcpy(key->device, k->device, sizeof(key->device));
		memcpy(key->sealed, k->salt, sizeof(k->salt));
		key->sealed_len = sizeof(k->salt);
		key->slot = k->slot;
		key->modes = k->modes;
		key->epoch = k->epoch;
		key->watermark = k->watermark;
		key->created = k->created;
		key->not_after = k->not_after;
		key->old_until = 0;
		key->state = KEY_CURRENT;
	}
	*hs = there ? k->states : kc->nobodys;
	pthread_mutex_unlock(p.lock);
	return there;
}

bool key_cache_has(struct key_cache *kc, const __u8 alias[VP_ALIAS_DIGITS], __u64 now)
{
	struct place p = place_of(kc, alias);
	bool there = p.key && !over(p.key, now);

	pthread_mutex_unlock(p.lock);
	return there;
}

static void tidy(struct key_cache *kc, size_t set, __u64 now)
{
	pthread_mutex_t *lock = lock_of(kc, set);

	for (int i = 0; i < WAYS; i++)
		if (kc->way[set][i].alias && over(&kc->way[set][i], now))
			vp_prim_wipe(&kc->way[set][i], sizeof(kc->way[set][i]));
	pthread_mutex_unlock(lock);
}

void key_cache_tidy(struct key_cache *kc, __u64 now)
{
	for (size_t set = 0; set < kc->sets; set++)
		tidy(kc, set, now);
}

void key_cache_paid(struct key_cache *kc, const struct kept_at *at, long long id, __u64 now)
{
	pthread_mutex_t *lock = lock_of(kc, at->way / WAYS);
	struct kept *k = kc->way[0] + at->way;

	/* It may have gone meanwhile, and another one come. */
	if (k->alias == at->number && k->id == id)
		k->paid = now;
	pthread_mutex_unlock(lock);
}

void key_cache_put(struct key_cache *kc, const __u8 alias[VP_ALIAS_DIGITS], __u64 now,
		   const struct device_key *key, const struct hmac_states *hs)
{
	struct place p;
	struct kept *k;

	if (key->state != KEY_CURRENT || key->sealed_len < KEYSTORE_SALT_LEN)
		return;
	for (int n = 0; n < TIDY; n++)
		tidy(kc, atomic_fetch_add(&kc->hand, 1) % kc->sets, now);
	p = place_of(kc, alias);
	k = p.key;
	for (int i = 0; !k && i < WAYS; i++)
		if (!p.set[i].alias)
			k = &p.set[i];
	if (!k) {
		k = p.set;
		for (int i = 1; i < WAYS; i++)
			if (p.set[i].paid < k->paid)
				k = &p.set[i];
	}
	k->alias = p.number;
	k->paid = now;
	k->states = *hs;
	k->id = key->id;
	k->party = key->party;
	memcpy(k->device, key->device, sizeof(k->device));
	memcpy(k->salt, key->sealed, sizeof(k->salt));
	k->slot = key->slot;
	k->modes = key->modes;
	k->epoch = key->epoch;
	k->watermark = key->watermark;
	k->created = key->created;
	k->not_after = key->not_after;
	pthread_mutex_unlock(p.lock);
}

void key_cache_drop(struct key_cache *kc, const __u8 alias[VP_ALIAS_DIGITS])
{
	struct place p = place_of(kc, alias);

	if (p.key)
		vp_prim_wipe(p.key, sizeof(*p.key));
	pthread_mutex_unlock(p.lock);
}

long key_cache_count(struct key_cache *kc)
{
	long n = 0;

	for (size_t set = 0; set < kc->sets; set++) {
		pthread_mutex_t *lock = lock_of(kc, set);

		for (int i = 0; i < WAYS; i++)
			n += kc->way[set][i].alias != 0;
		pthread_mutex_unlock(lock);
	}
	return n;
}
