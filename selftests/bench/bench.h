/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the benchmark's programs share. Each prints a line "NAME VALUE" for each round
 * that it measures something; the names are those of selftests/bench/marks. A program
 * that cannot measure, or finds a wrong result, says why and exits with 1.
 */
#ifndef VP_BENCH_H
#define VP_BENCH_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Nanoseconds: on the machine that counts them, instructions. */
static inline double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static inline __attribute__((noreturn, format(printf, 1, 2))) void bench_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static inline __attribute__((format(printf, 2, 3))) void bench_sample(double value, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" %.10g\n", value);
	fflush(stdout);
}

#endif /* VP_BENCH_H */
