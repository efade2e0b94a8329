/* SPDX-License-Identifier: GPL-2.0 */
/* A slot as bytes that survive a reboot: their form, and their encryption. */
#ifndef VP_BLOB_H
#define VP_BLOB_H

#include "common/agreement.h"
#include "key.h"

#define VP_BLOB_VERSION		2

/* See Documentation/sealing.md, which has the form byte by byte. */
#define VP_BLOB_HEAD_LEN	68
#define VP_BLOB_BODY_LEN	768
#define VP_BLOB_LEN		(VP_BLOB_HEAD_LEN + VP_BLOB_BODY_LEN + VP_TAG_LEN)

/* The keys of a slot, as bytes that every kernel reads alike. */
struct vp_blob_keys {
	u8 code[VP_KEY_LEN];
	u8 auth[VP_KEY_LEN];
	u8 psk[VP_KEY_LEN];
	u8 s[VP_KEY_LEN];
	u8 s_pub[VP_KEY_LEN];
	u8 code512[VP_KEY512_LEN];
};

/**
 * struct vp_blob_pool - a pool
 * @serial: its number, 0 if there is none
 * @not_after: its last day
 * @count: codes in it
 * @next: those below this index may have been given out
 */
struct vp_blob_pool {
	u64 serial;
	u64 not_after;
	u32 count;
	u32 next;
};

/**
 * struct vp_blob_place - where a blob belongs; it opens nowhere else
 * @slot: slot number
 * @device: device id
 * @sealer: policy of the sealer
 * @module: policy of the module; under a stricter one the blob opens, too
 */
struct vp_blob_place {
	u32 slot;
	u8 device[VP_DEVICE_ID_LEN];
	u32 sealer;
	u32 module;
};

/* Number of values in a slot's policy: uid, gid, rights and so on. */
#define VP_BLOB_POLICY	10

/**
 * struct vp_blob - what a blob holds
 * @counter: rises with each blob that this device seals
 * @generation: the sealer's counter when the blob will be the only one; 0: none
 * @now_ms: the module's time, milliseconds since 1970; 0 if it had none
 * @trusted_ms: the last time of which the gateway knew
 * @mark: the ordinal up to which codes may have been issued
 * @issued: codes that may have been issued
 * @hour: number of the hour that @hour_used counts for
 * @day: number of the day that @day_used counts for
 * @gateway: the gateway's static public key
 * @policy: who may use the slot, and how
 * @kind: enum voicepay_slot_kind; which of what follows there is
 * @keys: its keys
 * @pool: codes that need no clock
 * @otp: an authenticator's terms
 * @otp_counter: counters below this one may have been used
 * @otp_secret: its secret, zero-filled
 * @grant: the gateway's terms
 */
struct vp_blob {
	u64 counter;
	u64 generation;
	u64 now_ms;
	u64 trusted_ms;
	u64 mark;
	u64 issued;
	u64 hour;
	u64 day;
	u32 hour_used;
	u32 day_used;
	u8 gateway[VP_KEY_LEN];
	u32 policy[VP_BLOB_POLICY];
	u32 kind;
	struct vp_blob_keys keys;
	struct vp_blob_pool pool;
	struct vp_otp_terms otp;
	u64 otp_counter;
	u8 otp_secret[VP_OTP_SECRET_MAX];
	struct vp_agree_grant grant;
};

int vp_blob_seal(u8 out[VP_BLOB_LEN], const u8 key[VP_KEY_LEN],
		 const struct vp_blob_place *place, const struct vp_blob *blob);
int vp_blob_open(struct vp_blob *blob, const u8 key[VP_KEY_LEN],
		 const struct vp_blob_place *place, const u8 *in, size_t len);
int vp_blob_device(const u8 *in, size_t len, u8 device[VP_DEVICE_ID_LEN]);

#endif /* VP_BLOB_H */
