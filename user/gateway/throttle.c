// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "paycode.h"
#include "prim_openssl.h"
#include "throttle.h"

/*
 * Buckets in sets of WAYS. A full set gives up its emptiest bucket, so that a
 * guesser who wants to be forgotten must first fill others fuller than its own.
 */
#define SETS	8192
#define WAYS	8

struct bucket {
	__u64 key;	/* 0: free */
	__u64 time;
	__u64 wrong;	/* the code, and the step, that was wrong last */
	__u32 level;	/* in tries * THROTTLE_SECONDS, so that it drains in whole numbers */
	__u32 credit;	/* that good codes gave, and the database has not heard of */
};

struct throttle {
	pthread_mutex_t lock;
	__u64 seed;	/* who has which set is not for outsiders to know */
	struct bucket bucket[SETS][WAYS];
};

struct throttle *throttle_new(void)
{
	struct throttle *th = calloc(1, sizeof(*th));

	if (!th)
		return NULL;
	pthread_mutex_init(&th->lock, NULL);
	if (prim_random(&th->seed, sizeof(th->seed))) {
		throttle_free(th);
		return NULL;
	}
	return th;
}

void throttle_free(struct throttle *th)
{
	if (th)
		pthread_mutex_destroy(&th->lock);
	free(th);
}

static __u64 mix(__u64 x)
{
	x ^= x >> 31;
	x *= 0x7fb5d329728ea185ULL;
	x ^= x >> 27;
	x *= 0x81dadef4bc2dd44dULL;
	return x ^ x >> 33;
}

static __u64 merchant_key(const struct throttle *th, long long merchant)
{
	return mix(mix((__u64)merchant ^ th->seed) ^ 1) | 1;
}

static __u64 number(const char *digits, int n)
{
	__u64 value = 0;

	for (int i = 0; i < n; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}

static __u64 alias_key(const struct throttle *th, const char *digits)
{
	return mix(mix(number(digits + PAYCODE_PREFIX_DIGITS + 1, PAYCODE_ALIAS_DIGITS) ^ th->seed) ^ 2) | 1;
}

/*
 * All digits and the step, in 64 bits that nobody outside can aim at. Not of a code that is
 * bound to something: what it is checked against changes with what the till asks for, and each
 * try is another guess. 0: none.
 */
static __u64 wrong_mark(const struct throttle *th, const char *digits, __u64 now)
{
	if (paycode_is_bound(digits[PAYCODE_PREFIX_DIGITS] - '0'))
		return 0;
	return mix(mix(mix(number(digits, 12) ^ th->seed) ^ number(digits + 12, 12)) ^ now / PAYCODE_STEP_SECONDS) | 1;
}

static void drain(struct bucket *b, __u64 now, __u32 limit)
{
	__u64 out = now > b->time ? (now - b->time) * limit : 0;

	b->level = out < b->level ? b->level - out : 0;
	if (now > b->time)
		b->time = now;
}

static struct bucket *find(struct throttle *th, __u64 key, __u64 now, __u32 limit)
{
	struct bucket *set = th->bucket[(key >> 1) % SETS], *least = set;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key) {
			drain(&set[i], now, limit);
			return &set[i];
		}
		if (!set[i].key || set[i].level < least->level)
			least = &set[i];
	}
	*least = (struct bucket){ .key = key, .time = now };
	return least;
}

enum taken throttle_take(struct throttle *th, long long merchant, const char *digits, __u64 now)
{
	__u64 mark = wrong_mark(th, digits, now);
	enum taken ret = THROTTLE_NOTHING_LEFT;
	struct bucket *m, *a;

	pthread_mutex_lock(&th->lock);
	m = find(th, merchant_key(th, merchant), now, THROTTLE_MERCHANT);
	if (mark && m->wrong == mark) {
		ret = THROTTLE_FREE;
	} else if (m->level + THROTTLE_SECONDS <= THROTTLE_MERCHANT * THROTTLE_SECONDS) {
		m->level += THROTTLE_SECONDS;
		a = find(th, alias_key(th, digits), now, THROTTLE_ALIAS);
		if (a->level + THROTTLE_SECONDS <= THROTTLE_ALIAS * THROTTLE_SECONDS) {
			a->level += THROTTLE_SECONDS;
			ret = THROTTLE_TOOK;
		} else {
			m->level -= THROTTLE_SECONDS;
		}
	}
	pthread_mutex_unlock(&th->lock);
	return ret;
}

/* @credit of it is not what a try took. */
static void give(struct bucket *b, __u32 level, __u32 credit)
{
	b->level = b->level > level + credit ? b->level - level - credit : 0;
	/* What is more than all of a ration is of no use. */
	if (b->credit < THROTTLE_MERCHANT * THROTTLE_SECONDS)
		b->credit += credit;
}

void throttle_give_back(struct throttle *th, long long merchant, const char *digits, bool good)
{
	pthread_mutex_lock(&th->lock);
	give(find(th, merchant_key(th, merchant), 0, THROTTLE_MERCHANT), THROTTLE_SECONDS, good ? THROTTLE_SECONDS / 10 : 0);
	give(find(th, alias_key(th, digits), 0, THROTTLE_ALIAS), THROTTLE_SECONDS, 0);
	pthread_mutex_unlock(&th->lock);
}

void throttle_good(struct throttle *th, long long merchant, __u64 now)
{
	pthread_mutex_lock(&th->lock);
	give(find(th, merchant_key(th, merchant), now, THROTTLE_MERCHANT), 0, THROTTLE_SECONDS / 10);
	pthread_mutex_unlock(&th->lock);
}

/* One more in the bucket that all gateways share, and what it holds then. A failure leaves what is known here. */
static void share(struct throttle *th, struct store *st, __u64 key, long long name, __u64 now, __u32 limit)
{
	long long level = 0;
	__u32 credit;
	struct bucket *b;

	pthread_mutex_lock(&th->lock);
	b = find(th, key, now, limit);
	credit = b->credit;
	b->credit = 0;
	pthread_mutex_unlock(&th->lock);
	if (store_ration(st, name, THROTTLE_SECONDS, limit, credit, now, &level) != STORE_OK)
		return;
	pthread_mutex_lock(&th->lock);
	b = find(th, key, now, limit);
	if (level > b->level)
		b->level = level < UINT32_MAX / 2 ? level : UINT32_MAX / 2;
	pthread_mutex_unlock(&th->lock);
}

void throttle_wrong(struct throttle *th, struct store *st, long long merchant, const char *digits, __u64 now)
{
	__u64 key = merchant_key(th, merchant), mark = wrong_mark(th, digits, now);
	struct bucket *b;
	bool again;

	pthread_mutex_lock(&th->lock);
	b = find(th, key, now, THROTTLE_MERCHANT);
	again = mark && b->wrong == mark;
	b->wrong = mark;
	pthread_mutex_unlock(&th->lock);
	/* What is tried again took nothing. */
	if (again || !st)
		return;
	share(th, st, key, merchant * 2, now, THROTTLE_MERCHANT);
	share(th, st, alias_key(th, digits), number(digits + PAYCODE_PREFIX_DIGITS + 1, PAYCODE_ALIAS_DIGITS) * 2 + 1, now,
	      THROTTLE_ALIAS);
}
