// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands of manage.h for sealed storage. */

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <linux/voicepay.h>

#include "manage_call.h"

static int take_bytes(const struct nlattr *attr, struct manage_bytes *to)
{
	if (!attr || !nla_len(attr) || nla_len(attr) > (int)sizeof(to->data))
		return -1;
	to->len = nla_len(attr);
	memcpy(to->data, nla_data(attr), to->len);
	return 0;
}

static int take_wrapped(struct nlattr **a, void *out)
{
	return take_bytes(a[VOICEPAY_A_SEALER_WRAPPED_KEY], out);
}

static int take_blob(struct nlattr **a, void *out)
{
	return take_bytes(a[VOICEPAY_A_BLOB_BLOB], out);
}

int manage_sealer_get(struct manage *m, bool make, struct manage_bytes *wrapped)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_SEALER_GET);
	struct manage_call call = {
		.m = m, .take = take_wrapped, .max = VOICEPAY_A_SEALER_MAX, .out = wrapped,
	};

	wrapped->len = 0;
	if (msg && make)
		nla_put_flag(msg, VOICEPAY_A_SEALER_NEW);
	return manage_finish(&call, msg);
}

int manage_sealer_put(struct manage *m, const struct manage_bytes *wrapped)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_SEALER_PUT);
	struct manage_call call = { .m = m };

	if (msg)
		nla_put(msg, VOICEPAY_A_SEALER_WRAPPED_KEY, wrapped->len, wrapped->data);
	return manage_finish(&call, msg);
}

int manage_blob_get(struct manage *m, uint32_t slot, bool final, struct manage_bytes *blob)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_BLOB_GET);
	struct manage_call call = { .m = m, .take = take_blob, .max = VOICEPAY_A_BLOB_MAX, .out = blob };

	blob->len = 0;
	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_BLOB_SLOT, slot);
		if (final)
			nla_put_flag(msg, VOICEPAY_A_BLOB_FINAL);
	}
	return manage_finish(&call, msg);
}

int manage_blob_put(struct manage *m, uint32_t slot, const struct manage_bytes *blob)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_BLOB_PUT);
	struct manage_call call = { .m = m };

	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_BLOB_SLOT, slot);
		nla_put(msg, VOICEPAY_A_BLOB_BLOB, blob->len, blob->data);
	}
	return manage_finish(&call, msg);
}

int manage_blob_commit(struct manage *m, bool retire)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_BLOB_COMMIT);
	struct manage_call call = { .m = m };

	if (msg && retire)
		nla_put_flag(msg, VOICEPAY_A_BLOB_RETIRE);
	return manage_finish(&call, msg);
}

struct walk {
	void (*each)(uint32_t slot, uint64_t key, void *arg);
	void *arg;
};

static int take_slot(struct nlattr **a, void *out)
{
	struct walk *walk = out;
	uint64_t key = 0;

	if (!a[VOICEPAY_A_SLOT_ID] || !a[VOICEPAY_A_SLOT_STATE])
		return -1;
	switch (manage_u32(a[VOICEPAY_A_SLOT_STATE])) {
	case VOICEPAY_SLOT_ACTIVE:
	case VOICEPAY_SLOT_EXPIRED:
		key = 1;
		if (a[VOICEPAY_A_SLOT_EPOCH])
			key += manage_u64(a[VOICEPAY_A_SLOT_EPOCH]);
	}
	walk->each(manage_u32(a[VOICEPAY_A_SLOT_ID]), key, walk->arg);
	return 0;
}

int manage_slots(struct manage *m, void (*each)(uint32_t slot, uint64_t key, void *arg), void *arg)
{
	struct walk walk = { each, arg };
	struct manage_call call = {
		.m = m, .take = take_slot, .max = VOICEPAY_A_SLOT_MAX, .out = &walk, .many = true,
	};

	return manage_finish(&call, manage_begin(m, VOICEPAY_CMD_SLOT_GET));
}
