// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay enrol: carries two messages between the module and the gateway. It
 * can read neither, and whatever fails, the slot is as it was.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "exchange.h"
#include "netlink.h"
#include "newslot.h"
#include "provision.h"
#include "ticket.h"

static struct {
	char *ticket;
	int64_t slot;
	bool accept_time;
} args = { .slot = -1 };

static const struct argp_option argp_options[] = {
	{ "ticket", 't', "TICKET", 0, "One-time ticket from the gateway, 48 hex digits; @FILE or - reads it" },
	{ "slot", 's', "N", 0, "Slot to enrol; without it, the lowest free one" },
	{ "accept-time", 'T', NULL, 0, "Take the gateway's time, however far it is from the device's" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 't':
		args.ticket = arg;
		return 0;
	case 's':
		args.slot = parse_slot(arg, state);
		return 0;
	case 'T':
		args.accept_time = true;
		return 0;
	case ARGP_KEY_END:
		if (!args.ticket)
			argp_error(state, "--ticket is needed: the gateway's operator gives you one");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Agrees with the gateway on a key for a slot. The key itself never travels and never "
	"leaves the kernel.", common_options
};

static int read_ticket(uint8_t ticket[VOICEPAY_TICKET_LEN])
{
	char *text = read_secret(args.ticket, "ticket");
	int bad;

	if (!text)
		return STATUS_USAGE;
	bad = ticket_parse(text, ticket);
	explicit_bzero(text, strlen(text));
	free(text);
	if (bad)
		return tell_error(STATUS_USAGE, "USAGE",
				  "this is not a ticket: it has 48 hex digits, with dashes between them or not");
	return 0;
}

static int not_exchanged(const struct exchange *x)
{
	switch (x->outcome) {
	case HTTP_REFUSED:
		return tell_error(STATUS_REFUSED, x->error, "the gateway refused: %s", x->message);
	case HTTP_NOT_SENT:
		return tell_error(STATUS_ENVIRONMENT, x->error, "no channel to the gateway: %s", x->message);
	default:
		return tell_error(STATUS_ENVIRONMENT, x->error,
				  "%s; try again with the same ticket, and with a new one if that is refused",
				  x->message);
	}
}

static int enrol(struct manage *m, const struct config *config, const uint8_t *ticket, uint32_t slot)
{
	uint8_t message[VOICEPAY_MESSAGE_MAX];
	struct exchange x;
	size_t len;
	int err = manage_enrol_begin(m, slot, ticket, message, &len);

	if (err)
		return manage_tell(m, err);
	exchange(&x, config, message, len);
	if (x.outcome != HTTP_DONE) {
		/* Nothing is no answer, so the module forgets that it had asked. */
		manage_enrol_finish(m, slot, x.reply, 0, false);
		return not_exchanged(&x);
	}
	err = manage_enrol_finish(m, slot, x.reply, x.reply_len, args.accept_time);
	return err ? manage_tell(m, err) : 0;
}

static int tell_success(uint32_t slot)
{
	struct voicepay_status st = { 0 };
	int dev = voicepay_open(NULL);

	if (dev >= 0) {
		voicepay_status(dev, slot, &st);
		voicepay_close(dev);
	}
	if (options.json)
		return tell_json(json_pack("{s:i, s:I, s:I}", "slot", slot, "epoch",
					   (json_int_t)st.epoch, "not_after",
					   (json_int_t)st.not_after));
	printf("Slot %u is enrolled. Its key never left the kernel; \"voicepay code%s\" shows a payment code.\n",
	       slot, slot ? " --slot N" : "");
	return STATUS_OK;
}

int cmd_enrol(int argc, char **argv)
{
	uint8_t ticket[VOICEPAY_TICKET_LEN];
	static struct config config;
	struct manage m;
	int64_t slot;
	int err, status;
	bool made;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	status = read_ticket(ticket);
	if (!status)
		status = load_config(&config);
	if (status)
		return status;

	err = manage_open(&m);
	if (err)
		return manage_tell(&m, err);
	status = provision_device(&m, &config);
	if (status)
		goto out;

	/* A slot that is there is enrolled anew, and keeps its key until that succeeds. */
	slot = args.slot;
	err = manage_slot_new(&m, &slot);
	made = !err;
	if (err == -EEXIST && args.slot >= 0) {
		slot = args.slot;
	} else if (err) {
		status = manage_tell(&m, err);
		goto out;
	}
	status = enrol(&m, &config, ticket, slot);
	if (!status && made)
		status = give_to_group(&m, slot, VOICEPAY_RIGHT_SEE | VOICEPAY_RIGHT_CODE);
	if (status && made)
		manage_slot_del(&m, slot);
	if (!status)
		status = tell_success(slot);
out:
	explicit_bzero(ticket, sizeof(ticket));
	manage_close(&m);
	return status;
}
