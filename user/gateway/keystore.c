// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filemode.h"
#include "hex.h"
#include "hkdf.h"
#include "hmac.h"
#include "keystore.h"
#include "log.h"
#include "prim_openssl.h"

#define HEX_LEN	64

static int write_secret(const char *path, const __u8 secret[32])
{
	char hex[HEX_LEN + 2];
	int fd, ret = 0;

	fd = filemode_make(path, O_WRONLY);
	if (fd < 0) {
		log_error("cannot create %s: %m", path);
		return -errno;
	}
	hex_encode(hex, secret, 32);
	hex[HEX_LEN] = '\n';
	if (write(fd, hex, HEX_LEN + 1) != HEX_LEN + 1 || fsync(fd)) {
		log_error("cannot write %s: %m", path);
		ret = -EIO;
	}
	close(fd);
	vp_prim_wipe(hex, sizeof(hex));
	return ret;
}

static int read_secret(const char *path, __u8 secret[32])
{
	char hex[HEX_LEN + 2];
	struct stat sb;
	ssize_t n;
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		log_error("cannot open %s: %m. Has \"voicepay-gateway init\" been run, and is this its user?", path);
		return -errno;
	}
	if (fstat(fd, &sb) || !S_ISREG(sb.st_mode) || (sb.st_mode & 077)) {
		log_error("%s must be a file that only its owner can read: chmod 600 it, and ask who has read it", path);
		close(fd);
		return -EPERM;
	}
	n = read(fd, hex, sizeof(hex));
	close(fd);
	ret = (n == HEX_LEN || (n == HEX_LEN + 1 && hex[HEX_LEN] == '\n')) ? hex_decode(secret, 32, hex) : -1;
	vp_prim_wipe(hex, sizeof(hex));
	if (ret) {
		log_error("%s does not hold one line of 64 hex digits: restore it from its backup", path);
		return -EINVAL;
	}
	return 0;
}

int keystore_create_master_anew(const char *path)
{
	__u8 secret[32];
	int ret = prim_random(secret, sizeof(secret));

	if (!ret && unlink(path) && errno != ENOENT)
		ret = -errno;
	if (!ret)
		ret = write_secret(path, secret);
	vp_prim_wipe(secret, sizeof(secret));
	return ret;
}

int keystore_create(const char *master_path, const char *key_path)
{
	__u8 secret[32], pub[32];
	int ret;

	ret = prim_random(secret, sizeof(secret));
	if (!ret)
		ret = write_secret(master_path, secret);
	if (!ret)
		ret = vp_prim_keypair(secret, pub);
	if (!ret) {
		ret = write_secret(key_path, secret);
		if (ret)
			unlink(master_path);
	}
	vp_prim_wipe(secret, sizeof(secret));
	return ret;
}

static int make_dummy(struct keystore *ks)
{
	__u8 nobody[sizeof(struct vp_root_keys)];
	struct row_name row = row_of_nobody();
	int ret = prim_random(nobody, sizeof(nobody));

	ks->dummy_len = sizeof(nobody) + KEYSTORE_OVERHEAD;
	return ret ? ret : keystore_seal(ks, row.bytes, row.len, nobody, sizeof(nobody), ks->dummy);
}

int keystore_load_other(struct keystore *ks, const char *path)
{
	int ret = read_secret(path, ks->other);

	ks->has_other = !ret;
	return ret;
}

int keystore_swap(struct keystore *ks)
{
	__u8 was[32];

	memcpy(was, ks->master, sizeof(was));
	memcpy(ks->master, ks->other, sizeof(was));
	memcpy(ks->other, was, sizeof(was));
	vp_prim_wipe(was, sizeof(was));
	return make_dummy(ks);
}

int keystore_load(struct keystore *ks, const char *master_path, const char *key_path)
{
	int ret;

	/* Out of swap if the limits allow it; a core dump is forbidden by main. */
	(void)!mlock(ks, sizeof(*ks));
	ret = read_secret(master_path, ks->master);
	if (!ret)
		ret = read_secret(key_path, ks->s);
	if (!ret)
		ret = prim_public(ks->s_pub, ks->s);
	if (!ret)
		ret = make_dummy(ks);
	ks->has_other = false;
	if (ret)
		keystore_wipe(ks);
	return ret;
}

void keystore_wipe(struct keystore *ks)
{
	vp_prim_wipe(ks, sizeof(*ks));
	munlock(ks, sizeof(*ks));
}

/*
 * Each row has its own AES key and nonce, derived from the master key and 128
 * random bits: so the number of rows under one master key is not bounded by
 * what a random 96-bit nonce bears.
 */
static void row_key(const __u8 master[32], const __u8 salt[KEYSTORE_SALT_LEN], __u8 okm[2 * VP_HASH_LEN])
{
	/* What vp_hkdf_expand() makes of it, for each payment. */
	static const __u8 one = 1, two = 2;
	const struct vp_piece pieces[] = {
		{ okm, VP_HASH_LEN },
		{ "voicepay sealed row 1", 21 },
		{ salt, KEYSTORE_SALT_LEN },
		{ &two, 1 },
	}, first[] = { pieces[1], pieces[2], { &one, 1 } };
	struct hmac_states hs;

	hmac_prepare(&hs, master);
	hmac_sum(&hs, okm, first, 3);
	hmac_sum(&hs, okm + VP_HASH_LEN, pieces, 4);
	vp_prim_wipe(&hs, sizeof(hs));
}

int keystore_seal(const struct keystore *ks, const void *ad, size_t ad_len,
		  const __u8 *in, size_t len, __u8 *out)
{
	__u8 okm[2 * VP_HASH_LEN];
	int ret;

	ret = prim_random(out, KEYSTORE_SALT_LEN);
	if (ret)
		return ret;
	row_key(ks->master, out, okm);
	ret = gcm_seal(out + KEYSTORE_SALT_LEN, okm, okm + 32, ad, ad_len, in, len);
	vp_prim_wipe(okm, sizeof(okm));
	return ret;
}

static int open_under(const __u8 master[32], const void *ad, size_t ad_len, const __u8 *in, size_t len, __u8 *out)
{
	__u8 okm[2 * VP_HASH_LEN];
	int ret;

	row_key(master, in, okm);
	ret = gcm_open(out, okm, okm + 32, ad, ad_len,
		       in + KEYSTORE_SALT_LEN, len - KEYSTORE_SALT_LEN);
	vp_prim_wipe(okm, sizeof(okm));
	return ret;
}

int keystore_open(const struct keystore *ks, const void *ad, size_t ad_len,
		  const __u8 *in, size_t len, __u8 *out)
{
	int ret;

	if (len < KEYSTORE_OVERHEAD)
		return -EBADMSG;
	ret = open_under(ks->master, ad, ad_len, in, len, out);
	return ret && ks->has_other ? open_under(ks->other, ad, ad_len, in, len, out) : ret;
}

#define ROOTS_BEFORE_512	offsetof(struct vp_root_keys, code512)

int keystore_open_roots(const struct keystore *ks, const struct device_key *key, struct vp_root_keys *roots)
{
	struct row_name row = key ? row_of_key(key->device, key->slot, key->epoch) : row_of_nobody();
	const __u8 *sealed = key ? key->sealed : ks->dummy;
	size_t len = key ? key->sealed_len : ks->dummy_len;

	memset(roots, 0, sizeof(*roots));
	/* The length first: what is opened is written before it is known to be good. */
	if (len != sizeof(*roots) + KEYSTORE_OVERHEAD && len != ROOTS_BEFORE_512 + KEYSTORE_OVERHEAD)
		return -EBADMSG;
	return keystore_open(ks, row.bytes, row.len, sealed, len, (__u8 *)roots);
}

static void put(struct row_name *row, const void *p, size_t len)
{
	memcpy(row->bytes + row->len, p, len);
	row->len += len;
}

struct row_name row_of_key(const __u8 device[VP_DEVICE_ID_LEN], __u32 slot, __u64 epoch)
{
	struct row_name row = { .len = 0 };
	__u8 num[12];

	for (int i = 0; i < 4; i++)
		num[i] = slot >> (24 - 8 * i);
	for (int i = 0; i < 8; i++)
		num[4 + i] = epoch >> (56 - 8 * i);
	put(&row, "key", 3);
	put(&row, device, VP_DEVICE_ID_LEN);
	put(&row, num, sizeof(num));
	return row;
}

struct row_name row_of_ticket(const __u8 id[STORE_TICKET_HASH])
{
	struct row_name row = { .len = 0 };

	put(&row, "ticket", 6);
	put(&row, id, STORE_TICKET_HASH);
	return row;
}

struct row_name row_of_nobody(void)
{
	struct row_name row = { .len = 0 };

	put(&row, "nobody", 6);
	return row;
}

int keystore_ticket_hash(__u8 out[STORE_TICKET_HASH], const __u8 id[VP_TICKET_ID_LEN])
{
	const struct vp_piece pieces[] = { { "voicepay ticket id 1", 20 }, { id, VP_TICKET_ID_LEN } };

	return vp_prim_hash(out, pieces, 2);
}

static int id_of(const __u8 master[32], char id[KEYSTORE_ID_LEN + 1])
{
	const struct vp_piece info = { "voicepay master key id 1", 24 };
	__u8 raw[KEYSTORE_ID_LEN / 2];
	int ret = vp_hkdf_expand(raw, sizeof(raw), master, 32, &info, 1);

	if (!ret)
		hex_encode(id, raw, sizeof(raw));
	return ret;
}

int keystore_id(const struct keystore *ks, char id[KEYSTORE_ID_LEN + 1])
{
	return id_of(ks->master, id);
}

int keystore_other_id(const struct keystore *ks, char id[KEYSTORE_ID_LEN + 1])
{
	return ks->has_other ? id_of(ks->other, id) : -ENOENT;
}
