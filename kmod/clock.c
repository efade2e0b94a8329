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
#include <linux/math64.h>
#include <linux/timekeeping.h>

#include "voicepay.h"
#include "clock.h"

#define UNSET	S64_MIN

/* Milliseconds from the time since boot to the gateway's time. */
static atomic64_t offset_ms = ATOMIC64_INIT(UNSET);

/* Boot time at which it was set; written and read with vp_manage_lock held. */
static s64 set_at_ms;

/*
 * The gateway's time may come as late as an enrolment may last, now and the
 * last time; beside that a bad crystal is wrong by 200 in a million.
 */
#define LATE_MS		90000
#define DRIFT_DIVISOR	5000

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
	set_at_ms = boot_ms();
	atomic64_set(&offset_ms, (s64)now_ms - set_at_ms);
}

/* Two clocks can be apart by this much without one of them being wrong. */
bool vp_clock_could_drift(s64 drift_ms, u64 elapsed_ms)
{
	u64 apart = drift_ms < 0 ? -(u64)drift_ms : drift_ms;

	return apart <= LATE_MS + div_u64(elapsed_ms, DRIFT_DIVISOR);
}

/**
 * vp_clock_compare() - does the gateway's time agree with the device's?
 * @gateway_ms: milliseconds since 1970, authenticated by the gateway
 * @drift_ms: out: how far it is ahead of the device's; 0 if that has none
 *
 * Attack: whoever turns the gateway's clock could have the device issue codes of
 * another time, under a key that is good then.
 *
 * Return: 0; -ETIME if it is further off than a clock can drift.
 */
int vp_clock_compare(u64 gateway_ms, s64 *drift_ms)
{
	u64 now_ms;

	*drift_ms = 0;
	if (vp_clock_now_ms(&now_ms))
		return 0;
	*drift_ms = (s64)(gateway_ms - now_ms);
	return vp_clock_could_drift(*drift_ms, boot_ms() - set_at_ms) ? 0 : -ETIME;
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
