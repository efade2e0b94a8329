/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module's management interface, one function a command. */
#ifndef VP_MANAGE_H
#define VP_MANAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/voicepay_netlink.h>

struct nl_sock;

/**
 * struct manage - a connection to the module
 * @why: what the kernel said about the last error; "" if nothing
 */
struct manage {
	struct nl_sock *sock;
	int family;
	char why[160];
};

struct manage_device {
	char version[16];
	uint32_t max_slots;
	uint32_t slots;
	uint32_t sealer_state;		/* enum voicepay_sealer_state */
	uint64_t now;			/* 0: the module has no time yet */
	bool provisioned;
	uint8_t device_id[VOICEPAY_DEVICE_ID_LEN];
	uint8_t gateway_key[VOICEPAY_GATEWAY_KEY_LEN];
};

/* Who may do what with a slot; by attribute, as all of them are numbers. */
struct manage_slot {
	uint64_t value[VOICEPAY_A_SLOT_MAX + 1];
};

/* All return 0 or a negative errno value; -EBADMSG also for an answer that makes no sense. */
int manage_open(struct manage *m);
void manage_close(struct manage *m);
int manage_dev_get(struct manage *m, struct manage_device *device);
int manage_dev_set(struct manage *m, const uint8_t *device_id, const uint8_t *gateway_key);
/* @slot: in: number wanted, or -1 for the lowest free; out: number got */
int manage_slot_new(struct manage *m, int64_t *slot);
int manage_slot_del(struct manage *m, uint32_t slot);
int manage_slot_get(struct manage *m, uint32_t slot, struct manage_slot *policy);
/* Sets the attributes of @policy that are in @which, a set of bits 1 << VOICEPAY_A_SLOT_*. */
int manage_slot_set(struct manage *m, uint32_t slot, const struct manage_slot *policy, uint32_t which);
int manage_slot_lock(struct manage *m, uint32_t slot, bool lock);
/* @ticket: NULL to rotate, under the key that the slot has */
int manage_enrol_begin(struct manage *m, uint32_t slot, const uint8_t *ticket,
		       uint8_t *message, size_t *len);
int manage_enrol_finish(struct manage *m, uint32_t slot, const uint8_t *message, size_t len,
			bool accept_time);
/* @device_id: of the device that is meant, or NULL if it has none */
int manage_wipe(struct manage *m, const uint8_t *device_id);

/* An authenticator's key on its way in; @counter is of one with period 0. */
struct manage_otp {
	const uint8_t *secret;
	size_t secret_len;
	uint32_t algorithm;		/* enum voicepay_otp_algorithm */
	uint32_t digits;
	uint32_t period;
	uint64_t counter;
};

int manage_otp_put(struct manage *m, uint32_t slot, const struct manage_otp *otp);
int manage_pool_put(struct manage *m, uint32_t slot, const uint8_t message[VOICEPAY_POOL_LEN]);

/* What may be sealed: bytes and how many. */
struct manage_bytes {
	uint8_t data[VOICEPAY_BLOB_MAX];
	size_t len;
};

/* @make: a new one, if this boot has seen none */
int manage_sealer_get(struct manage *m, bool make, struct manage_bytes *wrapped);
int manage_sealer_put(struct manage *m, const struct manage_bytes *wrapped);
/* @final: the last before a reboot */
int manage_blob_get(struct manage *m, uint32_t slot, bool final, struct manage_bytes *blob);
int manage_blob_put(struct manage *m, uint32_t slot, const struct manage_bytes *blob);
/* @retire: older ones are refused from now on */
int manage_blob_commit(struct manage *m, bool retire);
/* Calls @each for all slots; @key is 0 for one without a key, and another with each key. */
int manage_slots(struct manage *m, void (*each)(uint32_t slot, uint64_t key, void *arg), void *arg);

#endif
