/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two secrets that are not in the database: the master key, under which
 * everything secret in it is sealed, and the gateway's static X25519 key.
 * Each is a file of one line of hex that nobody but its owner may read.
 */
#ifndef VPG_KEYSTORE_H
#define VPG_KEYSTORE_H

#include "agreement.h"
#include "store.h"

struct keystore {
	__u8 master[32];
	/* While it is changed, the other one: rows are opened under either, sealed under the first. */
	__u8 other[32];
	bool has_other;
	__u8 s[VP_KEY_LEN];
	__u8 s_pub[VP_KEY_LEN];
	/* Root keys of nobody, for codes whose alias nobody has. */
	__u8 dummy[192];
	size_t dummy_len;
};

/* Draws both and writes the files; refuses to overwrite. */
int keystore_create(const char *master_path, const char *key_path);
/* A new master key alone, in place of a file of that name. */
int keystore_create_master_anew(const char *path);
int keystore_load(struct keystore *ks, const char *master_path, const char *key_path);
/* A second master key from a file. */
int keystore_load_other(struct keystore *ks, const char *path);
/* From now on sealed under the other one. */
int keystore_swap(struct keystore *ks);
void keystore_wipe(struct keystore *ks);

/* Names the master key without telling anything about it: hex digits. */
#define KEYSTORE_ID_LEN	32
int keystore_id(const struct keystore *ks, char id[KEYSTORE_ID_LEN + 1]);
int keystore_other_id(const struct keystore *ks, char id[KEYSTORE_ID_LEN + 1]);

/* Where a database notes whose it is, and whose it is on the way to be. */
#define META_MASTER	"master"
#define META_REKEY_TO	"rekey-to"
#define META_REKEY_DONE	"rekey-done"
/* While gateways serve (rekey_online.c): "ID open" or "ID seal"; who has done so; and what may be put in place. */
#define META_REKEY_ONLINE	"rekey-online"
#define META_REKEY_HAVE		"rekey-have"
#define META_REKEY_CHECKED	"rekey-checked"

/* The name under which a ticket is kept: what is kept does not lead back to its id. */
int keystore_ticket_hash(__u8 out[STORE_TICKET_HASH], const __u8 id[VP_TICKET_ID_LEN]);

#define KEYSTORE_SALT_LEN	STORE_SALT
#define KEYSTORE_OVERHEAD	(KEYSTORE_SALT_LEN + 16)

/*
 * Seals @len bytes (at most 160) to @out of len + KEYSTORE_OVERHEAD. @ad names
 * the row that they belong to: moved to another row they do not open.
 */
int keystore_seal(const struct keystore *ks, const void *ad, size_t ad_len,
		  const __u8 *in, size_t len, __u8 *out);
/* @len as sealed; -EBADMSG for another master key, another row or damage. */
int keystore_open(const struct keystore *ks, const void *ad, size_t ad_len,
		  const __u8 *in, size_t len, __u8 *out);

/*
 * A device's root keys; of NULL, keys of nobody, at the same cost. Keys that
 * were agreed on before HMAC-SHA-512 was have none for it.
 */
int keystore_open_roots(const struct keystore *ks, const struct device_key *key, struct vp_root_keys *roots);

/* What the two kinds of row are called. */
struct row_name {
	__u8 bytes[48];
	size_t len;
};

struct row_name row_of_key(const __u8 device[VP_DEVICE_ID_LEN], __u32 slot, __u64 epoch);
struct row_name row_of_ticket(const __u8 id[STORE_TICKET_HASH]);
/* The row of nobody's keys. */
struct row_name row_of_nobody(void);

#endif /* VPG_KEYSTORE_H */
