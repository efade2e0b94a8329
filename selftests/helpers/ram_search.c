// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ram_search [-i FROM-TO] [-m MASKS] SECRETS DUMP: prints which secrets are in a
 * dump of memory, and where:
 *
 *	outside NAME N last at 0x..	N times in plain
 *	inside NAME N			the same, between the addresses FROM and TO
 *	halves NAME N			as what is left when a half in one of the pages
 *					that MASKS lists is taken off
 *	searched ..			always, at the end
 *
 * SECRETS has lines of a name and 32 bytes in hex. A dump is all memory from address
 * 0, or a crash dump (an ELF core).
 */

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEN		32	/* of every secret */
#define SECRETS_MAX	1024
#define SEGMENTS_MAX	256
#define PAGE		4096UL

static struct secret {
	char name[32];
	uint8_t bytes[LEN];
	unsigned long outside, inside, halves, at;
} secrets[SECRETS_MAX];
static size_t n_secrets;

/* Where physical memory lies in the file. */
static struct segment {
	const uint8_t *data;
	unsigned long addr, len;
} segments[SEGMENTS_MAX];
static size_t n_segments;

static unsigned long inside_from, inside_to;

static void fail(const char *what)
{
	fprintf(stderr, "ram_search: %s\n", what);
	exit(3);
}

static void read_secrets(const char *file)
{
	FILE *f = fopen(file, "r");
	char hex[2 * LEN + 1];
	size_t i;

	while (f && n_secrets < SECRETS_MAX &&
	       fscanf(f, "%31s %64s", secrets[n_secrets].name, hex) == 2) {
		for (i = 0; i < LEN; i++)
			if (sscanf(hex + 2 * i, "%2hhx", &secrets[n_secrets].bytes[i]) != 1)
				fail("a secret is not in hex");
		n_secrets++;
	}
	if (!f || !n_secrets)
		fail("no secrets");
	fclose(f);
}

static void add_segment(const uint8_t *data, unsigned long addr, unsigned long len)
{
	if (n_segments == SEGMENTS_MAX)
		fail("too many segments");
	segments[n_segments++] = (struct segment){ data, addr, len };
}

static unsigned long read_dump(const char *file)
{
	int fd = open(file, O_RDONLY);
	const Elf64_Ehdr *eh;
	const Elf64_Phdr *ph;
	const uint8_t *mem;
	struct stat st;
	size_t i;

	if (fd < 0 || fstat(fd, &st) || st.st_size < (long)PAGE)
		fail("no dump");
	mem = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mem == MAP_FAILED)
		fail("cannot map the dump");
	eh = (const Elf64_Ehdr *)mem;
	if (memcmp(mem, ELFMAG, SELFMAG)) {
		add_segment(mem, 0, st.st_size);
		return st.st_size;
	}
	if (eh->e_type != ET_CORE || eh->e_phoff + eh->e_phnum * sizeof(*ph) > (size_t)st.st_size)
		fail("not a core dump");
	ph = (const Elf64_Phdr *)(mem + eh->e_phoff);
	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		if (ph[i].p_offset + ph[i].p_filesz > (size_t)st.st_size)
			fail("the dump is cut off");
		add_segment(mem + ph[i].p_offset, ph[i].p_paddr, ph[i].p_filesz);
	}
	return st.st_size;
}

static void count(struct secret *s, unsigned long at)
{
	if (at >= inside_from && at < inside_to) {
		s->inside++;
	} else {
		s->outside++;
		s->at = at;
	}
}

static void search_plain(const struct segment *seg)
{
	static uint8_t first[65536];
	const uint8_t *mem = seg->data;
	unsigned long at;
	size_t i;

	for (i = 0; i < n_secrets; i++)
		first[secrets[i].bytes[0] | secrets[i].bytes[1] << 8] = 1;
	for (at = 0; at + LEN <= seg->len; at++) {
		if (!first[mem[at] | mem[at + 1] << 8])
			continue;
		for (i = 0; i < n_secrets; i++)
			if (!memcmp(mem + at, secrets[i].bytes, LEN))
				count(&secrets[i], seg->addr + at);
	}
}

/*
 * Halves: wherever a secret may have been masked with what lies at some place of
 * a mask's page, the other half is known; all those are sought at once.
 */
#define BITS	24

static struct half {
	struct half *next;
	struct secret *of;
	const uint8_t *mask;
} *halves[1 << BITS];

static uint64_t word(const uint8_t *at)
{
	uint64_t w;

	memcpy(&w, at, sizeof(w));
	return w;
}

static size_t hash(uint64_t w)
{
	return w * 0x9e3779b97f4a7c15ULL >> (64 - BITS);
}

static void add_mask(const uint8_t *mask)
{
	static const uint8_t zero[LEN];
	struct half *h;
	size_t i, at;

	if (!memcmp(mask, zero, LEN))
		return;
	for (i = 0; i < n_secrets; i++) {
		h = malloc(sizeof(*h));
		if (!h)
			fail("no memory");
		at = hash(word(mask) ^ word(secrets[i].bytes));
		*h = (struct half){ halves[at], &secrets[i], mask };
		halves[at] = h;
	}
}

static void add_mask_page(unsigned long addr)
{
	unsigned long at;
	size_t i;

	for (i = 0; i < n_segments; i++) {
		if (addr < segments[i].addr || addr - segments[i].addr + PAGE > segments[i].len)
			continue;
		for (at = 0; at + LEN <= PAGE; at += 4)
			add_mask(segments[i].data + (addr - segments[i].addr) + at);
		return;
	}
	fail("a mask's page is not in the dump");
}

static int completes(const struct half *h, const uint8_t *at)
{
	size_t i;

	for (i = 0; i < LEN && (h->mask[i] ^ at[i]) == h->of->bytes[i]; i++)
		;
	return i == LEN;
}

static void search_halves(const struct segment *seg)
{
	const struct half *h;
	unsigned long at;

	for (at = 0; at + LEN <= seg->len; at += 4)
		for (h = halves[hash(word(seg->data + at))]; h; h = h->next)
			if (completes(h, seg->data + at))
				h->of->halves++;
}

static void report(unsigned long size)
{
	const struct secret *s;

	for (s = secrets; s < secrets + n_secrets; s++) {
		if (s->inside)
			printf("inside %s %lu\n", s->name, s->inside);
		if (s->halves)
			printf("halves %s %lu\n", s->name, s->halves);
		if (s->outside)
			printf("outside %s %lu last at %#lx\n", s->name, s->outside, s->at);
	}
	printf("searched %zu secrets in %lu MiB\n", n_secrets, size >> 20);
}

int main(int argc, char **argv)
{
	unsigned long addr, size;
	const char *list = NULL;
	FILE *masks;
	size_t i;
	int opt;

	while ((opt = getopt(argc, argv, "i:m:")) != -1) {
		if (opt == 'i' && sscanf(optarg, "%lx-%lx", &inside_from, &inside_to) != 2)
			return 2;
		if (opt == 'm')
			list = optarg;
		if (opt == '?')
			return 2;
	}
	if (argc != optind + 2)
		return 2;
	masks = list ? fopen(list, "r") : NULL;
	if (list && !masks)
		fail("no list of masks");
	read_secrets(argv[optind]);
	size = read_dump(argv[optind + 1]);
	while (masks && fscanf(masks, "%lx", &addr) == 1)
		add_mask_page(addr);
	for (i = 0; i < n_segments; i++) {
		search_plain(&segments[i]);
		if (masks)
			search_halves(&segments[i]);
	}
	if (masks)
		fclose(masks);
	report(size);
	return 0;
}
