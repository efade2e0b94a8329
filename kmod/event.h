/* SPDX-License-Identifier: GPL-2.0 */
/* What happened: tracepoint, audit record, netlink event. */
#ifndef VP_EVENT_H
#define VP_EVENT_H

#include <linux/sched.h>
#include <linux/types.h>

#define VP_NO_SLOT	U32_MAX

/**
 * struct vp_event - something that happened, and on whose behalf
 * @kind: enum voicepay_event
 * @slot: its number, or VP_NO_SLOT
 * @error: 0 or a negative errno
 * @drift_ms: of a clock anomaly
 * @number: counts events
 * @boot_ms: when, on CLOCK_BOOTTIME
 * @uid: effective user, as the initial namespace counts
 * @pid: process, likewise
 * @comm: what its thread calls itself; never to be believed
 *
 * Nothing in here may tell a digit of a code or a bit of a key.
 */
struct vp_event {
	u32 kind;
	u32 slot;
	int error;
	s64 drift_ms;
	u64 number;
	u64 boot_ms;
	u32 uid;
	u32 pid;
	char comm[TASK_COMM_LEN];
};

void vp_event(u32 kind, u32 slot, int error);
void vp_event_drift(u32 slot, int error, s64 drift_ms);

#endif /* VP_EVENT_H */
