// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * The netlink family: who may, each command, each attribute missing, too short,
 * too long or unknown, and an enrolment that goes wrong at every step.
 */

#include <sched.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

#define NOBODY	65534

static struct genl nl;
static struct test_gateway gw;

#define EXPECT_NL(err, call) EXPECT_EQ(call, -(err))

static int bare(__u8 cmd)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, cmd);
	return genl_call(&nl, &msg);
}

static int with(__u8 cmd, __u16 type, const void *data, size_t len)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, cmd);
	genl_put(&msg, type, data, len);
	return genl_call(&nl, &msg);
}

static __u32 state_of(__u32 slot, __u64 *epoch)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, VOICEPAY_CMD_SLOT_GET);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, slot);
	if (genl_call(&nl, &msg))
		return UINT32_MAX;
	if (epoch)
		*epoch = genl_u64(&msg, VOICEPAY_A_SLOT_EPOCH);
	return genl_u32(&msg, VOICEPAY_A_SLOT_STATE);
}

static int code_get(__u32 slot, char digits[64])
{
	struct genl_msg msg;
	int err;

	genl_begin(&nl, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, slot);
	err = genl_call(&nl, &msg);
	if (!err)
		strcpy(digits, genl_attr(&msg, VOICEPAY_A_CODE_DIGITS, NULL));
	return err;
}

/* Runs @check in a child that has become somebody else; its EXPECTs count here. */
static void as_other(void (*become)(void), void (*check)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		become();
		check();
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

static void become_nobody(void)
{
	if (setgid(NOBODY) || setuid(NOBODY))
		_exit(9);
}

static void become_root_in_userns(void)
{
	if (unshare(CLONE_NEWUSER))
		_exit(9);
}

static void become_root_in_netns(void)
{
	if (unshare(CLONE_NEWNET))
		_exit(9);
}

static void nothing_but_dev_get(void)
{
	struct genl_msg msg;
	__u8 cmd;

	ASSERT_EQ(genl_open(&nl), 0);
	for (cmd = VOICEPAY_CMD_DEV_SET; cmd < VOICEPAY_CMD_EVENT; cmd++) {
		genl_begin(&nl, &msg, cmd);
		genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, 0);	/* the same number in all sets */
		switch (cmd) {
		case VOICEPAY_CMD_SLOT_GET:
		case VOICEPAY_CMD_CODE_GET:
		case VOICEPAY_CMD_SLOT_LOCK:
		case VOICEPAY_CMD_SLOT_UNLOCK:
			EXPECT_NL(EACCES, genl_call(&nl, &msg));
			break;
		case VOICEPAY_CMD_DEV_SET:
		case VOICEPAY_CMD_WIPE:
			genl_begin(&nl, &msg, cmd);	/* these know no slot */
			/* fall through */
		default:
			EXPECT_NL(EPERM, genl_call(&nl, &msg));
			EXPECT_TRUE(strstr(nl.why, "CAP_SYS_ADMIN"));
		}
	}
	EXPECT_EQ(genl_dump(&nl, VOICEPAY_CMD_SLOT_GET, NULL, NULL), 0);
	EXPECT_NL(EPERM, nl_slot_del(&nl, 0));
	EXPECT_NL(EPERM, nl_wipe(&nl, gw.device));
	EXPECT_EQ(bare(VOICEPAY_CMD_DEV_GET), 0);
}

static void unprivileged(void)
{
	as_other(become_nobody, nothing_but_dev_get);
	EXPECT_EQ(state_of(0, NULL), VOICEPAY_SLOT_ACTIVE);
}

static void userns_root(void)
{
	as_other(become_root_in_userns, nothing_but_dev_get);
	EXPECT_EQ(state_of(0, NULL), VOICEPAY_SLOT_ACTIVE);
}

static void family_is_not_there(void)
{
	EXPECT_NL(ENOENT, genl_open(&nl));
}

static void other_netns(void)
{
	as_other(become_root_in_netns, family_is_not_there);
}

/* Attack: get a privileged program to send on a socket that an unprivileged one opened. */
static void borrowed_socket(void)
{
	int pair[2], status, fd;
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			     .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;
	struct genl mine = nl;
	struct genl_msg msg;
	pid_t pid;

	ASSERT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	pid = fork();
	if (!pid) {
		become_nobody();
		if (genl_open(&nl))
			_exit(1);
		cmsg = CMSG_FIRSTHDR(&mh);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &nl.fd, sizeof(int));
		_exit(sendmsg(pair[1], &mh, 0) != 1);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT_EQ(status, 0);
	ASSERT_OK(recvmsg(pair[0], &mh, 0));
	cmsg = CMSG_FIRSTHDR(&mh);
	ASSERT_TRUE(cmsg);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	mine.fd = fd;
	genl_begin(&mine, &msg, VOICEPAY_CMD_WIPE);
	genl_put(&msg, VOICEPAY_A_DEVICE_DEVICE_ID, gw.device, sizeof(gw.device));
	EXPECT_NL(EPERM, genl_call(&mine, &msg));
	EXPECT_EQ(state_of(0, NULL), VOICEPAY_SLOT_ACTIVE);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

static void dev_get(void)
{
	struct genl_msg msg;
	size_t len;

	genl_begin(&nl, &msg, VOICEPAY_CMD_DEV_GET);
	ASSERT_EQ(genl_call(&nl, &msg), 0);
	EXPECT_STREQ((char *)genl_attr(&msg, VOICEPAY_A_DEVICE_VERSION, NULL), VOICEPAY_VERSION_STRING);
	EXPECT_TRUE(genl_u64(&msg, VOICEPAY_A_DEVICE_FEATURES) & VOICEPAY_FEATURE_PC1_PLAIN);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_DEVICE_SLOTS), 1);
	EXPECT_MEMEQ(genl_attr(&msg, VOICEPAY_A_DEVICE_DEVICE_ID, &len), gw.device, 16);
	EXPECT_EQ(len, 16);
	EXPECT_MEMEQ(genl_attr(&msg, VOICEPAY_A_DEVICE_GATEWAY_KEY, &len), gw.s_pub, 32);
	EXPECT_EQ(len, 32);
	EXPECT_NE(genl_u64(&msg, VOICEPAY_A_DEVICE_NOW), 0);

	EXPECT_EQ(with(VOICEPAY_CMD_DEV_GET, VOICEPAY_A_DEVICE_DEVICE_ID, gw.device, 16), 0);
	EXPECT_NL(ENODEV, with(VOICEPAY_CMD_DEV_GET, VOICEPAY_A_DEVICE_DEVICE_ID, gw.s_pub, 16));
}

/* Attack: exchange the gateway's key under a living slot. */
static void dev_set_is_write_once(void)
{
	struct test_gateway other = gw;

	EXPECT_EQ(nl_dev_set(&nl, &gw), 0);
	other.s_pub[31] ^= 1;
	EXPECT_NL(EEXIST, nl_dev_set(&nl, &other));
	EXPECT_TRUE(strstr(nl.why, "wipe"));
	other = gw;
	other.device[0] ^= 1;
	EXPECT_NL(EEXIST, nl_dev_set(&nl, &other));
	EXPECT_EQ(bare(VOICEPAY_CMD_DEV_GET), 0);
}

/* Every command without what it needs. */
static void missing_attributes(void)
{
	EXPECT_NL(EINVAL, bare(VOICEPAY_CMD_DEV_SET));
	EXPECT_NL(EINVAL, with(VOICEPAY_CMD_DEV_SET, VOICEPAY_A_DEVICE_DEVICE_ID, gw.device, 16));
	EXPECT_NL(EINVAL, with(VOICEPAY_CMD_DEV_SET, VOICEPAY_A_DEVICE_GATEWAY_KEY, gw.s_pub, 32));
	EXPECT_NL(EINVAL, bare(VOICEPAY_CMD_SLOT_GET));
	EXPECT_NL(EINVAL, bare(VOICEPAY_CMD_SLOT_DEL));
	EXPECT_NL(EINVAL, bare(VOICEPAY_CMD_ENROL_BEGIN));
	EXPECT_NL(EINVAL, with(VOICEPAY_CMD_ENROL_BEGIN, VOICEPAY_A_ENROL_TICKET, gw.ticket, 24));
	EXPECT_NL(EINVAL, bare(VOICEPAY_CMD_ENROL_FINISH));
	EXPECT_NL(EINVAL, with(VOICEPAY_CMD_ENROL_FINISH, VOICEPAY_A_ENROL_SLOT, "\0\0\0", 4));
	EXPECT_NL(EINVAL, with(VOICEPAY_CMD_ENROL_FINISH, VOICEPAY_A_ENROL_MESSAGE, gw.s, 32));
	EXPECT_NL(EINVAL, bare(VOICEPAY_CMD_CODE_GET));
	EXPECT_NL(EINVAL, bare(VOICEPAY_CMD_OTP_PUT));
	EXPECT_NL(EINVAL, with(VOICEPAY_CMD_OTP_PUT, VOICEPAY_A_OTP_SLOT, "\0\0\0", 4));
	EXPECT_NL(EINVAL, with(VOICEPAY_CMD_OTP_PUT, VOICEPAY_A_OTP_SECRET, gw.s, 20));
	EXPECT_NL(EINVAL, bare(VOICEPAY_CMD_POOL_PUT));
	EXPECT_NL(EINVAL, with(VOICEPAY_CMD_POOL_PUT, VOICEPAY_A_POOL_SLOT, "\0\0\0", 4));
	EXPECT_NL(EINVAL, bare(VOICEPAY_CMD_WIPE));
	EXPECT_EQ(state_of(0, NULL), VOICEPAY_SLOT_ACTIVE);
}

/* Every attribute too short or too long, unknown ones, answers used as questions. */
static void malformed_attributes(void)
{
	__u8 big[600] = {};
	struct genl_msg msg;
	__u16 type;
	size_t len;

	for (len = 0; len <= 40; len++) {
		if (len != 16)
			EXPECT_LT(with(VOICEPAY_CMD_DEV_SET, VOICEPAY_A_DEVICE_DEVICE_ID, big, len), 0);
		if (len != 32)
			EXPECT_LT(with(VOICEPAY_CMD_DEV_SET, VOICEPAY_A_DEVICE_GATEWAY_KEY, big, len), 0);
		if (len != 16)
			EXPECT_LT(with(VOICEPAY_CMD_WIPE, VOICEPAY_A_DEVICE_DEVICE_ID, big, len), 0);
		if (len != 4) {
			EXPECT_LT(with(VOICEPAY_CMD_SLOT_GET, VOICEPAY_A_SLOT_ID, big, len), 0);
			EXPECT_LT(with(VOICEPAY_CMD_SLOT_DEL, VOICEPAY_A_SLOT_ID, big, len), 0);
			EXPECT_LT(with(VOICEPAY_CMD_SLOT_NEW, VOICEPAY_A_SLOT_ID, big, len), 0);
			EXPECT_LT(with(VOICEPAY_CMD_CODE_GET, VOICEPAY_A_CODE_SLOT, big, len), 0);
		}
		if (len != 24) {
			genl_begin(&nl, &msg, VOICEPAY_CMD_ENROL_BEGIN);
			genl_put_u32(&msg, VOICEPAY_A_ENROL_SLOT, 0);
			genl_put(&msg, VOICEPAY_A_ENROL_TICKET, big, len);
			EXPECT_LT(genl_call(&nl, &msg), 0);
		}
	}
	for (type = VOICEPAY_A_SLOT_STATE; type < 40; type++)
		EXPECT_NL(EINVAL, with(VOICEPAY_CMD_SLOT_DEL, type, big, 4));
	for (type = VOICEPAY_A_CODE_DIGITS; type < 40; type++)
		EXPECT_NL(EINVAL, with(VOICEPAY_CMD_CODE_GET, type, big, 4));
	EXPECT_NL(EINVAL, nl_enrol_finish(&nl, 0, big, VOICEPAY_MESSAGE_MAX + 1));
	EXPECT_NL(EINVAL, nl_enrol_finish(&nl, 0, big, sizeof(big)));

	/* an attribute that says it is longer than the message */
	genl_begin(&nl, &msg, VOICEPAY_CMD_SLOT_DEL);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, 0);
	((struct nlattr *)(msg.bytes + NLMSG_LENGTH(GENL_HDRLEN)))->nla_len = 400;
	EXPECT_LT(genl_call(&nl, &msg), 0);

	EXPECT_NL(EOPNOTSUPP, bare(VOICEPAY_CMD_MAX + 1));
	EXPECT_NL(EOPNOTSUPP, bare(0));
	EXPECT_NL(EOPNOTSUPP, bare(VOICEPAY_CMD_EVENT));
	EXPECT_NL(EOPNOTSUPP, bare(255));
	EXPECT_EQ(state_of(0, NULL), VOICEPAY_SLOT_ACTIVE);
}

static void slot_numbers(void)
{
	struct genl_msg msg;

	EXPECT_NL(EEXIST, nl_slot_new(&nl, 0));
	EXPECT_NL(ERANGE, nl_slot_new(&nl, 1024));
	EXPECT_NL(ERANGE, nl_slot_new(&nl, UINT32_MAX));
	EXPECT_EQ(nl_slot_new(&nl, 1023), 0);
	genl_begin(&nl, &msg, VOICEPAY_CMD_SLOT_NEW);
	EXPECT_EQ(genl_call(&nl, &msg), 0);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_SLOT_ID), 1);
	EXPECT_EQ(nl_slot_del(&nl, 1023), 0);
	EXPECT_EQ(nl_slot_del(&nl, 1), 0);
	EXPECT_NL(ENOENT, nl_slot_del(&nl, 1));
	EXPECT_NL(ENOENT, nl_slot_del(&nl, UINT32_MAX));
	EXPECT_EQ(state_of(1, NULL), UINT32_MAX);
}

struct tally { int n; __u32 last; int ordered; };

static void count_slot(const struct genl_msg *msg, void *arg)
{
	struct tally *t = arg;
	__u32 id = genl_u32(msg, VOICEPAY_A_SLOT_ID);

	t->ordered &= !t->n || id > t->last;
	t->last = id;
	t->n++;
}

/* All slots there can be, and one more; a dump takes several datagrams. */
static void all_slots(void)
{
	struct tally t = { .ordered = 1 };
	struct genl_msg msg;
	__u32 i;

	for (i = 1; i < 1024; i++) {
		genl_begin(&nl, &msg, VOICEPAY_CMD_SLOT_NEW);
		if (!EXPECT_EQ(genl_call(&nl, &msg), 0))
			return;
	}
	genl_begin(&nl, &msg, VOICEPAY_CMD_SLOT_NEW);
	EXPECT_NL(ENOSPC, genl_call(&nl, &msg));
	EXPECT_EQ(genl_dump(&nl, VOICEPAY_CMD_SLOT_GET, count_slot, &t), 1024);
	EXPECT_EQ(t.n, 1024);
	EXPECT_EQ(t.last, 1023);
	EXPECT_TRUE(t.ordered);
	for (i = 1; i < 1024; i++)
		EXPECT_EQ(nl_slot_del(&nl, i), 0);
	t = (struct tally){ .ordered = 1 };
	EXPECT_EQ(genl_dump(&nl, VOICEPAY_CMD_SLOT_GET, count_slot, &t), 1);
}

/* The slot is exactly as before: same key, same epoch, codes of the same key. */
static void expect_unharmed(__u64 epoch)
{
	__u64 now_epoch = 0;
	char digits[64];

	EXPECT_EQ(state_of(0, &now_epoch), VOICEPAY_SLOT_ACTIVE);
	EXPECT_EQ(now_epoch, epoch);
	EXPECT_EQ(code_get(0, digits), 0);
	EXPECT_NE(test_gateway_step_of(&gw, digits, time(NULL)), 0);
}

static void code_over_netlink(void)
{
	struct genl_msg msg;
	char digits[64];

	ASSERT_EQ(code_get(0, digits), 0);
	EXPECT_EQ(strlen(digits), VOICEPAY_CODE_DIGITS);
	EXPECT_NE(test_gateway_step_of(&gw, digits, time(NULL)), 0);
	EXPECT_NL(ENOENT, code_get(3, digits));

	genl_begin(&nl, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, 0);
	genl_put_u32(&msg, VOICEPAY_A_CODE_MODE, 6);
	EXPECT_NL(EOPNOTSUPP, genl_call(&nl, &msg));
	genl_begin(&nl, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, 0);
	genl_put(&msg, VOICEPAY_A_CODE_NEW, NULL, 0);
	EXPECT_EQ(genl_call(&nl, &msg), 0);
	EXPECT_GT(genl_u32(&msg, VOICEPAY_A_CODE_VALID_MS), 0);
}

static void enrol_states(void)
{
	struct genl_msg answer;
	char digits[64];

	ASSERT_EQ(nl_slot_new(&nl, 5), 0);
	EXPECT_EQ(state_of(5, NULL), VOICEPAY_SLOT_EMPTY);
	EXPECT_NL(ESTALE, nl_enrol_finish(&nl, 5, gw.s, 32));
	EXPECT_EQ(nl_enrol_begin(&nl, 5, gw.ticket, &answer), 0);
	EXPECT_EQ(state_of(5, NULL), VOICEPAY_SLOT_ENROLLING);
	EXPECT_NL(ENOKEY, code_get(5, digits));
	EXPECT_NL(EBADMSG, nl_enrol_finish(&nl, 5, gw.grant.alias, 64));
	EXPECT_EQ(state_of(5, NULL), VOICEPAY_SLOT_EMPTY);
	EXPECT_NL(ESTALE, nl_enrol_finish(&nl, 5, gw.s, 32));
	EXPECT_NL(ENOENT, nl_enrol_begin(&nl, 6, gw.ticket, &answer));
	EXPECT_NL(ENOENT, nl_enrol_finish(&nl, 6, gw.s, 32));
	EXPECT_EQ(nl_slot_del(&nl, 5), 0);
}

/* What the gateway learns: this device, this slot, its epoch; not the ticket in clear. */
static void request_contents(void)
{
	struct genl_msg answer;
	__u8 msg2[VP_MSG2_MAX];
	struct test_gateway peer = gw;
	const __u8 *msg1;
	size_t len = 0;

	ASSERT_EQ(nl_enrol_begin(&nl, 0, gw.ticket, &answer), 0);
	msg1 = genl_attr(&answer, VOICEPAY_A_ENROL_MESSAGE, &len);
	ASSERT_EQ(len, VP_MSG1_LEN);
	EXPECT_TRUE(!memmem(msg1, len, gw.ticket, 8));
	EXPECT_TRUE(!memmem(msg1, len, gw.ticket + 8, 16));
	EXPECT_TRUE(!memmem(msg1, len, gw.device, 16));
	ASSERT_GE(test_gateway_answer(&peer, msg1, len, msg2), 0);
	EXPECT_EQ(peer.request.kind, VP_AGREE_ENROL);
	EXPECT_MEMEQ(peer.request.device, gw.device, 16);
	EXPECT_EQ(peer.request.slot, 0);
	EXPECT_EQ(peer.request.epoch, gw.grant.epoch);
	EXPECT_MEMEQ(peer.request.ticket_id, gw.ticket, 8);
	EXPECT_NE(peer.request.ordinal, 0);
	expect_unharmed(gw.grant.epoch);
}

/*
 * Begins with slot 0, lets @spoil change gateway or answer, and expects @err
 * and a slot that is as it was.
 */
static void spoiled(int err, void (*spoil)(struct test_gateway *peer),
		    void (*alter)(__u8 *msg2, int *len))
{
	struct test_gateway peer = gw;
	struct genl_msg answer;
	__u8 msg2[VOICEPAY_MESSAGE_MAX];
	const void *msg1;
	size_t len = 0;
	int n;

	peer.grant.epoch = gw.grant.epoch + 1;
	if (spoil)
		spoil(&peer);
	ASSERT_EQ(nl_enrol_begin(&nl, 0, gw.ticket, &answer), 0);
	msg1 = genl_attr(&answer, VOICEPAY_A_ENROL_MESSAGE, &len);
	n = test_gateway_answer(&peer, msg1, len, msg2);
	ASSERT_GE(n, 0);
	if (alter)
		alter(msg2, &n);
	EXPECT_NL(err, nl_enrol_finish(&nl, 0, msg2, n));
	EXPECT_NE(nl.why[0], 0);
	expect_unharmed(gw.grant.epoch);
	EXPECT_NL(ESTALE, nl_enrol_finish(&nl, 0, msg2, n));
}

static void other_ticket(struct test_gateway *p) { p->ticket[23] ^= 1; }
static void same_epoch(struct test_gateway *p) { p->grant.epoch--; }
static void lower_epoch(struct test_gateway *p) { p->grant.epoch = 1; }
static void time_after_end(struct test_gateway *p) { p->grant.time_ms = p->grant.not_after * 1000; }
static void time_before_begin(struct test_gateway *p)
{
	p->grant.time_ms = p->grant.not_before * 1000 - 1;
}
static void flip_first(__u8 *m, int *n) { m[0] ^= 1; }
static void flip_last(__u8 *m, int *n) { m[*n - 1] ^= 1; }
static void cut_one(__u8 *m, int *n) { --*n; }
static void add_one(__u8 *m, int *n) { m[(*n)++] = 0; }
static void cut_to_nothing(__u8 *m, int *n) { *n = 0; }
static void point_of_small_order(__u8 *m, int *n) { memset(m, 0, VP_KEY_LEN); }
static void stretch(__u8 *m, int *n)
{
	memset(m + *n, 0, VOICEPAY_MESSAGE_MAX - *n);
	*n = VOICEPAY_MESSAGE_MAX;
}

static void spoiled_enrolments(void)
{
	test_enrol(&nl, &gw, 0);		/* epoch 2 or above, for lower_epoch */
	spoiled(EBADMSG, other_ticket, NULL);
	spoiled(EPROTO, same_epoch, NULL);
	spoiled(EPROTO, lower_epoch, NULL);
	spoiled(EPROTO, time_after_end, NULL);
	spoiled(EPROTO, time_before_begin, NULL);
	spoiled(EBADMSG, NULL, flip_first);
	spoiled(EBADMSG, NULL, flip_last);
	spoiled(EBADMSG, NULL, cut_one);
	spoiled(EBADMSG, NULL, add_one);
	spoiled(EBADMSG, NULL, cut_to_nothing);
	spoiled(EBADMSG, NULL, stretch);
	spoiled(EBADMSG, NULL, point_of_small_order);
}

/* Attack: an old answer is played back to a new request. */
static void replayed_answer(void)
{
	struct genl_msg first, second;
	__u8 msg2[VP_MSG2_MAX];
	struct test_gateway peer = gw;
	size_t len = 0;
	int n;

	peer.grant.epoch = gw.grant.epoch + 1;
	ASSERT_EQ(nl_enrol_begin(&nl, 0, gw.ticket, &first), 0);
	n = test_gateway_answer(&peer, genl_attr(&first, VOICEPAY_A_ENROL_MESSAGE, &len),
				VP_MSG1_LEN, msg2);
	ASSERT_GE(n, 0);
	ASSERT_EQ(nl_enrol_begin(&nl, 0, gw.ticket, &second), 0);
	EXPECT_NE(memcmp(genl_attr(&first, VOICEPAY_A_ENROL_MESSAGE, NULL),
			 genl_attr(&second, VOICEPAY_A_ENROL_MESSAGE, NULL), VP_MSG1_LEN), 0);
	EXPECT_NL(EBADMSG, nl_enrol_finish(&nl, 0, msg2, n));
	expect_unharmed(gw.grant.epoch);
}

static void enrol_again(void)
{
	__u64 epoch = gw.grant.epoch;

	ASSERT_EQ(test_enrol(&nl, &gw, 0), 0);
	EXPECT_EQ(gw.grant.epoch, epoch + 1);
	expect_unharmed(epoch + 1);
}

static void unprovisioned(void)
{
	struct genl_msg answer;

	ASSERT_EQ(nl_wipe(&nl, gw.device), 0);
	ASSERT_EQ(nl_slot_new(&nl, 0), 0);
	EXPECT_NL(ENODEV, nl_enrol_begin(&nl, 0, gw.ticket, &answer));
	EXPECT_EQ(state_of(0, NULL), VOICEPAY_SLOT_EMPTY);
	EXPECT_NL(ENODEV, with(VOICEPAY_CMD_DEV_GET, VOICEPAY_A_DEVICE_DEVICE_ID, gw.device, 16));
}

/* The kernel's own copy of a ticket is wiped: an error message, which quotes the request, shows it. */
static void ticket_is_wiped(void)
{
	struct genl_msg msg, answer;
	ssize_t n;

	genl_begin(&nl, &msg, VOICEPAY_CMD_ENROL_BEGIN);
	genl_put_u32(&msg, VOICEPAY_A_ENROL_SLOT, 1023);
	genl_put(&msg, VOICEPAY_A_ENROL_TICKET, gw.ticket, sizeof(gw.ticket));
	msg.nlh.nlmsg_len = msg.len;
	ASSERT_EQ(send(nl.fd, msg.bytes, msg.len, 0), (ssize_t)msg.len);
	n = recv(nl.fd, answer.bytes, sizeof(answer.bytes), 0);
	ASSERT_GE(n, (ssize_t)msg.len);
	EXPECT_EQ(answer.nlh.nlmsg_type, NLMSG_ERROR);
	EXPECT_TRUE(!memmem(answer.bytes, n, gw.ticket + 8, 16));
}

/* Attack: a gateway key of small order would make the key known to everybody. */
static void gateway_of_small_order(void)
{
	struct test_gateway zero = gw;
	struct genl_msg answer;

	memset(zero.s_pub, 0, sizeof(zero.s_pub));
	ASSERT_EQ(nl_dev_set(&nl, &zero), 0);
	EXPECT_NL(EKEYREJECTED, nl_enrol_begin(&nl, 0, gw.ticket, &answer));
	EXPECT_EQ(state_of(0, NULL), VOICEPAY_SLOT_EMPTY);
}

static void wipe_wants_the_right_device(void)
{
	__u8 other[16] = { 1 };

	EXPECT_NL(ENODEV, nl_wipe(&nl, other));
	EXPECT_NL(EINVAL, nl_wipe(&nl, NULL));
	EXPECT_EQ(state_of(0, NULL), VOICEPAY_SLOT_EMPTY);
	EXPECT_EQ(nl_wipe(&nl, gw.device), 0);
	EXPECT_EQ(state_of(0, NULL), UINT32_MAX);
	EXPECT_EQ(nl_wipe(&nl, NULL), 0);	/* nothing left to guard */
}

int main(void)
{
	if (genl_open(&nl))
		ktap_bail("no netlink family voicepay; is the module loaded?");
	ktap_plan(21);

	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 1);
	if (test_enrol(&nl, &gw, 0))
		ktap_bail("cannot enrol");

	KTAP_TEST(dev_get, "dev-get");
	KTAP_TEST(dev_set_is_write_once, "the gateway is written once");
	KTAP_TEST(unprivileged, "an unprivileged user may ask dev-get and nothing else");
	KTAP_TEST(userns_root, "root in a user namespace is no more than that");
	KTAP_TEST(other_netns, "no family in another network namespace");
	KTAP_TEST(borrowed_socket, "a socket that an unprivileged process opened stays unprivileged");
	KTAP_TEST(missing_attributes, "missing attributes");
	KTAP_TEST(malformed_attributes, "attributes too short, too long, unknown");
	KTAP_TEST(slot_numbers, "slot numbers");
	KTAP_TEST(all_slots, "1024 slots, a dump of them, and no more");
	KTAP_TEST(code_over_netlink, "code-get");
	KTAP_TEST(enrol_states, "states of a slot that enrols");
	KTAP_TEST(request_contents, "what the request says and what it hides");
	KTAP_TEST(spoiled_enrolments, "an enrolment that fails leaves the slot as it was");
	KTAP_TEST(replayed_answer, "an old answer does not fit a new request");
	KTAP_TEST(enrol_again, "a slot enrols again");
	KTAP_TEST(unprovisioned, "no enrolment without a gateway");
	KTAP_TEST(ticket_is_wiped, "a ticket is wiped in the request itself");
	KTAP_TEST(gateway_of_small_order, "a gateway key of small order");
	KTAP_TEST(wipe_wants_the_right_device, "wipe");
	ktap_ok(bare(VOICEPAY_CMD_DEV_GET) == 0, "and the module still answers");
	return ktap_end();
}
