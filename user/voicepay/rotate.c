// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay rotate: a new key for a slot that has one, before the old one ends.
 * Meant to be run by a timer and to be run again: whatever is lost on the way,
 * the slot goes on with the key that it has.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "exchange.h"
#include "netlink.h"

static struct {
	int64_t slot;
	bool due;
	unsigned int jitter;
} args = { .slot = -1 };

static const struct argp_option argp_options[] = {
	{ "slot", 's', "N", 0, "Only this slot; without it, all that have a key" },
	{ "due", 'd', NULL, 0, "Only where it is time: past the date, few codes left, or no trusted clock" },
	{ "jitter", 'J', "SECONDS", 0, "Wait a random time first, so that not all devices ask at once" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 's':
		args.slot = parse_slot(arg, state);
		return 0;
	case 'd':
		args.due = true;
		return 0;
	case 'J':
		args.jitter = parse_jitter(arg, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Agrees with the gateway on the next key of each slot, over a channel, under the key that the "
	"slot has. Codes go on meanwhile. Needs root; voicepay-rotate.timer runs it.", common_options
};

/* What became of one slot. */
struct result {
	uint32_t slot;
	int status;
	const char *error;		/* NULL: it has a new key */
	char message[512];
};

static void failed(struct result *r, int status, const char *error, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void failed(struct result *r, int status, const char *error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->message, sizeof(r->message), fmt, ap);
	va_end(ap);
	r->status = status;
	r->error = error;
}

static void module_refused(struct result *r, const struct manage *m, int err)
{
	switch (err) {
	case -EKEYEXPIRED:
		failed(r, STATUS_REFUSED, "EKEYEXPIRED",
		       "its key is past its last day: enrol again with a ticket: voicepay enrol --slot %u --ticket TICKET",
		       r->slot);
		return;
	case -ENOKEY:
		failed(r, STATUS_REFUSED, "ENOKEY",
		       "it has no key: enrol it with a ticket: voicepay enrol --slot %u --ticket TICKET", r->slot);
		return;
	case -ENOENT:
		failed(r, STATUS_REFUSED, "ENOENT", "there is no such slot: voicepay status lists those there are");
		return;
	case -ESTALE:
		failed(r, STATUS_ENVIRONMENT, "ESTALE",
		       "it took longer than a minute, or an enrolment began meanwhile: run this again");
		return;
	case -EBADMSG:
		failed(r, STATUS_REFUSED, "EBADMSG",
		       "what came back is not the gateway's answer: run this again, and check [gateway] key if it stays so");
		return;
	}
	r->status = manage_explain(m, err, &r->error, r->message, sizeof(r->message));
}

static void rotate(struct result *r, struct manage *m, const struct config *config)
{
	uint8_t message[VOICEPAY_MESSAGE_MAX];
	static char error[48];
	struct exchange x;
	size_t len;
	int err = manage_enrol_begin(m, r->slot, NULL, message, &len);

	if (err) {
		module_refused(r, m, err);
		return;
	}
	exchange(&x, config, message, len);
	if (x.outcome != HTTP_DONE) {
		/*
		 * Nothing is no answer, so the module forgets that it had asked. If
		 * the gateway has made a key of it, the next request overtakes that.
		 */
		manage_enrol_finish(m, r->slot, x.reply, 0, false);
		strcpy(error, x.error);
		failed(r, x.outcome == HTTP_REFUSED ? STATUS_REFUSED : STATUS_ENVIRONMENT, error,
		       x.outcome == HTTP_REFUSED ? "the gateway refused: %s" :
		       "%s. It goes on with the key that it has: run this again", x.message);
		return;
	}
	err = manage_enrol_finish(m, r->slot, x.reply, x.reply_len, false);
	if (err)
		module_refused(r, m, err);
}

/*
 * A module that has no time it trusts, as after a reboot, gets one with the key.
 * A quarter of the codes is left for the days that the gateway may be away.
 */
static bool is_due(const struct voicepay_status *st)
{
	if (!st->now || st->now >= st->rotate_after)
		return true;
	return st->codes_left != ~0ULL && st->codes_left <= st->codes_issued / 3;
}

static bool wanted(int dev, uint32_t slot)
{
	struct voicepay_status st;

	if (args.slot >= 0)
		return slot == args.slot && (!args.due || (!voicepay_status(dev, slot, &st) && is_due(&st)));
	return !voicepay_status(dev, slot, &st) && st.epoch && (!args.due || is_due(&st));
}

static void tell_result(const struct result *r, int dev, json_t *list)
{
	struct voicepay_status st = { 0 };
	json_t *o;

	if (r->error)
		fprintf(stderr, "voicepay: slot %u: %s\n", r->slot, r->message);
	else
		voicepay_status(dev, r->slot, &st);
	if (!options.json) {
		if (!r->error)
			printf("Slot %u has a new key, epoch %llu.\n", r->slot, (unsigned long long)st.epoch);
		return;
	}
	o = json_pack("{s:i, s:b}", "slot", r->slot, "rotated", !r->error);
	if (r->error) {
		json_object_set_new(o, "error", json_string(r->error));
		json_object_set_new(o, "message", json_string(r->message));
	} else {
		json_object_set_new(o, "epoch", json_integer(st.epoch));
		json_object_set_new(o, "rotate_after", json_integer(st.rotate_after));
		json_object_set_new(o, "not_after", json_integer(st.not_after));
	}
	json_array_append_new(list, o);
}

int cmd_rotate(int argc, char **argv)
{
	static struct config config;
	struct voicepay_info info;
	int dev, err, status, worst = STATUS_OK;
	json_t *list;
	bool asked = false;
	struct manage m;
	uint32_t slot;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	status = load_config(&config);
	if (status)
		return status;
	wait_jitter(args.jitter);
	dev = open_device();
	if (dev < 0)
		return -dev;
	err = voicepay_info(dev, &info);
	if (err)
		return tell_errno(VOICEPAY_CALL_INFO, err);
	err = manage_open(&m);
	if (err)
		return manage_tell(&m, err);
	list = json_array();
	for (slot = 0; slot < info.max_slots || slot == args.slot; slot++) {
		struct result r = { .slot = slot };

		if (!wanted(dev, slot))
			continue;
		asked = true;
		rotate(&r, &m, &config);
		tell_result(&r, dev, list);
		if (r.status > worst)
			worst = r.status;
	}
	manage_close(&m);
	voicepay_close(dev);
	if (options.json)
		return tell_json(json_pack("{s:o}", "slots", list)) ? STATUS_ENVIRONMENT : worst;
	if (!asked)
		printf("No slot needs a new key.\n");
	json_decref(list);
	return worst;
}
