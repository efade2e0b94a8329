// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>
#include <unistd.h>

#include "../common/base64.h"
#include "exchange.h"

/* The module waits for a minute; a channel that hangs takes half of it. */
static const unsigned int pauses[] = { 1, 3 };

void exchange(struct exchange *x, const struct config *config, const uint8_t *message, size_t len)
{
	char text[BASE64_SIZE(VOICEPAY_MESSAGE_MAX)];
	struct http_answer answer;
	const char *got;
	json_t *request;
	ssize_t n = -1;
	size_t tries;

	memset(x, 0, sizeof(*x));
	base64_encode(text, message, len);
	request = json_pack("{s:s}", "message", text);
	for (tries = 0; ; tries++) {
		x->outcome = http_post(config, "/v1/enrol", request, &answer);
		if (x->outcome != HTTP_UNKNOWN || tries == sizeof(pauses) / sizeof(pauses[0]))
			break;
		http_release(&answer);
		sleep(pauses[tries]);
	}
	json_decref(request);
	if (x->outcome == HTTP_DONE) {
		got = json_string_value(json_object_get(answer.body, "message"));
		if (got)
			n = base64_decode(x->reply, sizeof(x->reply), got, strlen(got));
		x->reply_len = n < 0 ? 0 : n;
		if (n < 0) {
			x->outcome = HTTP_REFUSED;
			strcpy(answer.error, "EBADMSG");
			strcpy(answer.message, "its answer is not one to an enrolment: is it a voicepay gateway?");
		}
	}
	strcpy(x->error, answer.error);
	strcpy(x->message, answer.message);
	http_release(&answer);
}
