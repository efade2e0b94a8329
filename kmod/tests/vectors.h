/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known answers, the same for KUnit in the kernel and cmocka in userspace. Byte
 * strings are hexadecimal.
 *
 * Noise: the vectors of the Haskell implementation cacophony, which most
 * implementations publish and check against.
 * HKDF: RFC 5869, appendix A, the cases with SHA-256.
 * HMAC: RFC 4231, the cases whose output is not truncated.
 * PC1: Documentation/pc1.md; K = 00 01 .. 1f, PP 71, alias 0123456789.
 */
#ifndef VP_TEST_VECTORS_H
#define VP_TEST_VECTORS_H

struct noise_vector {
	const char *name;
	int with_psk;
	const char *prologue;
	const char *psk;
	const char *init_static, *init_ephemeral;
	const char *resp_static, *resp_ephemeral, *resp_static_public;
	const char *handshake_hash;
	const char *payload[2], *message[2];
};

static const struct noise_vector noise_vectors[] = {
	{
		.name = "Noise_IK_25519_ChaChaPoly_SHA256",
		.with_psk = 0,
		.prologue = "4a6f686e2047616c74",
		.psk = "",
		.init_static = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
		.init_ephemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
		.resp_static = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
		.resp_ephemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
		.resp_static_public = "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
		.handshake_hash = "0b0f68fb0c27e03ce9b97565995ed4838cc0581b762ef72b062f6a546419fad7",
		.payload = {
			"4c756477696720766f6e204d69736573",
			"4d757272617920526f746862617264",
		},
		.message = {
			"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
			"718da798efbcd91528520204f904b9bd6c7413dccdc214d951e15253e39987f1"
			"8146e8cd0873654207148333479d4d16c289f0294b29960a72f48e0b7bba2e89"
			"083169825e59642148d492020664ccf7",
			"95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
			"5361e70b2ed446e6c9ec387d1d6b3b840f194e373979d241b203c4acafccf5",
		},
	},
	{
		.name = "Noise_IKpsk2_25519_ChaChaPoly_SHA256",
		.with_psk = 1,
		.prologue = "4a6f686e2047616c74",
		.psk = "54686973206973206d7920417573747269616e20706572737065637469766521",
		.init_static = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
		.init_ephemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
		.resp_static = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
		.resp_ephemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
		.resp_static_public = "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
		.handshake_hash = "8310f86394dc0dabb40beb8210031556db4403ab1202db7034c526232147a700",
		.payload = {
			"4c756477696720766f6e204d69736573",
			"4d757272617920526f746862617264",
		},
		.message = {
			"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
			"2ec9b09893d0f510791784c10cbc959f25b1766e0def6e301d14fbca1c7790ac"
			"829b8b3674f5f649a5f0e98479662cbfbf2b2c47cd4b09fcd266cd29d7cb675f"
			"1808849707847840f6d178ec4d3733aa",
			"95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
			"9a1b3cebf680b2c74217fcb5eba4ff58a9468cd90c4aca6194f57479b379a7",
		},
	},
};

struct hkdf_vector {
	const char *ikm, *salt, *info, *prk, *okm;
};

static const struct hkdf_vector hkdf_vectors[] = {
	{	/* A.1 */
		.ikm = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.salt = "000102030405060708090a0b0c",
		.info = "f0f1f2f3f4f5f6f7f8f9",
		.prk = "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
		.okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
		       "34007208d5b887185865",
	},
	{	/* A.2 */
		.ikm = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		       "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
		       "404142434445464748494a4b4c4d4e4f",
		.salt = "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
		       "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
		       "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
		.info = "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
		       "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
		       "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
		.prk = "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
		.okm = "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
		       "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
		       "cc30c58179ec3e87c14c01d5c1f3434f1d87",
	},
	{	/* A.3 */
		.ikm = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.salt = "",
		.info = "",
		.prk = "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
		.okm = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
		       "9d201395faa4b61a96c8",
	},
};

struct hmac_vector {
	const char *key, *data, *mac;
};

static const struct hmac_vector hmac_vectors[] = {
	{	/* case 1 */
		.key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.data = "4869205468657265",
		.mac = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	},
	{	/* case 2 */
		.key = "4a656665",
		.data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		.mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	},
	{	/* case 6: a key longer than a block */
		.key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		       "aaaaaa",
		.data = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
		       "65204b6579202d2048617368204b6579204669727374",
		.mac = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	},
};

struct pc1_vector {
	unsigned long long time;	/* seconds since 1970 */
	unsigned int q;
	const char *digits;
};

static const struct pc1_vector pc1_vectors[] = {
	{ 1700000000, 0, "711012345678909069056715" },
	{ 1700000000, 1, "711012345678914615827812" },
};

/* Check digits of Damm's quasigroup; 572 -> 4 is the example of his thesis. */
static const struct { const char *digits; unsigned int check; } damm_vectors[] = {
	{ "572", 4 },
	{ "", 0 },
	{ "0", 0 },
	{ "71101234567890906905671", 5 },
};

#endif /* VP_TEST_VECTORS_H */
