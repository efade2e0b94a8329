// SPDX-License-Identifier: GPL-2.0-or-later
/* The allocator that wipes: free() here is one that looks first. */

#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../handshake/memory.h"

void __real_free(void *p);
void __wrap_free(void *p);

/* What is expected to be freed next: where it begins, and how long it is. */
static unsigned char *expected;
static size_t expected_len;
static int wiped, dirty;

void __wrap_free(void *p)
{
	size_t i;

	if (expected && (unsigned char *)p <= expected && expected - (unsigned char *)p < 64) {
		wiped++;
		for (i = 0; i < expected_len; i++)
			dirty += expected[i] != 0;
		expected = NULL;
	}
	__real_free(p);
}

static void *fill(size_t len)
{
	unsigned char *p = OPENSSL_malloc(len);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
	memset(p, 0xa5, len);
	expected = p;
	expected_len = len;
	wiped = dirty = 0;
	return p;
}

static void is_wiped(void)
{
	assert_int_equal(wiped, 1);
	assert_int_equal(dirty, 0);
}

static void what_is_freed(void **state)
{
	static const size_t sizes[] = { 1, 15, 16, 17, 48, 4096, 100000 };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		OPENSSL_free(fill(sizes[i]));
		is_wiped();
	}
	OPENSSL_free(NULL);
}

static void what_grows_or_shrinks(void **state)
{
	unsigned char *p;
	size_t i;

	p = OPENSSL_realloc(fill(100), 200000);
	is_wiped();
	for (i = 0; i < 100; i++)
		assert_int_equal(p[i], 0xa5);
	OPENSSL_free(p);
	/* what is cut off, too */
	p = OPENSSL_realloc(fill(1000), 10);
	is_wiped();
	for (i = 0; i < 10; i++)
		assert_int_equal(p[i], 0xa5);
	OPENSSL_free(p);
	assert_null(OPENSSL_realloc(fill(10), 0));
	is_wiped();
	p = OPENSSL_realloc(NULL, 10);
	assert_non_null(p);
	OPENSSL_free(p);
}

static void what_cannot_be(void **state)
{
	assert_null(OPENSSL_malloc(0));
	assert_null(OPENSSL_malloc(SIZE_MAX - 8));
	/* what was there stays */
	assert_null(OPENSSL_realloc(fill(10), SIZE_MAX - 8));
	assert_int_equal(wiped, 0);
	OPENSSL_free(expected);
}

static int set_up(void **state)
{
	struct vp_reply reply;

	reply_init(&reply);
	return memory_wipe_on_free(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_freed),
		cmocka_unit_test(what_grows_or_shrinks),
		cmocka_unit_test(what_cannot_be),
	};

	return cmocka_run_group_tests_name("wiping memory", tests, set_up, NULL);
}
