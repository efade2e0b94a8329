// SPDX-License-Identifier: GPL-2.0
/*
 * Authenticator slots: one-time passwords by counter (RFC 4226) and by time
 * (RFC 6238). A secret comes in once and never goes out; the time is the
 * module's own. Nothing on the way of a password allocates or takes a lock that
 * slots share.
 */

#include <linux/err.h>
#include <linux/math64.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "clock.h"
#include "give.h"
#include "otp.h"
#include "slot.h"

bool vp_otp_terms_ok(const struct vp_otp_terms *terms)
{
	return terms->algorithm >= VOICEPAY_OTP_SHA1 && terms->algorithm <= VOICEPAY_OTP_SHA512 &&
	       terms->digits >= VP_OTP_DIGITS_MIN && terms->digits <= VP_OTP_DIGITS_MAX &&
	       terms->secret_len >= 1 && terms->secret_len <= VP_OTP_SECRET_MAX;
}

/* RFC 4226's dynamic truncation: 31 bits from where the last byte says. */
static u32 truncate(const u8 *mac, size_t len)
{
	return get_unaligned_be32(mac + (mac[len - 1] & 0xf)) & 0x7fffffff;
}

static void format(u8 *digits, u32 n, u32 value)
{
	while (n--) {
		digits[n] = '0' + value % 10;
		value /= 10;
	}
}

/**
 * vp_otp_compute() - the password of a counter
 * @key: an authenticator's
 * @counter: the counter, or the number of a time step
 * @digits: out: as many as the terms say
 *
 * Return: 0 or a negative errno.
 */
int vp_otp_compute(const struct vp_key *key, u64 counter, u8 digits[VP_OTP_DIGITS_MAX])
{
	enum vp_hash hash = vp_key_otp_hash(key->otp.algorithm);
	struct vp_mac_states states;
	u8 mac[VP_HASH512_LEN], input[8];
	const struct vp_piece piece = { input, sizeof(input) };
	int err;

	put_unaligned_be64(counter, input);
	err = vp_key_read_otp(key, &states);
	if (!err)
		err = vp_mac(mac, &states, hash, &piece, 1);
	memzero_explicit(&states, sizeof(states));
	if (!err)
		format(digits, key->otp.digits, truncate(mac, vp_mac_size(hash)));
	memzero_explicit(mac, sizeof(mac));
	return err;
}

static int issue_by_time(struct vp_key *key, u64 boot_ms, bool may, bool *drawn,
			 struct vp_otp *otp)
{
	u64 now_ms, left_ms;
	int err;

	if (vp_clock_at(boot_ms, &now_ms))
		return -ETIME;
	otp->counter = div_u64(div_u64(now_ms, MSEC_PER_SEC), key->otp.period);
	left_ms = (otp->counter + 1) * key->otp.period * MSEC_PER_SEC - now_ms;
	otp->valid_ms = min_t(u64, left_ms, U32_MAX);
	err = vp_key_take_step(key, otp->counter, may, drawn);
	return err ?: vp_otp_compute(key, otp->counter, otp->digits);
}

static int issue_by_counter(struct vp_key *key, bool may, bool *drawn, struct vp_otp *otp)
{
	int err;

	otp->valid_ms = 0;
	err = vp_key_take_counter(key, may, &otp->counter);
	*drawn = !err;
	if (err)
		return err;
	err = vp_otp_compute(key, otp->counter, otp->digits);
	if (err)
		vp_key_give_back_counter(key, otp->counter);
	return err;
}

static int issue(struct vp_slot *slot, u64 boot_ms, bool may, bool *drawn, void *arg)
{
	struct vp_otp *otp = arg;
	struct vp_key *key;
	int err, idx;

	idx = srcu_read_lock(&vp_key_srcu);
	key = srcu_dereference(slot->key, &vp_key_srcu);
	if (!key) {
		err = -ENOKEY;
	} else if (key->kind != VOICEPAY_SLOT_AUTHENTICATOR) {
		err = -EMEDIUMTYPE;
	} else {
		otp->n_digits = key->otp.digits;
		err = key->otp.period ? issue_by_time(key, boot_ms, may, drawn, otp) :
					issue_by_counter(key, may, drawn, otp);
	}
	srcu_read_unlock(&vp_key_srcu, idx);
	return err;
}

/**
 * vp_otp_issue() - give out a one-time password
 * @slot: whose
 * @caller: for whom
 * @otp: out; the caller wipes it
 *
 * Return: 0 or what VOICEPAY_IOC_OTP documents.
 */
int vp_otp_issue(struct vp_slot *slot, const struct vp_caller *caller, struct vp_otp *otp)
{
	static const struct vp_give passwords = {
		.right = VOICEPAY_RIGHT_CODE, .event = VOICEPAY_EVENT_OTP,
	};

	return vp_give(slot, caller, &passwords, issue, otp);
}

/**
 * vp_otp_put() - make an empty slot an authenticator
 * @slot: the slot
 * @terms: how it makes its passwords
 * @secret: @terms->secret_len bytes; the caller wipes them
 * @counter: the first to use, if it is one by counter
 *
 * Return: 0; -EEXIST if the slot holds something, or is being enrolled; -EINVAL
 * if the terms make no sense; what vp_key_create_otp() says.
 */
int vp_otp_put(struct vp_slot *slot, const struct vp_otp_terms *terms, const u8 *secret,
	       u64 counter)
{
	struct vp_key *key;

	lockdep_assert_held(&vp_manage_lock);
	if (!vp_otp_terms_ok(terms))
		return -EINVAL;
	if (rcu_access_pointer(slot->key) || slot->handshake)
		return -EEXIST;
	key = vp_key_create_otp(terms, secret, counter);
	if (IS_ERR(key))
		return PTR_ERR(key);
	vp_slot_set_key(slot, key);
	return 0;
}
