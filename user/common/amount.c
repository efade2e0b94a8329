// SPDX-License-Identifier: GPL-2.0-or-later

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "amount.h"

/* ISO 4217, by the number of decimals; funds, metals and test codes left out. */
static const char *const by_decimals[] = {
	"BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
	"",
	"AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
	"CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
	"GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD "
	"LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB "
	"PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
	"SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW",
	"BHD IQD JOD KWD LYD OMR TND",
};
#define DECIMALS_MAX	3

int currency_decimals(const char *currency)
{
	size_t i;

	if (strlen(currency) != 3 || !isupper((unsigned char)currency[0]) ||
	    !isupper((unsigned char)currency[1]) || !isupper((unsigned char)currency[2]))
		return -1;
	for (i = 0; i < sizeof(by_decimals) / sizeof(by_decimals[0]); i++)
		if (strstr(by_decimals[i], currency))
			return i;
	return -1;
}

int amount_parse(const char *text, const char *currency, int64_t *minor, const char **why)
{
	int decimals = currency_decimals(currency), seen = -1;
	int64_t n = 0;

	if (decimals < 0) {
		*why = "the currency is not known: give its three letters, as CNY or EUR";
		return -1;
	}
	*why = "it must be digits with a point before the decimals, as 500 or 500.00";
	if (!isdigit((unsigned char)*text))
		return -1;
	for (; *text; text++) {
		if (*text == '.' && seen < 0) {
			seen = 0;
			continue;
		}
		if (!isdigit((unsigned char)*text))
			return -1;
		if (seen >= 0 && seen++ == decimals) {
			*why = "it has more decimals than the currency";
			return -1;
		}
		n = n * 10 + (*text - '0');
		if (n > AMOUNT_MAX)
			goto too_much;
	}
	if (!seen)		/* "500." */
		return -1;
	for (seen = seen < 0 ? 0 : seen; seen < decimals; seen++)
		n *= 10;
	if (n > AMOUNT_MAX)
		goto too_much;
	if (!n) {
		*why = "it is nothing";
		return -1;
	}
	*minor = n;
	return 0;
too_much:
	*why = "it is more than can be paid";
	return -1;
}

void amount_format(char *buf, size_t size, int64_t minor, const char *currency)
{
	uint64_t n = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor, unit = 1;
	const char *sign = minor < 0 ? "-" : "";
	int decimals = currency_decimals(currency), i;

	for (i = 0; i < decimals; i++)
		unit *= 10;
	if (decimals > 0 && decimals <= DECIMALS_MAX)
		snprintf(buf, size, "%s%llu.%0*llu", sign, (unsigned long long)(n / unit), decimals,
			 (unsigned long long)(n % unit));
	else
		snprintf(buf, size, "%s%llu", sign, (unsigned long long)n);
}
