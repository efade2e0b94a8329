/* SPDX-License-Identifier: GPL-2.0 */
/* The tracepoint voicepay:voicepay_event. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM voicepay

#if !defined(VP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VP_TRACE_H

#include <linux/tracepoint.h>

#include "event.h"

TRACE_EVENT(voicepay_event,
	TP_PROTO(const struct vp_event *event),
	TP_ARGS(event),
	TP_STRUCT__entry(
		__field(u64, number)
		__field(s64, drift_ms)
		__field(u32, kind)
		__field(u32, slot)
		__field(int, error)
		__field(u32, uid)
		__field(u32, pid)
		__array(char, comm, TASK_COMM_LEN)
	),
	TP_fast_assign(
		__entry->number = event->number;
		__entry->drift_ms = event->drift_ms;
		__entry->kind = event->kind;
		__entry->slot = event->slot;
		__entry->error = event->error;
		__entry->uid = event->uid;
		__entry->pid = event->pid;
		memcpy(__entry->comm, event->comm, TASK_COMM_LEN);
	),
	TP_printk("number=%llu kind=%u slot=%d error=%d uid=%u pid=%u comm=%s drift_ms=%lld",
		  __entry->number, __entry->kind, (int)__entry->slot, __entry->error,
		  __entry->uid, __entry->pid, __entry->comm, __entry->drift_ms)
);

#endif /* VP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
