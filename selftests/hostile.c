// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * Hostile callers: every ioctl and every netlink command from whoever should
 * not be able to make it. Each must be refused with the documented error, give
 * nothing back and change nothing. That the same requests do work for whoever
 * may make them is tested too, or the refusals would prove little.
 */

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <linux/voicepay.h>

#include "commands.h"
#include "ktap.h"
#include "strangers.h"

#define ALICE	1000		/* owns slot 0, with all rights */
#define BOB	1001		/* owns slot 1 */
#define EMPTY	2		/* a slot without a key, and without an owner */
#define SLOTS	3

static int dev;
static struct genl nl;
static struct test_gateway gw;
static struct snapshot before, after;

/* A call that somebody else's request got in through would show here. */
static void nothing_happened(void)
{
	take_snapshot(&nl, &after);
	EXPECT_EQ(before.len, after.len);
	EXPECT_MEMEQ(before.bytes, after.bytes, before.len);
}

/* What @c must answer to somebody who has no right to anything. */
static int refusal_of(enum whose whose)
{
	switch (whose) {
	case ANYBODYS:
		return 0;
	case NOT_A_REQUEST:
		return -EOPNOTSUPP;
	case ADMINS:
		return -EPERM;
	default:
		return -EACCES;
	}
}

static void count(const struct genl_msg *msg, void *arg) { ++*(int *)arg; }

static void refused_by_netlink(const struct genl *on, __u32 slot)
{
	struct genl g = *on;
	struct genl_msg msg;
	int cmd, err, seen = 0;

	for (cmd = 1; cmd <= VOICEPAY_CMD_MAX; cmd++) {
		const struct nl_command *c = &nl_commands[cmd];

		if (!c->name)
			continue;
		nl_command_begin(&g, &msg, cmd, &gw, slot);
		err = genl_call(&g, &msg);
		if (err != refusal_of(c->whose))
			ktap_fail(KTAP_FILE, __LINE__, "%s of slot %u: %d, expected %d", c->name, slot, err,
				  refusal_of(c->whose));
		/* An error, and nothing beside it. */
		if (err)
			EXPECT_EQ(msg.len, 0);
		if (c->whose == ADMINS)
			EXPECT_TRUE(strstr(g.why, "CAP_SYS_ADMIN"));
	}
	EXPECT_EQ(genl_dump(&g, VOICEPAY_CMD_SLOT_GET, count, &seen), 0);
	EXPECT_EQ(seen, 0);
}

static void refused_by_ioctl(int fd, __u32 slot)
{
	union any_request req, sent;
	unsigned int i;
	int err;

	for (i = 0; i < n_ioc_commands; i++) {
		const struct ioc_command *c = &ioc_commands[i];

		ioc_command_begin(&req, c, slot);
		sent = req;
		err = ioctl(fd, c->cmd, &req) ? errno : 0;
		if (err != c->stranger)
			ktap_fail(KTAP_FILE, __LINE__, "%s of slot %u: %s, expected %s", c->name, slot,
				  ktap_errno_name(err), ktap_errno_name(c->stranger));
		if (err)
			EXPECT_MEMEQ(&req, &sent, sizeof(req));
	}
}

static void refused_everywhere(void)
{
	__u32 slot;

	ASSERT_EQ(genl_open(&nl), 0);
	dev = open(VOICEPAY_DEVICE, O_RDWR);
	ASSERT_OK(dev);
	for (slot = 0; slot < SLOTS; slot++) {
		refused_by_netlink(&nl, slot);
		refused_by_ioctl(dev, slot);
	}
}

static void refuses(void (*become)(void))
{
	take_snapshot(&nl, &before);
	as_stranger(become, refused_everywhere);
	nothing_happened();
}

/*
 * What the headers and the module know of must be in the tables: else a new
 * request would go untested.
 */
static void tables_are_complete(void)
{
	unsigned int nr, i;
	int cmd;

	for (cmd = 1; cmd <= VOICEPAY_CMD_MAX; cmd++)
		if (!nl_commands[cmd].name)
			ktap_fail(KTAP_FILE, __LINE__, "netlink command %d is not in lib/commands.c", cmd);
	for (nr = 0; nr < 256; nr++) {
		int known = ioctl(dev, _IO(VOICEPAY_IOC_TYPE, nr), NULL) && errno != ENOTTY;
		int listed = 0;

		for (i = 0; i < n_ioc_commands; i++)
			listed |= ioc_commands[i].cmd == _IO(VOICEPAY_IOC_TYPE, nr);
		if (known != listed)
			ktap_fail(KTAP_FILE, __LINE__, "ioctl %u: %s, %s", nr, known ? "known to the module" :
				  "unknown to it", listed ? "listed" : "not listed");
	}
}

/* A refusal for a reason of its own is as good here: the right was there. */
static bool got_in(int err)
{
	return err != -EPERM && err != -EACCES && err != -EOPNOTSUPP;
}

static void fresh(void)
{
	test_fresh_device(&nl, &gw, SLOTS);
	if (test_enrol(&nl, &gw, 0) || test_enrol(&nl, &gw, 1) ||
	    nl_slot_rights(&nl, 0, ALICE, VOICEPAY_RIGHTS_ALL, UINT32_MAX, 0) ||
	    nl_slot_rights(&nl, 1, BOB, VOICEPAY_RIGHTS_ALL, UINT32_MAX, 0))
		ktap_bail("cannot set up the device");
}

static void administrator_gets_in(void)
{
	union any_request req;
	struct genl_msg msg;
	unsigned int i;
	int cmd, err;

	for (cmd = 1; cmd <= VOICEPAY_CMD_MAX; cmd++) {
		if (nl_commands[cmd].whose == NOT_A_REQUEST)
			continue;
		fresh();
		nl_command_begin(&nl, &msg, cmd, &gw, 0);
		err = genl_call(&nl, &msg);
		/* There may be no counter here, and the gateway of this test grants no pools. */
		if (!got_in(err) && !(err == -EOPNOTSUPP &&
				      (cmd == VOICEPAY_CMD_BLOB_COMMIT || cmd == VOICEPAY_CMD_POOL_PUT)))
			ktap_fail(KTAP_FILE, __LINE__, "%s: %d", nl_commands[cmd].name, err);
		if (err == -EINVAL)
			ktap_fail(KTAP_FILE, __LINE__, "%s is malformed: %s", nl_commands[cmd].name, nl.why);
	}
	fresh();
	for (i = 0; i < n_ioc_commands; i++) {
		ioc_command_begin(&req, &ioc_commands[i], 0);
		err = ioctl(dev, ioc_commands[i].cmd, &req) ? -errno : 0;
		if (!got_in(err) || err == -EINVAL)
			ktap_fail(KTAP_FILE, __LINE__, "%s: %d", ioc_commands[i].name, err);
	}
	fresh();
}

static void nobody(void) { refuses(become_nobody); }

static void userns(void)
{
	refuses(become_userns_root);
	refuses(become_nobodys_userns_root);
}

static void net_admin(void)
{
	refuses(become_net_admin);
	refuses(become_root_net_admin);
	refuses(become_root_without_capabilities);
}

/* In there the family does not exist, whether looked for by name or by number. */
static void no_family_here(void)
{
	struct genl mine = nl;
	struct genl_msg msg;
	__u32 slot;
	int cmd;

	EXPECT_EQ(genl_open(&nl), -ENOENT);
	mine.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	ASSERT_OK(mine.fd);
	for (cmd = 1; cmd <= VOICEPAY_CMD_MAX; cmd++) {
		nl_command_begin(&mine, &msg, cmd, &gw, 0);
		EXPECT_EQ(genl_call(&mine, &msg), -ENOENT);
	}
	EXPECT_EQ(genl_dump(&mine, VOICEPAY_CMD_SLOT_GET, NULL, NULL), -ENOENT);
	/* The device is there, if whoever set the container up put it there. */
	dev = open(VOICEPAY_DEVICE, O_RDWR);
	ASSERT_OK(dev);
	for (slot = 0; slot < SLOTS; slot++)
		refused_by_ioctl(dev, slot);
}

static void become_nobody_in_container(void)
{
	become_nobody();
	become_container_net_admin();
}

/* The socket was opened outside, in the host's network namespace. */
static void outside_socket(void)
{
	__u32 slot;

	for (slot = 0; slot < SLOTS; slot++)
		refused_by_netlink(&nl, slot);
}

static void become_container_with_hosts_socket(void)
{
	become_nobody();
	if (genl_open(&nl))
		_exit(7);
	become_container_net_admin();
}

static void container(void)
{
	take_snapshot(&nl, &before);
	as_stranger(become_container_net_admin, no_family_here);
	as_stranger(become_nobody_in_container, no_family_here);
	as_stranger(become_container_with_hosts_socket, outside_socket);
	/* Root's own, opened by root outside: nor does that help whoever is in there. */
	as_stranger(become_container_net_admin, outside_socket);
	nothing_happened();
}

static void become_bob(void) { become_user(BOB, -1); }

/* The caller's own slot can be seen, locked and unlocked. */
static void open_own_slot(void)
{
	struct voicepay_status st = { .size = sizeof(st), .slot = 1 };
	struct genl_msg msg;

	ASSERT_EQ(genl_open(&nl), 0);
	dev = open(VOICEPAY_DEVICE, O_RDWR);
	EXPECT_OK(ioctl(dev, VOICEPAY_IOC_STATUS, &st));
	EXPECT_EQ(st.rights, VOICEPAY_RIGHTS_ALL);
	nl_command_begin(&nl, &msg, VOICEPAY_CMD_SLOT_GET, &gw, 1);
	EXPECT_EQ(genl_call(&nl, &msg), 0);
	EXPECT_EQ(nl_slot_lock(&nl, 1), 0);
	EXPECT_EQ(nl_slot_unlock(&nl, 1), 0);
}

static void own_slot_works(void)
{
	struct voicepay_code code = { .size = sizeof(code), .slot = 1 };
	struct genl_msg msg;

	open_own_slot();
	EXPECT_OK(ioctl(dev, VOICEPAY_IOC_CODE, &code));
	nl_command_begin(&nl, &msg, VOICEPAY_CMD_CODE_GET, &gw, 1);
	EXPECT_EQ(genl_call(&nl, &msg), 0);
}

static void only_id(const struct genl_msg *msg, void *arg)
{
	EXPECT_EQ(genl_u32(msg, VOICEPAY_A_SLOT_ID), 1);
}

/* Through the very descriptors with which the own slot is used. */
static void others_slots_do_not(void)
{
	struct genl_msg msg;
	__u32 slot;
	int cmd;

	open_own_slot();
	for (slot = 0; slot < SLOTS; slot += 2) {
		refused_by_ioctl(dev, slot);
		for (cmd = 1; cmd <= VOICEPAY_CMD_MAX; cmd++) {
			nl_command_begin(&nl, &msg, cmd, &gw, slot);
			EXPECT_EQ(genl_call(&nl, &msg), refusal_of(nl_commands[cmd].whose));
		}
	}
	/* Nor is the owner of a slot its administrator. */
	for (cmd = 1; cmd <= VOICEPAY_CMD_MAX; cmd++) {
		nl_command_begin(&nl, &msg, cmd, &gw, 1);
		if (nl_commands[cmd].whose == ADMINS)
			EXPECT_EQ(genl_call(&nl, &msg), -EPERM);
	}
	EXPECT_EQ(genl_dump(&nl, VOICEPAY_CMD_SLOT_GET, only_id, NULL), 1);
}

static void other_slot(void)
{
	as_stranger(become_bob, own_slot_works);
	take_snapshot(&nl, &before);
	as_stranger(become_bob, others_slots_do_not);
	nothing_happened();
}

static int pair[2];

/* Attack: root's descriptors leak, or are passed, to somebody without rights. */
static void uses_roots_descriptors(void)
{
	int fd = take_fd(pair[1]), sock = take_fd(pair[1]);
	struct genl roots = nl;
	__u32 slot;

	roots.fd = sock;
	for (slot = 0; slot < SLOTS; slot++) {
		refused_by_ioctl(fd, slot);
		refused_by_netlink(&roots, slot);
	}
}

static void passed_down(void)
{
	ASSERT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	take_snapshot(&nl, &before);
	ASSERT_EQ(pass_fd(pair[0], dev), 0);
	ASSERT_EQ(pass_fd(pair[0], nl.fd), 0);
	as_stranger(become_nobody, uses_roots_descriptors);
	ASSERT_EQ(pass_fd(pair[0], dev), 0);
	ASSERT_EQ(pass_fd(pair[0], nl.fd), 0);
	as_stranger(become_userns_root, uses_roots_descriptors);
	nothing_happened();
	close(pair[0]);
	close(pair[1]);
}

static void lends_descriptors(void)
{
	struct genl mine;
	int fd = open(VOICEPAY_DEVICE, O_RDWR);

	EXPECT_EQ(genl_open(&mine), 0);
	EXPECT_EQ(pass_fd(pair[1], fd), 0);
	EXPECT_EQ(pass_fd(pair[1], mine.fd), 0);
}

/* Attack: a setuid program, or a daemon, is given a stranger's descriptor to act through. */
static void passed_up(void)
{
	struct genl theirs = nl;
	union any_request req;
	unsigned int i;
	__u32 slot;
	int fd;

	ASSERT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	take_snapshot(&nl, &before);
	as_stranger(become_nobody, lends_descriptors);
	fd = take_fd(pair[0]);
	theirs.fd = take_fd(pair[0]);
	for (slot = 0; slot < SLOTS; slot++) {
		refused_by_netlink(&theirs, slot);
		for (i = 0; i < n_ioc_commands; i++) {
			const struct ioc_command *c = &ioc_commands[i];

			ioc_command_begin(&req, c, slot);
			errno = 0;
			ioctl(fd, c->cmd, &req);
			EXPECT_EQ(errno, c->stranger);
		}
	}
	nothing_happened();
	close(fd);
	close(theirs.fd);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	if (chmod(VOICEPAY_DEVICE, 0666))
		ktap_bail("no " VOICEPAY_DEVICE "; is the module loaded?");
	dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || genl_open(&nl))
		ktap_bail("device or netlink family is missing");
	ktap_plan(9);

	test_gateway_init(&gw);
	fresh();
	KTAP_TEST(tables_are_complete, "every ioctl and command of module and headers is in the tables");
	KTAP_TEST(administrator_gets_in, "the administrator gets through with each of them");
	KTAP_TEST(nobody, "an unprivileged user");
	KTAP_TEST(userns, "root in a user namespace");
	KTAP_TEST(net_admin, "CAP_NET_ADMIN alone, and root without capabilities");
	KTAP_TEST(container, "a container with CAP_NET_ADMIN");
	KTAP_TEST(other_slot, "the owner of another slot");
	KTAP_TEST(passed_down, "root's descriptors in a stranger's hands");
	KTAP_TEST(passed_up, "a stranger's descriptors in root's hands");
	nl_wipe(&nl, gw.device);
	return ktap_end();
}
