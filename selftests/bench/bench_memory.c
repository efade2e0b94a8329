// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_memory slots|channels: what a thousand of them take, each, in bytes of the
 * kernel's memory, as its control group counts it; of a channel what it takes above the kTLS socket in it.
 */

#include <sys/resource.h>
#include <sys/stat.h>

#include "bench.h"
#include "enrol.h"
#include "seal_pair.h"

#define OBJECTS	1000
#define GROUP	"/sys/fs/cgroup/voicepay-bench"
#define STEPS	4	/* points of the curve */
#define QUIET	70	/* seconds, until TCP has forgotten what was closed, and RCU has freed it */

static void tell(const char *path, const char *what)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(what, f) < 0 || fclose(f))
		bench_die("%s: %m", path);
}

/* What the kernel has for this process and its objects: it is alone in its control group. */
static double in_use(void)
{
	double bytes = -1;
	char line[128];
	FILE *f;

	sleep(5);	/* RCU's callbacks, and the counts are added up every two seconds */
	f = fopen(GROUP "/memory.stat", "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "kernel %lf", &bytes);
	if (!f || bytes < 0)
		bench_die("no " GROUP "/memory.stat");
	fclose(f);
	return bytes;
}

static void enter_group(void)
{
	tell("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		bench_die(GROUP ": %m");
	tell(GROUP "/cgroup.procs", "0");
}

static void slots(void)
{
	struct test_gateway gw;
	struct genl nl;
	double before;

	if (genl_open(&nl))
		bench_die("modprobe voicepay");
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 1);
	if (test_enrol(&nl, &gw, 0))
		bench_die("cannot enrol");
	before = in_use();
	for (int i = 1; i <= OBJECTS; i++) {
		if (nl_slot_new(&nl, i) || test_enrol(&nl, &gw, i))
			bench_die("slot %d", i);
		if (i % (OBJECTS / STEPS) == 0)
			bench_sample(in_use() - before, "memory-of-slots.%d", i);
	}
	bench_sample((in_use() - before) / OBJECTS, "memory.slot");
	nl_wipe(&nl, gw.device);
	for (int i = 1; i <= OBJECTS; i++)
		nl_slot_del(&nl, i);
}

static double pairs(bool sealed)
{
	struct pair *p = calloc(OBJECTS, sizeof(*p));
	double before;

	memset(p, 1, OBJECTS * sizeof(*p));
	sleep(QUIET);
	before = in_use();
	for (int i = 0; i < OBJECTS; i++) {
		p[i] = sealed ? sealed_pair() : tls_pair();
		if (sealed && (i + 1) % (OBJECTS / STEPS) == 0)
			bench_sample(in_use() - before, "memory-of-channels.%d", i + 1);
	}
	sleep(1);
	before = in_use() - before;
	for (int i = 0; i < OBJECTS; i++)
		pair_close(&p[i]);
	free(p);
	return before / OBJECTS;
}

static void channels(void)
{
	struct rlimit many = { 65536, 65536 };
	double bare, sealed;

	setrlimit(RLIMIT_NOFILE, &many);
	device_open();
	tls_cipher = TLS_CIPHER_AES_GCM_256;
	pairs(false);		/* tables of files and ports grow to their size */
	for (int r = 0; r < 3; r++) {
		bare = pairs(false);
		sealed = pairs(true);
		bench_sample(bare, "memory.two-ktls-sockets");
		bench_sample(sealed - bare, "memory.channel");
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	enter_group();
	if (!strcmp(what, "slots"))
		slots();
	else if (!strcmp(what, "channels"))
		channels();
	else
		bench_die("slots or channels?");
	return 0;
}
