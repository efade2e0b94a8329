// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tickets of channels: kept by the module, given out once, to whom they belong;
 * and peers that send too many, too long, or none that are.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "enrol.h"
#include "seal_peer.h"

#define CONTEXT	"chain and staple"

/* A binding that no other test has used. */
static void fresh_binding(uint8_t binding[VOICEPAY_BINDING_LEN])
{
	static uint32_t made;

	memset(binding, 0, VOICEPAY_BINDING_LEN);
	made++;
	memcpy(binding, &made, sizeof(made));
	memcpy(binding + 8, &(pid_t){ getpid() }, sizeof(pid_t));
}

/* A channel that keeps tickets under @binding. */
static struct duo keeping_duo(const uint8_t binding[VOICEPAY_BINDING_LEN])
{
	struct voicepay_seal seal = seal_request(-1);

	memcpy(seal.binding, binding, sizeof(seal.binding));
	seal.context = (uintptr_t)CONTEXT;
	seal.context_len = sizeof(CONTEXT);
	return sealed_duo_as(&seal);
}

struct taken {
	struct voicepay_ticket t;
	uint8_t ticket[VOICEPAY_TICKET_MAX], context[VOICEPAY_TICKET_CONTEXT_MAX];
};

/* 0 or errno. */
static int take_from(int dev, const uint8_t binding[VOICEPAY_BINDING_LEN], struct taken *k)
{
	memset(k, 0, sizeof(*k));
	k->t = (struct voicepay_ticket){
		.size = sizeof(k->t), .ticket = (uintptr_t)k->ticket, .ticket_len = sizeof(k->ticket),
		.context = (uintptr_t)k->context, .context_len = sizeof(k->context),
	};
	memcpy(k->t.binding, binding, sizeof(k->t.binding));
	return ioctl(dev, VOICEPAY_IOC_TICKET, &k->t) ? errno : 0;
}

static int take(const uint8_t binding[VOICEPAY_BINDING_LEN], struct taken *k)
{
	return take_from(device, binding, k);
}

static bool none_left(const uint8_t binding[VOICEPAY_BINDING_LEN])
{
	struct taken k;

	return EXPECT_EQ(take(binding, &k), ENOENT);
}

static void peer_ticket(struct duo *d, size_t body, uint8_t nonce)
{
	static uint8_t msg[70000];
	size_t n = make_ticket(msg, body, nonce, nonce), at;

	for (at = 0; at < n; at += 16000)
		EXPECT_TRUE(peer_send(d, HANDSHAKE, msg + at, n - at < 16000 ? n - at : 16000));
}

/* Data through the channel: whatever came before it has been dealt with. */
static void round_trip(struct duo *d)
{
	char c = 0;

	EXPECT_TRUE(peer_send(d, DATA, "r", 1));
	EXPECT_EQ(recv(d->channel, &c, 1, 0), 1);
	EXPECT_EQ(c, 'r');
}

/* The PSK that make_ticket()'s nonce stands for. */
static void expect_psk(const struct taken *k, uint8_t nonce)
{
	uint8_t secret[VOICEPAY_SECRET_MAX], psk[VOICEPAY_SECRET_MAX] = {};

	memset(secret, SECRET_RESUMPTION, sizeof(secret));
	expand_label(secret, "resumption", (uint8_t[]){ 0, nonce }, 2, psk, secret_len());
	EXPECT_EQ(k->t.psk_len, secret_len());
	EXPECT_MEMEQ(k->t.psk, psk, sizeof(psk));
}

static void expect_ticket(const struct taken *k, size_t len, uint8_t nonce)
{
	EXPECT_EQ(k->t.ticket_len, len);
	for (size_t i = 0; i < len; i++)
		if (!EXPECT_EQ(k->ticket[i], nonce))
			break;
	expect_psk(k, nonce);
}

static void told_by_the_feature_bit(void)
{
	struct voicepay_info info = { .size = sizeof(info) };

	ASSERT_OK(ioctl(device, VOICEPAY_IOC_INFO, &info));
	EXPECT_TRUE(info.features & VOICEPAY_FEATURE_TICKET);
}

/* The caller's copies of the secrets are gone once there is a channel, and not before. */
static void secrets_change_hands(void)
{
	struct voicepay_seal seal = seal_request(-1), before;
	uint8_t zero[VOICEPAY_SECRET_MAX] = {};
	struct duo d;

	seal.sock_fd = 1000;
	before = seal;
	EXPECT_ERRNO(EBADF, ioctl(device, VOICEPAY_IOC_SEAL, &seal));
	EXPECT_MEMEQ(&seal, &before, sizeof(seal));
	d = sealed_duo_as(&seal);
	EXPECT_MEMEQ(seal.tx_secret, zero, sizeof(zero));
	EXPECT_MEMEQ(seal.rx_secret, zero, sizeof(zero));
	EXPECT_MEMEQ(seal.resumption_secret, zero, sizeof(zero));
	duo_close(&d);
}

/* Refused, and the descriptor is still there. */
static void bad_requests_cost_nothing(void)
{
	struct duo d = tls_duo();

#define REFUSED(err, ...) do {							\
		struct voicepay_seal s = seal_request(d.channel);		\
		__VA_ARGS__;							\
		EXPECT_ERRNO(err, ioctl(device, VOICEPAY_IOC_SEAL, &s));	\
		EXPECT_OK(fcntl(d.channel, F_GETFD));				\
	} while (0)
	REFUSED(EINVAL, s.secret_len = 16);
	REFUSED(EINVAL, s.secret_len = 64);
	REFUSED(EINVAL, s.secret_len = 0);			/* with secrets behind it */
	REFUSED(EINVAL, s.secret_len = 48);			/* a cipher of SHA-256 */
	REFUSED(EINVAL, s.tx_secret[32] = 1);			/* beyond its length */
	REFUSED(EINVAL, s.rx_secret[47] = 1);
	REFUSED(EINVAL, s.resumption_secret[40] = 1);
	REFUSED(EINVAL, memset(s.tx_secret, 0, 48));		/* half of a pair */
	REFUSED(EINVAL, memset(s.rx_secret, 0, 48));
	REFUSED(EINVAL, s.context_len = VOICEPAY_TICKET_CONTEXT_MAX + 1; s.context = (uintptr_t)&s);
	REFUSED(EINVAL, s.context = (uintptr_t)&s);		/* of no length */
	REFUSED(EFAULT, s.context_len = 100; s.context = 8);
	REFUSED(EINVAL, memset(&s.secret_len, 0, sizeof(s) - 16); s.binding[31] = 1);
	REFUSED(EINVAL, memset(&s.secret_len, 0, sizeof(s) - 16); s.context_len = 1;
		s.context = (uintptr_t)&s);
	REFUSED(EOPNOTSUPP, s.flags = 1);
#undef REFUSED
	/* what was refused is as good as before */
	{
		struct voicepay_seal s = seal_request(d.channel);

		ASSERT_OK(ioctl(device, VOICEPAY_IOC_SEAL, &s));
		d.channel = s.channel_fd;
		round_trip(&d);
	}
	duo_close(&d);
}

/* TLS 1.2 has no such secrets. */
static void not_under_12(void)
{
	struct voicepay_seal seal;
	struct pair p;

	tls_version = TLS_1_2_VERSION;
	p = tls_pair();
	seal = seal_request(p.channel);
	EXPECT_ERRNO(EINVAL, ioctl(device, VOICEPAY_IOC_SEAL, &seal));
	EXPECT_OK(fcntl(p.channel, F_GETFD));
	pair_close(&p);
	tls_version = TLS_1_3_VERSION;
}

/* A ticket, all that belongs to it, once. */
static void given_out_once(void)
{
	static const struct { uint16_t cipher; uint32_t suite; } suites[] = {
		{ TLS_CIPHER_AES_GCM_256, 0x1302 }, { TLS_CIPHER_CHACHA20_POLY1305, 0x1303 },
		{ TLS_CIPHER_AES_GCM_128, 0x1301 },
	};
	uint8_t binding[VOICEPAY_BINDING_LEN];
	struct taken k;

	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
		struct duo d;

		tls_cipher = suites[i].cipher;
		fresh_binding(binding);
		d = keeping_duo(binding);
		none_left(binding);
		peer_ticket(&d, 200, 7);
		round_trip(&d);
		usleep(30 * 1000);
		ASSERT_EQ(take(binding, &k), 0);
		expect_ticket(&k, 200 - TICKET_AROUND, 7);
		EXPECT_EQ(k.t.cipher_suite, suites[i].suite);
		EXPECT_EQ(k.t.context_len, sizeof(CONTEXT));
		EXPECT_STREQ((char *)k.context, CONTEXT);
		EXPECT_EQ(k.t.lifetime, 3600);
		EXPECT_EQ(k.t.age_add, 0x09080706);
		EXPECT_LE(llabs((long long)k.t.received - (long long)time(NULL)), 5);
		EXPECT_GE(k.t.age_ms, 30);
		EXPECT_LE(k.t.age_ms, 10000);
		EXPECT_EQ(k.t.left, 0);
		EXPECT_EQ(k.t.reserved, 0);
		none_left(binding);
		duo_close(&d);
		none_left(binding);
	}
}

/* Several in a record, one in several, between data and unread at the close: none is lost. */
static void however_they_come(void)
{
	uint8_t binding[VOICEPAY_BINDING_LEN], msg[400];
	struct duo d;
	struct taken k;
	size_t n;

	fresh_binding(binding);
	d = keeping_duo(binding);
	n = make_ticket(msg, 30, 1, 1);
	n += make_ticket(msg + n, 90, 2, 2);
	EXPECT_TRUE(peer_send(&d, HANDSHAKE, msg, n));
	EXPECT_TRUE(peer_send(&d, DATA, "r", 1));
	n = make_ticket(msg, 300, HS_KEY_UPDATE, HS_KEY_UPDATE);
	for (size_t at = 0; at < n; at += 37)
		EXPECT_TRUE(peer_send(&d, HANDSHAKE, msg + at, n - at < 37 ? n - at : 37));
	round_trip(&d);
	EXPECT_EQ(recv(d.channel, msg, sizeof(msg), 0), 1);
	peer_ticket(&d, 50, 4);
	settle_down();
	duo_close(&d);
	settle_down();
	ASSERT_EQ(take(binding, &k), 0);
	expect_ticket(&k, 50 - TICKET_AROUND, 4);
	EXPECT_EQ(k.t.left, 3);
	ASSERT_EQ(take(binding, &k), 0);
	expect_ticket(&k, 300 - TICKET_AROUND, HS_KEY_UPDATE);
	ASSERT_EQ(take(binding, &k), 0);
	expect_ticket(&k, 90 - TICKET_AROUND, 2);
	ASSERT_EQ(take(binding, &k), 0);
	expect_ticket(&k, 30 - TICKET_AROUND, 1);
	none_left(binding);
}

/* Not room enough, or nowhere to write: the ticket is not lost. */
static void failures_take_nothing(void)
{
	uint8_t binding[VOICEPAY_BINDING_LEN];
	struct voicepay_ticket t;
	struct taken k;
	struct duo d;

	fresh_binding(binding);
	d = keeping_duo(binding);
	peer_ticket(&d, 500, 5);
	round_trip(&d);

#define FAILS(err, ...) do {							\
		memset(&k, 0, sizeof(k));					\
		t = (struct voicepay_ticket){ .size = sizeof(t),		\
			.ticket = (uintptr_t)k.ticket, .ticket_len = 16384,	\
			.context = (uintptr_t)k.context, .context_len = 16384 };\
		memcpy(t.binding, binding, sizeof(binding));			\
		__VA_ARGS__;							\
		EXPECT_ERRNO(err, ioctl(device, VOICEPAY_IOC_TICKET, &t));	\
	} while (0)
	FAILS(EMSGSIZE, t.ticket_len = 500 - TICKET_AROUND - 1);
	EXPECT_EQ(t.ticket_len, 500 - TICKET_AROUND);
	EXPECT_EQ(t.context_len, sizeof(CONTEXT));
	EXPECT_EQ(t.psk[0], 0);
	FAILS(EMSGSIZE, t.context_len = sizeof(CONTEXT) - 1);
	FAILS(EMSGSIZE, t.ticket_len = 0; t.ticket = 0; t.context_len = 0; t.context = 0);
	FAILS(EFAULT, t.ticket = 8);
	FAILS(EFAULT, t.context = 8);
	FAILS(EINVAL, t.reserved = 1);
	FAILS(EOPNOTSUPP, t.flags = 1);
	FAILS(EINVAL, t.size = sizeof(t) - 8);
#undef FAILS
	ASSERT_EQ(take(binding, &k), 0);
	expect_ticket(&k, 500 - TICKET_AROUND, 5);
	none_left(binding);
	duo_close(&d);
}

/* In a child with user @uid; the exit code is what @what returned. */
static int as_user(uid_t uid, int (*what)(void *), void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(setresuid(uid, uid, uid) ? 99 : what(arg));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int take_inherited(void *binding)
{
	struct taken k;

	return take(binding, &k);
}

static int take_own(void *binding)
{
	int dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	struct taken k;

	return dev < 0 ? 98 : take_from(dev, binding, &k);
}

static int seal_and_get_one(void *binding)
{
	struct duo d;

	device = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0)
		return 98;
	d = keeping_duo(binding);
	peer_ticket(&d, 60, 3);
	round_trip(&d);
	duo_close(&d);
	return 0;
}

static int seal_through_anothers(void *binding)
{
	struct duo d = keeping_duo(binding);

	peer_ticket(&d, 60, 3);
	round_trip(&d);
	duo_close(&d);
	return take_own(binding);
}

/* Tickets are their user's: not another's, not the superuser's, not through anybody's descriptor. */
static void only_for_their_user(void)
{
	uint8_t binding[VOICEPAY_BINDING_LEN];
	struct taken k;
	struct duo d;

	chmod(VOICEPAY_DEVICE, 0666);
	fresh_binding(binding);
	d = keeping_duo(binding);
	peer_ticket(&d, 60, 3);
	round_trip(&d);
	EXPECT_EQ(as_user(4711, take_own, binding), ENOENT);
	EXPECT_EQ(as_user(4711, take_inherited, binding), ENOENT);
	EXPECT_EQ(take(binding, &k), 0);
	duo_close(&d);

	fresh_binding(binding);
	EXPECT_EQ(as_user(4712, seal_and_get_one, binding), 0);
	none_left(binding);
	EXPECT_EQ(as_user(4713, take_own, binding), ENOENT);
	EXPECT_EQ(as_user(4712, take_inherited, binding), ENOENT);
	EXPECT_EQ(as_user(4712, take_own, binding), 0);
	EXPECT_EQ(as_user(4712, take_own, binding), ENOENT);

	/* sealed through a descriptor of root's: nobody's tickets */
	fresh_binding(binding);
	EXPECT_EQ(as_user(4712, seal_through_anothers, binding), ENOENT);
	none_left(binding);
	chmod(VOICEPAY_DEVICE, 0600);
}

/* Another name, another ticket. */
static void only_under_their_binding(void)
{
	uint8_t binding[VOICEPAY_BINDING_LEN], other[VOICEPAY_BINDING_LEN];
	struct taken k;
	struct duo d;

	fresh_binding(binding);
	memcpy(other, binding, sizeof(other));
	other[31] ^= 1;
	d = keeping_duo(binding);
	peer_ticket(&d, 60, 3);
	round_trip(&d);
	none_left(other);
	EXPECT_EQ(take(binding, &k), 0);
	duo_close(&d);
}

/* The newest four of a binding, eight of a channel, sixteen of a user. */
static void bounded_in_number(void)
{
	uint8_t binding[6][VOICEPAY_BINDING_LEN];
	struct taken k;
	struct duo d;
	int total = 0;

	fresh_binding(binding[0]);
	d = keeping_duo(binding[0]);
	for (int i = 1; i <= 12; i++)
		peer_ticket(&d, 60, i);
	round_trip(&d);
	for (int i = 8; i > 4; i--) {
		ASSERT_EQ(take(binding[0], &k), 0);
		expect_ticket(&k, 60 - TICKET_AROUND, i);
		EXPECT_EQ(k.t.left, i - 5);
	}
	none_left(binding[0]);
	peer_ticket(&d, 60, 13);	/* the channel takes no more */
	round_trip(&d);
	none_left(binding[0]);
	duo_close(&d);

	for (int b = 0; b < 6; b++) {
		fresh_binding(binding[b]);
		d = keeping_duo(binding[b]);
		for (int i = 1; i <= 4; i++)
			peer_ticket(&d, 60, i);
		round_trip(&d);
		duo_close(&d);
	}
	for (int b = 0; b < 6; b++) {
		int n = 0;

		while (!take(binding[b], &k))
			n++;
		total += n;
		EXPECT_EQ(n, b < 2 ? 0 : 4);	/* the oldest made way */
	}
	EXPECT_EQ(total, 16);
}

static int seal_and_get_sixteen(void *arg)
{
	uint8_t (*binding)[VOICEPAY_BINDING_LEN] = arg;

	for (int b = 0; b < 4; b++)
		for (int i = 0; i < 4; i++)
			if (seal_and_get_one(binding[b]))
				return 98;
	return 0;
}

static int count_all(void *arg)
{
	uint8_t (*binding)[VOICEPAY_BINDING_LEN] = arg;
	int dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC), n = 0;
	struct taken k;

	for (int b = 0; b < 4; b++)
		while (!take_from(dev, binding[b], &k))
			n++;
	return n;
}

/* Sixty-four in all, whoever they belong to. */
static void bounded_for_all(void)
{
	uint8_t binding[5][4][VOICEPAY_BINDING_LEN];

	chmod(VOICEPAY_DEVICE, 0666);
	for (int u = 0; u < 5; u++) {
		for (int b = 0; b < 4; b++)
			fresh_binding(binding[u][b]);
		EXPECT_EQ(as_user(5000 + u, seal_and_get_sixteen, binding[u]), 0);
	}
	EXPECT_EQ(as_user(5000, count_all, binding[0]), 0);
	for (int u = 1; u < 5; u++)
		EXPECT_EQ(as_user(5000 + u, count_all, binding[u]), 16);
	chmod(VOICEPAY_DEVICE, 0600);
}

/* A life time of a second is over after one; of none, there is none; a month is seven days. */
static void bounded_in_time(void)
{
	uint8_t binding[VOICEPAY_BINDING_LEN], msg[100];
	static const uint32_t times[] = { 0, 1, 30 * 86400, 0xffffffff };
	struct taken k;
	size_t n;

	for (int i = 0; i < 4; i++) {
		struct duo d;

		fresh_binding(binding);
		d = keeping_duo(binding);
		n = make_ticket(msg, 50, i, i);
		for (int j = 0; j < 4; j++)
			msg[4 + j] = times[i] >> (24 - 8 * j);
		EXPECT_TRUE(peer_send(&d, HANDSHAKE, msg, n));
		round_trip(&d);
		if (times[i] == 1)
			usleep(1100 * 1000);
		if (times[i] <= 1) {
			none_left(binding);
		} else {
			EXPECT_EQ(take(binding, &k), 0);
			EXPECT_EQ(k.t.lifetime, 604800);
		}
		duo_close(&d);
	}
}

/* The longest that is kept, and one that is longer: the channel does not mind. */
static void bounded_in_length(void)
{
	uint8_t binding[VOICEPAY_BINDING_LEN];
	struct taken k;
	struct duo d;

	fresh_binding(binding);
	d = keeping_duo(binding);
	peer_ticket(&d, TICKET_AROUND + VOICEPAY_TICKET_MAX + 1, 9);
	peer_ticket(&d, TICKET_AROUND + 65535, 9);
	round_trip(&d);
	none_left(binding);
	peer_ticket(&d, TICKET_AROUND + VOICEPAY_TICKET_MAX, 10);
	round_trip(&d);
	EXPECT_EQ(take(binding, &k), 0);
	expect_ticket(&k, VOICEPAY_TICKET_MAX, 10);
	duo_close(&d);
}

/* As many as go into a record, over and over: taken is what fits, and it ends. */
static void floods_are_bounded(void)
{
	static uint8_t record[16000];
	uint8_t binding[VOICEPAY_BINDING_LEN];
	struct taken k;
	struct duo d;
	size_t n = 0;
	int sent;

	fresh_binding(binding);
	d = keeping_duo(binding);
	for (uint8_t i = 0; n + 20 <= sizeof(record); i++)
		n += make_ticket(record + n, 16, i, i);
	for (sent = 0; sent < 2000; sent++)
		if (!peer_send(&d, HANDSHAKE, record, n) || poll_now(d.channel, POLLIN, 0))
			break;
	EXPECT_LE(sent, 600);
	EXPECT_ERRNO(EPROTO, recv(d.channel, record, 1, 0));
	for (int i = 7; i > 3; i--) {
		ASSERT_EQ(take(binding, &k), 0);
		expect_ticket(&k, 1, i);
	}
	none_left(binding);
	duo_close(&d);
}

/* What is none ends the channel; what came before it is kept. */
static void garbage_is_refused(void)
{
	uint8_t binding[VOICEPAY_BINDING_LEN], msg[100], type, alert[2];
	struct taken k;
	struct duo d;
	size_t n;

	for (size_t cut = 1; cut < 40; cut += 13) {
		fresh_binding(binding);
		d = keeping_duo(binding);
		n = make_ticket(msg, 40, 1, 1);
		n += make_ticket(msg + n, 40, 2, 2);
		msg[44 + 3] -= cut;		/* the second says that it is shorter than it is */
		EXPECT_TRUE(peer_send(&d, HANDSHAKE, msg, n));
		EXPECT_ERRNO(EPROTO, recv(d.channel, msg, 1, 0));
		ASSERT_EQ(peer_recv(&d, &type, alert, sizeof(alert)), 2);
		EXPECT_EQ(alert[1], 50);
		EXPECT_EQ(take(binding, &k), 0);
		expect_ticket(&k, 40 - TICKET_AROUND, 1);
		none_left(binding);
		duo_close(&d);
	}
	/* half a ticket, and then nothing more */
	fresh_binding(binding);
	d = keeping_duo(binding);
	n = make_ticket(msg, 60, 1, 1);
	EXPECT_TRUE(peer_send(&d, HANDSHAKE, msg, n - 1));
	settle_down();
	EXPECT_EQ(poll_now(d.channel, POLLIN, 0), 0);
	duo_close(&d);
	settle_down();
	none_left(binding);
}

/* Only with the secret. */
static void absorbed_without_the_secret(void)
{
	struct voicepay_seal seal = seal_request(-1);
	uint8_t binding[VOICEPAY_BINDING_LEN];
	struct duo d;

	fresh_binding(binding);
	memcpy(seal.binding, binding, sizeof(binding));
	memset(seal.resumption_secret, 0, sizeof(seal.resumption_secret));
	d = sealed_duo_as(&seal);
	peer_ticket(&d, 60, 3);
	round_trip(&d);
	none_left(binding);
	duo_close(&d);
}

struct taker {
	pthread_t thread;
	const uint8_t *binding;
	atomic_int *seen;
	atomic_bool *stop;
};

static void *take_what_comes(void *arg)
{
	struct taker *t = arg;
	struct taken *k = malloc(sizeof(*k));

	while (!atomic_load(t->stop))
		if (!take(t->binding, k))
			atomic_fetch_add(&t->seen[k->ticket[0]], 1);
	free(k);
	return NULL;
}

/* However many ask at once, nobody gets what another got. */
static void never_twice(void)
{
	uint8_t binding[VOICEPAY_BINDING_LEN];
	atomic_int seen[256] = {};
	atomic_bool stop = false;
	struct taker t[3];
	int total = 0;

	fresh_binding(binding);
	for (int i = 0; i < 3; i++) {
		t[i] = (struct taker){ .binding = binding, .seen = seen, .stop = &stop };
		pthread_create(&t[i].thread, NULL, take_what_comes, &t[i]);
	}
	for (int i = 0; i < 15; i++) {
		struct duo d = keeping_duo(binding);

		for (int j = 0; j < 8; j++)
			peer_ticket(&d, 100, 1 + i * 8 + j);
		round_trip(&d);
		duo_close(&d);
	}
	settle_down();
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i].thread, NULL);
	for (int i = 0; i < 256; i++) {
		EXPECT_LE(atomic_load(&seen[i]), 1);
		total += atomic_load(&seen[i]);
	}
	EXPECT_GE(total, 15);
	ktap_diag("%d of 120 taken, the others made way", total);
}

/* What wipes keys wipes tickets, and what channels would need for more; the channels go on. */
static void wiped_with_everything(void)
{
	uint8_t binding[VOICEPAY_BINDING_LEN], nobody[16] = {};
	struct genl nl;
	struct taken k;
	struct duo d;
	char c;

	if (genl_open(&nl))
		ktap_bail("no netlink family voicepay");
	fresh_binding(binding);
	d = keeping_duo(binding);
	peer_ticket(&d, 60, 1);
	round_trip(&d);
	EXPECT_EQ(nl_wipe(&nl, nobody), 0);
	none_left(binding);
	peer_ticket(&d, 60, 2);
	round_trip(&d);
	none_left(binding);
	EXPECT_EQ(send(d.channel, "x", 1, 0), 1);
	EXPECT_TRUE(peer_update(&d, false));
	EXPECT_ERRNO(EKEYEXPIRED, recv(d.channel, &c, 1, 0));
	EXPECT_ERRNO(EKEYEXPIRED, send(d.channel, "x", 1, MSG_NOSIGNAL));
	duo_close(&d);

	/* a new one begins anew */
	d = keeping_duo(binding);
	peer_ticket(&d, 60, 3);
	EXPECT_TRUE(peer_update(&d, false));
	round_trip(&d);
	EXPECT_EQ(take(binding, &k), 0);
	expect_ticket(&k, 60 - TICKET_AROUND, 3);
	duo_close(&d);
}

int main(void)
{
	device_open();
	ktap_plan(18);
	KTAP_TEST(told_by_the_feature_bit, "the feature bit says so");
	KTAP_TEST(secrets_change_hands, "the caller's secrets are gone");
	KTAP_TEST(bad_requests_cost_nothing, "bad requests cost nothing");
	KTAP_TEST(not_under_12, "not under TLS 1.2");
	KTAP_TEST(given_out_once, "given out once, with its PSK");
	KTAP_TEST(however_they_come, "however they come");
	KTAP_TEST(failures_take_nothing, "failures take nothing");
	KTAP_TEST(only_for_their_user, "only for their user");
	KTAP_TEST(only_under_their_binding, "only under their binding");
	KTAP_TEST(bounded_in_number, "bounded in number");
	KTAP_TEST(bounded_for_all, "bounded for all");
	KTAP_TEST(bounded_in_time, "bounded in time");
	KTAP_TEST(bounded_in_length, "bounded in length");
	KTAP_TEST(floods_are_bounded, "floods are bounded");
	KTAP_TEST(garbage_is_refused, "garbage is refused");
	KTAP_TEST(absorbed_without_the_secret, "absorbed without the secret");
	KTAP_TEST(never_twice, "never twice");
	KTAP_TEST(wiped_with_everything, "wiped with everything");
	return ktap_end();
}
