// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amount.h"

#define MAJOR_DIGITS	12

/* ISO 4217's exceptions to two decimals, as far as shops meet them. */
static int decimals(const char *currency)
{
	static const char none[] = "JPY KRW VND CLP ISK", three[] = "KWD BHD OMR JOD TND";

	if (strlen(currency) == 3 && strstr(none, currency))
		return 0;
	return strlen(currency) == 3 && strstr(three, currency) ? 3 : 2;
}

int amount_parse(long long *minor, const char *text, const char *currency)
{
	size_t whole = strspn(text, "0123456789");
	const char *frac = text + whole;
	long long n = 0;
	int d = decimals(currency);

	if (!whole || whole > MAJOR_DIGITS)
		return -1;
	if (*frac == '.' && d) {
		frac++;
		if (!*frac || strspn(frac, "0123456789") != strlen(frac) || strlen(frac) > (size_t)d)
			return -1;
	} else if (*frac) {
		return -1;
	}
	for (size_t i = 0; i < whole; i++)
		n = n * 10 + (text[i] - '0');
	for (; d; d--)
		n = n * 10 + (*frac ? *frac++ - '0' : 0);
	*minor = n;
	return 0;
}

void amount_format(char *out, size_t size, long long minor, const char *currency)
{
	unsigned long long n = minor < 0 ? 0ULL - minor : (unsigned long long)minor;
	int d = decimals(currency);
	unsigned long long unit = 1;

	for (int i = 0; i < d; i++)
		unit *= 10;
	if (d)
		snprintf(out, size, "%s%llu.%0*llu", minor < 0 ? "-" : "", n / unit, d, n % unit);
	else
		snprintf(out, size, "%s%llu", minor < 0 ? "-" : "", n);
}
