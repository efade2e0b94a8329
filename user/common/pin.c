// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "base64.h"
#include "pin.h"

int pin_parse(const char *text, struct pin *pin)
{
	if (strncmp(text, "sha256/", 7))
		return -1;
	text += 7;
	/*
	 * The alphabet has '/', so a pin could begin with one: the length tells
	 * curl's spelling from ours.
	 */
	if (*text == '/' && strlen(text) == BASE64_SIZE(PIN_BYTES))
		text++;
	if (base64_decode(pin->sha256, PIN_BYTES, text, strlen(text)) != PIN_BYTES)
		return -1;
	return 0;
}

bool pin_in(const struct pin *pin, const struct pin *set, size_t count)
{
	size_t i;

	/* Pins are public: every device carries them. */
	for (i = 0; i < count; i++)
		if (!memcmp(pin->sha256, set[i].sha256, PIN_BYTES))
			return true;
	return false;
}
