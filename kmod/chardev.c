// SPDX-License-Identifier: GPL-2.0
/* /dev/voicepay: copies a request in, calls one function, copies the answer out. */

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
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

union request {
	struct request_head head;
	struct voicepay_info info;
	struct voicepay_status status;
	struct voicepay_code code;
	struct voicepay_seal seal;
	struct voicepay_donation donation;
	struct voicepay_authorise authorise;
	struct voicepay_otp otp;
	struct voicepay_ticket ticket;
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

static int do_info(struct file *file, union request *req)
{
	struct voicepay_info *info = &req->info;

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

static int do_status(struct file *file, union request *req)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct voicepay_status *status = &req->status;
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

static int do_code(struct file *file, union request *req)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct voicepay_code *code = &req->code;
	struct vp_code issued = {
		.mode = code->mode, .fresh = code->flags & VOICEPAY_CODE_NEW,
		.terms.amount = code->amount,
	};
	struct vp_slot *slot;
	int err;

	if (code->flags & ~VOICEPAY_CODE_NEW)
		return -EOPNOTSUPP;
	if (code->reserved || code->reserved2 ||
	    take_currency(issued.terms.currency, code->currency))
		return -EINVAL;
	memcpy(issued.terms.merchant, code->merchant, sizeof(issued.terms.merchant));
	memcpy(issued.terms.challenge, code->challenge, sizeof(issued.terms.challenge));
	slot = vp_slot_get(code->slot);
	if (!slot)
		return -ENOENT;
	err = vp_code_issue(slot, &caller, &issued);
	vp_slot_put(slot);
	if (!err) {
		memset(code->digits, 0, sizeof(code->digits));
		memcpy(code->digits, issued.digits, sizeof(issued.digits));
		code->valid_ms = issued.valid_ms;
		code->mode = issued.mode;
	}
	memzero_explicit(&issued, sizeof(issued));
	return err;
}

static int do_seal(struct file *file, union request *req)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct voicepay_seal *seal = &req->seal;
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

static int do_vault(struct file *file, union request *req)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct voicepay_donation *donation = &req->donation;

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

static int do_authorise(struct file *file, union request *req)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct voicepay_authorise *authorise = &req->authorise;
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

static int do_otp(struct file *file, union request *req)
{
	struct vp_caller caller = vp_caller_of_file(file);
	struct voicepay_otp *otp = &req->otp;
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

static int do_ticket(struct file *file, union request *req)
{
	struct voicepay_ticket *ticket = &req->ticket;
	kuid_t owner = current_euid();

	if (ticket->flags)
		return -EOPNOTSUPP;
	if (ticket->reserved)
		return -EINVAL;
	if (!uid_eq(owner, file->f_cred->euid))
		return -ENOENT;
	return vp_ticket_take(ticket, owner);
}

/*
 * @min_size is the size of the structure's first version, for ever: older
 * callers than that there are none.
 */
#define REQUEST(_ioc, _type, _last, _do)				\
	[_IOC_NR(_ioc)] = {						\
		.cmd = (_ioc),						\
		.size = sizeof(struct _type),				\
		.min_size = offsetofend(struct _type, _last),		\
		.execute = (_do),					\
	}

static const struct request_type {
	unsigned int cmd;
	u32 size;
	u32 min_size;
	int (*execute)(struct file *file, union request *req);
} request_types[] = {
	REQUEST(VOICEPAY_IOC_INFO, voicepay_info, slots, do_info),
	REQUEST(VOICEPAY_IOC_STATUS, voicepay_status, reserved, do_status),
	REQUEST(VOICEPAY_IOC_CODE, voicepay_code, reserved, do_code),
	REQUEST(VOICEPAY_IOC_SEAL, voicepay_seal, channel_fd, do_seal),
	REQUEST(VOICEPAY_IOC_VAULT, voicepay_donation, pages, do_vault),
	REQUEST(VOICEPAY_IOC_AUTHORISE, voicepay_authorise, mac, do_authorise),
	REQUEST(VOICEPAY_IOC_OTP, voicepay_otp, counter, do_otp),
	REQUEST(VOICEPAY_IOC_TICKET, voicepay_ticket, reserved, do_ticket),
};

/* The same for 32-bit callers, some of which align 64 bits to 4 bytes: no hole, no tail. */
static_assert(offsetof(struct voicepay_seal, context) == 24);
static_assert(sizeof(struct voicepay_seal) == 208);
static_assert(offsetof(struct voicepay_ticket, ticket) == 48);
static_assert(offsetof(struct voicepay_ticket, received) == 80);
static_assert(sizeof(struct voicepay_ticket) == 152);

static long chardev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	const struct request_type *type;
	unsigned int nr = _IOC_NR(cmd);
	union request req = {};
	u32 size;
	int err;

	if (nr >= ARRAY_SIZE(request_types) || request_types[nr].cmd != cmd)
		return -ENOTTY;
	type = &request_types[array_index_nospec(nr, ARRAY_SIZE(request_types))];

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < type->min_size || size > PAGE_SIZE)
		return -EINVAL;
	err = copy_struct_from_user(&req, type->size, user, size);
	if (err)
		goto out;

	req.head.size = size;	/* another thread may have changed it meanwhile */

	/*
	 * An answer that cannot be written must not cost a code or a socket, so
	 * the place for it is tried first.
	 */
	err = -EFAULT;
	if (copy_to_user(user, &req, min(size, type->size)))
		goto out;

	err = type->execute(file, &req);
	/* EMSGSIZE says how much room it takes. */
	if ((!err || err == -EMSGSIZE) && copy_to_user(user, &req, min(size, type->size)))
		err = -EFAULT;
out:
	memzero_explicit(&req, sizeof(req));
	return err;
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

int vp_chardev_init(void)
{
	return misc_register(&chardev);
}

void vp_chardev_exit(void)
{
	misc_deregister(&chardev);
}
