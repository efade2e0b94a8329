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
 *
 * After a reboot, until the gateway gives the time again, a sealed slot's blob
 * says between which times it can be, and the real-time clock which it is.
 */

#include <linux/math64.h>

#include "voicepay.h"
#include "clock.h"

atomic64_t vp_clock_offset_ms = ATOMIC64_INIT(VP_CLOCK_UNSET);

/* Boot time at which it was set; written and read with vp_manage_lock held. */
static s64 set_at_ms;

/*
 * The gateway's time may come as late as an enrolment may last, now and the
 * last time; beside that a bad crystal is wrong by 200 in a million.
 */
#define LATE_MS		90000
#define DRIFT_DIVISOR	5000

/*
 * After a restore, under vp_manage_lock: the time is the real-time clock's; it
 * was @floor_ms when the last blob was sealed, and the gateway's word reached to
 * @trusted_ms.
 */
static bool provisional;
static u64 floor_ms, trusted_until_ms;

/**
 * vp_clock_set() - take the gateway's time
 * @now_ms: milliseconds since 1970, authenticated by the gateway
 */
void vp_clock_set(u64 now_ms)
{
	provisional = false;
	set_at_ms = vp_clock_boot_ms();
	atomic64_set(&vp_clock_offset_ms, (s64)now_ms - set_at_ms);
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
	if (provisional || vp_clock_now_ms(&now_ms))
		return 0;
	*drift_ms = (s64)(gateway_ms - now_ms);
	return vp_clock_could_drift(*drift_ms, vp_clock_boot_ms() - set_at_ms) ? 0 : -ETIME;
}

/**
 * vp_clock_remember() - what a blob must remember
 * @now_ms: out: the time, 0 if there is none
 * @trusted_ms: out: the last time that follows from the gateway's
 *
 * A time that came from the real-time clock is not trusted further by being
 * sealed, or each reboot could move the clock ahead by the whole window.
 */
void vp_clock_remember(u64 *now_ms, u64 *trusted_ms)
{
	if (vp_clock_now_ms(now_ms)) {
		*now_ms = floor_ms;
		*trusted_ms = trusted_until_ms;
	} else {
		*trusted_ms = provisional ? trusted_until_ms : *now_ms;
	}
}

/**
 * vp_clock_restore() - learn from a blob what time it can be
 * @now_ms: the time when it was sealed
 * @trusted_ms: the last time then that followed from the gateway's
 * @ahead_ms: how much later than that it may be
 *
 * Attack: root, or a thief, sets the real-time clock before the module is
 * loaded: to the past, to have spent codes again, or to the future, to have
 * codes for a day on which the device has long been returned.
 */
void vp_clock_restore(u64 now_ms, u64 trusted_ms, u64 ahead_ms)
{
	u64 real_ms = ktime_to_ms(ktime_get_real());

	if (atomic64_read(&vp_clock_offset_ms) != VP_CLOCK_UNSET && !provisional)
		return;		/* the gateway has spoken in this boot */
	floor_ms = max(floor_ms, now_ms);
	trusted_until_ms = max(trusted_until_ms, trusted_ms);
	provisional = real_ms >= floor_ms && real_ms <= trusted_until_ms + ahead_ms;
	atomic64_set(&vp_clock_offset_ms,
		     provisional ? (s64)(real_ms - vp_clock_boot_ms()) : VP_CLOCK_UNSET);
}

/* After a wipe the device has no time, as after a boot. */
void vp_clock_forget(void)
{
	provisional = false;
	floor_ms = 0;
	trusted_until_ms = 0;
	atomic64_set(&vp_clock_offset_ms, VP_CLOCK_UNSET);
}

/**
 * vp_clock_now_ms() - the time
 * @now_ms: milliseconds since 1970
 *
 * Return: 0, or -ENODATA before there is one.
 */
int vp_clock_now_ms(u64 *now_ms)
{
	return vp_clock_at(vp_clock_boot_ms(), now_ms);
}
