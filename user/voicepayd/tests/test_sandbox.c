// SPDX-License-Identifier: GPL-2.0-or-later
/* What the handshake process can still do, tried in processes that are shut in. */

#include <errno.h>
#include <fcntl.h>
#include <linux/voicepay.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <cmocka.h>

#include "../handshake/sandbox.h"

#define GOOD	42

static int sock, file;

/* The wait status of a process that does @what, shut in by @shut. */
static int try(int (*shut)(struct vp_reply *reply), bool (*what)(void))
{
	struct vp_reply reply;
	int status;
	pid_t pid = fork();

	if (!pid) {
		reply_init(&reply);
		if (sandbox_begin(&reply) || (shut && shut(&reply)))
			_exit(1);
		_exit(what() ? GOOD : 2);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool opens(void) { return open("/etc/hosts", O_RDONLY) >= 0; }
static bool socket_(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
static bool connects(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	return !connect(sock, (struct sockaddr *)&a, sizeof(a));
}
static bool runs(void) { return !execl("/bin/true", "true", NULL); }
static bool forks(void) { return fork() >= 0; }
static bool kills(void) { return !kill(getppid(), 0); }
static bool traces(void) { return !syscall(SYS_ptrace, 16, getppid(), 0, 0); }
static bool reads_option(void)
{
	int value;
	socklen_t len = sizeof(value);

	return !getsockopt(sock, SOL_SOCKET, SO_TYPE, &value, &len);
}
static bool sets_option(void)
{
	int on = 1;

	return !setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}
static bool maps_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static bool makes_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return !mprotect(p, 4096, PROT_READ | PROT_EXEC);
}
static bool dups(void) { return dup(sock) >= 0; }
static bool other_ioctl(void)
{
	struct voicepay_info info = { .size = sizeof(info) };

	return !ioctl(file, VOICEPAY_IOC_INFO, &info);
}
static bool code_ioctl(void)
{
	struct voicepay_code code = { .size = sizeof(code) };

	return !ioctl(file, VOICEPAY_IOC_CODE, &code);
}

static bool seals(void)
{
	struct voicepay_seal seal = { .size = sizeof(seal) };
	struct voicepay_ticket ticket = { .size = sizeof(ticket) };

	/* no device, but the call was made */
	return ioctl(file, VOICEPAY_IOC_SEAL, &seal) && errno == ENOTTY &&
	       ioctl(file, VOICEPAY_IOC_TICKET, &ticket) && errno == ENOTTY;
}
static bool works(void)
{
	char *p = malloc(1 << 20);
	int pair = write(file, "x", 1);

	free(p);
	return pair == 1 && recv(sock, &pair, 1, MSG_DONTWAIT) < 0;
}

static void shut_in(int (*shut)(struct vp_reply *reply))
{
	static bool (*const forbidden[])(void) = {
		opens, socket_, connects, runs, forks, kills, traces, reads_option, sets_option, maps_code,
		makes_code, dups, other_ioctl, code_ioctl,
	};
	size_t i;
	int status;

	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		status = try(shut, forbidden[i]);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("call %zu was not the end: %#x", i, status);
	}
	assert_int_equal(WEXITSTATUS(try(shut, works)), GOOD);
}

static void the_handshake(void **state)
{
	shut_in(sandbox_close);
	assert_int_equal(WEXITSTATUS(try(sandbox_close, seals)), GOOD);
}

static int close_asker(struct vp_reply *reply)
{
	return sandbox_names(reply) || sandbox_close_asker(reply);
}

static void the_asker(void **state)
{
	int status = try(close_asker, seals);

	shut_in(close_asker);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static bool writes(void) { return open("/dev/null", O_WRONLY) >= 0; }
static bool writes_and_reads(void) { return open("/dev/null", O_RDWR) >= 0; }
static bool creates(void) { return open("/tmp/voicepay-test-sandbox", O_CREAT, 0600) >= 0; }
static bool removes(void) { return !unlink("/nowhere") || errno != EPERM; }
static bool changes_mode(void) { return !syscall(452, AT_FDCWD, "/nowhere", 0, 0) || errno != EPERM; } /* fchmodat2 */
static bool marks(void) { return !setxattr("/nowhere", "user.a", "b", 1, 0) || errno != EPERM; }
static bool unmarks(void) { return !removexattr("/nowhere", "user.a") || errno != EPERM; }
static bool dates(void) { return !utimensat(AT_FDCWD, "/nowhere", NULL, 0) || errno != EPERM; }
static bool signals_thread(void) { return !syscall(SYS_tgkill, getppid(), getppid(), 0); }
static bool queues(void) { return !syscall(SYS_rt_sigqueueinfo, getppid(), 0, NULL) || errno != EPERM; }
static bool queues_thread(void)
{
	return !syscall(SYS_rt_tgsigqueueinfo, getppid(), getppid(), 0, NULL) || errno != EPERM;
}
static bool makes_memory(void) { return syscall(SYS_memfd_create, "x", 0) >= 0; }
static bool finds(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int ret = getaddrinfo("localhost", "443", &hints, &list);

	if (!ret)
		freeaddrinfo(list);
	return !ret;
}

static void the_resolver(void **state)
{
	static bool (*const forbidden[])(void) = {
		runs, traces, kills, writes, writes_and_reads, creates, removes, makes_memory,
		changes_mode, marks, unmarks, dates, signals_thread, queues, queues_thread,
	};
	size_t i;

	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (WEXITSTATUS(try(sandbox_names, forbidden[i])) != 2)
			fail_msg("call %zu was made", i);
	assert_int_equal(WEXITSTATUS(try(sandbox_names, opens)), GOOD);
	assert_int_equal(WEXITSTATUS(try(sandbox_names, socket_)), GOOD);
	assert_int_equal(WEXITSTATUS(try(sandbox_names, finds)), GOOD);
}

static bool is_hidden(void)
{
	struct rlimit core;

	return !prctl(PR_GET_DUMPABLE) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
	       !getrlimit(RLIMIT_CORE, &core) && !core.rlim_max;
}

static int drop(struct vp_reply *reply)
{
	return sandbox_drop_root("nobody", reply);
}

static bool is_nobody(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	return r == 65534 && e == r && s == r && rg == 65534 && eg == rg && sg == rg && !getgroups(0, NULL) &&
	       setuid(0) && is_hidden();
}

static int stays_root(struct vp_reply *reply)
{
	return !sandbox_drop_root("root", reply);
}

static bool nothing(void) { return true; }

static void from_the_start(void **state)
{
	assert_int_equal(WEXITSTATUS(try(NULL, is_hidden)), GOOD);
	if (geteuid())
		return;
	assert_int_equal(WEXITSTATUS(try(drop, is_nobody)), GOOD);
	assert_int_equal(WEXITSTATUS(try(stays_root, nothing)), GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_the_start),
		cmocka_unit_test(the_resolver),
		cmocka_unit_test(the_handshake),
		cmocka_unit_test(the_asker),
	};

	sock = socket(AF_INET, SOCK_STREAM, 0);
	file = open("/dev/null", O_RDWR);
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
