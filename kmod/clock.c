// SPDX-License-Identifier: GPL-2.0
/*
 * The only clock that codes are made by: the last time that the gateway gave
 * inside an enrolment, carried forward by the bare oscillator and the time spent
 * suspended. Nothing that a caller can set moves it: neither settimeofday() nor
 * adjtimex() nor a time namespace. So root cannot have tomorrow's codes today.
 *
 * CLOCK_BOOTTIME would be the same but for adjtimex(), which can have it run a
 * tenth too fast. What that call is good for, correcting the oscillator's error, is
 * given up: some 20 ppm, so 12 s in the week after which the gateway gives the time
 * anew, and it takes codes of the neighbouring steps.
 */

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/timekeeping.h>

#include "voicepay.h"
#include "clock.h"

#define UNSET	S64_MIN

/* Milliseconds from the time since boot to the gateway's time. */
static atomic64_t offset_ms = ATOMIC64_INIT(UNSET);

/* CLOCK_MONOTONIC_RAW stands still during a suspend; the offset makes up for it. */
static s64 boot_ms(void)
{
	return ktime_to_ms(ktime_add(ktime_get_raw(), ktime_mono_to_any(0, TK_OFFS_BOOT)));
}

/**
 * vp_clock_set() - take the gateway's time
 * @now_ms: milliseconds since 1970, authenticated by the gateway
 */
void vp_clock_set(u64 now_ms)
{
	atomic64_set(&offset_ms, (s64)now_ms - boot_ms());
}

/* After a wipe the device has no time, as after a boot. */
void vp_clock_forget(void)
{
	atomic64_set(&offset_ms, UNSET);
}

/**
 * vp_clock_now_ms() - the time
 * @now_ms: milliseconds since 1970
 *
 * Return: 0, or -ENODATA before the gateway has given a time.
 */
int vp_clock_now_ms(u64 *now_ms)
{
	s64 offset = atomic64_read(&offset_ms);

	if (offset == UNSET)
		return -ENODATA;
	*now_ms = offset + boot_ms();
	return 0;
}
