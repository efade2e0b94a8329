// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * Garbage: every ioctl with every size, at every place that a pointer can point
 * to, and while another thread alters the structure; every netlink command
 * with its attributes mutilated. From somebody without rights nothing may come
 * of it; from root, who may do anything, nothing worse than what he asked for.
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <linux/voicepay.h>

#include "commands.h"
#include "ktap.h"
#include "strangers.h"

#define PAGE		4096
#define MUTANTS		150	/* of each netlink command, each way */

static int dev;
static struct genl nl;
static struct test_gateway gw;
static struct snapshot before, after;
static __u8 *pages;		/* three, the last of which cannot be touched */

/* Always the same sequence: a failure can be had again. */
static __u32 seed;

static __u32 dice(__u32 sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static void from_nobody(void (*check)(void))
{
	take_snapshot(&nl, &before);
	as_stranger(become_nobody, check);
	take_snapshot(&nl, &after);
	EXPECT_EQ(before.len, after.len);
	EXPECT_MEMEQ(before.bytes, after.bytes, before.len);
}

static void open_own(void)
{
	dev = open(VOICEPAY_DEVICE, O_RDWR);
	ASSERT_OK(dev);
	ASSERT_EQ(genl_open(&nl), 0);
}

static int call(unsigned long cmd, const void *req)
{
	return ioctl(dev, cmd, req) ? errno : 0;
}

/* What a request of this size is answered, if only the size is odd. */
static int want_of(const struct ioc_command *c, __u32 size)
{
	return size < c->first || size > PAGE ? EINVAL : c->stranger;
}

static void all_sizes(void)
{
	__u8 *at = pages;
	unsigned int i;
	__u32 size;

	open_own();
	for (i = 0; i < n_ioc_commands; i++) {
		const struct ioc_command *c = &ioc_commands[i];

		for (size = 0; size <= PAGE + 8; size++) {
			int err;

			memset(at, 0, PAGE + 64);
			c->fill((union any_request *)at, 0);
			memcpy(at, &size, sizeof(size));
			memset(at + size + 4, 0xa5, 32);
			err = call(c->cmd, at);
			if (err != want_of(c, size))
				ktap_fail(KTAP_FILE, __LINE__, "%s, size %u: %s", c->name, size,
					  ktap_errno_name(err));
			/* What lies behind is the caller's own. */
			EXPECT_EQ(at[size + 4], 0xa5);
		}
		/* One byte that this module does not know of. */
		for (size = c->size + 1; size <= PAGE; size += 97) {
			memset(at, 0, PAGE);
			c->fill((union any_request *)at, 0);
			memcpy(at, &size, sizeof(size));
			at[size - 1] = 1;
			EXPECT_EQ(call(c->cmd, at), E2BIG);
		}
		memset(at, 0, PAGE);
		size = UINT32_MAX;
		memcpy(at, &size, sizeof(size));
		EXPECT_EQ(call(c->cmd, at), EINVAL);
	}
}

static void any_place(void)
{
	/* Nothing, the end of what is ours, and what is the kernel's. */
	static const uintptr_t bad[] = {
		0, 1, 4095,
#if UINTPTR_MAX > UINT32_MAX
		0x7ffffffff000, 0x800000000000, 0xffff888000000000, 0xffffffff81000000,
#else
		0xffffe000, 0xfffff000,
#endif
		UINTPTR_MAX - 3
	};
	__u8 *end = pages + 2 * PAGE, *at;
	unsigned int i, j;
	__u32 size;

	open_own();
	for (i = 0; i < n_ioc_commands; i++) {
		const struct ioc_command *c = &ioc_commands[i];

		/* Across the border of what is mapped, aligned and not. */
		for (j = 0; j < c->size; j++) {
			at = end - j;
			memset(pages, 0, 2 * PAGE);
			size = c->size;
			memcpy(at, &size, j < sizeof(size) ? j : sizeof(size));
			EXPECT_EQ(call(c->cmd, at), EFAULT);
		}
		for (j = 0; j < 8; j++) {
			at = end - c->size - j;
			memset(pages, 0, 2 * PAGE);
			memcpy(at, &size, sizeof(size));
			c->fill((union any_request *)at, 0);
			EXPECT_EQ(call(c->cmd, at), c->stranger);
		}
		/* The request can be read, and the answer not be written. */
		ASSERT_OK(mprotect(pages, 2 * PAGE, PROT_READ));
		EXPECT_EQ(call(c->cmd, at), EFAULT);
		ASSERT_OK(mprotect(pages, 2 * PAGE, PROT_NONE));
		EXPECT_EQ(call(c->cmd, at), EFAULT);
		ASSERT_OK(mprotect(pages, 2 * PAGE, PROT_READ | PROT_WRITE));
		for (j = 0; j < sizeof(bad) / sizeof(bad[0]); j++)
			EXPECT_EQ(call(c->cmd, (void *)bad[j]), EFAULT);
	}
}

/* Whatever is in the fields: an error, except from INFO, which reads none. */
static void any_content(void)
{
	union any_request req;
	unsigned int i, j, k;

	open_own();
	for (i = 0; i < n_ioc_commands; i++) {
		const struct ioc_command *c = &ioc_commands[i];

		for (j = 0; j < 2000; j++) {
			ioc_command_begin(&req, c, dice(4));
			for (k = dice(6); k < 6; k++)
				req.bytes[4 + dice(c->size - 4)] = dice(256);
			/* The caller's own descriptors are real, and are not to be given away. */
			if (c->cmd == VOICEPAY_IOC_SEAL || c->cmd == VOICEPAY_IOC_VAULT)
				req.seal.sock_fd |= 1 << 20;
			if (!call(c->cmd, &req))
				EXPECT_EQ(c->whose, ANYBODYS);
		}
	}
	for (j = 0; j < 5000; j++) {
		unsigned long cmd = _IOC(dice(4), VOICEPAY_IOC_TYPE, dice(256), dice(256));

		if ((cmd & ~0xffUL) != (_IO(VOICEPAY_IOC_TYPE, 0) & ~0xffUL))
			EXPECT_EQ(call(cmd, &req), ENOTTY);
	}
}

static atomic_bool stop;

static void *alter(void *arg)
{
	volatile __u32 *size = arg;

	while (!stop) {
		*size = 56;
		*size = PAGE;
		*size = 4;
		size[1] ^= VOICEPAY_CODE_NEW;
		size[2] ^= 1;
	}
	return NULL;
}

/* Attack: the size is small when it is checked, and large when it is used. */
static void altered_meanwhile(void)
{
	static __u8 place[2 * PAGE];
	pthread_t t;
	int i, j;

	open_own();
	memset(place + PAGE, 0xa5, PAGE);
	pthread_create(&t, NULL, alter, place + PAGE - 56);
	for (i = 0; i < 20000; i++) {
		int err = call(i & 1 ? VOICEPAY_IOC_CODE : VOICEPAY_IOC_STATUS, place + PAGE - 56);

		if (err != EINVAL && err != EACCES && err != E2BIG && err != EOPNOTSUPP)
			ktap_fail(KTAP_FILE, __LINE__, "%s", ktap_errno_name(err));
	}
	stop = true;
	pthread_join(t, NULL);
	for (j = PAGE; j < 2 * PAGE; j++)
		if (!EXPECT_EQ(place[j], 0xa5))
			break;
}

static struct nlattr *nth_attr(struct genl_msg *msg, unsigned int n)
{
	size_t at = NLMSG_LENGTH(GENL_HDRLEN);

	while (at + NLA_HDRLEN <= msg->len) {
		struct nlattr *a = (struct nlattr *)(msg->bytes + at);

		if (!n--)
			return a;
		if (a->nla_len < NLA_HDRLEN)
			return NULL;
		at += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

/* One mutilation. The message's type stays: other families are not ours to try. */
static void mutilate(struct genl_msg *msg)
{
	struct nlattr *a = nth_attr(msg, dice(3));
	struct genlmsghdr *head = NLMSG_DATA(&msg->nlh);
	__u8 junk[600];
	unsigned int i;

	for (i = 0; i < sizeof(junk); i++)
		junk[i] = dice(256);
	switch (dice(10)) {
	case 0:
		if (a)
			a->nla_len = dice(64);
		break;
	case 1:
		if (a)
			a->nla_type = dice(24);
		break;
	case 2:
		if (a)
			a->nla_type |= dice(2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
		break;
	case 3:
		genl_put(msg, dice(24), junk, dice(sizeof(junk)));
		break;
	case 4:
		genl_put(msg, dice(24), junk, 4);
		break;
	case 5:
		msg->len -= dice(msg->len - NLMSG_LENGTH(GENL_HDRLEN) + 1);
		break;
	case 6:
		head->version = dice(256);
		head->reserved = dice(65536);
		break;
	case 7:
		msg->nlh.nlmsg_flags ^= 1 << dice(16);
		msg->nlh.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
		break;
	case 8:
		for (i = NLMSG_LENGTH(GENL_HDRLEN); i < msg->len; i++)
			if (!dice(8))
				msg->bytes[i] = dice(256);
		break;
	case 9:
		/* Many of one kind: the last one counts, or none. */
		for (i = 0; i < 300; i++)
			genl_put_u32(msg, 1, dice(4));
		break;
	}
}

/* Sends it on a socket of its own: whatever is left in the queue goes with that. */
static int send_mutant(struct genl_msg *msg)
{
	struct timeval patience = { .tv_usec = 300000 };
	struct genl own = nl;
	int err;

	own.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (own.fd < 0)
		ktap_bail("socket");
	setsockopt(own.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	err = genl_call(&own, msg);
	close(own.fd);
	return err;
}

static void mutants(bool may)
{
	struct genl_msg msg;
	int cmd, i, err;

	for (cmd = 1; cmd <= VOICEPAY_CMD_MAX; cmd++) {
		for (i = 0; i < MUTANTS; i++) {
			__u32 was = seed;

			nl_command_begin(&nl, &msg, cmd, &gw, dice(4));
			mutilate(&msg);
			if (dice(2))
				mutilate(&msg);
			err = send_mutant(&msg);
			/* An empty dump is no success either. */
			if (!err && !may && nl_commands[cmd].whose != ANYBODYS && msg.len)
				ktap_fail(KTAP_FILE, __LINE__, "%s got through, seed %u",
					  nl_commands[cmd].name, was);
			if (err > 0 || err < -4095)
				ktap_fail(KTAP_FILE, __LINE__, "%s: %d, seed %u", nl_commands[cmd].name, err, was);
		}
	}
}

static void mutants_of_nobody(void)
{
	open_own();
	mutants(false);
}

/* Several messages in one datagram, the lengths of which do not add up. */
static void datagrams(void)
{
	struct genl_msg one;
	__u8 buf[16384];
	unsigned int i, j;
	size_t len;
	int fd;

	open_own();
	for (i = 0; i < 300; i++) {
		for (len = 0, j = dice(8); j < 8; j++) {
			nl_command_begin(&nl, &one, 1 + dice(VOICEPAY_CMD_MAX), &gw, dice(4));
			one.nlh.nlmsg_len = dice(3) ? one.len : dice(200);
			memcpy(buf + len, one.bytes, one.len);
			len += NLMSG_ALIGN(dice(3) ? one.len : dice(one.len));
		}
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
		ASSERT_GE(fd, 0);
		send(fd, buf, len, 0);
		close(fd);
	}
}

static void roots_garbage(void)
{
	__u32 slots;

	mutants(true);
	/* Whatever of it was taken for an order, the device is one still. */
	test_fresh_device(&nl, &gw, 2);
	EXPECT_EQ(test_enrol(&nl, &gw, 0), 0);
	take_snapshot(&nl, &after);
	memcpy(&slots, after.bytes, sizeof(slots));
	EXPECT_EQ(slots, 2);
}

int main(void)
{
	if (chmod(VOICEPAY_DEVICE, 0666))
		ktap_bail("no " VOICEPAY_DEVICE "; is the module loaded?");
	if (genl_open(&nl))
		ktap_bail("no netlink family voicepay");
	pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED || mprotect(pages + 2 * PAGE, PAGE, PROT_NONE))
		ktap_bail("no memory");
	ktap_plan(7);

	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 3);
	if (test_enrol(&nl, &gw, 0) || test_enrol(&nl, &gw, 1))
		ktap_bail("cannot enrol");

	from_nobody(all_sizes);
	ktap_result("ioctl: every size up to a page and beyond");
	from_nobody(any_place);
	ktap_result("ioctl: unmapped, read-only, unaligned, the kernel's own addresses");
	from_nobody(any_content);
	ktap_result("ioctl: any content, any number");
	from_nobody(altered_meanwhile);
	ktap_result("ioctl: a structure that another thread alters");
	from_nobody(mutants_of_nobody);
	ktap_result("netlink: mutilated messages of somebody without rights");
	from_nobody(datagrams);
	ktap_result("netlink: datagrams whose lengths do not add up");
	KTAP_TEST(roots_garbage, "netlink: root's mutilated messages");
	nl_wipe(&nl, gw.device);
	return ktap_end();
}
