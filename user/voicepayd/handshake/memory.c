// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SSL_free() leaves both traffic secrets and the exporter secret on the heap.
 * The process ends soon after the hand-over, but "soon" is not "before".
 */

#include <errno.h>
#include <openssl/crypto.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "memory.h"

/* The length is kept in front, as malloc_usable_size() is not to be written to. */
union header {
	size_t len;
	max_align_t align;
};

static void *wiping_malloc(size_t len, const char *file, int line)
{
	union header *h;

	if (!len || len > SIZE_MAX - sizeof(*h))
		return NULL;
	h = malloc(sizeof(*h) + len);
	if (!h)
		return NULL;
	h->len = len;
	return h + 1;
}

static void wiping_free(void *p, const char *file, int line)
{
	union header *h = p;

	if (!p)
		return;
	h--;
	explicit_bzero(h, sizeof(*h) + h->len);
	free(h);
}

/* realloc() would leave the old copy behind when it moves. */
static void *wiping_realloc(void *p, size_t len, const char *file, int line)
{
	size_t old = p ? ((union header *)p - 1)->len : 0;
	void *q;

	if (!p)
		return wiping_malloc(len, file, line);
	if (!len) {
		wiping_free(p, file, line);
		return NULL;
	}
	q = wiping_malloc(len, file, line);
	if (!q)
		return NULL;
	memcpy(q, p, old < len ? old : len);
	wiping_free(p, file, line);
	return q;
}

int memory_wipe_on_free(struct vp_reply *reply)
{
	if (!CRYPTO_set_mem_functions(wiping_malloc, wiping_realloc, wiping_free))
		return refuse(reply, VOICEPAY_CHECK_HELPER,
			      "OpenSSL would not take the wiping allocator: this build of it is not supported");
	return 0;
}

int memory_lock(struct vp_reply *reply)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

#ifdef VOICEPAY_TEST_UNLOCKED
	/* For tests in containers, whose root may not raise the limit. */
	return 0;
#endif
	/* Root may; others have what the service manager granted. */
	setrlimit(RLIMIT_MEMLOCK, &all);

	/*
	 * ONFAULT: the limit is still counted in full, but the libraries' code
	 * is not read in as a whole for the little of it that runs.
	 */
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return refuse(reply, VOICEPAY_CHECK_HELPER,
			      "memory cannot be kept out of the swap (%s): raise LimitMEMLOCK of voicepayd.service to 64M",
			      strerror(errno));
	return 0;
}
