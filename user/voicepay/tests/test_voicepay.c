// SPDX-License-Identifier: GPL-2.0-or-later
/* Tickets, and secrets on the command line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../command.h"
#include "../ticket.h"

static void tickets(void **state)
{
	static const char *const good[] = {
		"000102030405060708090a0b0c0d0e0f1011121314151617",
		"000102030405060708090A0B0C0D0E0F1011121314151617",
		"0001-0203-0405-0607-0809-0a0b-0c0d-0e0f-1011-1213-1415-1617",
		"00010203 04050607 08090a0b 0c0d0e0f 10111213 14151617",
	};
	static const char *const bad[] = {
		"", "00", "000102030405060708090a0b0c0d0e0f101112131415161",
		"000102030405060708090a0b0c0d0e0f10111213141516178",
		"000102030405060708090a0b0c0d0e0f101112131415161g",
		"000102030405060708090a0b0c0d0e0f1011121314151617\n",
		"0x0102030405060708090a0b0c0d0e0f1011121314151617",
	};
	uint8_t t[VOICEPAY_TICKET_LEN], zero[VOICEPAY_TICKET_LEN] = { 0 };
	size_t i, k;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(ticket_parse(good[i], t), 0);
		for (k = 0; k < sizeof(t); k++)
			assert_int_equal(t[k], k);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!ticket_parse(bad[i], t))
			fail_msg("took \"%s\"", bad[i]);
		assert_memory_equal(t, zero, sizeof(t));
	}
}

static void secrets(void **state)
{
	char path[] = "/tmp/voicepay-test-XXXXXX", file[64], itself[] = "0001-0203", zero[sizeof(itself)] = "";
	int fd = mkstemp(path);
	char *text;

	/* What everybody can see in the list of processes is gone once it is read. */
	text = read_secret(itself, "ticket");
	assert_string_equal(text, "0001-0203");
	assert_memory_equal(itself, zero, sizeof(itself));
	free(text);

	assert_int_equal(write(fd, "0405-0607\nmore\n", 15), 15);
	close(fd);
	snprintf(file, sizeof(file), "@%s", path);
	text = read_secret(file, "ticket");
	assert_string_equal(text, "0405-0607");
	free(text);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tickets),
		cmocka_unit_test(secrets),
	};

	return cmocka_run_group_tests_name("voicepay", tests, NULL, NULL);
}
