// SPDX-License-Identifier: GPL-2.0
/*
 * Has a person pressed a button? Keeps when that was last, and which press has
 * been used up: under the policy "always" a press is good for one code of one
 * slot. No locks: two callers who want the same press race for it, and one loses.
 */

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "presence.h"

/* Nanoseconds of CLOCK_BOOTTIME; 0: never. */
static atomic64_t pressed = ATOMIC64_INIT(0);
static atomic64_t used_up = ATOMIC64_INIT(0);

void vp_presence_pressed(u64 now_ns)
{
	atomic64_set(&pressed, now_ns);
}

/* A press at @pressed_ns still counts at @now_ns. */
bool vp_presence_holds(u64 pressed_ns, u64 now_ns, u32 seconds)
{
	return pressed_ns && now_ns >= pressed_ns &&
	       now_ns - pressed_ns < (u64)seconds * NSEC_PER_SEC;
}

/* One policy asks less of a person than another does. */
bool vp_presence_is_weaker(u32 mode, u32 seconds, u32 than_mode, u32 than_seconds)
{
	if (than_mode == VOICEPAY_PRESENCE_NEVER)
		return false;
	return mode < than_mode || seconds > than_seconds;
}

/**
 * vp_presence_take() - is a person there, as a policy demands?
 * @mode: enum voicepay_presence
 * @seconds: for so long a press counts
 * @press: out: for vp_presence_give_back()
 *
 * Return: 0, or -EINPROGRESS until somebody presses a button.
 */
int vp_presence_take(u32 mode, u32 seconds, struct vp_press *press)
{
	u64 last, before;

	*press = (struct vp_press){};
	if (mode == VOICEPAY_PRESENCE_NEVER)
		return 0;
	last = atomic64_read(&pressed);
	before = atomic64_read(&used_up);
	if (!vp_presence_holds(last, ktime_get_boottime_ns(), seconds))
		return -EINPROGRESS;
	if (mode == VOICEPAY_PRESENCE_CACHED)
		return 0;
	if (last == before || atomic64_cmpxchg(&used_up, before, last) != before)
		return -EINPROGRESS;
	*press = (struct vp_press){ last, before };
	return 0;
}

/* The request failed for another reason; the person need not press again. */
void vp_presence_give_back(const struct vp_press *press)
{
	if (press->this_ns)
		atomic64_cmpxchg(&used_up, press->this_ns, press->before_ns);
}
