// SPDX-License-Identifier: GPL-2.0
/* /dev/voicepay: copies a request in, calls one function, copies the answer out. */

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/time64.h>
#include <linux/uaccess.h>

#include "voicepay.h"
#include "channel.h"
#include "chardev.h"
#include "clock.h"
#include "code.h"
#include "event.h"
#include "order.h"
#include "otp.h"
#include "sealer.h"
#include "session.h"
#include "slot.h"
#include "ticket.h"
#include "vault.h"

/* Every request begins with these. */
struct request_head {
	__u32 size;
	__u32 flags;
};

u64 vp_features(void)
{
	struct vp_sealer_status sealer;
	u64 bits = VOICEPAY_FEATURE_PC1_PLAIN | VOICEPAY_FEATURE_SEAL |
		   VOICEPAY_FEATURE_PC1_MODES | VOICEPAY_FEATURE_AUTHORISE |
		   VOICEPAY_FEATURE_OTP | VOICEPAY_FEATURE_TICKET | vp_channel_features();

	vp_sealer_status(&sealer);
	if (sealer.state == VOICEPAY_SEALER_READY)
		bits |= VOICEPAY_FEATURE_SEALER;
	if (sealer.counted)
		bits |= VOICEPAY_FEATURE_ROLLBACK;
	return bits;
}

static int do_info(struct file *file, struct voicepay_info *info)
{
	if (info->flags)
		return -EOPNOTSUPP;
	strscpy_pad(info->version, VOICEPAY_VERSION_STRING, sizeof(info->version));
	info->features = vp_features();
	info->max_slots = VP_SLOTS_MAX;
	info->slots = vp_slot_count();
	info->vault = vp_vault_in_use();
	info->vault_flags = vp_vault_flags();
	return 0;
}

static int do_status(struct file *file, struct voicepay_status *status)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct vp_slot_status st;
	struct vp_policy policy;
	struct vp_slot *slot;
	u64 now_ms = 0;

	if (status->flags)
		return -EOPNOTSUPP;
	if (status->reserved)
		return -EINVAL;
	slot = vp_slot_get(status->slot);
	if (!slot)
		return -ENOENT;
	vp_slot_status(slot, &st);
	vp_gate_policy(&slot->gate, &policy, &status->locked);
	vp_slot_put(slot);
	status->rights = vp_rights_of(&policy.rights, &caller);
	if (!(status->rights & VOICEPAY_RIGHT_SEE)) {
		vp_event(VOICEPAY_EVENT_DENIED, status->slot, -EACCES);
		return -EACCES;
	}

	status->presence = policy.presence;
	status->presence_seconds = policy.presence_seconds;
	vp_clock_now_ms(&now_ms);
	status->state = st.state;
	status->epoch = st.epoch;
	status->now = div_u64(now_ms, MSEC_PER_SEC);
	status->rotate_after = st.rotate_after;
	status->not_after = st.not_after;
	status->codes_issued = st.issued;
	status->codes_left = st.left;
	status->aliases = st.aliases;
	status->kind = st.kind;
	status->modes = st.modes;
	status->pool_left = st.pool_left;
	return 0;
}

/* A currency is three letters and a NUL for those who print it. */
static int take_currency(u8 out[PAYCODE_CURRENCY_LEN], const u8 in[4])
{
	memcpy(out, in, PAYCODE_CURRENCY_LEN);
	return in[3] ? -EINVAL : 0;
}

/* Of @amount and all that follows, @reserved2 too, in whole words. */
#define TERMS_AT	(offsetof(struct voicepay_code, amount) / sizeof(unsigned long))
#define TERMS_END	(sizeof(struct voicepay_code) / sizeof(unsigned long))
/* And of what an answer changes. */
#define ANSWER_AT	(offsetof(struct voicepay_code, mode) / sizeof(unsigned long))
#define ANSWER_END	(offsetofend(struct voicepay_code, reserved) / sizeof(unsigned long))

static bool has_terms(const struct voicepay_code *code)
{
	const unsigned long *words = (const unsigned long *)code;
	unsigned long any = 0;
	size_t i;

	for (i = TERMS_AT; i < TERMS_END; i++)
		any |= words[i];
	return any;
}

static noinline int take_terms(struct paycode_terms *terms, const struct voicepay_code *code)
{
	terms->amount = code->amount;
	memcpy(terms->merchant, code->merchant, sizeof(terms->merchant));
	memcpy(terms->challenge, code->challenge, sizeof(terms->challenge));
	return code->reserved2 ? -EINVAL : take_currency(terms->currency, code->currency);
}

/* @plain: there are no terms, and no room for any. */
static __always_inline int issue_code(struct file *file, struct voicepay_code *code, bool plain)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct vp_code issued = {
		.mode = code->mode, .fresh = code->flags & VOICEPAY_CODE_NEW,
		.digits = code->digits,
	};
	struct paycode_terms terms vp_uninitialized;
	int err;

	if (code->flags & ~VOICEPAY_CODE_NEW)
		return -EOPNOTSUPP;
	if (code->reserved)
		return -EINVAL;
	if (!plain && has_terms(code)) {
		if (take_terms(&terms, code))
			return -EINVAL;
		issued.terms = &terms;
	}
	memset(code->digits + PAYCODE_DIGITS, 0, sizeof(code->digits) - PAYCODE_DIGITS);
	err = vp_code_issue(code->slot, &caller, &issued);
	code->valid_ms = issued.valid_ms;
	code->mode = issued.mode;
	return err;
}

static int do_code(struct file *file, struct voicepay_code *code)
{
	return issue_code(file, code, false);
}

static int do_seal(struct file *file, struct voicepay_seal *seal)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct vp_session *session;
	int fd, err;

	if (seal->flags)
		return -EOPNOTSUPP;
	if (seal->channel_fd)
		return -EINVAL;
	err = vp_session_take(seal, &caller, &session);
	if (err)
		return err;
	fd = vp_channel_seal(seal->sock_fd, session);
	if (fd < 0)
		return fd;
	seal->channel_fd = fd;
	/* The caller's copies are overwritten with what is written back. */
	memzero_explicit(seal->tx_secret, sizeof(seal->tx_secret));
	memzero_explicit(seal->rx_secret, sizeof(seal->rx_secret));
	memzero_explicit(seal->resumption_secret, sizeof(seal->resumption_secret));
	return 0;
}

static int do_vault(struct file *file, struct voicepay_donation *donation)
{
	struct vp_caller caller = vp_caller_of_file(file);

	if (donation->flags)
		return -EOPNOTSUPP;
	if (donation->pages)
		return -EINVAL;
	if (!vp_caller_is_admin(&caller)) {
		vp_event(VOICEPAY_EVENT_DENIED, VP_NO_SLOT, -EPERM);
		return -EPERM;
	}
	return vp_vault_offer(donation->memfd, &donation->pages);
}

static int do_authorise(struct file *file, struct voicepay_authorise *authorise)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct vp_order order = {
		.what.purpose = authorise->purpose, .what.amount = authorise->amount,
	};
	struct vp_slot *slot;
	int err;

	if (authorise->flags)
		return -EOPNOTSUPP;
	if (authorise->reserved || take_currency(order.what.currency, authorise->currency))
		return -EINVAL;
	memcpy(order.what.order, authorise->order, sizeof(order.what.order));
	memcpy(order.what.payee, authorise->payee, sizeof(order.what.payee));
	slot = vp_slot_get(authorise->slot);
	if (!slot)
		return -ENOENT;
	err = vp_order_authorise(slot, &caller, &order);
	vp_slot_put(slot);
	if (!err) {
		authorise->epoch = order.what.epoch;
		authorise->time = order.what.time;
		memcpy(authorise->mac, order.mac, sizeof(authorise->mac));
	}
	memzero_explicit(order.mac, sizeof(order.mac));
	return err;
}

static int do_otp(struct file *file, struct voicepay_otp *otp)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct vp_otp issued = {};
	struct vp_slot *slot;
	int err;

	if (otp->flags)
		return -EOPNOTSUPP;
	if (otp->reserved)
		return -EINVAL;
	slot = vp_slot_get(otp->slot);
	if (!slot)
		return -ENOENT;
	err = vp_otp_issue(slot, &caller, &issued);
	vp_slot_put(slot);
	if (!err) {
		otp->n_digits = issued.n_digits;
		memset(otp->digits, 0, sizeof(otp->digits));
		memcpy(otp->digits, issued.digits, issued.n_digits);
		otp->valid_ms = issued.valid_ms;
		otp->counter = issued.counter;
	}
	memzero_explicit(&issued, sizeof(issued));
	return err;
}

static int do_ticket(struct file *file, struct voicepay_ticket *ticket)
{
	kuid_t owner = current_euid();

	if (ticket->flags)
		return -EOPNOTSUPP;
	if (ticket->reserved)
		return -EINVAL;
	if (!uid_eq(owner, file->f_cred->euid))
		return -ENOENT;
	return vp_ticket_take(ticket, owner);
}

/* Where a request and its answer lie, and how much of them there is. */
struct request {
	void *data;		/* of struct request_head */
	u32 known;		/* bytes of it here */
	u32 min;		/* and in the structure's first version, for ever */
	u32 answer;		/* bytes that are written back */
	u8 __user *user;
};

/* Once for all requests: what they copy is on the stack of who calls this. */
static noinline int request_take(const struct request *req)
{
	struct request_head *head = req->data;
	u32 size;
	int err;

	if (get_user(size, (u32 __user *)req->user))
		return -EFAULT;
	if (size < req->min || size > PAGE_SIZE)
		return -EINVAL;
	err = copy_struct_from_user(req->data, req->known, req->user, size);
	if (err)
		return err;
	head->size = size;	/* another thread may have changed it meanwhile */

	/*
	 * An answer that cannot be written must not cost a code or a socket, so
	 * the place for it is tried first: with what is there, at both ends, as it is on
	 * two pages at most.
	 */
	size = min(size, req->answer) - 1;
	if (put_user(head->size, (u32 __user *)req->user) ||
	    put_user(((u8 *)req->data)[size], req->user + size))
		return -EFAULT;
	return 0;
}

static noinline int request_answer(const struct request *req)
{
	const struct request_head *head = req->data;

	return copy_to_user(req->user, req->data, min(head->size, req->answer)) ? -EFAULT : 0;
}

/*
 * A function for each request, so that each has no more on its stack, and to wipe,
 * than it needs. Up to @_answer there may be secrets; behind it is what the caller gave.
 */
#define REQUEST(_name, _type, _first, _answer)						\
static long serve_##_name(struct file *file, void __user *user)				\
{											\
	struct _type data vp_uninitialized;						\
	const struct request req = {							\
		.data = &data, .known = sizeof(data), .user = user,			\
		.min = offsetofend(struct _type, _first),				\
		.answer = offsetofend(struct _type, _answer),				\
	};										\
	int err;									\
											\
	BUILD_BUG_ON(sizeof(data) > PAGE_SIZE || offsetof(struct _type, size));		\
	BUILD_BUG_ON(offsetof(struct _type, flags) != offsetof(struct request_head, flags)); \
	err = request_take(&req);							\
	if (err)									\
		goto out;								\
	err = do_##_name(file, &data);							\
	/* EMSGSIZE says how much room it takes. */					\
	if ((!err || err == -EMSGSIZE) && request_answer(&req))				\
		err = -EFAULT;								\
out:											\
	memzero_explicit(&data, offsetofend(struct _type, _answer));			\
	return err;									\
}

REQUEST(info, voicepay_info, slots, vault_flags)
REQUEST(status, voicepay_status, reserved, reserved2)
REQUEST(code, voicepay_code, reserved, amount)
REQUEST(seal, voicepay_seal, channel_fd, binding)
REQUEST(vault, voicepay_donation, pages, pages)
REQUEST(authorise, voicepay_authorise, mac, mac)
REQUEST(otp, voicepay_otp, counter, counter)
REQUEST(ticket, voicepay_ticket, reserved, reserved)

/*
 * The request that comes most often, a code that is bound to nothing, of the size that is
 * known here: two accesses, no call, and nothing kept of its terms, which are zero.
 *
 * Return: what serve_code() would, or 1 if that must serve it.
 */
static __always_inline long serve_plain_code(struct file *file, void __user *user)
{
	unsigned long __user *place = user;
	union {
		struct voicepay_code code;
		unsigned long words[TERMS_AT];
	} data vp_uninitialized;
	unsigned long terms = 0, word;
	size_t i;
	int err;

	BUILD_BUG_ON(sizeof(data.code) % sizeof(word) ||
		     offsetof(struct voicepay_code, amount) % sizeof(word) ||
		     offsetofend(struct voicepay_code, reserved) % sizeof(word) ||
		     ANSWER_END > TERMS_AT);
	if (!IS_ALIGNED((unsigned long)user, sizeof(word)) ||
	    !user_access_begin(user, sizeof(data.code)))
		return 1;
	unsafe_get_user(data.words[0], place, fault);
	if (data.code.size != sizeof(data.code))
		goto serve;
#pragma GCC unroll 32
	for (i = 1; i < TERMS_AT; i++)
		unsafe_get_user(data.words[i], place + i, fault);
#pragma GCC unroll 32
	for (i = TERMS_AT; i < TERMS_END; i++) {
		unsafe_get_user(word, place + i, fault);
		terms |= word;
	}
	if (terms)
		goto serve;
	/* The place for the answer, as in request_take(). */
	unsafe_put_user(data.words[ANSWER_AT], place + ANSWER_AT, fault);
	unsafe_put_user(data.words[ANSWER_END - 1], place + ANSWER_END - 1, fault);
	user_access_end();

	err = issue_code(file, &data.code, true);
	if (!err && !user_access_begin(user, sizeof(data.code)))
		err = -EFAULT;
	if (err)
		goto out;
	OPTIMIZER_HIDE_VAR(place);	/* or each word's address is kept from before */
#pragma GCC unroll 32
	for (i = ANSWER_AT; i < ANSWER_END; i++)
		unsafe_put_user(data.words[i], place + i, lost);
	user_access_end();
out:
	memzero_explicit(data.words, sizeof(data.words));
	return err;

serve:
	user_access_end();
	return 1;
fault:
	user_access_end();
	return -EFAULT;
lost:
	user_access_end();
	err = -EFAULT;
	goto out;
}

/* The same for 32-bit callers, some of which align 64 bits to 4 bytes: no hole, no tail. */
static_assert(offsetof(struct voicepay_seal, context) == 24);
static_assert(sizeof(struct voicepay_seal) == 208);
static_assert(offsetof(struct voicepay_ticket, ticket) == 48);
static_assert(offsetof(struct voicepay_ticket, received) == 80);
static_assert(sizeof(struct voicepay_ticket) == 152);

static long chardev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	long ret;

	if (likely(cmd == VOICEPAY_IOC_CODE)) {
		ret = serve_plain_code(file, user);
		return ret > 0 ? serve_code(file, user) : ret;
	}
	switch (cmd) {
	case VOICEPAY_IOC_OTP:
		return serve_otp(file, user);
	case VOICEPAY_IOC_AUTHORISE:
		return serve_authorise(file, user);
	case VOICEPAY_IOC_STATUS:
		return serve_status(file, user);
	case VOICEPAY_IOC_INFO:
		return serve_info(file, user);
	case VOICEPAY_IOC_SEAL:
		return serve_seal(file, user);
	case VOICEPAY_IOC_TICKET:
		return serve_ticket(file, user);
	case VOICEPAY_IOC_VAULT:
		return serve_vault(file, user);
	}
	return -ENOTTY;
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

/* The mode is for root; a udev rule gives it to the group that may pay. */
static struct miscdevice chardev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "voicepay",
	.fops = &chardev_fops,
	.mode = 0600,
};

int __init vp_chardev_init(void)
{
	return misc_register(&chardev);
}

void vp_chardev_exit(void)
{
	misc_deregister(&chardev);
}
