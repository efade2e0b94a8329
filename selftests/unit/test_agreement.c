// SPDX-License-Identifier: GPL-2.0-or-later
/* The enrolment's payloads and the keys that come out of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "agreement.h"

static const struct vp_agree_request request = {
	.kind = VP_AGREE_ENROL,
	.modes = PAYCODE_MODES_DEVICE,
	.device = "0123456789abcde",
	.slot = 0x01020304,
	.epoch = 0x1122334455667788,
	.ordinal = 566666661,
	.nonce = "fedcba987654321",
	.ticket_id = "ticket!",
};

static struct vp_agree_grant grant_of(unsigned int aliases)
{
	struct vp_agree_grant g = {
		.prefix = "71", .modes = PAYCODE_MODES_DEVICE, .epoch = 5, .time_ms = 1700000000123, .not_before = 1700000000,
		.rotate_after = 1700604800, .not_after = 1703024000, .per_hour = 60, .per_day = 200,
		.per_key = 5000, .n_aliases = aliases,
	};
	unsigned int i;

	for (i = 0; i < aliases && i < VP_ALIASES_MAX; i++) {
		memcpy(g.alias[i], "0123456789", VP_ALIAS_DIGITS);
		g.alias[i][0] = '0' + i % 10;
	}
	return g;
}

static void request_round_trip(void **state)
{
	__u8 wire[VP_REQUEST_LEN];
	struct vp_agree_request out;

	vp_agree_encode_request(wire, &request);
	assert_int_equal(wire[0], 1);
	assert_memory_equal(wire + 2, "\x01\x7e", 2);	/* V = 1 to 6 and 8 */
	assert_memory_equal(wire + 20, "\x01\x02\x03\x04\x11\x22\x33\x44\x55\x66\x77\x88", 12);
	assert_int_equal(vp_agree_decode_request(&out, wire, sizeof(wire)), 0);
	assert_int_equal(out.kind, request.kind);
	assert_int_equal(out.modes, request.modes);
	assert_memory_equal(out.device, request.device, sizeof(out.device));
	assert_int_equal(out.slot, request.slot);
	assert_int_equal(out.epoch, request.epoch);
	assert_int_equal(out.ordinal, request.ordinal);
	assert_memory_equal(out.nonce, request.nonce, sizeof(out.nonce));
	assert_memory_equal(out.ticket_id, request.ticket_id, sizeof(out.ticket_id));
}

/* Every length but the right one, another version, another kind, a V that is no digit. */
static void request_refused(void **state)
{
	__u8 wire[VP_REQUEST_LEN + 1] = {}, copy[VP_REQUEST_LEN + 1];
	struct vp_agree_request out;
	size_t len;

	vp_agree_encode_request(wire, &request);
	for (len = 0; len <= sizeof(wire); len++)
		assert_int_equal(vp_agree_decode_request(&out, wire, len),
				 len == VP_REQUEST_LEN ? 0 : -EPROTO);
	for (len = 0; len < 3; len++) {
		memcpy(copy, wire, sizeof(copy));
		copy[len] ^= 0x40;
		assert_int_equal(vp_agree_decode_request(&out, copy, VP_REQUEST_LEN), -EPROTO);
	}
	wire[3] |= 1;	/* V = 0 */
	assert_int_equal(vp_agree_decode_request(&out, wire, VP_REQUEST_LEN), -EPROTO);
}

/* An old device's request has two zero bytes there: it says nothing of modes. */
static void request_of_an_old_device(void **state)
{
	struct vp_agree_request old = request, out;
	__u8 wire[VP_REQUEST_LEN];

	old.modes = 0;
	vp_agree_encode_request(wire, &old);
	assert_memory_equal(wire, "\x01\x01\0\0", 4);
	assert_int_equal(vp_agree_decode_request(&out, wire, sizeof(wire)), 0);
	assert_int_equal(out.modes, 0);
}

/* And gets an old grant, byte for byte: only the plain mode. */
static void grant_for_an_old_device(void **state)
{
	__u8 wire[VP_GRANT_LEN(VP_ALIASES_MAX)], mode[VP_GRANT_LEN(VP_ALIASES_MAX)];
	struct vp_agree_grant in = grant_of(8), out;

	in.modes = 0;
	assert_int_equal(vp_agree_encode_grant(wire, &in), VP_GRANT1_LEN(8));
	assert_memory_equal(wire, "\x01\x08" "71" "\0\0\0\0\0\0\0\x05", 12);
	assert_int_equal(vp_agree_decode_grant(&out, wire, VP_GRANT1_LEN(8)), 0);
	assert_int_equal(out.modes, PAYCODE_MODE(PAYCODE_PLAIN));
	assert_int_equal(out.epoch, 5);
	/* The two versions differ in the modes alone. */
	assert_int_equal(vp_agree_encode_grant(mode, &out), VP_GRANT_LEN(8));
	assert_memory_equal(mode, "\x02\x08" "71" "\0\x02", 6);
	assert_memory_equal(mode + 6, wire + 4, VP_GRANT1_LEN(8) - 4);
}

static void grant_round_trip(void **state)
{
	__u8 wire[VP_GRANT_LEN(VP_ALIASES_MAX)];
	struct vp_agree_grant in, out;
	unsigned int n;

	for (n = 1; n <= VP_ALIASES_MAX; n++) {
		in = grant_of(n);
		assert_int_equal(vp_agree_encode_grant(wire, &in), VP_GRANT_LEN(n));
		assert_int_equal(vp_agree_decode_grant(&out, wire, VP_GRANT_LEN(n)), 0);
		assert_memory_equal(out.prefix, in.prefix, 2);
		assert_int_equal(out.modes, in.modes);
		assert_int_equal(out.epoch, in.epoch);
		assert_int_equal(out.time_ms, in.time_ms);
		assert_int_equal(out.not_before, in.not_before);
		assert_int_equal(out.rotate_after, in.rotate_after);
		assert_int_equal(out.not_after, in.not_after);
		assert_int_equal(out.per_hour, in.per_hour);
		assert_int_equal(out.per_day, in.per_day);
		assert_int_equal(out.per_key, in.per_key);
		assert_int_equal(out.n_aliases, n);
		assert_memory_equal(out.alias, in.alias, sizeof(in.alias));
	}
}

/* What a confused or hostile gateway might send. */
static void grant_refused(void **state)
{
	__u8 wire[VP_GRANT_LEN(VP_ALIASES_MAX) + 1], good[VP_GRANT_LEN(8)];
	struct vp_agree_grant in = grant_of(8), out;
	size_t len;

	assert_int_equal(vp_agree_encode_grant(good, &in), sizeof(good));
	for (len = 0; len < sizeof(good); len++)
		assert_int_equal(vp_agree_decode_grant(&out, good, len), -EPROTO);
	memcpy(wire, good, sizeof(good));
	wire[sizeof(good)] = 0;
	assert_int_equal(vp_agree_decode_grant(&out, wire, sizeof(good) + 1), -EPROTO);

#define REFUSED(change) do {							\
		in = grant_of(8);						\
		change;								\
		assert_int_equal(vp_agree_encode_grant(wire, &in), -EPROTO);	\
	} while (0)
	REFUSED(in.n_aliases = 0);
	REFUSED(in.n_aliases = VP_ALIASES_MAX + 1);
	REFUSED(in.alias[7][9] = 'x');
	REFUSED(in.prefix[0] = ':');
	REFUSED(in.epoch = 0);
	REFUSED(in.modes = 1);
	REFUSED(in.modes = 1 << 10);
	REFUSED(in.rotate_after = in.not_after + 1);
	REFUSED(in.not_before = in.rotate_after + 1);

#define REFUSED_ON_THE_WIRE(at, value) do {					\
		memcpy(wire, good, sizeof(good));				\
		wire[at] = (value);						\
		assert_int_equal(vp_agree_decode_grant(&out, wire, sizeof(good)), -EPROTO); \
	} while (0)
	REFUSED_ON_THE_WIRE(0, 1);		/* version */
	REFUSED_ON_THE_WIRE(0, 3);
	REFUSED_ON_THE_WIRE(1, 0);		/* aliases */
	REFUSED_ON_THE_WIRE(1, 7);
	REFUSED_ON_THE_WIRE(1, 9);
	REFUSED_ON_THE_WIRE(1, 255);
	REFUSED_ON_THE_WIRE(2, 'a');		/* prefix */
	REFUSED_ON_THE_WIRE(4, 0x04);		/* a V that is no digit */
	REFUSED_ON_THE_WIRE(5, 0x01);
	REFUSED_ON_THE_WIRE(30, 0xff);	/* to be rotated after it ends */
	REFUSED_ON_THE_WIRE(sizeof(good) - 1, '/');
	memcpy(wire, good, sizeof(good));
	memset(wire + 4, 0, 2);			/* version 2, and no mode */
	assert_int_equal(vp_agree_decode_grant(&out, wire, sizeof(good)), -EPROTO);
}

static void shake_hands(struct vp_noise *init, struct vp_noise *resp, const __u8 *psk)
{
	__u8 s[VP_KEY_LEN], s_pub[VP_KEY_LEN], g[VP_KEY_LEN], g_pub[VP_KEY_LEN];
	__u8 msg1[VP_MSG1_LEN], msg2[VP_NOISE_MSG2_OVERHEAD], payload[VP_REQUEST_LEN];

	assert_int_equal(vp_prim_keypair(s, s_pub), 0);
	assert_int_equal(vp_prim_keypair(g, g_pub), 0);
	vp_agree_encode_request(payload, &request);
	assert_int_equal(vp_noise_init_initiator(init, 1, VP_AGREE_PROLOGUE, VP_AGREE_PROLOGUE_LEN,
						 s, s_pub, g_pub), 0);
	assert_int_equal(vp_noise_init_responder(resp, 1, VP_AGREE_PROLOGUE, VP_AGREE_PROLOGUE_LEN,
						 g, g_pub), 0);
	assert_int_equal(vp_noise_write_msg1(init, msg1, payload, sizeof(payload)), 0);
	assert_int_equal(vp_noise_read_msg1(resp, msg1, sizeof(msg1), payload), 0);
	assert_int_equal(vp_noise_write_msg2(resp, psk, msg2, NULL, 0), 0);
	assert_int_equal(vp_noise_read_msg2(init, psk, msg2, sizeof(msg2), payload), 0);
}

/* Both sides have the same keys, which differ among themselves and each time. */
static void root_keys_agree(void **state)
{
	static const __u8 ticket[VP_TICKET_LEN] = "12345678abcdefghijklmno";
	struct vp_root_keys a, b, c;
	struct vp_noise init, resp;
	__u8 psk[VP_KEY_LEN];

	assert_int_equal(vp_agree_ticket_psk(psk, ticket), 0);
	shake_hands(&init, &resp, psk);
	assert_int_equal(vp_agree_root_keys(&a, &init), 0);
	assert_int_equal(vp_agree_root_keys(&b, &resp), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(a.code, a.auth, VP_KEY_LEN);
	assert_memory_not_equal(a.code, a.psk, VP_KEY_LEN);
	assert_memory_not_equal(a.auth, a.psk, VP_KEY_LEN);
	assert_memory_not_equal(a.code512, a.code, VP_KEY_LEN);
	assert_memory_not_equal(a.code512 + VP_KEY_LEN, a.code, VP_KEY_LEN);

	shake_hands(&init, &resp, psk);
	assert_int_equal(vp_agree_root_keys(&c, &init), 0);
	assert_memory_not_equal(a.code, c.code, VP_KEY_LEN);
	assert_memory_not_equal(a.code512, c.code512, VP_KEY512_LEN);

	init.state = VP_NOISE_CREATED_MSG1;
	assert_int_equal(vp_agree_root_keys(&c, &init), -EPROTO);
}

/* A ticket's identifier travels; its secret must not follow, nor one ticket serve as another. */
static void ticket_psk(void **state)
{
	__u8 ticket[VP_TICKET_LEN] = { 1, 2, 3 }, a[VP_KEY_LEN], b[VP_KEY_LEN];
	size_t i;

	assert_int_equal(vp_agree_ticket_psk(a, ticket), 0);
	for (i = 0; i < sizeof(ticket); i++) {
		ticket[i] ^= 0x80;
		assert_int_equal(vp_agree_ticket_psk(b, ticket), 0);
		assert_memory_not_equal(a, b, sizeof(a));
		ticket[i] ^= 0x80;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_round_trip),
		cmocka_unit_test(request_refused),
		cmocka_unit_test(request_of_an_old_device),
		cmocka_unit_test(grant_for_an_old_device),
		cmocka_unit_test(grant_round_trip),
		cmocka_unit_test(grant_refused),
		cmocka_unit_test(root_keys_agree),
		cmocka_unit_test(ticket_psk),
	};

	return cmocka_run_group_tests_name("agreement", tests, NULL, NULL);
}
