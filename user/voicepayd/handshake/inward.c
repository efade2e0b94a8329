// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A certificate may not send us to this machine's own services, nor to a
 * cloud's, which think that whoever can reach them is a friend. The operator's
 * settings may.
 */

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "inward.h"

static bool is_inward4(const unsigned char *p)
{
	uint32_t a = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];

	return a >> 24 == 127 || a >> 24 == 0 || a >> 16 == 0xa9fe || a >> 28 >= 14 ||
	       a >> 22 == 0x64400000 >> 22 ||	/* 100.64/10, between carriers and in clouds */
	       a >> 8 == 0xc00000;		/* 192.0.0/24, of protocols */
}

static bool is_inward6(const struct in6_addr *a)
{
	static const unsigned char nat64[12] = { 0, 0x64, 0xff, 0x9b }, nat64_local[6] = { 0, 0x64, 0xff, 0x9b, 0, 1 };
	const unsigned char *p = a->s6_addr;

	/* Those that have one of IPv4 in them lead to where that leads. */
	if (IN6_IS_ADDR_V4MAPPED(a) || !memcmp(p, nat64, sizeof(nat64)))
		return is_inward4(p + 12);
	if (p[0] == 0x20 && p[1] == 0x02)	/* 6to4 */
		return is_inward4(p + 2);
	return IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_V4COMPAT(a) ||
	       IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_SITELOCAL(a) || IN6_IS_ADDR_MULTICAST(a) ||
	       (p[0] & 0xfe) == 0xfc || !memcmp(p, nat64_local, sizeof(nat64_local));
}

bool is_inward(const struct sockaddr *sa)
{
	switch (sa->sa_family) {
	case AF_INET:
		return is_inward4((const unsigned char *)&((const struct sockaddr_in *)sa)->sin_addr);
	case AF_INET6:
		return is_inward6(&((const struct sockaddr_in6 *)sa)->sin6_addr);
	default:
		return true;
	}
}
