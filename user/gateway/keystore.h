/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two secrets that are not in the database: the master key, under which
 * everything secret in it is sealed, and the gateway's static X25519 key.
 * Each is a file of one line of hex that nobody but its owner may read.
 */
#ifndef VPG_KEYSTORE_H
#define VPG_KEYSTORE_H

#include "agreement.h"

struct keystore {
	__u8 master[32];
	__u8 s[VP_KEY_LEN];
	__u8 s_pub[VP_KEY_LEN];
	/* Root keys of nobody, for codes whose alias nobody has. */
	__u8 dummy[160];
	size_t dummy_len;
};

/* Draws both and writes the files; refuses to overwrite. */
int keystore_create(const char *master_path, const char *key_path);
int keystore_load(struct keystore *ks, const char *master_path, const char *key_path);
void keystore_wipe(struct keystore *ks);

#define KEYSTORE_SALT_LEN	16
#define KEYSTORE_OVERHEAD	(KEYSTORE_SALT_LEN + 16)

/*
 * Seals @len bytes (at most 128) to @out of len + KEYSTORE_OVERHEAD. @ad names
 * the row that they belong to: moved to another row they do not open.
 */
int keystore_seal(const struct keystore *ks, const void *ad, size_t ad_len,
		  const __u8 *in, size_t len, __u8 *out);
/* @len as sealed; -EBADMSG for another master key, another row or damage. */
int keystore_open(const struct keystore *ks, const void *ad, size_t ad_len,
		  const __u8 *in, size_t len, __u8 *out);

/* What the two kinds of row are called. */
struct row_name {
	__u8 bytes[48];
	size_t len;
};

struct row_name row_of_key(const __u8 device[VP_DEVICE_ID_LEN], __u32 slot, __u64 epoch);
struct row_name row_of_ticket(const __u8 id[VP_TICKET_ID_LEN]);

#endif /* VPG_KEYSTORE_H */
