// SPDX-License-Identifier: GPL-2.0
/*
 * A counter in the TPM's NV memory, which tells old blobs from new ones. A
 * counter deleted and made again starts above where any counter ever was (TPM
 * 2.0 Library, part 1, "NV Counters"); an index of another kind in its place is
 * refused, as its value could be anything.
 */

#include <linux/string.h>

#include "voicepay.h"
#include "tpm_cmd.h"
#include "tpm_counter.h"

/* A counter that whoever can reach the TPM may read and count up, never down. */
#define NV_COUNTER		0x00000010
#define NV_TYPE			0x000000f0
#define NV_WRITTEN		0x20000000
#define NV_ATTRIBUTES		(NV_COUNTER | 0x02040004)	/* noDA, authRead, authWrite */
#define NV_INDEX		0x0180bf01			/* owner's range */

/* -ENOENT if there is no index; -EEXIST if there is something else. */
static int counter_there(struct vp_tpm *tpm, bool *written)
{
	const u8 *p;
	u32 len, attributes;
	int err;

	vp_tpm_begin(tpm, VP_TPM_CC_NV_READ_PUBLIC);
	vp_tpm_put32(tpm, NV_INDEX);
	err = vp_tpm_send(tpm);
	if (err)
		return err == -EREMOTEIO ? -ENOENT : err;
	p = vp_tpm_get_sized(tpm, &len);
	if (!p || len < 10)
		return -EPROTO;
	attributes = get_unaligned_be32(p + 6);
	*written = attributes & NV_WRITTEN;
	return (attributes & NV_TYPE) == NV_COUNTER ? 0 : -EEXIST;
}

static int define_counter(struct vp_tpm *tpm)
{
	vp_tpm_begin_auth(tpm, VP_TPM_CC_NV_DEFINE_SPACE);
	vp_tpm_put32(tpm, VP_TPM_RH_OWNER);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put16(tpm, 0);		/* no password */
	vp_tpm_put16(tpm, 14);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put16(tpm, VP_TPM_ALG_SHA256);
	vp_tpm_put32(tpm, NV_ATTRIBUTES);
	vp_tpm_put16(tpm, 0);		/* no policy */
	vp_tpm_put16(tpm, 8);
	return vp_tpm_send(tpm);
}

static int count_up(struct vp_tpm *tpm)
{
	vp_tpm_begin_auth(tpm, VP_TPM_CC_NV_INCREMENT);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put_auth(tpm, 0);
	return vp_tpm_send(tpm);
}

static int read_value(struct vp_tpm *tpm, u64 *value)
{
	__be64 be;
	int err;

	vp_tpm_begin_auth(tpm, VP_TPM_CC_NV_READ);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put16(tpm, 8);
	vp_tpm_put16(tpm, 0);
	err = vp_tpm_send(tpm);
	if (err)
		return err;
	vp_tpm_get32(tpm);
	err = vp_tpm_get_exactly(tpm, &be, sizeof(be));
	if (!err)
		*value = be64_to_cpu(be);
	return err;
}

/**
 * vp_tpm_counter_read() - what the counter says
 * @value: out
 *
 * Makes the counter if there is none.
 *
 * Return: 0 or a negative errno.
 */
int vp_tpm_counter_read(u64 *value)
{
	bool written = false;
	struct vp_tpm tpm;
	int err;

	err = vp_tpm_open(&tpm);
	if (err)
		return err;
	err = counter_there(&tpm, &written);
	if (err == -ENOENT)
		err = define_counter(&tpm);
	if (!err && !written)
		err = count_up(&tpm);	/* which gives it its first value */
	if (!err)
		err = read_value(&tpm, value);
	vp_tpm_tell(&tpm, err, "give a counter");
	vp_tpm_close(&tpm);
	return err;
}

/**
 * vp_tpm_counter_increment() - count one up
 * @value: in: what it said last; out: what it says
 *
 * Return: 0; -EPROTO if it did not rise; or another negative errno.
 */
int vp_tpm_counter_increment(u64 *value)
{
	struct vp_tpm tpm;
	u64 before = *value;
	bool written;
	int err;

	err = vp_tpm_open(&tpm);
	if (err)
		return err;
	err = counter_there(&tpm, &written);
	if (!err)
		err = count_up(&tpm);
	if (!err)
		err = read_value(&tpm, value);
	if (!err && *value <= before)
		err = -EPROTO;
	vp_tpm_tell(&tpm, err, "count up");
	vp_tpm_close(&tpm);
	return err;
}
