// SPDX-License-Identifier: GPL-2.0
/*
 * What happened: who did what with which slot, and what came of it. Each event
 * goes three ways: the tracepoint voicepay:voicepay_event, an audit record, and
 * the netlink multicast group "events". Where nobody listens it costs the increment of
 * a counter of this processor's; nothing is allocated, no lock is taken.
 */

#include <linux/audit.h>
#include <linux/ctype.h>
#include <linux/cred.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

#include "voicepay.h"
#include "event.h"
#include "netlink_event.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/*
 * Events are numbered as they are told, and those that nobody was told of count: whoever
 * listens later sees how many there were. A number for each one would be a line of memory
 * that processors take from each other, though they serve different slots.
 */
static DEFINE_PER_CPU(u64, untold);
static DEFINE_SPINLOCK(number_lock);
static u64 told;

/*
 * Under the lock, as what one who reads the counters late adds to an early number would be
 * another's. A 32-bit kernel reads a counter in halves: once in 2^32 events a number may
 * be wrong there.
 */
static u64 next_number(void)
{
	unsigned long flags;
	u64 number;
	int cpu;

	spin_lock_irqsave(&number_lock, flags);
	number = ++told;
	for_each_possible_cpu(cpu)
		number += READ_ONCE(per_cpu(untold, cpu));
	spin_unlock_irqrestore(&number_lock, flags);
	return number;
}

/*
 * Attack: whoever has no right to anything asks so often that the records of others
 * are lost, or the machine panics as it is told to when one is. So he waits until
 * the audit daemon has taken them. Nobody else does: what it cannot take then it
 * counts as lost. Those who hold a lock tell of no want of a right.
 */
static gfp_t audit_patience(int error)
{
	return error == -EACCES || error == -EPERM ? GFP_KERNEL : GFP_ATOMIC;
}

/* A record of its own type there is none for modules. */
static void audit(const struct vp_event *event)
{
	char comm[TASK_COMM_LEN];
	int i;

	if (audit_enabled == AUDIT_OFF)
		return;
	/* The name is the caller's choice: it must not be able to forge a field. */
	for (i = 0; i < TASK_COMM_LEN - 1 && event->comm[i]; i++)
		comm[i] = isgraph(event->comm[i]) && isascii(event->comm[i]) &&
			  event->comm[i] != '"' ? event->comm[i] : '?';
	comm[i] = '\0';
	audit_log(NULL, audit_patience(event->error), AUDIT_KERNEL_OTHER,
		  "voicepay kind=%u number=%llu slot=%d uid=%u pid=%u comm=\"%s\" error=%d drift_ms=%lld res=%d",
		  event->kind, event->number, (int)event->slot, event->uid, event->pid, comm,
		  -event->error, event->drift_ms, !event->error);
}

static __always_inline bool somebody_listens(void)
{
	return trace_voicepay_event_enabled() || audit_enabled != AUDIT_OFF ||
	       vp_netlink_has_listeners();
}

/* Out of the way of those whom nobody listens to. */
static noinline void tell(u32 kind, u32 slot, int error, s64 drift_ms)
{
	struct vp_event event = {
		.kind = kind, .slot = slot, .error = error, .drift_ms = drift_ms,
		.number = next_number(),
	};

	event.boot_ms = ktime_to_ms(ktime_get_boottime());
	event.uid = from_kuid(&init_user_ns, current_euid());
	event.pid = task_tgid_nr(current);
	get_task_comm(event.comm, current);
	trace_voicepay_event(&event);
	audit(&event);
	vp_netlink_tell(&event);
}

static __always_inline void happened(u32 kind, u32 slot, int error, s64 drift_ms)
{
	if (somebody_listens())
		tell(kind, slot, error, drift_ms);
	else
		this_cpu_inc(untold);
}

/**
 * vp_event() - tell that something happened, on behalf of the current process
 * @kind: enum voicepay_event
 * @slot: slot number or VP_NO_SLOT
 * @error: 0, or the negative errno of a refusal
 *
 * May sleep.
 */
void vp_event(u32 kind, u32 slot, int error)
{
	happened(kind, slot, error, 0);
}

void vp_event_drift(u32 slot, int error, s64 drift_ms)
{
	happened(VOICEPAY_EVENT_CLOCK, slot, error, drift_ms);
}
