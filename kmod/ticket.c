// SPDX-License-Identifier: GPL-2.0
/*
 * Tickets that channels have received, until somebody resumes with them. No
 * disk and no process holds one: there is nothing to steal but the kernel. Each
 * is given out once (RFC 8446, C.4: who uses one twice can be recognised), to
 * the user who sealed the channel, under the name that he gave it.
 */

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "voicepay.h"
#include "box.h"
#include "newticket.h"
#include "ticket.h"

/* What is shut in: the PSK, then the ticket. */
#define SECRET_LEN(ticket_len)	(VOICEPAY_SECRET_MAX + (ticket_len))

/**
 * struct terms - what is known of a ticket beside what is shut in; vouched for by the box
 * @binding: from its origin
 * @owner: likewise
 * @cipher_suite: likewise
 * @ticket_len: bytes of it
 * @lifetime: seconds, within what is allowed
 * @age_add: as it came
 * @zero: no hole
 * @received: seconds since 1970
 * @since: when, by the clock that nobody sets, in ns
 */
struct terms {
	u8 binding[VOICEPAY_BINDING_LEN];
	u32 owner;
	u32 cipher_suite;
	u32 ticket_len;
	u32 lifetime;
	u32 age_add;
	u32 zero;
	u64 received;
	u64 since;
};

/**
 * struct stored - a ticket
 * @list: in tickets, the newest first
 * @origin: where it came from
 * @terms: see above
 * @box: opens @secret
 * @secret: shut in
 */
struct stored {
	struct list_head list;
	struct vp_ticket_origin *origin;
	struct terms terms;
	struct vp_box box;
	u8 secret[];
};

/* All that follows; taken after a channel's locks and before the box's. */
static DEFINE_MUTEX(tickets_lock);
static LIST_HEAD(tickets);
static unsigned int wipes;	/* so far: who took one out before may not put it back */

static void expire(struct work_struct *work);
static DECLARE_DELAYED_WORK(ticket_expiry, expire);

void vp_ticket_origin_put(struct vp_ticket_origin *origin)
{
	if (origin && refcount_dec_and_test(&origin->users))
		kfree_sensitive(origin);
}

static void destroy(struct stored *t)
{
	vp_box_drop(&t->box);
	vp_ticket_origin_put(t->origin);
	kfree_sensitive(t);
}

static u64 age_ns(const struct stored *t)
{
	return ktime_get_boottime_ns() - t->terms.since;
}

static bool expired(const struct stored *t)
{
	return age_ns(t) >= (u64)t->terms.lifetime * NSEC_PER_SEC;
}

static bool same_name(const struct stored *t, const struct vp_ticket_origin *origin)
{
	return uid_eq(t->origin->owner, origin->owner) &&
	       !memcmp(t->origin->binding, origin->binding, sizeof(origin->binding));
}

static void drop(struct stored *t)
{
	list_del(&t->list);
	destroy(t);
}

/* Those that are past their time; when to look again. */
static void drop_expired(void)
{
	u64 left, soonest = U64_MAX;
	struct stored *t, *next;

	lockdep_assert_held(&tickets_lock);
	list_for_each_entry_safe(t, next, &tickets, list) {
		if (expired(t)) {
			drop(t);
			continue;
		}
		left = (u64)t->terms.lifetime * NSEC_PER_SEC - age_ns(t);
		soonest = min(soonest, left);
	}
	/* Time that the machine sleeps is not counted in jiffies: late, and no harm. */
	if (soonest != U64_MAX)
		mod_delayed_work(system_power_efficient_wq, &ticket_expiry,
				 nsecs_to_jiffies(soonest) + 1);
}

static void expire(struct work_struct *work)
{
	mutex_lock(&tickets_lock);
	drop_expired();
	mutex_unlock(&tickets_lock);
}

/*
 * Makes room for one more of @origin's. Old tickets are worth the least; but
 * nobody's tickets make way for more than a user's share of another's.
 */
static void make_room(const struct vp_ticket_origin *origin)
{
	unsigned int all = 0, his = 0, alike = 0;
	struct stored *t, *next;

	lockdep_assert_held(&tickets_lock);
	list_for_each_entry_safe(t, next, &tickets, list) {
		if (same_name(t, origin) && ++alike >= VP_TICKETS_BINDING) {
			drop(t);
			continue;
		}
		if (uid_eq(t->origin->owner, origin->owner) && ++his >= VP_TICKETS_USER) {
			drop(t);
			continue;
		}
		if (++all >= VP_TICKETS_MAX)
			drop(t);
	}
}

/* In its place by age, which is not the first if it was out for a while. */
static void insert(struct stored *t)
{
	struct stored *pos;

	lockdep_assert_held(&tickets_lock);
	make_room(t->origin);
	list_for_each_entry(pos, &tickets, list)
		if (pos->terms.since <= t->terms.since)
			break;
	list_add_tail(&t->list, &pos->list);
	drop_expired();
}

/**
 * vp_ticket_put() - keep a ticket
 * @origin: where it came from
 * @nt: the ticket, whole
 * @era: vp_box_era() from before @psk was known
 * @psk: what it stands for; the caller wipes it
 *
 * Return: 0 if it was kept; -EINVAL if it is none to be kept; another negative
 * errno. None of them is the channel's concern.
 */
int vp_ticket_put(struct vp_ticket_origin *origin, const struct vp_newticket *nt, unsigned int era,
		  const u8 psk[VOICEPAY_SECRET_MAX])
{
	size_t len = SECRET_LEN(nt->ticket_len);
	struct stored *t;
	u8 *plain;
	int err = -ENOMEM;

	if (!vp_newticket_kept(nt) || !nt->lifetime)
		return -EINVAL;
	t = kzalloc(struct_size(t, secret, VP_BOX_LEN(len)), GFP_KERNEL_ACCOUNT);
	plain = kmalloc(len, GFP_KERNEL);
	if (!t || !plain)
		goto out;
	memcpy(plain, psk, VOICEPAY_SECRET_MAX);
	memcpy(plain + VOICEPAY_SECRET_MAX, nt->ticket, nt->ticket_len);
	t->terms = (struct terms){
		.owner = from_kuid(&init_user_ns, origin->owner),
		.cipher_suite = origin->suite->number,
		.ticket_len = nt->ticket_len,
		.lifetime = min_t(u32, nt->lifetime, VP_TICKET_LIFETIME_MAX),
		.age_add = nt->age_add,
		.received = ktime_get_real_seconds(),
		.since = ktime_get_boottime_ns(),
	};
	memcpy(t->terms.binding, origin->binding, sizeof(t->terms.binding));
	err = vp_box_shut(&t->box, era, t->secret, (u8 *)&t->terms, sizeof(t->terms), plain, len);
	if (err)
		goto out;

	refcount_inc(&origin->users);
	t->origin = origin;
	mutex_lock(&tickets_lock);
	insert(t);
	mutex_unlock(&tickets_lock);
	t = NULL;
out:
	kfree_sensitive(plain);
	kfree_sensitive(t);
	return err;
}

/* Writes out what was asked for; @t is the caller's alone. */
static int give(const struct stored *t, struct voicepay_ticket *request)
{
	size_t len = SECRET_LEN(t->terms.ticket_len);
	u8 *plain;
	int err;

	plain = kmalloc(len, GFP_KERNEL);
	if (!plain)
		return -ENOMEM;
	err = vp_box_open(&t->box, plain, (const u8 *)&t->terms, sizeof(t->terms), t->secret, len);
	if (!err && (copy_to_user(u64_to_user_ptr(request->ticket), plain + VOICEPAY_SECRET_MAX,
				  t->terms.ticket_len) ||
		     copy_to_user(u64_to_user_ptr(request->context), t->origin->context,
				  t->origin->context_len)))
		err = -EFAULT;
	if (!err) {
		request->psk_len = t->origin->suite->secret_len;
		request->cipher_suite = t->terms.cipher_suite;
		request->lifetime = t->terms.lifetime;
		request->age_add = t->terms.age_add;
		request->received = t->terms.received;
		request->age_ms = div_u64(age_ns(t), NSEC_PER_MSEC);
		memcpy(request->psk, plain, sizeof(request->psk));
	}
	kfree_sensitive(plain);
	return err;
}

static bool asked_for(const struct stored *t, const struct voicepay_ticket *request, kuid_t owner)
{
	return uid_eq(t->origin->owner, owner) &&
	       !memcmp(t->origin->binding, request->binding, sizeof(request->binding));
}

/* Takes the newest out of the list, if there is room for it; counts the others. */
static struct stored *pick(struct voicepay_ticket *request, kuid_t owner, u32 ticket_room,
			   u32 context_room)
{
	struct stored *t, *newest = NULL;
	bool room;

	lockdep_assert_held(&tickets_lock);
	drop_expired();
	request->left = 0;
	list_for_each_entry(t, &tickets, list) {
		if (!asked_for(t, request, owner))
			continue;
		if (newest)
			request->left++;
		else
			newest = t;
	}
	if (!newest)
		return ERR_PTR(-ENOENT);
	room = ticket_room >= newest->terms.ticket_len &&
	       context_room >= newest->origin->context_len;
	request->ticket_len = newest->terms.ticket_len;
	request->context_len = newest->origin->context_len;
	if (!room)
		return ERR_PTR(-EMSGSIZE);
	list_del(&newest->list);
	return newest;
}

/**
 * vp_ticket_take() - VOICEPAY_IOC_TICKET
 * @request: in and out
 * @owner: whose tickets
 *
 * What was taken is not in the list while it is written to the user's memory,
 * which may take as long as the user likes; it comes back if that fails.
 *
 * Return: 0, -ENOENT, -EMSGSIZE, -EFAULT or -ENOMEM.
 */
int vp_ticket_take(struct voicepay_ticket *request, kuid_t owner)
{
	u32 ticket_room = request->ticket_len, context_room = request->context_len;
	struct stored *t;
	unsigned int before;
	int err;

	for (;;) {
		mutex_lock(&tickets_lock);
		before = wipes;
		t = pick(request, owner, ticket_room, context_room);
		mutex_unlock(&tickets_lock);
		if (IS_ERR(t))
			return PTR_ERR(t);

		err = give(t, request);
		if (err == -EFAULT || err == -ENOMEM) {
			mutex_lock(&tickets_lock);
			if (before == wipes) {
				insert(t);
				t = NULL;
			}
			mutex_unlock(&tickets_lock);
		}
		if (t)
			destroy(t);
		/* Its key went with an oops, or a wipe: there may be younger ones. */
		if (err != -ENOKEY && err != -EBADMSG)
			return err;
	}
}

/* Everything that channels remember, too: see box.h. */
void vp_ticket_wipe(void)
{
	struct stored *t, *next;

	mutex_lock(&tickets_lock);
	wipes++;
	list_for_each_entry_safe(t, next, &tickets, list)
		drop(t);
	mutex_unlock(&tickets_lock);
	vp_box_wipe();
}

/* With no channel left that could put one in. */
void vp_ticket_exit(void)
{
	vp_ticket_wipe();
	cancel_delayed_work_sync(&ticket_expiry);
}
