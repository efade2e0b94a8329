// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs a program in a process of its own. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/kcov.h>
#include <linux/voicepay.h>

#include "execute.h"

#define TRACE_LEN	(1U << 16)	/* words */
#define LIMIT_MS	2000		/* of a program; then it is killed */
#define STUCK_MS	10000

const char *const outcome_names[] = {
	"fine", "the kernel reported", "a process that cannot be killed", "nobody is left, and the module is in use",
};

static struct world *world;
static uint8_t edges[N_EDGES];
static int kcov[LANES] = { -1, -1, -1 };
static uint64_t *trace[LANES];
static int kmsg = -1;
static char report[1 << 16];
static uint64_t module_base;

static long read_number(const char *path, int base)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return strtoul(text, NULL, base);
}

static void locate_module(void)
{
	module_base = read_number("/sys/module/voicepay/sections/.text", 16);
}

bool module_load(void)
{
	int status;
	pid_t pid;

	if (access("/sys/module/voicepay/refcnt", F_OK)) {
		pid = fork();
		if (!pid) {
			execlp("modprobe", "modprobe", "voicepay", NULL);
			_exit(99);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			return false;
	}
	locate_module();
	/* Not root alone is to be refused by the module itself. */
	return !chmod(VOICEPAY_DEVICE, 0666);
}

void execute_init(void)
{
	unsigned int i;

	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED)
		abort();
	test_gateway_init(&world->gw);
	world->can_fail = !access("/proc/thread-self/fail-nth", F_OK);
	for (i = 0; i < LANES; i++) {
		kcov[i] = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
		if (kcov[i] < 0 || ioctl(kcov[i], KCOV_INIT_TRACE, (unsigned long)TRACE_LEN))
			continue;
		trace[i] = mmap(NULL, TRACE_LEN * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, kcov[i], 0);
		if (trace[i] == MAP_FAILED)
			trace[i] = NULL;
	}
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg >= 0)
		lseek(kmsg, 0, SEEK_END);
}

bool coverage_is_there(void)
{
	return trace[0];
}

/* Whether the kernel's log has a report since the last call; what it says is kept. */
static bool reported(void)
{
	static const char *const words[] = {
		"WARNING: ", "BUG: ", "Oops: ", "KASAN:", "KCSAN:", "UBSAN:", "general protection fault", "INFO: task",
		"detected stalls", "unreferenced object", "Objects remaining", "ODEBUG", "possible recursive locking",
		"possible circular", "inconsistent lock state", "suspicious RCU usage", "refcount_t:", "voluntary context switch",
	};
	size_t n = 0;
	bool found = false;
	char line[2048], *text;
	unsigned int i, patience = 0;
	ssize_t got;

	while (kmsg >= 0) {
		got = read(kmsg, line, sizeof(line) - 1);
		if (got < 0 && errno == EPIPE)
			continue;
		if (got < 0 && found && patience++ < 20) {
			usleep(20000);		/* the report may still be written */
			continue;
		}
		if (got < 0)
			break;
		line[got] = '\0';
		text = strchr(line, ';');
		text = text ? text + 1 : line;
		text[strcspn(text, "\n")] = '\0';
		for (i = 0; i < ARRAY_LEN(words); i++)
			found |= strstr(text, words[i]) != NULL;
		if (found && n + strlen(text) + 8 < sizeof(report))
			n += sprintf(report + n, "  %s\n", text);
	}
	if (found)
		report[n] = '\0';
	return found;
}

const char *report_text(void) { return report; }
const uint8_t *edges_last(void) { return edges; }

static void *run_lane(void *arg)
{
	static __thread struct lane self;
	struct timeval patience = { .tv_usec = 100000 };
	struct { const struct program *p; pthread_barrier_t *barrier; unsigned int nr; } *job = arg;
	const struct program *p = job->p;
	char junk[64], text[16];
	unsigned int i;

	self = (struct lane){ .w = world, .p = p, .nr = job->nr, .fail_nth = -1 };
	this_lane = &self;
	self.sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (self.sock < 0)
		_exit(2);
	setsockopt(self.sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (world->can_fail)
		self.fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (trace[self.nr]) {
		trace[self.nr][0] = 0;
		ioctl(kcov[self.nr], KCOV_ENABLE, KCOV_TRACE_PC);
	}
	for (i = 0; i < p->n; i++) {
		const struct call *c = &p->call[i];

		if (!c->op) {
			pthread_barrier_wait(job->barrier);
			continue;
		}
		if (c->lane != self.nr)
			continue;
		while (recv(self.sock, junk, sizeof(junk), MSG_DONTWAIT) > 0)
			;
		if (c->fail && self.fail_nth >= 0)
			if (pwrite(self.fail_nth, text, sprintf(text, "%u", c->fail), 0) < 0)
				continue;
		if (c->op->type == OP_IOCTL)
			run_ioctl(world, c);
		else if (c->op->type == OP_NETLINK)
			run_netlink(world, c);
		else
			c->op->run(world, c);
		if (c->fail && self.fail_nth >= 0 && pwrite(self.fail_nth, "0", 1, 0) < 0 &&
		    pwrite(self.fail_nth, "0", 1, 0) < 0)
			break;
	}
	if (trace[self.nr])
		ioctl(kcov[self.nr], KCOV_DISABLE, 0);
	return NULL;
}

static void run_program(const struct program *p)
{
	struct { const struct program *p; pthread_barrier_t *barrier; unsigned int nr; } job[LANES];
	pthread_barrier_t barrier;
	pthread_t thread[LANES] = {};
	bool used[LANES] = {};
	unsigned int i, n = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	world_take(world);
	for (i = 0; i < p->n; i++)
		used[p->call[i].lane] |= p->call[i].op != NULL;
	for (i = 0; i < LANES; i++)
		n += used[i];
	if (!n)
		_exit(0);
	pthread_barrier_init(&barrier, NULL, n);
	for (i = 0; i < LANES; i++) {
		if (!used[i])
			continue;
		job[i].p = p;
		job[i].barrier = &barrier;
		job[i].nr = i;
		if (pthread_create(&thread[i], NULL, run_lane, &job[i]))
			_exit(2);
	}
	for (i = 0; i < LANES; i++)
		if (used[i])
			pthread_join(thread[i], NULL);
	_exit(0);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* Waits for @pid until @ms are over. */
static bool gone(pid_t pid, double ms)
{
	double end = now_ms() + ms;
	int status;

	do {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return true;
		usleep(ms > 100 ? 300 : 50);
	} while (now_ms() < end);
	return false;
}

static void collect(void)
{
	unsigned int i;
	uint64_t j, n, before;

	memset(edges, 0, sizeof(edges));
	for (i = 0; i < LANES; i++) {
		if (!trace[i])
			continue;
		n = __atomic_load_n(&trace[i][0], __ATOMIC_RELAXED);
		before = 0;
		for (j = 1; j <= n && j < TRACE_LEN; j++) {
			uint64_t pc = trace[i][j] - module_base, hash = (pc ^ before * 31) * 0x9e3779b97f4a7c15ULL;

			edges[hash >> 48] = 1;
			before = pc;
		}
	}
}

enum outcome execute(const struct program *p)
{
	struct timespec real, mono, after;
	unsigned int i;
	double end;
	pid_t pid;

	if (!module_load())
		return REPORTED;
	world_fresh(world);
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	/* What a lane does not overwrite is of the last program. */
	for (i = 0; i < LANES; i++)
		if (trace[i])
			trace[i][0] = 0;
	pid = fork();
	if (!pid)
		run_program(p);
	if (p->kill_us ? !gone(pid, p->kill_us / 1e3) : !gone(pid, LIMIT_MS)) {
		kill(pid, SIGKILL);
		if (!gone(pid, STUCK_MS))
			return STUCK;
	}
	/* The clock as if nobody had touched it. */
	clock_gettime(CLOCK_MONOTONIC, &after);
	real.tv_sec += after.tv_sec - mono.tv_sec;
	clock_settime(CLOCK_REALTIME, &real);
	collect();
	if (reported())
		return REPORTED;
	/* What was in flight is closed by workers, soon. */
	for (end = now_ms() + 5000; now_ms() < end; usleep(1000))
		if (read_number("/sys/module/voicepay/refcnt", 10) <= 0)
			return FINE;
	return HELD;
}
