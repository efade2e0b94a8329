/* SPDX-License-Identifier: GPL-2.0 */
/* The only clock that codes are made by. */
#ifndef VP_CLOCK_H
#define VP_CLOCK_H

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

void vp_clock_set(u64 now_ms);
int vp_clock_compare(u64 gateway_ms, s64 *drift_ms);
bool vp_clock_could_drift(s64 drift_ms, u64 elapsed_ms);
void vp_clock_remember(u64 *now_ms, u64 *trusted_ms);
void vp_clock_restore(u64 now_ms, u64 trusted_ms, u64 ahead_ms);
void vp_clock_forget(void);
int vp_clock_now_ms(u64 *now_ms);

#define VP_CLOCK_UNSET	S64_MIN

/* Milliseconds from the time since boot to the gateway's time; clock.c's own. */
extern atomic64_t vp_clock_offset_ms;

/**
 * vp_clock_boot_ms() - the time since boot
 *
 * CLOCK_MONOTONIC_RAW stands still during a suspend; the offset makes up for it.
 *
 * Return: milliseconds.
 */
static inline u64 vp_clock_boot_ms(void)
{
	return ktime_to_ms(ktime_add(ktime_get_raw(), ktime_mono_to_any(0, TK_OFFS_BOOT)));
}

/**
 * vp_clock_at() - the time at a moment
 * @boot_ms: when, as vp_clock_boot_ms() told it
 * @now_ms: milliseconds since 1970
 *
 * Return: 0, or -ENODATA before there is one.
 */
static inline int vp_clock_at(u64 boot_ms, u64 *now_ms)
{
	s64 offset = atomic64_read(&vp_clock_offset_ms);

	if (offset == VP_CLOCK_UNSET)
		return -ENODATA;
	*now_ms = offset + boot_ms;
	return 0;
}

#endif /* VP_CLOCK_H */
