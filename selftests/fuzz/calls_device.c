// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls about the device, and what no description knows: enrolments, pools, descriptors, users, time. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "secretmem.h"
#include "strangers.h"
#include "world.h"

static void open_device(struct world *w, const struct call *c)
{
	reg_put(w, number_of(c, "to"), open(VOICEPAY_DEVICE, (int)number_of(c, "flags") | O_CLOEXEC));
}

/* how: 0 with the ticket, 1 a rotation, 2 only begun. */
static void enrol(struct world *w, const struct call *c)
{
	uint32_t slot = number_of(c, "slot");
	int how = number_of(c, "how");
	struct genl g = { .family = w->family };
	struct thing *answer = &w->thing[S_ANSWER];
	struct vp_agree_grant *grant = &w->gw.grant;
	struct genl_msg msg;
	uint8_t msg2[VP_MSG2_MAX];
	const void *msg1;
	size_t len;
	int n = -1;

	genl_begin(&g, &msg, VOICEPAY_CMD_ENROL_BEGIN);
	genl_put_u32(&msg, VOICEPAY_A_ENROL_SLOT, slot);
	if (how != 1)
		genl_put(&msg, VOICEPAY_A_ENROL_TICKET, w->gw.ticket, sizeof(w->gw.ticket));
	if (lane_call(w, &msg))
		return;
	msg1 = genl_attr(&msg, VOICEPAY_A_ENROL_MESSAGE, &len);
	pthread_mutex_lock(&w->lock);
	grant->epoch++;
	grant->modes = value_of(c, "modes")->there ? number_of(c, "modes") : PAYCODE_MODES_DEVICE;
	grant->per_key = number_of(c, "budget");
	if (msg1)
		n = test_gateway_answer(&w->gw, msg1, len, msg2);
	if (n > 0) {
		memcpy(answer->bytes, msg2, n);
		answer->len = n;
	}
	pthread_mutex_unlock(&w->lock);
	if (n <= 0 || how == 2)
		return;
	genl_begin(&g, &msg, VOICEPAY_CMD_ENROL_FINISH);
	genl_put_u32(&msg, VOICEPAY_A_ENROL_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_ENROL_MESSAGE, msg2, n);
	genl_put(&msg, VOICEPAY_A_ENROL_ACCEPT_TIME, NULL, 0);
	lane_call(w, &msg);
}

/* Makes the pool that the gateway would give; a later pool-put has it as @pool. */
static void pool(struct world *w, const struct call *c)
{
	uint8_t msg[VP_POOL_LEN];
	struct vp_pool p;
	int err;

	pthread_mutex_lock(&w->lock);
	p = (struct vp_pool){ .epoch = w->gw.grant.epoch, .serial = ++w->serial + number_of(c, "serial"),
			      .not_after = time(NULL) + (int32_t)number_of(c, "lasts"), .count = number_of(c, "count") };
	err = vp_pool_encode(msg, &p, w->gw.device, w->gw.keys.auth);
	pthread_mutex_unlock(&w->lock);
	if (!err)
		keep(w, S_POOL, msg, sizeof(msg));
}

static void duplicate(struct world *w, const struct call *c)
{
	int fd = dup(reg_get(w, number_of(c, "fd")));

	if (fd >= 0)
		reg_put(w, number_of(c, "to"), fd);
}

static void close_it(struct world *w, const struct call *c)
{
	reg_put(w, number_of(c, "fd"), -1);
}

/* Through a socket: taken out, or left there and closed with it. */
static void passed(struct world *w, const struct call *c)
{
	int sv[2], fd;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return;
	if (!pass_fd(sv[0], reg_get(w, number_of(c, "fd")))) {
		if (number_of(c, "keep")) {
			reg_put(w, number_of(c, "to"), sv[1]);
			sv[1] = -1;
		} else {
			fd = take_fd(sv[1]);
			if (fd >= 0)
				reg_put(w, number_of(c, "to"), fd);
		}
	}
	close(sv[0]);
	if (sv[1] >= 0)
		close(sv[1]);
}

/* Of this lane only: the C library's would speak for all threads. */
static void become(struct world *w, const struct call *c)
{
	syscall(SYS_setresuid, -1, number_of(c, "uid") ? 65534 : 0, -1);
}

static void step_clock(struct world *w, const struct call *c)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += (int32_t)number_of(c, "by");
	clock_settime(CLOCK_REALTIME, &now);
}

static void wait_a_bit(struct world *w, const struct call *c)
{
	usleep(number_of(c, "us") % 30000);
}

static void memory(struct world *w, const struct call *c)
{
	int fd = syscall(SYS_memfd_secret, O_CLOEXEC);
	size_t len = number_of(c, "pages") % 8 * 4096;
	void *p;

	if (fd < 0 || number_of(c, "ordinary")) {
		if (fd >= 0)
			close(fd);
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	}
	if (ftruncate(fd, len))
		return;
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED) {
		memset(p, 0, len);
		if (!number_of(c, "mapped"))
			munmap(p, len);
	}
	reg_put(w, number_of(c, "to"), fd);
}

/* Refused while anything is open; otherwise the next program finds it loaded anew. */
static void unload(struct world *w, const struct call *c)
{
	syscall(SYS_delete_module, "voicepay", O_NONBLOCK);
}

#define PARAMS(name, ...)	static const struct param name[] = { __VA_ARGS__ }
#define FD			{ "fd", P_REG, NOWHERE, 0, 0, 0 }
#define TO			{ "to", P_OUT, NOWHERE, 0, 0, 0 }
#define NUM(name, lo, hi)	{ name, P_INT, NOWHERE, 8, lo, hi }

PARAMS(p_open, TO, NUM("flags", 0, 3));
PARAMS(p_enrol, NUM("slot", 0, 3), NUM("how", 0, 2), NUM("modes", 0, 0x1ff), NUM("budget", 0, 40));
PARAMS(p_pool, NUM("serial", 0, 3), NUM("lasts", 0, 100000), NUM("count", 0, 16));
PARAMS(p_dup, FD, TO);
PARAMS(p_close, FD);
PARAMS(p_pass, FD, TO, NUM("keep", 0, 1));
PARAMS(p_user, NUM("uid", 0, 1));
PARAMS(p_clock, NUM("by", 0, 100000));
PARAMS(p_wait, NUM("us", 0, 5000));
PARAMS(p_memory, TO, NUM("pages", 0, 7), NUM("ordinary", 0, 1), NUM("mapped", 0, 1));
PARAMS(p_unload, NUM("now", 0, 0));

const struct op other_device[] = {
	CALL("open", p_open, open_device),
	CALL("enrol", p_enrol, enrol),
	CALL("pool", p_pool, pool),
	CALL("dup", p_dup, duplicate),
	CALL("close", p_close, close_it),
	CALL("pass", p_pass, passed),
	CALL("user", p_user, become),
	CALL("clock", p_clock, step_clock),
	CALL("wait", p_wait, wait_a_bit),
	CALL("memory", p_memory, memory),
	CALL("unload", p_unload, unload),
};
const unsigned int n_other_device = ARRAY_LEN(other_device);
