// SPDX-License-Identifier: GPL-2.0
/*
 * What a key may still issue: step and Q of a payment code, an index of the
 * pool, an authenticator's counter; each of them once, within the budgets and
 * within what the slot's blob covers.
 */

#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "key.h"

static u32 used_in(const struct vp_window *w, u32 number)
{
	return w->number == number ? w->used : 0;
}

static void count_in(struct vp_window *w, u32 number)
{
	w->used = used_in(w, number) + 1;
	w->number = number;
}

/* Takes one code off the budgets, all of them or none. The longest wait is told first. */
static int charge_budgets(struct vp_key *key, u64 now_s)
{
	const struct vp_key_terms *grant = &key->grant;
	u64 hour = div_u64(now_s, 3600), day = div_u64(now_s, 86400);

	if (grant->per_key && key->issued >= grant->per_key)
		return -ENOSPC;
	if (grant->per_day && used_in(&key->day, day) >= grant->per_day)
		return -ENOSR;
	if (grant->per_hour && used_in(&key->hour, hour) >= grant->per_hour)
		return -EXFULL;
	key->issued++;
	count_in(&key->hour, hour);
	count_in(&key->day, day);
	return 0;
}

/*
 * Is the last code what is asked for? Not if it has another V or is bound to
 * something else: two codes with one ordinal would be one spent code too many.
 */
static __always_inline bool last_again(const struct vp_key *key, const struct vp_draw *draw,
				       u64 first, u64 last)
{
	return !draw->fresh && last >= first && last < first + PAYCODE_PER_STEP &&
	       key->last_mode == draw->mode &&
	       (!paycode_is_bound(draw->mode) ||
		!memcmp(key->last_bind, draw->bind, sizeof(draw->bind)));
}

static bool last_again_lockless(struct vp_key *key, const struct vp_draw *draw, u64 first,
				u64 *last)
{
	unsigned int seq;
	bool again;

	do {
		seq = read_seqcount_begin(&key->issue_seq);
		*last = atomic64_read(&key->last_ordinal);
		again = last_again(key, draw, first, *last);
	} while (read_seqcount_retry(&key->issue_seq, seq));
	return again;
}

/* With issue_lock held. */
static int draw_next(struct vp_key *key, struct vp_draw *draw, u64 first, u64 *ordinal)
{
	u64 last = atomic64_read(&key->last_ordinal);
	u64 next = last < first ? first : last + 1;
	int err;

	if (next >= first + PAYCODE_PER_STEP)
		return -EAGAIN;
	if (!draw->may)
		return -EDQUOT;
	if (key->reserve.bound &&
	    (next > key->reserve.ordinal || key->issued >= key->reserve.issued))
		return -ESTALE;
	err = charge_budgets(key, draw->now_s);
	if (err)
		return err;
	write_seqcount_begin(&key->issue_seq);
	atomic64_set(&key->last_ordinal, next);
	key->last_mode = draw->mode;
	if (paycode_is_bound(draw->mode))
		memcpy(key->last_bind, draw->bind, sizeof(key->last_bind));
	write_seqcount_end(&key->issue_seq);
	draw->drawn = true;
	*ordinal = next;
	return 0;
}

/**
 * vp_key_take_ordinal() - choose step and Q of the code to issue
 * @key: the key
 * @draw: what is asked for, and what was chosen
 *
 * Ordinals only rise. Asking again within a step takes no lock.
 *
 * Return: 0; -EAGAIN if the step has no code left, or the clock was corrected
 * to before the last code; -EDQUOT if none may be drawn; -EXFULL, -ENOSR or
 * -ENOSPC if the budget of the hour, the day or the key is used up; -ESTALE if
 * the code would not be covered by the slot's blob, and could come again after a
 * reboot.
 */
int vp_key_take_ordinal(struct vp_key *key, struct vp_draw *draw)
{
	u64 step = div_u64(draw->now_s, PAYCODE_STEP_SECONDS);
	u64 first = paycode_ordinal(step, 0), ordinal;
	int err = 0;

	draw->drawn = false;
	draw->step = step;
	if (draw->fresh || !last_again_lockless(key, draw, first, &ordinal)) {
		spin_lock(&key->issue_lock);
		ordinal = atomic64_read(&key->last_ordinal);
		/* Another thread may have been faster. */
		if (!last_again(key, draw, first, ordinal))
			err = draw_next(key, draw, first, &ordinal);
		spin_unlock(&key->issue_lock);
	}
	draw->q = ordinal - first;
	return err;
}

/* With issue_lock held. */
static int draw_from_pool(struct vp_key *key, struct vp_draw *draw)
{
	struct vp_pool_state *pool = &key->pool;

	if (pool->next >= pool->count)
		return -ENODATA;
	if (!draw->may)
		return -EDQUOT;
	/* Attack: a blob from before this pool, and its message taken once more. */
	if (key->reserve.bound && (key->reserve.pool_serial != pool->serial ||
				   pool->next >= key->reserve.pool_next))
		return -ESTALE;
	pool->next++;
	pool->shown = true;
	draw->drawn = true;
	return 0;
}

/**
 * vp_key_take_pool() - choose a code of the pool
 * @key: the key
 * @draw: what is asked for, and what was chosen
 *
 * Needs no time; if there is one the pool's last day counts.
 *
 * Return: 0; -ENODATA if there is no pool, or none of it left; -EKEYEXPIRED past
 * its last day; -EDQUOT if none may be drawn; -ESTALE as above.
 */
int vp_key_take_pool(struct vp_key *key, struct vp_draw *draw)
{
	struct vp_pool_state *pool = &key->pool;
	int err = 0;

	draw->drawn = false;
	spin_lock(&key->issue_lock);
	if (pool->serial && draw->now_s && draw->now_s >= pool->not_after)
		err = -EKEYEXPIRED;
	else if (draw->fresh || !pool->shown)
		err = draw_from_pool(key, draw);
	if (!err) {
		draw->step = paycode_pool_step(pool->serial, pool->next - 1);
		draw->q = paycode_pool_q(pool->next - 1);
	}
	spin_unlock(&key->issue_lock);
	return err;
}

/**
 * vp_key_take_counter() - an authenticator's next counter
 * @key: the key
 * @may: a password may be drawn
 * @counter: out
 *
 * Return: 0; -EOVERFLOW if there is none left; -EDQUOT if none may be drawn;
 * -ESTALE if the slot's blob does not cover it.
 */
int vp_key_take_counter(struct vp_key *key, bool may, u64 *counter)
{
	int err = 0;

	spin_lock(&key->issue_lock);
	if (key->counter == U64_MAX)
		err = -EOVERFLOW;
	else if (!may)
		err = -EDQUOT;
	else if (key->reserve.bound && key->counter >= key->reserve.counter)
		err = -ESTALE;
	if (!err) {
		*counter = key->counter++;
		key->issued++;
	}
	spin_unlock(&key->issue_lock);
	return err;
}

/**
 * vp_key_give_back_counter() - a password that was drawn and that nobody will see
 * @key: the key
 * @counter: as vp_key_take_counter() left it
 *
 * For want of memory it could not be made, and the authenticator would run ahead of
 * who checks its passwords. Not so a payment code: whoever asks again gets what was
 * drawn, perhaps already while it is being made, so that it has to stay counted.
 */
void vp_key_give_back_counter(struct vp_key *key, u64 counter)
{
	spin_lock(&key->issue_lock);
	if (key->counter == counter + 1) {
		key->counter = counter;
		key->issued--;
	}
	spin_unlock(&key->issue_lock);
}

/**
 * vp_key_take_step() - an authenticator's password of a time step
 * @key: the key
 * @step: the step
 * @may: one of another step than the last may be drawn
 * @drawn: out: one was
 *
 * Return: 0 or -EDQUOT.
 */
int vp_key_take_step(struct vp_key *key, u64 step, bool may, bool *drawn)
{
	int err = 0;

	spin_lock(&key->issue_lock);
	*drawn = key->counter != step;
	if (*drawn && !may) {
		err = -EDQUOT;
		*drawn = false;
	} else if (*drawn) {
		key->counter = step;
		key->issued++;
	}
	spin_unlock(&key->issue_lock);
	return err;
}
