/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KTAP for test programs.
 *
 *	#include "ktap.h"
 *
 *	static void short_size(void)
 *	{
 *		EXPECT_ERRNO(EINVAL, ioctl(fd, VOICEPAY_IOC_INFO, &info));
 *		EXPECT_EQ(info.slots, 0);
 *	}
 *
 *	int main(void)
 *	{
 *		ktap_plan(3);
 *		KTAP_TEST(short_size, "a size below the first version's");
 *		ktap_ok(fd >= 0, "the device opens");
 *		ktap_skip("two processors", "this machine has one");
 *		return ktap_end();
 *	}
 *
 * EXPECT_* note a failure with file, line and values and go on; ASSERT_* also
 * return from the function they are in, which must return void. KTAP_TEST
 * prints one result for all of them in the function it calls. They may be
 * used in threads (the count is atomic, a line is written in one piece) and,
 * with the count in shared memory, in forked children; a child leaves with
 * _exit() so that main()'s buffers are not written twice.
 */
#ifndef VOICEPAY_KTAP_H
#define VOICEPAY_KTAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KTAP_EXIT_SKIP	4

struct ktap_state {
	atomic_int failures;	/* of EXPECTs since the last result */
	int planned, ran, failed;
};

/* One for all files of a program: what fails in a helper's file counts like the rest. */
__attribute__((weak)) struct ktap_state *ktap_state;

static inline struct ktap_state *ktap_get(void)
{
	if (!ktap_state) {
		ktap_state = mmap(NULL, sizeof(*ktap_state), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (ktap_state == MAP_FAILED) {
			puts("Bail out! no memory");
			_exit(1);
		}
	}
	return ktap_state;
}

/* One write(2) a line: lines of threads and children do not mix. */
__attribute__((format(printf, 2, 0)))
static inline void ktap_vline(const char *prefix, const char *fmt, va_list ap)
{
	char line[1024];
	size_t n, room = sizeof(line) - 1;
	int len;

	n = snprintf(line, room, "%s", prefix);
	len = vsnprintf(line + n, room - n, fmt, ap);
	if (len > 0)
		n += (size_t)len < room - n ? (size_t)len : room - n - 1;
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, n) != (ssize_t)n)
		_exit(1);
}

__attribute__((format(printf, 1, 2)))
static inline void ktap_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ktap_vline("", fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 1, 2)))
static inline void ktap_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ktap_vline("# ", fmt, ap);
	va_end(ap);
}

static inline void ktap_plan(int tests)
{
	ktap_get()->planned = tests;
	ktap_line("KTAP version 1");
	ktap_line("1..%d", tests);
}

/* Nothing of this program can run on this machine. Does not return. */
__attribute__((noreturn))
static inline void ktap_skip_all(const char *reason)
{
	ktap_line("KTAP version 1");
	ktap_line("1..0 # SKIP %s", reason);
	_exit(KTAP_EXIT_SKIP);
}

/* For what makes going on pointless. Does not return. */
__attribute__((noreturn))
static inline void ktap_bail(const char *reason)
{
	ktap_line("Bail out! %s (errno %s)", reason, strerrorname_np(errno));
	_exit(1);
}

__attribute__((format(printf, 2, 3)))
static inline bool ktap_ok(bool ok, const char *fmt, ...)
{
	struct ktap_state *s = ktap_get();
	char head[32];
	va_list ap;

	if (!ok)
		s->failed++;
	snprintf(head, sizeof(head), "%sok %d ", ok ? "" : "not ", ++s->ran);
	va_start(ap, fmt);
	ktap_vline(head, fmt, ap);
	va_end(ap);
	return ok;
}

static inline void ktap_skip(const char *name, const char *reason)
{
	ktap_line("ok %d %s # SKIP %s", ++ktap_get()->ran, name, reason);
}

/* Result of the EXPECTs since the last result. */
static inline bool ktap_result(const char *name)
{
	return ktap_ok(atomic_exchange(&ktap_get()->failures, 0) == 0, "%s", name);
}

static inline int ktap_end(void)
{
	struct ktap_state *s = ktap_get();

	if (s->ran != s->planned)
		ktap_diag("planned %d, ran %d", s->planned, s->ran);
	return s->failed || s->ran != s->planned;
}

#define KTAP_TEST(function, name) do { function(); ktap_result(name); } while (0)

__attribute__((format(printf, 3, 4)))
static inline void ktap_fail(const char *file, int line, const char *fmt, ...)
{
	char where[128];
	va_list ap;

	snprintf(where, sizeof(where), "# %s:%d: ", file, line);
	va_start(ap, fmt);
	ktap_vline(where, fmt, ap);
	va_end(ap);
	atomic_fetch_add(&ktap_get()->failures, 1);
}

static inline const char *ktap_errno_name(int err)
{
	const char *name = err ? strerrorname_np(err) : "no error";

	return name ? name : "unknown errno";
}

#define KTAP_FILE	(strrchr("/" __FILE__, '/') + 1)

/* All are expressions of type bool: true if it was as expected. */
#define EXPECT_TRUE(x) ({						\
	bool ktap_t = !!(x);						\
	if (!ktap_t)							\
		ktap_fail(KTAP_FILE, __LINE__, "%s is false", #x);	\
	ktap_t; })
#define EXPECT_FALSE(x)		EXPECT_TRUE(!(x))

#define KTAP_CMP(a, op, b) ({						\
	long long ktap_a = (long long)(a), ktap_b = (long long)(b);	\
	bool ktap_t = ktap_a op ktap_b;					\
	if (!ktap_t)							\
		ktap_fail(KTAP_FILE, __LINE__, "%s %s %s: %lld, %lld",	\
			  #a, #op, #b, ktap_a, ktap_b);			\
	ktap_t; })
#define EXPECT_EQ(a, b)		KTAP_CMP(a, ==, b)
#define EXPECT_NE(a, b)		KTAP_CMP(a, !=, b)
#define EXPECT_LT(a, b)		KTAP_CMP(a, <, b)
#define EXPECT_LE(a, b)		KTAP_CMP(a, <=, b)
#define EXPECT_GT(a, b)		KTAP_CMP(a, >, b)
#define EXPECT_GE(a, b)		KTAP_CMP(a, >=, b)

#define EXPECT_STREQ(a, b) ({						\
	const char *ktap_a = (a), *ktap_b = (b);			\
	bool ktap_t = !strcmp(ktap_a, ktap_b);				\
	if (!ktap_t)							\
		ktap_fail(KTAP_FILE, __LINE__, "%s == %s: \"%s\", \"%s\"", \
			  #a, #b, ktap_a, ktap_b);			\
	ktap_t; })

#define EXPECT_MEMEQ(a, b, len) ({					\
	bool ktap_t = !memcmp(a, b, len);				\
	if (!ktap_t)							\
		ktap_fail(KTAP_FILE, __LINE__, "%s and %s differ", #a, #b); \
	ktap_t; })

/* A call that must succeed, that is, not return a negative value. */
#define EXPECT_OK(call) ({						\
	long long ktap_r;						\
	errno = 0;							\
	ktap_r = (long long)(call);					\
	if (ktap_r < 0)							\
		ktap_fail(KTAP_FILE, __LINE__, "%s: %lld, %s", #call, ktap_r, \
			  ktap_errno_name(errno));			\
	ktap_r >= 0; })

/* A call that must fail with -1 and this errno. */
#define EXPECT_ERRNO(err, call) ({					\
	long long ktap_r;						\
	int ktap_e;							\
	errno = 0;							\
	ktap_r = (long long)(call);					\
	ktap_e = ktap_r == -1 ? errno : 0;				\
	if (ktap_r != -1 || ktap_e != (err))				\
		ktap_fail(KTAP_FILE, __LINE__, "%s: %lld, %s, expected %s", \
			  #call, ktap_r, ktap_errno_name(ktap_e), #err);	\
	ktap_r == -1 && ktap_e == (err); })

#define ASSERT_TRUE(x)		do { if (!EXPECT_TRUE(x)) return; } while (0)
#define ASSERT_FALSE(x)		do { if (!EXPECT_FALSE(x)) return; } while (0)
#define ASSERT_EQ(a, b)		do { if (!EXPECT_EQ(a, b)) return; } while (0)
#define ASSERT_NE(a, b)		do { if (!EXPECT_NE(a, b)) return; } while (0)
#define ASSERT_GE(a, b)		do { if (!EXPECT_GE(a, b)) return; } while (0)
#define ASSERT_OK(call)		do { if (!EXPECT_OK(call)) return; } while (0)
#define ASSERT_ERRNO(err, call)	do { if (!EXPECT_ERRNO(err, call)) return; } while (0)

#endif /* VOICEPAY_KTAP_H */
