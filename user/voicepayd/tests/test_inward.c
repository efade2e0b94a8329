// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a certificate may send us, and where not. */

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../handshake/inward.h"

static bool inward(const char *text)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in a4 = { .sin_family = AF_INET };

	if (strchr(text, ':')) {
		assert_int_equal(inet_pton(AF_INET6, text, &a6.sin6_addr), 1);
		return is_inward((struct sockaddr *)&a6);
	}
	assert_int_equal(inet_pton(AF_INET, text, &a4.sin_addr), 1);
	return is_inward((struct sockaddr *)&a4);
}

static void addresses(void **state)
{
	static const char *const inwards[] = {
		"127.0.0.1", "127.255.255.255", "0.0.0.0", "0.1.2.3", "169.254.169.254", "224.0.0.1", "255.255.255.255",
		"100.64.0.0", "100.100.100.200", "100.127.255.255", "192.0.0.192",
		"::", "::1", "::7f00:1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "fc00::1", "fd00:ec2::254",
		"::ffff:127.0.0.1", "::ffff:100.100.100.200", "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254",
		"64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
	};
	static const char *const outwards[] = {
		"1.1.1.1", "10.99.0.1", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.0.1",
		"192.0.1.1", "223.255.255.255", "2001:db8::1", "2a00::1", "fb00::1", "::ffff:1.1.1.1",
		"64:ff9b::1.1.1.1", "64:ff9b:2::1", "2002:101:101::1", "2003::7f00:1",
	};
	size_t i;

	for (i = 0; i < sizeof(inwards) / sizeof(inwards[0]); i++)
		if (!inward(inwards[i]))
			fail_msg("%s is taken for outward", inwards[i]);
	for (i = 0; i < sizeof(outwards) / sizeof(outwards[0]); i++)
		if (inward(outwards[i]))
			fail_msg("%s is taken for inward", outwards[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests_name("inward addresses", tests, NULL, NULL);
}
