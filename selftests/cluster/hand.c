// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "hand.h"
#include "hex.h"
#include "line.h"

int hand_codes(const struct town *town, int from, int n, long seconds)
{
	char code[PAYCODE_DIGITS + 1];

	for (int i = from; i < from + n && i < town->devices; i++) {
		if (device_code(&town->device[i], 0, (time(NULL) + seconds) / PAYCODE_STEP_SECONDS, PAYCODE_PER_STEP - 1, code))
			return -1;
		puts(code);
	}
	return 0;
}

int hand_spend(const struct town *town, const char *prefix, const char *gateway)
{
	struct line l = { gateway, -1 };
	char code[PAYCODE_DIGITS + 2], body[256], answer[2048];

	for (int n = 0; scanf("%25s", code) == 1; n++) {
		int status;
		json_t *a;

		snprintf(body, sizeof(body), "{\"order_no\":\"%s%d\",\"code\":\"%s\",\"amount\":1,\"currency\":\"CNY\"}", prefix, n, code);
		status = line_post(&l, "/v1/merchant/charge", town->shop[n % 2], body, answer, sizeof(answer));
		if (status < 0)
			return -1;
		a = json_loads(answer, 0, NULL);
		puts(json_string_value(json_object_get(a, status == 200 ? "state" : "error")));
		json_decref(a);
	}
	return 0;
}

int hand_device(const struct town *town, int number)
{
	char hex[2 * VP_DEVICE_ID_LEN + 1];

	if (number < 0 || number >= town->devices)
		return -1;
	hex_encode(hex, town->device[number].id, VP_DEVICE_ID_LEN);
	puts(hex);
	return 0;
}
