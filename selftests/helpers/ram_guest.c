// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The side of vm/ram-search and its like that is in the guest, and knows no key:
 *
 *	ram_guest mark DIR		writes a marker to DIR, keeps it in memory for ever
 *	ram_guest work DIR A B OPS	enrols for the A-th to the B-th time, asks for OPS
 *					codes after each, begins once more
 *	ram_guest del			deletes the slot
 *	ram_guest masks			physical addresses of the pages with the vault's masks
 *	ram_guest kcore LIST		looks in /proc/kcore, as root, for what LIST tells
 */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <openssl/rand.h>
#include <linux/voicepay.h>

#include "enrol.h"

static struct genl nl;

static int die(const char *what, int err)
{
	fprintf(stderr, "ram_guest: %s: %s\n", what, strerror(abs(err)));
	return 1;
}

static int put(const char *dir, const char *name, const void *data, size_t len)
{
	char tmp[256], path[256];
	int fd;

	snprintf(tmp, sizeof(tmp), "%s/.%s", dir, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	return fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd) || rename(tmp, path);
}

static ssize_t get(const char *dir, const char *name, void *data, size_t len)
{
	char path[256];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	while ((fd = open(path, O_RDONLY)) < 0)
		usleep(20000);
	got = read(fd, data, len);
	close(fd);
	return got;
}

static int exchange(const char *dir, struct test_gateway *gw, int n, int finish)
{
	struct genl_msg answer;
	__u8 msg2[VP_MSG2_MAX];
	char name[32];
	ssize_t got;
	int err;

	err = nl_enrol_begin(&nl, !finish, gw->ticket, &answer);
	if (err)
		return err;
	snprintf(name, sizeof(name), "msg1.%d", n);
	if (put(dir, name, genl_attr(&answer, VOICEPAY_A_ENROL_MESSAGE, NULL), VP_MSG1_LEN))
		return -EIO;
	if (!finish)
		return 0;
	snprintf(name, sizeof(name), "msg2.%d", n);
	got = get(dir, name, msg2, sizeof(msg2));
	return got < 0 ? -EIO : nl_enrol_finish(&nl, 0, msg2, got);
}

static int mark(const char *dir)
{
	static __u8 marker[32];

	RAND_bytes(marker, sizeof(marker));
	if (put(dir, "marker", marker, sizeof(marker)))
		return die("marker", EIO);
	for (;;)
		pause();
}

static int work(const char *dir, int first, int last, int ops)
{
	struct voicepay_code code;
	struct test_gateway gw = {};
	__u8 buf[72];
	int dev, n, i, err;

	dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || genl_open(&nl))
		return die("no module", errno);
	if (get(dir, "gateway", buf, sizeof(buf)) != sizeof(buf))
		return die("gateway", EIO);
	memcpy(gw.s_pub, buf, 32);
	memcpy(gw.device, buf + 32, 16);
	memcpy(gw.ticket, buf + 48, 24);
	test_fresh_device(&nl, &gw, 2);
	for (n = first; n <= last; n++) {
		err = exchange(dir, &gw, n, 1);
		if (err)
			return die("enrol", err);
		for (i = 0; i < ops; i++) {
			memset(&code, 0, sizeof(code));
			code.size = sizeof(code);
			if (ioctl(dev, VOICEPAY_IOC_CODE, &code))
				return die("code", errno);
		}
	}
	err = exchange(dir, &gw, n, 0);
	return err ? die("begin", err) : 0;
}

static int del(void)
{
	int err, slot;

	if (genl_open(&nl))
		return die("no module", errno);
	for (slot = 0; slot < 2; slot++) {
		err = nl_slot_del(&nl, slot);
		if (err)
			return die("slot-del", err);
	}
	return 0;
}

/*
 * What is sought comes under a pad, so that looking for a secret does not put
 * it into this machine's memory.
 */
static struct sought {
	char name[32];
	__u8 pad[32], padded[32];
	unsigned long found, at;
} sought[1024];
static int n_sought;
static __u8 first[65536];
static unsigned long copied;

static int load_sought(const char *file)
{
	FILE *f = fopen(file, "r");
	char a[65], b[65];
	struct sought *s;
	int i;

	while (f && n_sought < 1024 &&
	       fscanf(f, "%31s %64s %64s", sought[n_sought].name, a, b) == 3) {
		s = &sought[n_sought++];
		for (i = 0; i < 32; i++) {
			sscanf(a + 2 * i, "%2hhx", &s->pad[i]);
			sscanf(b + 2 * i, "%2hhx", &s->padded[i]);
		}
		first[(s->pad[0] ^ s->padded[0]) | (s->pad[1] ^ s->padded[1]) << 8] = 1;
	}
	if (f)
		fclose(f);
	return n_sought;
}

static void look(const __u8 *p, size_t len, off_t where)
{
	size_t at;
	int n, i;

	for (at = 0; at + 32 <= len; at++) {
		if (!first[p[at] | p[at + 1] << 8])
			continue;
		for (n = 0; n < n_sought; n++) {
			for (i = 0; i < 32 && (p[at + i] ^ sought[n].pad[i]) == sought[n].padded[i]; i++)
				;
			if (i == 32) {
				sought[n].found++;
				sought[n].at = where + at;
			}
		}
	}
}

static void copy(int fd, off_t at, unsigned long len)
{
	static __u8 chunk[1 << 16];
	static const __u8 zero[4096];
	ssize_t got, i;

	for (; len >= sizeof(zero); len -= got, at += got) {
		got = pread(fd, chunk, len < sizeof(chunk) ? len : sizeof(chunk), at);
		got &= ~4095L;
		if (got <= 0) {
			got = sizeof(zero);	/* not to be read: on with the next page */
			continue;
		}
		copied += got;
		for (i = 0; i < got; i += sizeof(zero))
			if (memcmp(chunk + i, zero, sizeof(zero)))
				look(chunk + i, sizeof(zero), at + i);
	}
}

/* The vmalloc area is terabytes of nothing: only what is in use of it. */
static int copy_used(int fd, const Elf64_Phdr *ph)
{
	FILE *f = fopen("/proc/vmallocinfo", "r");
	unsigned long a, b;
	char line[512];
	int n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "0x%lx-0x%lx", &a, &b) != 2 || a < ph->p_vaddr ||
		    b - ph->p_vaddr > ph->p_memsz)
			continue;
		copy(fd, ph->p_offset + (a - ph->p_vaddr), b - a);
		n++;
	}
	if (f)
		fclose(f);
	return n;
}

static Elf64_Phdr ph[256];
static int n_ph;

static int open_kcore(void)
{
	int fd = open("/proc/kcore", O_RDONLY);
	Elf64_Ehdr eh;

	if (fd < 0 || pread(fd, &eh, sizeof(eh), 0) != sizeof(eh) || eh.e_phnum > 256 ||
	    pread(fd, ph, eh.e_phnum * sizeof(*ph), eh.e_phoff) < 0)
		return -1;
	n_ph = eh.e_phnum;
	return fd;
}

static const Elf64_Phdr *covers(unsigned long addr)
{
	int i;

	for (i = 0; i < n_ph; i++)
		if (ph[i].p_type == PT_LOAD && addr >= ph[i].p_vaddr &&
		    addr - ph[i].p_vaddr < ph[i].p_memsz)
			return &ph[i];
	return NULL;
}

/* The module's first symbol after @after, or the one that is called @name. */
static unsigned long symbol(const char *name, unsigned long after)
{
	FILE *syms = fopen("/proc/kallsyms", "r");
	unsigned long at = 0, addr;
	char line[512], is[128];

	while (syms && fgets(line, sizeof(line), syms)) {
		if (!strstr(line, "[voicepay]") || sscanf(line, "%lx %*c %127s", &addr, is) != 2)
			continue;
		if (name ? !strcmp(is, name) : addr > after && (!at || addr < at))
			at = addr;
	}
	if (syms)
		fclose(syms);
	return at;
}

/* What somebody needs to know who wants to undo the masks, and how root learns it. */
static int masks(void)
{
	unsigned long at = symbol("vp_mask_pages", 0), end = symbol(NULL, at), page;
	const Elf64_Phdr *in, *ram;
	int fd = open_kcore();

	in = covers(at);
	if (fd < 0 || !at || !in || end <= at)
		return die("vp_mask_pages", ENODATA);
	/* Pages are taken when they are wanted, for each size of masks from a place of its own. */
	for (; at < end && pread(fd, &page, sizeof(page), in->p_offset + (at - in->p_vaddr)) == sizeof(page);
	     at += sizeof(page)) {
		if (!page)
			continue;
		ram = covers(page);
		if (!ram)
			return die("a mask's page", EFAULT);
		printf("%#llx\n", (unsigned long long)(ram->p_paddr + (page - ram->p_vaddr)));
	}
	return 0;
}

static int kcore(const char *list)
{
	int fd, i;

	if (!load_sought(list))
		return die(list, ENODATA);
	fd = open_kcore();
	if (fd < 0)
		return die("/proc/kcore", errno);
	for (i = 0; i < n_ph; i++)
		if (ph[i].p_type == PT_LOAD && !copy_used(fd, &ph[i]) && ph[i].p_memsz >> 31 == 0)
			copy(fd, ph[i].p_offset, ph[i].p_memsz);
	for (i = 0; i < n_sought; i++)
		if (sought[i].found)
			printf("outside %s %lu last at %#lx\n", sought[i].name, sought[i].found,
			       sought[i].at);
	printf("searched %d secrets in %lu MiB\n", n_sought, copied >> 20);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 3 && !strcmp(what, "mark"))
		return mark(argv[2]);
	if (argc == 6 && !strcmp(what, "work"))
		return work(argv[2], atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
	if (argc == 2 && !strcmp(what, "del"))
		return del();
	if (argc == 2 && !strcmp(what, "masks"))
		return masks();
	if (argc == 3 && !strcmp(what, "kcore"))
		return kcore(argv[2]);
	return 2;
}
