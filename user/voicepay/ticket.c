// SPDX-License-Identifier: GPL-2.0-or-later

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "ticket.h"

int ticket_parse(const char *text, uint8_t ticket[VOICEPAY_TICKET_LEN])
{
	size_t n = 0;

	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '-' || c == ' ')
			continue;
		if (!isxdigit(c) || n == 2 * VOICEPAY_TICKET_LEN)
			goto bad;
		c = isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
		ticket[n / 2] = n % 2 ? ticket[n / 2] | c : c << 4;
		n++;
	}
	if (n == 2 * VOICEPAY_TICKET_LEN)
		return 0;
bad:
	explicit_bzero(ticket, VOICEPAY_TICKET_LEN);
	return -1;
}
