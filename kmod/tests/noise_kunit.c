// SPDX-License-Identifier: GPL-2.0
/* KUnit: HMAC, HKDF and the handshake, over the kernel's crypto. */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/hex.h>

#include "voicepay.h"
#include "hmac.h"
#include "common/hkdf.h"
#include "common/noise.h"
#include "vectors.h"

static size_t unhex(struct kunit *test, u8 *out, size_t room, const char *hex)
{
	size_t len = strlen(hex) / 2;

	KUNIT_ASSERT_LE(test, len, room);
	KUNIT_ASSERT_EQ(test, hex2bin(out, hex, len), 0);
	return len;
}

static void public_of(struct kunit *test, u8 pub[VP_KEY_LEN], const u8 priv[VP_KEY_LEN])
{
	static const u8 base[VP_KEY_LEN] = { 9 };

	KUNIT_ASSERT_EQ(test, vp_prim_dh(pub, priv, base), 0);
}

static void hmac_vectors_hold(struct kunit *test)
{
	u8 *key = kunit_kzalloc(test, 256, GFP_KERNEL), *data = key + 160;
	u8 mac[VP_HASH512_LEN], out[VP_HASH512_LEN];
	struct vp_hmac_states states;
	struct vp_piece piece;
	size_t i, len;

	KUNIT_ASSERT_NOT_NULL(test, key);
	for (i = 0; i < ARRAY_SIZE(hmac_vectors); i++) {
		len = unhex(test, key, 160, hmac_vectors[i].key);
		piece.data = data;
		piece.len = unhex(test, data, 96, hmac_vectors[i].data);
		unhex(test, mac, sizeof(mac), hmac_vectors[i].mac);
		KUNIT_ASSERT_EQ(test, vp_hmac_prepare(&states, key, len), 0);
		/* Twice: a prepared key is not used up. */
		KUNIT_ASSERT_EQ(test, vp_hmac(out, &states, &piece, 1), 0);
		KUNIT_EXPECT_MEMEQ(test, out, mac, VP_HASH_LEN);
		KUNIT_ASSERT_EQ(test, vp_hmac(out, &states, &piece, 1), 0);
		KUNIT_EXPECT_MEMEQ(test, out, mac, VP_HASH_LEN);
		unhex(test, mac, sizeof(mac), hmac_vectors[i].mac512);
		KUNIT_ASSERT_EQ(test, vp_prim_hmac512(out, key, len, &piece, 1), 0);
		KUNIT_EXPECT_MEMEQ(test, out, mac, sizeof(mac));
	}
}

static void hkdf_vectors_hold(struct kunit *test)
{
	u8 ikm[96], salt[96], info[96], prk[VP_HASH_LEN], okm[96], out[96];
	size_t i, ikm_len, salt_len, okm_len;

	for (i = 0; i < ARRAY_SIZE(hkdf_vectors); i++) {
		const struct hkdf_vector *v = &hkdf_vectors[i];
		struct vp_piece piece = { info, unhex(test, info, sizeof(info), v->info) };

		ikm_len = unhex(test, ikm, sizeof(ikm), v->ikm);
		salt_len = unhex(test, salt, sizeof(salt), v->salt);
		unhex(test, prk, sizeof(prk), v->prk);
		okm_len = unhex(test, okm, sizeof(okm), v->okm);
		KUNIT_ASSERT_EQ(test, vp_hkdf_extract(out, salt, salt_len, ikm, ikm_len), 0);
		KUNIT_EXPECT_MEMEQ(test, out, prk, sizeof(prk));
		KUNIT_ASSERT_EQ(test, vp_hkdf_expand(out, okm_len, prk, sizeof(prk), &piece, 1), 0);
		KUNIT_EXPECT_MEMEQ(test, out, okm, okm_len);
	}
}

/* The published vectors fix the ephemeral keys. */
static int keypair_of_vector(u8 priv[VP_KEY_LEN], u8 pub[VP_KEY_LEN])
{
	struct kunit *test = kunit_get_current_test();

	unhex(test, priv, VP_KEY_LEN, test->priv);
	public_of(test, pub, priv);
	return 0;
}

struct handshake {
	struct vp_noise init, resp;
	u8 prologue[16], psk[VP_KEY_LEN], payload[32], msg[160], expected[160], out[64];
	u8 s[VP_KEY_LEN], s_pub[VP_KEY_LEN], rs[VP_KEY_LEN];
};

static void start(struct kunit *test, struct handshake *hs, const struct noise_vector *v)
{
	size_t len = unhex(test, hs->prologue, sizeof(hs->prologue), v->prologue);

	unhex(test, hs->psk, sizeof(hs->psk), v->psk);
	unhex(test, hs->rs, sizeof(hs->rs), v->resp_static_public);
	unhex(test, hs->s, sizeof(hs->s), v->init_static);
	public_of(test, hs->s_pub, hs->s);
	KUNIT_ASSERT_EQ(test, vp_noise_init_initiator(&hs->init, v->with_psk, hs->prologue, len,
						      hs->s, hs->s_pub, hs->rs), 0);
	unhex(test, hs->s, sizeof(hs->s), v->resp_static);
	KUNIT_ASSERT_EQ(test, vp_noise_init_responder(&hs->resp, v->with_psk, hs->prologue, len,
						      hs->s, hs->rs), 0);
}

static void one_vector(struct kunit *test, struct handshake *hs, const struct noise_vector *v)
{
	const u8 *psk = v->with_psk ? hs->psk : NULL;
	size_t len, msg_len;

	start(test, hs, v);

	test->priv = (void *)v->init_ephemeral;
	len = unhex(test, hs->payload, sizeof(hs->payload), v->payload[0]);
	KUNIT_ASSERT_EQ(test, vp_noise_write_msg1(&hs->init, hs->msg, hs->payload, len), 0);
	msg_len = unhex(test, hs->expected, sizeof(hs->expected), v->message[0]);
	KUNIT_ASSERT_EQ(test, msg_len, len + VP_NOISE_MSG1_OVERHEAD);
	KUNIT_EXPECT_MEMEQ(test, hs->msg, hs->expected, msg_len);
	KUNIT_ASSERT_EQ(test, vp_noise_read_msg1(&hs->resp, hs->msg, msg_len, hs->out), 0);
	KUNIT_EXPECT_MEMEQ(test, hs->out, hs->payload, len);

	test->priv = (void *)v->resp_ephemeral;
	len = unhex(test, hs->payload, sizeof(hs->payload), v->payload[1]);
	KUNIT_ASSERT_EQ(test, vp_noise_write_msg2(&hs->resp, psk, hs->msg, hs->payload, len), 0);
	msg_len = unhex(test, hs->expected, sizeof(hs->expected), v->message[1]);
	KUNIT_ASSERT_EQ(test, msg_len, len + VP_NOISE_MSG2_OVERHEAD);
	KUNIT_EXPECT_MEMEQ(test, hs->msg, hs->expected, msg_len);
	KUNIT_ASSERT_EQ(test, vp_noise_read_msg2(&hs->init, psk, hs->msg, msg_len, hs->out), 0);
	KUNIT_EXPECT_MEMEQ(test, hs->out, hs->payload, len);

	unhex(test, hs->expected, sizeof(hs->expected), v->handshake_hash);
	KUNIT_EXPECT_MEMEQ(test, hs->init.h, hs->expected, VP_HASH_LEN);
	KUNIT_EXPECT_MEMEQ(test, hs->resp.h, hs->expected, VP_HASH_LEN);
	KUNIT_EXPECT_MEMEQ(test, hs->init.ck, hs->resp.ck, VP_HASH_LEN);
}

static void noise_vectors_hold(struct kunit *test)
{
	struct handshake *hs = kunit_kzalloc(test, sizeof(*hs), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, hs);
	kunit_activate_static_stub(test, vp_prim_keypair, keypair_of_vector);
	for (i = 0; i < ARRAY_SIZE(noise_vectors); i++)
		one_vector(test, hs, &noise_vectors[i]);
}

/* Attack: message 1 is altered on its way. No trace of the handshake stays behind. */
static void altered_message_wipes(struct kunit *test)
{
	struct handshake *hs = kunit_kzalloc(test, sizeof(*hs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, hs);
	start(test, hs, &noise_vectors[1]);
	KUNIT_ASSERT_EQ(test, vp_noise_write_msg1(&hs->init, hs->msg, hs->payload, 16), 0);
	hs->msg[VP_NOISE_MSG1_OVERHEAD] ^= 1;
	KUNIT_EXPECT_EQ(test, vp_noise_read_msg1(&hs->resp, hs->msg, 16 + VP_NOISE_MSG1_OVERHEAD,
						 hs->out), -EBADMSG);
	KUNIT_EXPECT_NULL(test, memchr_inv(&hs->resp, 0, sizeof(hs->resp)));
}

/* Attack: a public key of small order, which would make the secret known. */
static void small_order_refused(struct kunit *test)
{
	u8 priv[VP_KEY_LEN], pub[VP_KEY_LEN], out[VP_KEY_LEN];
	static const u8 zero[VP_KEY_LEN], one[VP_KEY_LEN] = { 1 };

	KUNIT_ASSERT_EQ(test, vp_prim_keypair(priv, pub), 0);
	KUNIT_EXPECT_EQ(test, vp_prim_dh(out, priv, zero), -EKEYREJECTED);
	KUNIT_EXPECT_EQ(test, vp_prim_dh(out, priv, one), -EKEYREJECTED);
}

static struct kunit_case noise_cases[] = {
	KUNIT_CASE(hmac_vectors_hold),
	KUNIT_CASE(hkdf_vectors_hold),
	KUNIT_CASE(noise_vectors_hold),
	KUNIT_CASE(altered_message_wipes),
	KUNIT_CASE(small_order_refused),
	{}
};

static struct kunit_suite noise_suite = {
	.name = "voicepay_noise",
	.test_cases = noise_cases,
};

kunit_test_suite(noise_suite);
