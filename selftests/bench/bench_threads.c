// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_threads ROUNDS: codes in a second, of one thread and of as many as there are
 * processors, each with a slot of its own and all with the same one. By the clock: what a
 * processor waits for another is not in its instructions. The code is that of the step, and
 * computed each time; each thread looks at what it got.
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "bench.h"
#include "enrol.h"

#define MOST	64
#define SPAN	1000000		/* microseconds of a measurement */

static int dev;
static atomic_bool stop;
static long asked[MOST][16];	/* a cache line each, and no neighbour's */

struct worker {
	pthread_t thread;
	int number;
	__u32 slot;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct voicepay_code c = { .size = sizeof(c), .slot = w->slot };
	long n = 0;

	while (!stop) {
		if (ioctl(dev, VOICEPAY_IOC_CODE, &c) || c.digits[0] != '7')
			bench_die("code: %m");
		n++;
	}
	asked[w->number][0] = n;
	return NULL;
}

static double rate(int threads, bool own)
{
	struct worker w[MOST];
	double t = bench_now();
	long n = 0;

	stop = false;
	for (int i = 0; i < threads; i++) {
		w[i] = (struct worker){ .number = i, .slot = own ? i : 0 };
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	usleep(SPAN);
	stop = true;
	for (int i = 0; i < threads; i++) {
		pthread_join(w[i].thread, NULL);
		n += asked[i][0];
	}
	return n / (bench_now() - t) * 1e9;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 5, n = sysconf(_SC_NPROCESSORS_ONLN);
	struct test_gateway gw;
	struct genl nl;

	n = n < MOST ? n : MOST;
	dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || genl_open(&nl))
		bench_die("modprobe voicepay");
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, n);
	for (int i = 0; i < n; i++)
		if (test_enrol(&nl, &gw, i))
			bench_die("cannot enrol");
	bench_sample(n, "threads.number");
	for (int r = -1; r < rounds; r++) {
		double v[3];

		for (int i = 0; i < 3; i++) {
			int k = (i + r + 1) % 3;

			v[k] = k ? rate(n, k == 1) : rate(1, true);
		}
		if (r < 0)
			continue;
		bench_sample(v[0] * n, "threads.linear");
		bench_sample(v[1], "threads.own");
		bench_sample(v[2], "threads.same");
	}
	nl_wipe(&nl, gw.device);
	return 0;
}
