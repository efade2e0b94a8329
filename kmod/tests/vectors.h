/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known answers, the same for KUnit in the kernel and cmocka in userspace. Byte
 * strings are hexadecimal.
 *
 * Noise: the vectors of the Haskell implementation cacophony, which most
 * implementations publish and check against.
 * HKDF: RFC 5869, appendix A, the cases with SHA-256.
 * HMAC: RFC 4231, the cases whose output is not truncated.
 * One-time passwords: RFC 4226, appendix D, and RFC 6238, appendix B.
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
	const char *mac512;	/* HMAC-SHA-512 */
};

static const struct hmac_vector hmac_vectors[] = {
	{	/* case 1 */
		.key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.data = "4869205468657265",
		.mac = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		.mac512 = "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
			  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
	},
	{	/* case 2 */
		.key = "4a656665",
		.data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		.mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		.mac512 = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
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
		.mac512 = "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
			  "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
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

/* Codes of the other modes without terms; K of V = 6 is 00 01 .. 3f. V = 8: pool 7. */
struct mode_vector {
	unsigned int mode;
	unsigned long long step;
	unsigned int q;
	const char *digits;
};

static const struct mode_vector mode_vectors[] = {
	{ 1, 56666666, 0, "711012345678909069056715" },
	{ 1, 56666666, 1, "711012345678914615827812" },
	{ 5, 56666666, 0, "715012345678905848335905" },
	{ 5, 56666666, 1, "715012345678918421365478" },
	{ 6, 56666666, 0, "716012345678908369336208" },
	{ 6, 56666666, 1, "716012345678915022457859" },
	{ 8, 7 * 16 + 0, 0, "718012345678905158570905" },
	{ 8, 7 * 16 + 4, 4, "718012345678945596282167" },
	{ 8, 7 * 16 + 10, 0, "718012345678905106302906" },
	{ 8, 7 * 16 + 14, 4, "718012345678947000065721" },
};

/* Terms, what they hash to, and the code at t = 1700000000 with Q = 0. */
struct bind_vector {
	unsigned int mode;
	unsigned long long amount;
	const char *currency, *merchant, *challenge;
	const char *bind, *digits;
};

static const struct bind_vector bind_vectors[] = {
	{ 2, 50000ULL, "CNY",
		  "", "",
	  "6a5a7c04100349fbff240bfe198f96f685bdc46c4121fb970935408c3dd9eac4",
	  "712012345678907506563090" },
	{ 3, 0ULL, "",
		  "laowang-01", "7Q2X",
	  "224e34a63706890efac3d055de1d15e21df07434e9643a65eb51a51cf973719b",
	  "713012345678900383504450" },
	{ 3, 0ULL, "",
		  "laowang-01", "",
	  "d5bc8df815c102e1128f5874392525891ab1c3ebed79d11f194be655542ae7fb",
	  "713012345678900764137720" },
	{ 4, 50000ULL, "CNY",
		  "laowang-01", "7Q2X",
	  "a0325ee087db837bff5670df4e3d29c0348eb61810a918f8b2066315de13ce1a",
	  "714012345678906026677746" },
	{ 4, 0x7fffffffffffffffULL, "XTS",
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
	  "3ca8ecfad2cc7ff63717bdf768518046077e81a9d240c2c1e76accb1a3c3f010",
	  "714012345678909144310219" },
};

/*
 * Authorisations and pools: the authorisation key is 20 21 .. 3f, the device a0
 * a1 .. af.
 */
struct authorise_vector {
	unsigned int purpose, slot;
	unsigned long long epoch, time;
	const char *currency;
	unsigned long long amount;
	const char *order, *payee;
	int repeat;		/* order and payee are one character, to be repeated */
	unsigned int len;	/* of what is authorised */
	const char *mac;
};

static const struct authorise_vector authorise_vectors[] = {
	{ 1, 3, 5, 1700000000, "CNY", 50000, "order-1", "\xe5\xa6\x88\xe5\xa6\x88", 0, 81,
	  "db326e94c1ada2309169fa3fbae3019314cfcb602bcd721aad0aa7c2879c0257" },
	{ 4, 3, 5, 1700000000, "", 0, "c0ffee", "", 0, 74,
	  "bb058e8f4eb2ccc4e13b98810905c8a3427fd23b8cb930222b84545408090860" },
	{ 7, 0, 1, 1700000000, "CNY", 0xffffffffffffffffULL, "o", "p", 1, 388,
	  "862a1ad12e219de7f1f19a75c5bd57c50a44be2dbdc5a93d2cd98f01959bc9fe" },
};

/* 15 codes, slot 3, epoch 5, serial 7, until 1700600000. */
static const char pool_vector[] =
	"010f0000000000030000000000000005000000000000000700000000655d18c0"
	"316e98859b2df76852d67aaee1ef251d1312bb3ae0c3f49caa95be07d25e7192";

/* RFC 4226: the secret is the 20 bytes "12345678901234567890"; counters 0 to 9. */
static const char *const hotp_vectors[] = {
	"755224", "287082", "359152", "969429", "338314",
	"254676", "287922", "162583", "399871", "520489",
};

/*
 * RFC 6238: eight digits, steps of 30 seconds. The secret is those digits,
 * repeated to the length of the hash: 20, 32 and 64 bytes.
 */
struct totp_vector {
	unsigned long long time;	/* seconds since 1970 */
	const char *sha1, *sha256, *sha512;
};

static const struct totp_vector totp_vectors[] = {
	{ 59, "94287082", "46119246", "90693936" },
	{ 1111111109, "07081804", "68084774", "25091201" },
	{ 1111111111, "14050471", "67062674", "99943326" },
	{ 1234567890, "89005924", "91819424", "93441116" },
	{ 2000000000, "69279037", "90698825", "38618901" },
	{ 20000000000ULL, "65353130", "77737706", "47863826" },
};

/* Check digits of Damm's quasigroup; 572 -> 4 is the example of his thesis. */
static const struct { const char *digits; unsigned int check; } damm_vectors[] = {
	{ "572", 4 },
	{ "", 0 },
	{ "0", 0 },
	{ "71101234567890906905671", 5 },
};

#endif /* VP_TEST_VECTORS_H */
