// SPDX-License-Identifier: GPL-2.0-or-later

#include <netlink/attr.h>
#include <string.h>

#include "manage_call.h"

static int take_device(struct nlattr **a, void *out)
{
	struct manage_device *d = out;
	const struct nlattr *id = a[VOICEPAY_A_DEVICE_DEVICE_ID];
	const struct nlattr *key = a[VOICEPAY_A_DEVICE_GATEWAY_KEY];

	memset(d, 0, sizeof(*d));
	if (a[VOICEPAY_A_DEVICE_VERSION])
		nla_strlcpy(d->version, a[VOICEPAY_A_DEVICE_VERSION], sizeof(d->version));
	d->max_slots = manage_u32(a[VOICEPAY_A_DEVICE_MAX_SLOTS]);
	d->slots = manage_u32(a[VOICEPAY_A_DEVICE_SLOTS]);
	d->sealer_state = manage_u32(a[VOICEPAY_A_DEVICE_SEALER_STATE]);
	d->now = manage_u64(a[VOICEPAY_A_DEVICE_NOW]);
	if (!id || !key)
		return 0;
	if (nla_len(id) != sizeof(d->device_id) || nla_len(key) != sizeof(d->gateway_key))
		return -1;
	memcpy(d->device_id, nla_data(id), sizeof(d->device_id));
	memcpy(d->gateway_key, nla_data(key), sizeof(d->gateway_key));
	d->provisioned = true;
	return 0;
}

int manage_dev_get(struct manage *m, struct manage_device *device)
{
	struct manage_call call = { .m = m, .take = take_device, .max = VOICEPAY_A_DEVICE_MAX, .out = device };

	memset(device, 0, sizeof(*device));
	return manage_finish(&call, manage_begin(m, VOICEPAY_CMD_DEV_GET));
}

int manage_dev_set(struct manage *m, const uint8_t *device_id, const uint8_t *gateway_key)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_DEV_SET);
	struct manage_call call = { .m = m };

	if (msg) {
		nla_put(msg, VOICEPAY_A_DEVICE_DEVICE_ID, VOICEPAY_DEVICE_ID_LEN, device_id);
		nla_put(msg, VOICEPAY_A_DEVICE_GATEWAY_KEY, VOICEPAY_GATEWAY_KEY_LEN, gateway_key);
	}
	return manage_finish(&call, msg);
}

static int take_slot(struct nlattr **a, void *out)
{
	if (!a[VOICEPAY_A_SLOT_ID])
		return -1;
	*(int64_t *)out = manage_u32(a[VOICEPAY_A_SLOT_ID]);
	return 0;
}

int manage_slot_new(struct manage *m, int64_t *slot)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_SLOT_NEW);
	struct manage_call call = { .m = m, .take = take_slot, .max = VOICEPAY_A_SLOT_MAX, .out = slot };

	if (msg && *slot >= 0)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, *slot);
	return manage_finish(&call, msg);
}

int manage_slot_del(struct manage *m, uint32_t slot)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_SLOT_DEL);
	struct manage_call call = { .m = m };

	if (msg)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, slot);
	return manage_finish(&call, msg);
}

static int take_policy(struct nlattr **a, void *out)
{
	struct manage_slot *policy = out;
	int i;

	if (!a[VOICEPAY_A_SLOT_GID_RIGHTS])
		return -1;
	for (i = 1; i <= VOICEPAY_A_SLOT_MAX; i++)
		if (a[i] && nla_len(a[i]) == sizeof(uint32_t))
			policy->value[i] = nla_get_u32(a[i]);
		else if (a[i] && nla_len(a[i]) == sizeof(uint64_t))
			policy->value[i] = nla_get_u64(a[i]);
	return 0;
}

int manage_slot_get(struct manage *m, uint32_t slot, struct manage_slot *policy)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_SLOT_GET);
	struct manage_call call = { .m = m, .take = take_policy, .max = VOICEPAY_A_SLOT_MAX, .out = policy };

	memset(policy, 0, sizeof(*policy));
	if (msg)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, slot);
	return manage_finish(&call, msg);
}

int manage_slot_set(struct manage *m, uint32_t slot, const struct manage_slot *policy, uint32_t which)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_SLOT_SET);
	struct manage_call call = { .m = m };
	int i;

	if (msg)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, slot);
	for (i = VOICEPAY_A_SLOT_ID + 1; msg && i <= VOICEPAY_A_SLOT_MAX; i++)
		if (which & 1U << i && i == VOICEPAY_A_SLOT_PRESENCE_ABOVE)
			nla_put_u64(msg, i, policy->value[i]);
		else if (which & 1U << i)
			nla_put_u32(msg, i, policy->value[i]);
	return manage_finish(&call, msg);
}

int manage_slot_lock(struct manage *m, uint32_t slot, bool lock)
{
	struct nl_msg *msg = manage_begin(m, lock ? VOICEPAY_CMD_SLOT_LOCK : VOICEPAY_CMD_SLOT_UNLOCK);
	struct manage_call call = { .m = m };

	if (msg)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, slot);
	return manage_finish(&call, msg);
}

struct message {
	uint8_t *bytes;
	size_t *len;
};

static int take_message(struct nlattr **a, void *out)
{
	const struct nlattr *attr = a[VOICEPAY_A_ENROL_MESSAGE];
	struct message *message = out;

	if (!attr || nla_len(attr) > VOICEPAY_MESSAGE_MAX)
		return -1;
	*message->len = nla_len(attr);
	memcpy(message->bytes, nla_data(attr), *message->len);
	return 0;
}

int manage_enrol_begin(struct manage *m, uint32_t slot, const uint8_t *ticket,
		       uint8_t *message, size_t *len)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_ENROL_BEGIN);
	struct message to = { message, len };
	struct manage_call call = { .m = m, .take = take_message, .max = VOICEPAY_A_ENROL_MAX, .out = &to };

	*len = 0;
	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_ENROL_SLOT, slot);
		if (ticket)
			nla_put(msg, VOICEPAY_A_ENROL_TICKET, VOICEPAY_TICKET_LEN, ticket);
	}
	return manage_finish(&call, msg);
}

int manage_enrol_finish(struct manage *m, uint32_t slot, const uint8_t *message, size_t len,
			bool accept_time)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_ENROL_FINISH);
	struct manage_call call = { .m = m };

	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_ENROL_SLOT, slot);
		nla_put(msg, VOICEPAY_A_ENROL_MESSAGE, len, message);
		if (accept_time)
			nla_put_flag(msg, VOICEPAY_A_ENROL_ACCEPT_TIME);
	}
	return manage_finish(&call, msg);
}

int manage_wipe(struct manage *m, const uint8_t *device_id)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_WIPE);
	struct manage_call call = { .m = m };

	if (msg && device_id)
		nla_put(msg, VOICEPAY_A_DEVICE_DEVICE_ID, VOICEPAY_DEVICE_ID_LEN, device_id);
	return manage_finish(&call, msg);
}
