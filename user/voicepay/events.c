// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay events: what happens, as it happens. */

#include <ctype.h>
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "netlink.h"

static long left = -1;
static uint64_t last_number;

static const struct argp_option argp_options[] = {
	{ "count", 'n', "N", 0, "End after N events" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	char *end;

	if (key != 'n')
		return ARGP_ERR_UNKNOWN;
	left = strtol(arg, &end, 10);
	if (*end || left < 1)
		argp_error(state, "\"%s\" is not a number of events", arg);
	return 0;
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Shows what happens as it happens: each code and each refusal, enrolments, locks, wipes, by "
	"whom. Needs root.", common_options
};

static const char *kind_name(uint32_t kind)
{
	static const char *const names[] = {
		[VOICEPAY_EVENT_CODE] = "code",
		[VOICEPAY_EVENT_ENROL] = "enrol",
		[VOICEPAY_EVENT_SLOT_NEW] = "slot-new",
		[VOICEPAY_EVENT_SLOT_DEL] = "slot-del",
		[VOICEPAY_EVENT_SLOT_SET] = "slot-set",
		[VOICEPAY_EVENT_LOCK] = "lock",
		[VOICEPAY_EVENT_UNLOCK] = "unlock",
		[VOICEPAY_EVENT_LOCKOUT] = "lockout",
		[VOICEPAY_EVENT_CLOCK] = "clock",
		[VOICEPAY_EVENT_WIPE] = "wipe",
		[VOICEPAY_EVENT_DENIED] = "denied",
		[VOICEPAY_EVENT_SEAL] = "seal",
		[VOICEPAY_EVENT_RESTORE] = "restore",
		[VOICEPAY_EVENT_SEALER] = "sealer",
		[VOICEPAY_EVENT_ROTATE] = "rotate",
		[VOICEPAY_EVENT_AUTHORISE] = "authorise",
		[VOICEPAY_EVENT_POOL] = "pool",
		[VOICEPAY_EVENT_OTP_PUT] = "otp-put",
		[VOICEPAY_EVENT_OTP] = "otp",
	};

	return kind < sizeof(names) / sizeof(names[0]) && names[kind] ? names[kind] : "unknown";
}

/* A thread's name is its own choice: it must not be able to steer a terminal. */
static void printable(char *to, const struct nlattr *attr)
{
	size_t i, n = attr ? nla_len(attr) : 0;
	const char *from = attr ? nla_data(attr) : NULL;

	for (i = 0; i < n && i < 31 && from[i]; i++)
		to[i] = isgraph((unsigned char)from[i]) ? from[i] : '?';
	to[i] = 0;
}

static uint32_t u32_of(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static void tell(struct nlattr **a)
{
	const struct nlattr *slot = a[VOICEPAY_A_EVENT_SLOT], *drift = a[VOICEPAY_A_EVENT_DRIFT_MS];
	uint32_t error = u32_of(a[VOICEPAY_A_EVENT_ERROR]), uid = u32_of(a[VOICEPAY_A_EVENT_UID]);
	const char *kind = kind_name(u32_of(a[VOICEPAY_A_EVENT_KIND]));
	const char *name = error ? strerrorname_np(error) : NULL;
	uint32_t pid = u32_of(a[VOICEPAY_A_EVENT_PID]);
	uint64_t number = a[VOICEPAY_A_EVENT_NUMBER] ? nla_get_u64(a[VOICEPAY_A_EVENT_NUMBER]) : 0;
	int64_t drift_ms = 0;
	char comm[32];

	printable(comm, a[VOICEPAY_A_EVENT_COMM]);
	if (drift && nla_len(drift) == sizeof(drift_ms))
		memcpy(&drift_ms, nla_data(drift), sizeof(drift_ms));
	if (options.json) {
		json_t *o = json_pack("{s:I, s:s, s:I, s:I, s:s}", "number", (json_int_t)number,
				      "kind", kind, "uid", (json_int_t)uid, "pid", (json_int_t)pid,
				      "comm", comm);

		if (slot)
			json_object_set_new(o, "slot", json_integer(nla_get_u32(slot)));
		if (error)
			json_object_set_new(o, "error", json_string(name ? name : "EUNKNOWN"));
		if (drift)
			json_object_set_new(o, "drift_ms", json_integer(drift_ms));
		json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		json_decref(o);
		putchar('\n');
	} else {
		char when[32];
		time_t t = time(NULL);

		strftime(when, sizeof(when), "%F %T", localtime(&t));
		printf("%s %s", when, kind);
		if (slot)
			printf(" slot %u", nla_get_u32(slot));
		printf("%s%s by user %u, process %u (%s)", error ? " refused, " : "",
		       error ? name ? name : "EUNKNOWN" : "", uid, pid, comm);
		if (drift)
			printf(", the gateway's clock is %lld ms ahead", (long long)drift_ms);
		putchar('\n');
		if (last_number && number > last_number + 1)
			printf("(%llu events before this one were missed)\n",
			       (unsigned long long)(number - last_number - 1));
	}
	last_number = number;
	fflush(stdout);
}

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[VOICEPAY_A_EVENT_MAX + 1];

	if (genlmsg_parse(nlmsg_hdr(msg), 0, attrs, VOICEPAY_A_EVENT_MAX, NULL) < 0)
		return NL_SKIP;
	tell(attrs);
	if (left > 0)
		left--;
	return left ? NL_OK : NL_STOP;
}

int cmd_events(int argc, char **argv)
{
	struct manage m;
	int err, group;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	err = manage_open(&m);
	if (err)
		return manage_tell(&m, err);
	group = genl_ctrl_resolve_grp(m.sock, VOICEPAY_FAMILY_NAME, VOICEPAY_MCGRP_EVENTS);
	nl_socket_disable_seq_check(m.sock);
	nl_socket_modify_cb(m.sock, NL_CB_VALID, NL_CB_CUSTOM, on_event, NULL);
	if (group < 0 || nl_socket_add_membership(m.sock, group)) {
		err = manage_tell(&m, group < 0 ? -ENOENT : -EPERM);
		manage_close(&m);
		return err;
	}
	/* After an overrun the numbers show what was missed; and nothing may happen for long. */
	while (left && !ferror(stdout)) {
		err = nl_recvmsgs_default(m.sock);
		if (err < 0 && err != -NLE_NOMEM && err != -NLE_INTR && err != -NLE_AGAIN)
			break;
	}
	manage_close(&m);
	return left > 0 ? tell_error(STATUS_ENVIRONMENT, "EIO", "%s", nl_geterror(err)) : STATUS_OK;
}
