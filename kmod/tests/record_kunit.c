// SPDX-License-Identifier: GPL-2.0
/* KUnit: scripted TLS records through the channel's decisions. */

#include <kunit/test.h>
#include <linux/prandom.h>

#include "voicepay.h"
#include "record.h"
#include "tls13_vectors.h"

/* One script: records in order, and the answer to the last of them. All before it are absorbed. */
struct script {
	const char *name;
	bool tls12;
	struct {
		u8 type;	/* 0 ends the script */
		u8 len;
		u8 bytes[40];
	} records[4];
	struct vp_record_answer answer;
};

#define EOF_ANSWER		{ VP_RECORD_EOF, 0, VP_ALERT_NONE }
#define CONTINUE_ANSWER		{ VP_RECORD_CONTINUE, 0, VP_ALERT_NONE }
#define FAIL_ANSWER(e, a)	{ VP_RECORD_FAIL, e, a }

#define REKEY_ANSWER		{ VP_RECORD_REKEY, 0, VP_ALERT_NONE, false }
#define ANSWER_ANSWER		{ VP_RECORD_REKEY, 0, VP_ALERT_NONE, true }

/* With a channel that can follow a KeyUpdate. */
static const struct script update_scripts[] = {
	{ "KeyUpdate", false, { { 22, 5, { 24, 0, 0, 1, 0 } } }, REKEY_ANSWER },
	{ "KeyUpdate, one wanted in return", false, { { 22, 5, { 24, 0, 0, 1, 1 } } },
	  ANSWER_ANSWER },
	{ "KeyUpdate that wants something else", false, { { 22, 5, { 24, 0, 0, 1, 2 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_ILLEGAL) },
	{ "empty KeyUpdate", false, { { 22, 4, { 24, 0, 0, 0 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_DECODE) },
	{ "long KeyUpdate", false, { { 22, 6, { 24, 0, 0, 2, 0, 0 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_DECODE) },
	{ "in two records", false, { { 22, 3, { 24, 0, 0 } }, { 22, 2, { 1, 0 } } }, REKEY_ANSWER },
	{ "behind a ticket", false, { { 22, 23, { TICKET, 24, 0, 0, 1, 1 } } }, ANSWER_ANSWER },
	{ "behind a ticket in two records", false,
	  { { 22, 10, { TICKET_HEAD } }, { 22, 13, { TICKET_TAIL, 24, 0, 0, 1, 0 } } },
	  REKEY_ANSWER },
	/* RFC 8446, 5.1: nothing of the old key may follow in its record */
	{ "before a ticket", false, { { 22, 23, { 24, 0, 0, 1, 0, TICKET } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "two in one", false, { { 22, 10, { 24, 0, 0, 1, 0, 24, 0, 0, 1, 0 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "an alert inside one", false, { { 22, 4, { 24, 0, 0, 1 } }, { 21, 2, { 1, 0 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "under 1.2", true, { { 22, 5, { 24, 0, 0, 1, 0 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
};

static const struct script scripts[] = {
	{ "close_notify", false, { { 21, 2, { 1, 0 } } }, EOF_ANSWER },
	{ "close_notify, level fatal", false, { { 21, 2, { 2, 0 } } }, EOF_ANSWER },
	{ "close_notify under 1.2", true, { { 21, 2, { 1, 0 } } }, EOF_ANSWER },
	{ "user_canceled", false, { { 21, 2, { 1, 90 } }, { 21, 2, { 1, 0 } } }, EOF_ANSWER },
	{ "fatal", false, { { 21, 2, { 2, 40 } } }, FAIL_ANSWER(ECONNABORTED, VP_ALERT_NONE) },
	{ "1.3 has no warnings", false, { { 21, 2, { 1, 40 } } },
	  FAIL_ANSWER(ECONNABORTED, VP_ALERT_NONE) },
	{ "1.2 has", true, { { 21, 2, { 1, 100 } } }, CONTINUE_ANSWER },
	{ "empty alert", false, { { 21, 0 } }, FAIL_ANSWER(EPROTO, VP_ALERT_DECODE) },
	{ "half an alert", false, { { 21, 1, { 1 } } }, FAIL_ANSWER(EPROTO, VP_ALERT_DECODE) },
	{ "an alert and a half", false, { { 21, 3, { 1, 0, 1 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_DECODE) },
	{ "ticket", false, { { 22, 18, { TICKET } } }, CONTINUE_ANSWER },
	{ "empty ticket", false, { { 22, 4, { 4 } } }, FAIL_ANSWER(EPROTO, VP_ALERT_DECODE) },
	{ "rubbish for a ticket", false, { { 22, 6, { 4, 0, 0, 2, 9, 9 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_DECODE) },
	{ "two in one", false, { { 22, 36, { TICKET, TICKET } } }, CONTINUE_ANSWER },
	{ "one in three", false,
	  { { 22, 2, { 4, 0 } }, { 22, 8, { 0, 14, 0, 0, 0, 9, 1, 2 } },
	    { 22, 8, { TICKET_TAIL } } },
	  CONTINUE_ANSWER },
	{ "alert inside a ticket", false, { { 22, 5, { 4, 0, 0, 9, 9 } }, { 21, 2, { 1, 0 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "alert inside a header", false, { { 22, 1, { 4 } }, { 21, 2, { 1, 0 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "huge ticket", false, { { 22, 4, { 4, 2, 1, 10 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_DECODE) },
	{ "KeyUpdate", false, { { 22, 5, { 24, 0, 0, 1, 0 } } },
	  FAIL_ANSWER(EKEYEXPIRED, VP_ALERT_INTERNAL) },
	{ "KeyUpdate behind a ticket", false, { { 22, 23, { TICKET, 24, 0, 0, 1, 1 } } },
	  FAIL_ANSWER(EKEYEXPIRED, VP_ALERT_INTERNAL) },
	{ "KeyUpdate under 1.2", true, { { 22, 5, { 24, 0, 0, 1, 0 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "ticket under 1.2", true, { { 22, 4, { 4 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "renegotiation", true, { { 22, 4, { 0 } } }, FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "certificate request", false, { { 22, 4, { 13 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "empty handshake", false, { { 22, 0 } }, FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "change_cipher_spec", false, { { 20, 1, { 1 } } },
	  FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "heartbeat", false, { { 24, 3, { 1 } } }, FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
	{ "unknown", false, { { 255, 3, { 1 } } }, FAIL_ANSWER(EPROTO, VP_ALERT_UNEXPECTED) },
};

/* Plays a script with every record given in pieces of @step bytes. */
static void play(struct kunit *test, const struct script *s, size_t step, bool rekeys)
{
	struct vp_record_answer answer = {};
	struct vp_record r;
	size_t i, at, n;

	vp_record_init(&r, !s->tls12, rekeys);
	for (i = 0; i < ARRAY_SIZE(s->records) && s->records[i].type; i++) {
		KUNIT_EXPECT_EQ_MSG(test, answer.verdict, VP_RECORD_CONTINUE, "%s", s->name);
		at = 0;
		do {
			n = min_t(size_t, step, s->records[i].len - at);
			answer = vp_record_control(&r, s->records[i].type, s->records[i].bytes + at,
						   n, at + n == s->records[i].len);
			at += n;
		} while (at < s->records[i].len && answer.verdict == VP_RECORD_CONTINUE);
	}
	KUNIT_EXPECT_EQ_MSG(test, answer.verdict, s->answer.verdict, "%s, pieces of %zu",
			    s->name, step);
	KUNIT_EXPECT_EQ_MSG(test, answer.err, s->answer.err, "%s, pieces of %zu",
			    s->name, step);
	KUNIT_EXPECT_EQ_MSG(test, answer.alert, s->answer.alert, "%s, pieces of %zu",
			    s->name, step);
	KUNIT_EXPECT_EQ_MSG(test, answer.requested, s->answer.requested, "%s, pieces of %zu",
			    s->name, step);
}

/* However the record is cut on its way into the machine, the answer is the same. */
static void scripts_end_as_written(struct kunit *test)
{
	size_t i, step;

	for (i = 0; i < ARRAY_SIZE(scripts); i++)
		for (step = 1; step <= 40; step++)
			play(test, &scripts[i], step, false);
	for (i = 0; i < ARRAY_SIZE(update_scripts); i++)
		for (step = 1; step <= 40; step++)
			play(test, &update_scripts[i], step, true);
}

static int one_ticket(struct vp_record *r)
{
	static const u8 ticket[] = { TICKET };

	return vp_record_control(r, VP_RECORD_HANDSHAKE, ticket, sizeof(ticket), true).err;
}

/* A peer that only ever sends tickets is stopped; one that sends data between is not. */
static void quiet_is_counted(struct kunit *test)
{
	struct vp_record r;
	unsigned int i;

	vp_record_init(&r, true, false);
	for (i = 0; i < 4 * VP_RECORD_QUIET_MAX; i++) {
		KUNIT_ASSERT_EQ(test, one_ticket(&r), 0);
		if (i % 100 == 0)
			KUNIT_ASSERT_EQ(test, vp_record_data(&r, false).err, 0);
	}
	vp_record_data(&r, false);
	for (i = 0; i < VP_RECORD_QUIET_MAX; i++)
		KUNIT_ASSERT_EQ(test, one_ticket(&r), 0);
	KUNIT_EXPECT_EQ(test, vp_record_data(&r, true).err, EPROTO);
	KUNIT_EXPECT_EQ(test, one_ticket(&r), EPROTO);
}

static struct vp_record_answer one_update(struct vp_record *r)
{
	static const u8 update[] = { 24, 0, 0, 1, 1 };

	return vp_record_control(r, VP_RECORD_HANDSHAKE, update, sizeof(update), true);
}

/* A storm of KeyUpdates ends; as many with data between do not. */
static void updates_are_counted(struct kunit *test)
{
	struct vp_record r;
	unsigned int i;

	vp_record_init(&r, true, true);
	for (i = 0; i < 4 * VP_RECORD_UPDATES_MAX; i++) {
		KUNIT_ASSERT_EQ(test, one_update(&r).verdict, VP_RECORD_REKEY);
		if (i % 30 == 0)
			KUNIT_ASSERT_EQ(test, vp_record_data(&r, false).err, 0);
		else
			KUNIT_ASSERT_EQ(test, one_ticket(&r), 0);
	}
	vp_record_data(&r, false);
	for (i = 0; i < VP_RECORD_UPDATES_MAX; i++)
		KUNIT_ASSERT_EQ(test, one_update(&r).verdict, VP_RECORD_REKEY);
	KUNIT_EXPECT_EQ(test, one_update(&r).err, EPROTO);
}

struct seen {
	unsigned int tickets;
	u32 lifetime;
	u16 len;
	u8 first;
	bool kept;
};

static void see(void *owner, const struct vp_newticket *nt)
{
	struct seen *seen = owner;

	seen->tickets++;
	seen->lifetime = nt->lifetime;
	seen->len = nt->ticket_len;
	seen->kept = vp_newticket_kept(nt);
	seen->first = seen->kept ? nt->ticket[0] : 0;
}

/* Three tickets in records of @step bytes, into what room there is. */
static void tell_three(struct kunit *test, size_t step, u8 *ticket, u8 *nonce)
{
	static const u8 bytes[] = { TICKET, TICKET, TICKET };
	struct seen seen = {};
	struct vp_record r;
	size_t at, n;

	vp_record_init(&r, true, false);
	r.ticket = see;
	r.owner = &seen;
	r.newticket.ticket = ticket;
	r.newticket.nonce = nonce;
	r.newticket.room = 1;
	for (at = 0; at < sizeof(bytes); at += n) {
		n = min_t(size_t, step, sizeof(bytes) - at);
		KUNIT_ASSERT_EQ(test, vp_record_control(&r, 22, bytes + at, n, true).verdict,
				VP_RECORD_CONTINUE);
	}
	KUNIT_EXPECT_EQ(test, seen.tickets, 3);
	KUNIT_EXPECT_EQ(test, seen.lifetime, 9);
	KUNIT_EXPECT_EQ(test, seen.len, 1);
	KUNIT_EXPECT_EQ(test, seen.kept, ticket && nonce);
	KUNIT_EXPECT_EQ(test, seen.first, ticket && nonce ? 7 : 0);
}

/*
 * Each ticket is told once, whole, however records and reads cut it; and as not
 * kept if there was no memory for it or for its nonce.
 */
static void tickets_are_told(struct kunit *test)
{
	u8 ticket[1], nonce[VP_NEWTICKET_NONCE_MAX];
	size_t step;

	for (step = 1; step <= 54; step++) {
		tell_three(test, step, ticket, nonce);
		tell_three(test, step, NULL, nonce);
		tell_three(test, step, ticket, NULL);
		tell_three(test, step, NULL, NULL);
	}
}

/* Data may not stand inside a handshake message. */
static void data_waits_for_the_message(struct kunit *test)
{
	static const u8 ticket[] = { TICKET };
	struct vp_record r;
	size_t i;

	for (i = 1; i < sizeof(ticket); i++) {
		vp_record_init(&r, true, false);
		vp_record_control(&r, 22, ticket, i, true);
		KUNIT_EXPECT_TRUE(test, vp_record_busy(&r));
		KUNIT_EXPECT_EQ(test, vp_record_data(&r, false).err, EPROTO);
	}
	vp_record_init(&r, true, false);
	vp_record_control(&r, 22, ticket, sizeof(ticket), true);
	KUNIT_EXPECT_FALSE(test, vp_record_busy(&r));
	KUNIT_EXPECT_EQ(test, vp_record_data(&r, false).verdict, VP_RECORD_CONTINUE);
}

/* Nonsense of every kind: an answer of the three, with an errno exactly if it is a failure. */
static void nonsense_is_answered(struct kunit *test)
{
	struct vp_record_answer answer;
	struct rnd_state rnd;
	struct vp_record r;
	u8 bytes[16];
	int i;

	prandom_seed_state(&rnd, 20240229);
	vp_record_init(&r, true, false);
	for (i = 0; i < 20000; i++) {
		prandom_bytes_state(&rnd, bytes, sizeof(bytes));
		answer = vp_record_control(&r, 20 + bytes[0] % 5, bytes + 2, bytes[1] % 14,
					   bytes[1] & 0x80);
		KUNIT_ASSERT_LE(test, r.have, sizeof(r.head));
		KUNIT_ASSERT_LE(test, r.left, VP_NEWTICKET_MAX);
		KUNIT_ASSERT_EQ(test, answer.verdict == VP_RECORD_FAIL, answer.err != 0);
		if (answer.verdict != VP_RECORD_CONTINUE)
			vp_record_init(&r, bytes[15] & 1, bytes[15] & 2);
	}
}

static struct kunit_case record_cases[] = {
	KUNIT_CASE(scripts_end_as_written),
	KUNIT_CASE(quiet_is_counted),
	KUNIT_CASE(updates_are_counted),
	KUNIT_CASE(tickets_are_told),
	KUNIT_CASE(data_waits_for_the_message),
	KUNIT_CASE(nonsense_is_answered),
	{}
};

static struct kunit_suite record_suite = {
	.name = "voicepay_record",
	.test_cases = record_cases,
};

kunit_test_suite(record_suite);
