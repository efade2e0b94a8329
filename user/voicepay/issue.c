// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../kmod/common/paycode.h"
#include "authorise.h"
#include "command.h"
#include "issue.h"

const char *issue_mode_name(unsigned int version)
{
	static const char *const names[] = {
		[1] = "plain",
		[2] = "amount",
		[3] = "merchant",
		[4] = "amount and merchant",
		[5] = "shown",
		[6] = "plain",
		[8] = "pool",
		[9] = "online",
	};

	return version < sizeof(names) / sizeof(names[0]) && names[version] ? names[version] : "unknown";
}

int issue_open(struct issue *issue, unsigned int mode)
{
	int status;

	memset(issue, 0, sizeof(*issue));
	issue->dev = open_device();
	if (issue->dev < 0)
		return -issue->dev;
	if (mode != ISSUE_ONLINE)
		return 0;
	status = load_config(&issue->config);
	if (status)
		voicepay_close(issue->dev);
	return status;
}

void issue_close(struct issue *issue)
{
	voicepay_close(issue->dev);
	http_release(&issue->answer);
}

/* The gateway's digits are money, too: only what is a code of this kind is shown. */
static int take_online(struct issued *code, const json_t *body)
{
	const char *digits = json_string_value(json_object_get(body, "code"));
	json_int_t valid_ms = json_integer_value(json_object_get(body, "valid_ms"));
	struct paycode parts;

	if (!digits || paycode_parse(&parts, digits, strlen(digits)) || parts.mode != ISSUE_ONLINE ||
	    valid_ms < 1 || valid_ms > 3600 * 1000)
		return -EBADMSG;
	memcpy(code->digits, digits, VOICEPAY_CODE_DIGITS + 1);
	code->version = parts.mode;
	code->valid_ms = valid_ms;
	return 0;
}

static int ask_gateway(struct issue *issue, const struct issue_wanted *wanted)
{
	const struct authorise_order order = { .slot = wanted->slot, .purpose = VOICEPAY_PURPOSE_ONLINE_CODE };
	json_t *request, *authorisation;
	int err = authorise(issue->dev, &order, &authorisation);

	if (err)
		return err;
	request = json_pack("{s:i, s:o}", "slot", wanted->slot, "authorisation", authorisation);
	http_release(&issue->answer);
	issue->asked = true;
	issue->outcome = http_post(&issue->config, "/v1/code", request, &issue->answer);
	json_decref(request);
	return issue->outcome == HTTP_DONE ? 0 : -EREMOTEIO;
}

static int from_gateway(struct issue *issue, const struct issue_wanted *wanted, struct issued *code)
{
	int err = ask_gateway(issue, wanted);

	/* The kernel's word is the same within a second, and good for one code. */
	if (err == -EREMOTEIO && !strcmp(issue->answer.error, "AUTHORISATION_STALE")) {
		sleep(1);
		err = ask_gateway(issue, wanted);
	}
	return err ? err : take_online(code, issue->answer.body);
}

static int from_module(struct issue *issue, const struct issue_wanted *wanted, struct issued *code)
{
	struct voicepay_code c;
	int err = voicepay_code_bound(issue->dev, wanted->slot, wanted->fresh ? VOICEPAY_CODE_NEW : 0, wanted->mode,
				      wanted->amount, wanted->amount ? wanted->currency : NULL, wanted->merchant,
				      wanted->challenge, &c);

	if (!err) {
		memcpy(code->digits, c.digits, VOICEPAY_CODE_DIGITS);
		code->version = c.mode;
		code->valid_ms = c.valid_ms;
	}
	explicit_bzero(&c, sizeof(c));
	return err;
}

int issue_code(struct issue *issue, const struct issue_wanted *wanted, struct issued *code)
{
	int err;

	memset(code, 0, sizeof(*code));
	issue->asked = false;
	err = wanted->mode == ISSUE_ONLINE ? from_gateway(issue, wanted, code) : from_module(issue, wanted, code);
	code->shown = !err && code->version == VOICEPAY_MODE_SHOWN;
	return err;
}

int issue_tell(const struct issue *issue, int err)
{
	if (err == -EREMOTEIO && issue->outcome == HTTP_REFUSED)
		return tell_error(STATUS_REFUSED, issue->answer.error, "no code: %s", issue->answer.message);
	if (err == -EREMOTEIO)
		return tell_error(STATUS_ENVIRONMENT, issue->answer.error,
				  "no code from the gateway: %s. One without --online needs no network",
				  issue->answer.message);
	if (err == -EBADMSG && issue->asked)
		return tell_error(STATUS_ENVIRONMENT, "EBADMSG", "the gateway's answer is no code of V=9: update the one that is older");
	if (err == -EINVAL)
		return tell_error(STATUS_USAGE, "USAGE", "a merchant's id has 1 to 64 of A-Z a-z 0-9 . _ -, a challenge up to 32 visible ASCII characters, and a currency three capital letters");
	return tell_errno(VOICEPAY_CALL_CODE, err);
}
