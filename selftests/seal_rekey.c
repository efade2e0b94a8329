// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KeyUpdate (RFC 8446, 4.6.3) under a channel that was sealed with its traffic
 * secrets: followed, answered, and refused where it is wrong.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>

#include "seal_peer.h"

static void expect_data(int fd, const char *data)
{
	char buf[100] = {};

	EXPECT_EQ(recv(fd, buf, sizeof(buf), 0), strlen(data));
	EXPECT_STREQ(buf, data);
}

/* The peer's next record is data. */
static void peer_expect_data(struct duo *d, const char *data)
{
	char buf[100] = {};
	uint8_t type;

	EXPECT_EQ(peer_recv(d, &type, buf, sizeof(buf)), strlen(data));
	EXPECT_EQ(type, DATA);
	EXPECT_STREQ(buf, data);
}

/* It is a KeyUpdate that wants none in return; the peer follows it. */
static void peer_expect_update(struct duo *d)
{
	static const uint8_t update[] = { HS_KEY_UPDATE, 0, 0, 1, 0 };
	uint8_t type, buf[16];

	EXPECT_EQ(peer_recv(d, &type, buf, sizeof(buf)), sizeof(update));
	EXPECT_EQ(type, HANDSHAKE);
	EXPECT_MEMEQ(buf, update, sizeof(update));
	flow_step(&d->rx);
}

static void peer_expect_alert(struct duo *d, uint8_t description)
{
	uint8_t type, buf[16];

	ASSERT_EQ(peer_recv(d, &type, buf, sizeof(buf)), 2);
	EXPECT_EQ(type, ALERT);
	EXPECT_EQ(buf[1], description);
}

/* An error that stays, in both directions, and no data with it. */
static void expect_broken(int fd, int err)
{
	char c;

	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(err, recv(fd, &c, 1, 0));
		EXPECT_ERRNO(err, send(fd, "x", 1, MSG_NOSIGNAL));
	}
	EXPECT_TRUE(poll_now(fd, POLLIN, 0) & POLLERR);
}

static void told_by_the_feature_bit(void)
{
	struct voicepay_info info = { .size = sizeof(info) };

	ASSERT_OK(ioctl(device, VOICEPAY_IOC_INFO, &info));
	EXPECT_TRUE(info.features & VOICEPAY_FEATURE_KEYUPDATE);
}

/* The peer changes its key, again and again; each message is read. */
static void peer_changes_its_key(void)
{
	struct duo d = sealed_duo();
	char text[20];

	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "message %d", i);
		EXPECT_TRUE(peer_send(&d, DATA, text, strlen(text)));
		expect_data(d.channel, text);
		EXPECT_TRUE(peer_update(&d, false));
	}
	/* ours stayed */
	EXPECT_EQ(send(d.channel, "same", 4, 0), 4);
	peer_expect_data(&d, "same");
	duo_close(&d);
}

/* The peer wants our key changed, too: before the next data, under the old one. */
static void answers_a_request(void)
{
	struct duo d = sealed_duo();

	for (int i = 0; i < 5; i++) {
		EXPECT_EQ(send(d.channel, "before", 6, 0), 6);
		peer_expect_data(&d, "before");
		EXPECT_TRUE(peer_update(&d, true));
		EXPECT_TRUE(peer_send(&d, DATA, "asked", 5));
		expect_data(d.channel, "asked");
		EXPECT_EQ(send(d.channel, "after", 5, 0), 5);
		peer_expect_update(&d);
		peer_expect_data(&d, "after");
	}
	/* the end is told under the key of the day */
	close(d.channel);
	d.channel = -1;
	peer_expect_alert(&d, 0);
	duo_close(&d);
}

/* Asked many times while there is nothing to send: one answer, as the RFC says. */
static void answers_once_for_all(void)
{
	struct duo d = sealed_duo();

	for (int i = 0; i < 10; i++)
		EXPECT_TRUE(peer_update(&d, true));
	EXPECT_TRUE(peer_send(&d, DATA, "well?", 5));
	expect_data(d.channel, "well?");
	EXPECT_EQ(send(d.channel, "here", 4, 0), 4);
	EXPECT_EQ(send(d.channel, "more", 4, 0), 4);
	peer_expect_update(&d);
	peer_expect_data(&d, "here");
	peer_expect_data(&d, "more");
	duo_close(&d);
}

/* What MSG_MORE held back belongs to the old key. */
static void held_back_data_keeps_its_key(void)
{
	struct duo d = sealed_duo();

	EXPECT_EQ(send(d.channel, "held", 4, MSG_MORE), 4);
	EXPECT_TRUE(peer_update(&d, true));
	EXPECT_TRUE(peer_send(&d, DATA, "!", 1));
	expect_data(d.channel, "!");
	EXPECT_EQ(send(d.channel, "new", 3, 0), 3);
	peer_expect_data(&d, "held");
	peer_expect_update(&d);
	peer_expect_data(&d, "new");
	duo_close(&d);
}

/* Every cipher that the project's profile has. */
static void every_cipher(void)
{
	static const uint16_t ciphers[] = {
		TLS_CIPHER_AES_GCM_256, TLS_CIPHER_CHACHA20_POLY1305, TLS_CIPHER_AES_GCM_128,
	};

	for (size_t i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++) {
		tls_cipher = ciphers[i];
		peer_changes_its_key();
		answers_a_request();
	}
}

/* Pieces of it in records of their own, and behind a ticket in one record. */
static void cut_otherwise(void)
{
	uint8_t update[] = { HS_KEY_UPDATE, 0, 0, 1, 0 }, ticket[100];
	struct duo d = sealed_duo();
	size_t n;

	for (size_t cut = 1; cut < sizeof(update); cut++) {
		EXPECT_TRUE(peer_send(&d, HANDSHAKE, update, cut));
		EXPECT_TRUE(peer_send(&d, HANDSHAKE, update + cut, sizeof(update) - cut));
		flow_step(&d.tx);
		EXPECT_TRUE(peer_send(&d, DATA, "cut", 3));
		expect_data(d.channel, "cut");
	}
	n = make_ticket(ticket, 40, 0, 1);
	memcpy(ticket + n, update, sizeof(update));
	EXPECT_TRUE(peer_send(&d, HANDSHAKE, ticket, n + sizeof(update)));
	flow_step(&d.tx);
	EXPECT_TRUE(peer_send(&d, DATA, "behind", 6));
	EXPECT_TRUE(poll_now(d.channel, POLLIN, 2000) & POLLIN);
	expect_data(d.channel, "behind");
	/* a ticket's second half that begins like a KeyUpdate, which it is not */
	n = make_ticket(ticket, 40, 0, HS_KEY_UPDATE);
	EXPECT_TRUE(peer_send(&d, HANDSHAKE, ticket, 25));
	EXPECT_TRUE(peer_send(&d, HANDSHAKE, ticket + 25, n - 25));
	EXPECT_TRUE(peer_send(&d, DATA, "no update", 9));
	EXPECT_TRUE(poll_now(d.channel, POLLIN, 2000) & POLLIN);
	expect_data(d.channel, "no update");
	duo_close(&d);
}

static void wrong_ones_are_refused(void)
{
	static const struct {
		uint8_t len, bytes[12], alert;
	} cases[] = {
		{ 5, { HS_KEY_UPDATE, 0, 0, 1, 2 }, 47 },		/* asks for what? */
		{ 4, { HS_KEY_UPDATE, 0, 0, 0 }, 50 },
		{ 6, { HS_KEY_UPDATE, 0, 0, 2, 0, 0 }, 50 },
		{ 6, { HS_KEY_UPDATE, 0, 0, 1, 0, HS_TICKET }, 10 },	/* the old key's record goes on */
		{ 10, { HS_KEY_UPDATE, 0, 0, 1, 0, HS_KEY_UPDATE, 0, 0, 1, 0 }, 10 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct duo d = sealed_duo();

		EXPECT_TRUE(peer_send(&d, HANDSHAKE, cases[i].bytes, cases[i].len));
		expect_broken(d.channel, EPROTO);
		peer_expect_alert(&d, cases[i].alert);
		duo_close(&d);
	}
}

/* Data under the old key after it, and under the new one without it: forged, both. */
static void keys_are_exchanged_for_good(void)
{
	uint8_t update[] = { HS_KEY_UPDATE, 0, 0, 1, 0 };
	struct duo d = sealed_duo();

	EXPECT_TRUE(peer_send(&d, HANDSHAKE, update, sizeof(update)));
	EXPECT_TRUE(peer_send(&d, DATA, "old", 3));
	expect_broken(d.channel, EBADMSG);
	peer_expect_alert(&d, 20);
	duo_close(&d);

	d = sealed_duo();
	flow_step(&d.tx);
	EXPECT_TRUE(peer_send(&d, DATA, "early", 5));
	expect_broken(d.channel, EBADMSG);
	duo_close(&d);
}

/* Storms: an end to those that carry nothing, patience with the others. */
static void storms_are_bounded(void)
{
	struct duo d = sealed_duo();
	int sent;

	for (int i = 0; i < 300; i++) {
		EXPECT_TRUE(peer_update(&d, i & 1));
		EXPECT_TRUE(peer_send(&d, DATA, ".", 1));
		expect_data(d.channel, ".");
	}
	for (sent = 0; sent < 10000; sent++) {
		if (!peer_update(&d, true) || poll_now(d.channel, POLLIN, 1))
			break;
	}
	EXPECT_LE(sent, 40);
	expect_broken(d.channel, EPROTO);
	peer_expect_alert(&d, 10);
	duo_close(&d);
}

/* It is nothing to read; what comes after it is. */
static void poll_raises_no_false_alarm(void)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	struct duo d = sealed_duo();
	int ep = epoll_create1(0);
	char buf[16];

	ASSERT_OK(epoll_ctl(ep, EPOLL_CTL_ADD, d.channel, &ev));
	EXPECT_TRUE(peer_update(&d, false));
	EXPECT_EQ(poll_now(d.channel, POLLIN, 100), 0);
	EXPECT_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	EXPECT_TRUE(peer_send(&d, DATA, "now", 3));
	EXPECT_EQ(epoll_wait(ep, &ev, 1, 2000), 1);
	expect_data(d.channel, "now");

	/* read beforehand, right up to it, and the rest behind it */
	EXPECT_TRUE(peer_send(&d, DATA, "one", 3));
	EXPECT_TRUE(peer_update(&d, false));
	EXPECT_TRUE(peer_send(&d, DATA, "two", 3));
	settle_down();
	EXPECT_EQ(recv(d.channel, buf, sizeof(buf), 0), 3);
	EXPECT_TRUE(poll_now(d.channel, POLLIN, 2000) & POLLIN);
	EXPECT_EQ(recv(d.channel, buf, sizeof(buf), MSG_DONTWAIT), 3);
	EXPECT_MEMEQ(buf, "two", 3);
	EXPECT_ERRNO(EAGAIN, recv(d.channel, buf, 1, MSG_DONTWAIT));
	close(ep);
	duo_close(&d);
}

struct bulk {
	struct duo *d;
	pthread_t thread;
	size_t len, done;
	atomic_bool stop;
	int updates;
	bool bad;
};

static void *channel_sends(void *arg)
{
	struct bulk *b = arg;
	uint8_t buf[5000];

	while (b->done < b->len) {
		size_t want = b->len - b->done < sizeof(buf) ? b->len - b->done : sizeof(buf);
		ssize_t n;

		for (size_t i = 0; i < want; i++)
			buf[i] = (b->done + i) * 13 >> 3;
		n = send(b->d->channel, buf, want, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		b->done += n;
	}
	return NULL;
}

static void *channel_reads(void *arg)
{
	struct bulk *b = arg;
	char buf[1000];

	while (recv(b->d->channel, buf, sizeof(buf), 0) > 0)
		;
	return NULL;
}

static void *peer_asks(void *arg)
{
	struct bulk *b = arg;

	while (!atomic_load(&b->stop)) {
		if (!peer_update(b->d, true) || !peer_send(b->d, DATA, "next", 4))
			break;
		usleep(2000);
	}
	return NULL;
}

/* Takes what the channel sends until @len bytes of data are there. */
static void peer_collects(struct bulk *b)
{
	static uint8_t buf[16384];
	size_t at = 0;
	uint8_t type;

	while (at < b->len) {
		ssize_t n = peer_recv(b->d, &type, buf, sizeof(buf));

		if (n < 0 || (type != DATA && type != HANDSHAKE)) {
			b->bad = true;
			return;
		}
		if (type == HANDSHAKE) {
			b->updates++;
			flow_step(&b->d->rx);
			continue;
		}
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != (uint8_t)((at + i) * 13 >> 3))
				b->bad = true;
		at += n;
	}
}

/* Keys are exchanged while both directions are busy: every byte arrives. */
static void under_full_load(void)
{
	struct duo d = sealed_duo();
	struct bulk out = { .d = &d, .len = 8000000 }, in = { .d = &d }, ask = { .d = &d };

	pthread_create(&out.thread, NULL, channel_sends, &out);
	pthread_create(&in.thread, NULL, channel_reads, &in);
	pthread_create(&ask.thread, NULL, peer_asks, &ask);
	peer_collects(&out);
	EXPECT_FALSE(out.bad);
	EXPECT_GT(out.updates, 3);
	ktap_diag("%d keys in 8 MB", out.updates);
	atomic_store(&ask.stop, true);
	pthread_join(out.thread, NULL);
	pthread_join(ask.thread, NULL);
	shutdown(d.peer, SHUT_WR);
	pthread_join(in.thread, NULL);
	EXPECT_EQ(out.done, out.len);
	duo_close(&d);
}

/* The request comes while a sender waits for room: what it sends on is under the new key. */
static void while_a_sender_is_blocked(void)
{
	struct duo d = sealed_duo();
	struct bulk out = { .d = &d, .len = 8000000 };
	int small = 20000;

	EXPECT_OK(setsockopt(d.channel, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	pthread_create(&out.thread, NULL, channel_sends, &out);
	usleep(300 * 1000);
	EXPECT_EQ(poll_now(d.channel, POLLOUT, 0), 0);		/* blocked it is */
	EXPECT_TRUE(peer_update(&d, true));
	EXPECT_TRUE(peer_send(&d, DATA, "hurry", 5));
	expect_data(d.channel, "hurry");
	usleep(50 * 1000);
	peer_collects(&out);
	pthread_join(out.thread, NULL);
	EXPECT_FALSE(out.bad);
	EXPECT_EQ(out.updates, 1);
	EXPECT_EQ(out.done, out.len);
	duo_close(&d);
}

/* Without the secrets it is the error that it was. */
static void not_without_secrets(void)
{
	struct voicepay_seal seal = seal_request(-1);
	struct duo d;

	memset(seal.tx_secret, 0, sizeof(seal.tx_secret));
	memset(seal.rx_secret, 0, sizeof(seal.rx_secret));
	d = sealed_duo_as(&seal);
	EXPECT_TRUE(peer_update(&d, false));
	expect_broken(d.channel, EKEYEXPIRED);
	peer_expect_alert(&d, 80);
	duo_close(&d);
}

int main(void)
{
	device_open();
	ktap_plan(14);
	KTAP_TEST(told_by_the_feature_bit, "the feature bit says so");
	KTAP_TEST(peer_changes_its_key, "the peer changes its key");
	KTAP_TEST(answers_a_request, "a request is answered before the next data");
	KTAP_TEST(answers_once_for_all, "many requests, one answer");
	KTAP_TEST(held_back_data_keeps_its_key, "what MSG_MORE held back keeps its key");
	KTAP_TEST(every_cipher, "three ciphers");
	KTAP_TEST(cut_otherwise, "in pieces, and behind a ticket");
	KTAP_TEST(wrong_ones_are_refused, "wrong ones are EPROTO");
	KTAP_TEST(keys_are_exchanged_for_good, "the other key is EBADMSG");
	KTAP_TEST(storms_are_bounded, "storms are bounded");
	KTAP_TEST(poll_raises_no_false_alarm, "poll raises no false alarm, and misses nothing");
	KTAP_TEST(under_full_load, "under full load");
	KTAP_TEST(while_a_sender_is_blocked, "while a sender is blocked");
	KTAP_TEST(not_without_secrets, "not without the secrets");
	return ktap_end();
}
