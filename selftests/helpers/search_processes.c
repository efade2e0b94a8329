// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * search_processes SECRETS [PID..]: looks for secrets in the memory of every
 * process there is, this one and the named ones excepted. SECRETS has lines of a
 * name and bytes in hex. Prints
 *
 *	found NAME COMMAND PID MAPPING	for each secret in each mapping
 *	unreadable COMMAND PID MAPPING	what even root may not read
 *	searched N processes, M mappings, B bytes for S secrets
 *
 * Exit code 0: nothing was found; 1: something was; 3: it could not look.
 */

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRETS_MAX	128
#define SECRET_MAX	64
#define SECRET_MIN	8	/* below that something else would look like one */
#define CHUNK		(1UL << 20)
#define PAGE		4096UL

static struct secret {
	char name[64];
	uint8_t bytes[SECRET_MAX];
	size_t len;
} secrets[SECRETS_MAX];
static size_t n_secrets;
/* Secrets by their first two bytes: most places in memory are ruled out at once. */
static uint8_t first[65536];

static unsigned long processes, mappings, bytes, found;

static void fail(const char *what)
{
	fprintf(stderr, "search_processes: %s\n", what);
	exit(3);
}

static void read_secrets(const char *file)
{
	FILE *f = fopen(file, "r");
	char hex[2 * SECRET_MAX + 1];

	while (f && n_secrets < SECRETS_MAX && fscanf(f, "%63s %128s", secrets[n_secrets].name, hex) == 2) {
		struct secret *s = &secrets[n_secrets++];

		s->len = strlen(hex) / 2;
		for (size_t i = 0; i < s->len; i++)
			if (sscanf(hex + 2 * i, "%2hhx", &s->bytes[i]) != 1)
				fail("a secret is not in hex");
		if (s->len < SECRET_MIN)
			fail("a secret is too short to be looked for");
		first[s->bytes[0] | s->bytes[1] << 8] = 1;
	}
	if (!f || !n_secrets)
		fail("no secrets");
	fclose(f);
}

/* @seen[i]: secret i was found in this mapping already. */
static void search(const uint8_t *p, size_t len, bool *seen, const char *where)
{
	for (size_t at = 0; at + SECRET_MIN <= len; at++) {
		if (!first[p[at] | p[at + 1] << 8])
			continue;
		for (size_t i = 0; i < n_secrets; i++) {
			const struct secret *s = &secrets[i];

			if (seen[i] || at + s->len > len || memcmp(p + at, s->bytes, s->len))
				continue;
			seen[i] = true;
			found++;
			printf("found %s %s\n", s->name, where);
		}
	}
}

static void search_mapping(int mem, unsigned long from, unsigned long to, const char *where)
{
	static uint8_t buf[CHUNK + SECRET_MAX];
	bool seen[SECRETS_MAX] = { false };
	size_t kept = 0, read_any = 0;

	while (from < to) {
		size_t want = to - from < CHUNK ? to - from : CHUNK;
		ssize_t n = pread(mem, buf + kept, want, from);

		if (n <= 0) {
			/* A page that cannot be read (beyond a file's end) does not end the mapping. */
			from = (from & ~(PAGE - 1)) + PAGE;
			kept = 0;
			continue;
		}
		from += n;
		read_any += n;
		n += kept;
		search(buf, n, seen, where);
		/* A secret may lie across two pieces. */
		kept = n < SECRET_MAX - 1 ? n : SECRET_MAX - 1;
		memmove(buf, buf + n - kept, kept);
	}
	mappings++;
	bytes += read_any;
	if (!read_any)
		printf("unreadable %s\n", where);
}

static void search_process(const char *pid)
{
	char path[64], line[512], command[32] = "?", where[640];
	unsigned long from, to;
	int mem, n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "r");
	if (f) {
		if (fgets(command, sizeof(command), f))
			command[strcspn(command, "\n")] = '\0';
		fclose(f);
	}
	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	f = fopen(path, "r");
	while (f && mem >= 0 && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%lx-%lx %n", &from, &to, &n) != 2)
			fail("/proc/PID/maps reads otherwise than expected");
		snprintf(where, sizeof(where), "%s %s %s", command, pid, line);
		search_mapping(mem, from, to, where);
	}
	processes += f && mem >= 0;
	if (f)
		fclose(f);
	if (mem >= 0)
		close(mem);
}

int main(int argc, char **argv)
{
	struct dirent *d;
	DIR *proc;

	if (argc < 2)
		fail("usage: search_processes SECRETS [PID..]");
	read_secrets(argv[1]);
	proc = opendir("/proc");
	while (proc && (d = readdir(proc))) {
		bool leave = !isdigit(d->d_name[0]) || atoi(d->d_name) == getpid();

		for (int i = 2; i < argc && !leave; i++)
			leave = !strcmp(argv[i], d->d_name);
		if (!leave)
			search_process(d->d_name);
	}
	printf("searched %lu processes, %lu mappings, %lu bytes for %zu secrets\n", processes, mappings, bytes,
	       n_secrets);
	if (!processes || !bytes)
		fail("there was nothing to look at");
	return found ? 1 : 0;
}
