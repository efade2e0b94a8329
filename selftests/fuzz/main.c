// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the running module: ioctls, netlink, channels with a hostile peer, blobs,
 * in several threads. Where the kernel records it (CONFIG_KCOV, and the module
 * built for it), programs that lead the module where none has led it before are
 * kept and built upon; elsewhere those of the corpus are altered blindly.
 */

#include <argp.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "execute.h"
#include "ktap.h"

#define MAX_CORPUS	1500

static struct {
	const char *corpus, *out, *replay;
	unsigned int seconds;
	uint64_t seed;
} opt = { .seconds = 10, .seed = 1 };

static struct program **corpus;
static unsigned int n_corpus, n_given;
static uint8_t seen[N_EDGES];
static unsigned int n_seen, executed, calls;

static void add_to_corpus(const struct program *p)
{
	if (n_corpus == MAX_CORPUS)
		return;
	corpus[n_corpus] = malloc(sizeof(*p));
	if (!corpus[n_corpus])
		abort();
	memcpy(corpus[n_corpus++], p, sizeof(*p));
}

/* A whole file or none: the kernel may die in the midst of the program that is written. */
static void write_program(const char *name, const struct program *p)
{
	char path[512];
	FILE *f;

	if (!opt.out)
		return;
	snprintf(path, sizeof(path), "%s/%s", opt.out, name);
	f = fopen(path, "w");
	if (!f)
		return;
	program_print(p, f);
	fclose(f);
}

static void show(const struct program *p, enum outcome outcome)
{
	char line[1024];
	FILE *f = tmpfile();

	ktap_diag("%s", outcome_names[outcome]);
	if (outcome == REPORTED) {
		char *copy = strdup(report_text()), *save, *l;

		for (l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
			ktap_diag("%s", l);
		free(copy);
	}
	ktap_diag("the program:");
	if (!f)
		return;
	program_print(p, f);
	fseek(f, 0, SEEK_SET);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		ktap_diag("  %s", line);
	}
	fclose(f);
}

/* False if it went wrong. What it reached that is new is counted in *@fresh. */
static bool run(const struct program *p, unsigned int *fresh)
{
	const uint8_t *edges = edges_last();
	enum outcome outcome;
	unsigned int i;

	write_program("running", p);
	outcome = execute(p);
	executed++;
	calls += p->n;
	*fresh = 0;
	for (i = 0; i < N_EDGES; i++)
		*fresh += edges[i] && !seen[i];
	if (outcome == FINE)
		return true;
	write_program("crash", p);
	show(p, outcome);
	return false;
}

static void mark(void)
{
	const uint8_t *edges = edges_last();
	unsigned int i;

	for (i = 0; i < N_EDGES; i++)
		if (edges[i] && !seen[i]) {
			seen[i] = 1;
			n_seen++;
		}
}

/* Drops what is not needed to get to where nobody was before. */
static bool shorten(struct program *p, unsigned int fresh)
{
	static struct program less;
	unsigned int i, got;

	for (i = p->n; i-- && p->n > 1;) {
		less = *p;
		memmove(&less.call[i], &less.call[i + 1], (less.n - i - 1) * sizeof(less.call[0]));
		less.n--;
		if (!run(&less, &got))
			return false;
		if (got >= fresh)
			*p = less;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool read_corpus(void)
{
	static struct program p;
	char path[512], **names = calloc(MAX_CORPUS, sizeof(*names));
	struct dirent *e;
	unsigned int n = 0, i;
	bool ok = true;
	DIR *d = opendir(opt.corpus);

	if (!d || !names) {
		if (d)
			closedir(d);
		free(names);
		return false;
	}
	while ((e = readdir(d)) && n < MAX_CORPUS)
		if (e->d_name[0] != '.')
			names[n++] = strdup(e->d_name);
	closedir(d);
	/* Always in one order. */
	qsort(names, n, sizeof(*names), by_name);
	for (i = 0; i < n; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", opt.corpus, names[i]);
		f = fopen(path, "r");
		if (f && program_read(&p, f, names[i]))
			add_to_corpus(&p);
		else
			ok = false;
		if (f)
			fclose(f);
		free(names[i]);
	}
	free(names);
	n_given = n_corpus;
	return ok && n;
}

static bool replay_corpus(void)
{
	unsigned int i, fresh;

	for (i = 0; i < n_given; i++) {
		if (!run(corpus[i], &fresh))
			return false;
		if (coverage_is_there() && opt.out && fresh) {
			char name[32];

			snprintf(name, sizeof(name), "kept-%04u", i);
			write_program(name, corpus[i]);
		}
		mark();
	}
	ktap_diag("%u programs, %u edges", n_given, n_seen);
	return true;
}

static bool fuzz(void)
{
	struct timespec begin, now, said;
	static struct program p;
	unsigned int fresh, again, found = 0;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	said = begin;
	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - begin.tv_sec >= (time_t)opt.seconds)
			break;
		if (now.tv_sec - said.tv_sec >= 30) {
			said = now;
			ktap_diag("%ld s: %u programs, %u edges, %u kept", (long)(now.tv_sec - begin.tv_sec),
				  executed, n_seen, n_corpus);
		}
		if (!n_corpus || !chance(4)) {
			program_generate(&p);
		} else {
			/* What is new is most likely to lead on. */
			unsigned int i = chance(2) ? chance(n_corpus) : n_corpus - 1 - chance((n_corpus + 3) / 4);

			p = *corpus[i];
			program_mutate(&p, corpus[chance(n_corpus)]);
		}
		if (!p.n)
			continue;
		if (!run(&p, &fresh))
			return false;
		if (!fresh)
			continue;
		/* By chance, or of itself? */
		if (!run(&p, &again))
			return false;
		if (!again)
			continue;
		if (!shorten(&p, again) || !run(&p, &again))
			return false;
		mark();
		add_to_corpus(&p);
		if (opt.out) {
			char name[32];

			snprintf(name, sizeof(name), "new-%04u", found++);
			write_program(name, &p);
		}
	}
	ktap_diag("%u programs, %u calls, %u edges, %u programs found", executed, calls, n_seen, n_corpus - n_given);
	return true;
}

static int replay(void)
{
	static struct program p;
	FILE *f = fopen(opt.replay, "r");
	unsigned int fresh, i;
	bool ok = true;

	if (!f || !program_read(&p, f, opt.replay))
		ktap_bail(opt.replay);
	ktap_plan(1);
	/* What is a matter of time needs more than one try. */
	for (i = 0; i < opt.seconds && ok; i++)
		ok = run(&p, &fresh);
	ktap_ok(ok, "%s", opt.replay);
	return ktap_end();
}

static const struct argp_option options[] = {
	{ "corpus", 'c', "DIR", 0, "Begin with the programs in DIR", 0 },
	{ "out", 'o', "DIR", 0, "Write to DIR what runs, what is found, and the program that went wrong", 0 },
	{ "replay", 'r', "FILE", 0, "Only run the program in FILE, SECONDS times", 0 },
	{ "seed", 's', "N", 0, "Another sequence (default 1)", 0 },
	{ "time", 't', "SECONDS", 0, "For how long (default 10)", 0 },
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'c': opt.corpus = arg; break;
	case 'o': opt.out = arg; break;
	case 'r': opt.replay = arg; break;
	case 's': opt.seed = strtoull(arg, NULL, 0); break;
	case 't': opt.seconds = atoi(arg); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void switch_on(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, value, strlen(value)) < 0)
			ktap_diag("%s: %s", path, strerror(errno));
		close(fd);
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, NULL, "Fuzzes the voicepay module of this kernel.", NULL, NULL, NULL };
	bool ok;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	ops_init();
	chance_seed(opt.seed);
	corpus = calloc(MAX_CORPUS, sizeof(*corpus));
	if (!corpus || !module_load())
		ktap_bail("the module does not load");
	switch_on("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	switch_on("/sys/kernel/debug/failslab/verbose", "0");
	switch_on("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	switch_on("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	switch_on("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	execute_init();
	if (opt.replay)
		return replay();
	ktap_plan(2);
	ktap_diag("seed %llu; %s", (unsigned long long)opt.seed,
		  coverage_is_there() ? "guided by coverage" : "this kernel does not record coverage: blindly");
	ok = !opt.corpus || (read_corpus() && replay_corpus());
	ktap_ok(ok, "the programs of the corpus");
	if (ok) {
		ok = fuzz();
		ktap_ok(ok, "%u seconds of programs made by chance", opt.seconds);
	} else {
		ktap_skip("programs made by chance", "one of the corpus went wrong");
	}
	return ktap_end();
}
