// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay pool: fifteen codes in advance, for a device whose clock cannot be
 * trusted. What travels is a permission, which only the module can use.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../common/base64.h"
#include "authorise.h"
#include "command.h"
#include "http.h"
#include "netlink.h"

/* With fewer left, --due gets new ones. */
#define FEW	5

static unsigned int slot;
static bool due;

static const struct argp_option argp_options[] = {
	{ "slot", 's', "N", 0, "Slot, 0 if not given" },
	{ "due", 'd', NULL, 0, "Only if the slot's key may have a pool and fewer than 5 codes are left" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 's':
		slot = parse_slot(arg, state);
		return 0;
	case 'd':
		due = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Gets permission for fifteen payment codes that need no clock; \"voicepay code --pool\" shows "
	"them. What is left of an earlier one ends. Needs root.", common_options
};

static int put(const json_t *body)
{
	const char *text = json_string_value(json_object_get(body, "pool"));
	uint8_t message[VOICEPAY_POOL_LEN];
	struct manage m;
	int err;

	if (!text || base64_decode(message, sizeof(message), text, strlen(text)) != sizeof(message))
		return tell_error(STATUS_ENVIRONMENT, "EBADMSG", "the gateway's answer is no pool: update the one that is older");
	err = manage_open(&m);
	if (err)
		return manage_tell(&m, err);
	err = manage_pool_put(&m, slot, message);
	if (err == -EBADMSG)
		err = tell_error(STATUS_REFUSED, "EBADMSG", "the pool was not made for this slot's key, or was altered: run this again");
	else if (err)
		err = manage_tell(&m, err);
	manage_close(&m);
	return err;
}

static int refill(void)
{
	const struct authorise_order order = { .slot = slot, .purpose = VOICEPAY_PURPOSE_POOL };
	static struct config config;
	struct http_answer answer;
	enum http_outcome outcome;
	json_t *authorisation, *request;
	int status = load_config(&config);

	if (status)
		return status;
	authorisation = authorise_or_tell(&order, &status);
	if (!authorisation)
		return status;
	request = json_pack("{s:i, s:o}", "slot", slot, "authorisation", authorisation);
	outcome = http_post(&config, "/v1/pool", request, &answer);
	json_decref(request);
	if (outcome == HTTP_REFUSED)
		return tell_error(STATUS_REFUSED, answer.error, "no pool: %s", answer.message);
	/* A pool that was lost on the way is replaced by the next one. */
	if (outcome != HTTP_DONE)
		return tell_error(STATUS_ENVIRONMENT, answer.error, "no pool: %s. Run this again", answer.message);
	status = put(answer.body);
	http_release(&answer);
	return status;
}

static bool wants_none(const struct voicepay_status *st)
{
	return !(st->modes & 1U << VOICEPAY_MODE_POOL) || st->pool_left >= FEW;
}

int cmd_pool(int argc, char **argv)
{
	struct voicepay_status st;
	int dev, err, status;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	dev = open_device();
	if (dev < 0)
		return -dev;
	err = voicepay_status(dev, slot, &st);
	/* A timer asks for slot 0, whether there is one or not. */
	if (due && (err == -ENOENT || (!err && wants_none(&st)))) {
		voicepay_close(dev);
		return STATUS_OK;
	}
	status = err ? tell_errno(VOICEPAY_CALL_STATUS, err) : refill();
	if (!status) {
		err = voicepay_status(dev, slot, &st);
		if (err)
			status = tell_errno(VOICEPAY_CALL_STATUS, err);
	}
	voicepay_close(dev);
	if (status)
		return status;
	if (options.json)
		return tell_json(json_pack("{s:i, s:i}", "slot", slot, "pool_left", st.pool_left));
	printf("Slot %u has %u codes that need no clock: voicepay code --pool\n", slot, st.pool_left);
	return STATUS_OK;
}
