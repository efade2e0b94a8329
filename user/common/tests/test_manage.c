// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An answer of the module that makes no sense is an error, whatever of it could
 * be read. The calls themselves are tested with the module, in selftests/store.c.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "../manage_call.h"

static int got_id(struct nlattr **attrs, void *out)
{
	if (!attrs[VOICEPAY_A_SLOT_ID])
		return -1;
	*(unsigned int *)out = nla_get_u32(attrs[VOICEPAY_A_SLOT_ID]);
	return 0;
}

static struct nl_msg *message(void)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 1, 1, 0x20, 0, 0, VOICEPAY_CMD_SLOT_GET, 1));
	return msg;
}

static int result(struct nl_msg *msg, unsigned int *id)
{
	struct manage m = { 0 };
	struct manage_call call = { .m = &m, .take = got_id, .max = VOICEPAY_A_SLOT_MAX, .out = id };

	manage_take(&call, msg);
	nlmsg_free(msg);
	assert_int_equal(call.got, 1);
	return call.err;
}

static void sense(void **state)
{
	struct nl_msg *msg = message();
	unsigned int id = 0;

	nla_put_u32(msg, VOICEPAY_A_SLOT_ID, 7);
	/* A newer module's attribute hurts nobody. */
	nla_put_u32(msg, VOICEPAY_A_SLOT_MAX + 1, 1);
	assert_int_equal(result(msg, &id), 0);
	assert_int_equal(id, 7);
}

static void missing(void **state)
{
	struct nl_msg *msg = message();
	unsigned int id = 0;

	nla_put_u32(msg, VOICEPAY_A_SLOT_STATE, 7);
	assert_int_equal(result(msg, &id), -EBADMSG);
}

/* The message ends within an attribute, or within the family's header. */
static void torn(void **state)
{
	unsigned int id = 0;
	struct nl_msg *msg = message();

	nla_put_u32(msg, VOICEPAY_A_SLOT_ID, 7);
	nlmsg_hdr(msg)->nlmsg_len -= 2;
	assert_int_equal(result(msg, &id), -EBADMSG);
	msg = message();
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN + 2;
	assert_int_equal(result(msg, &id), -EBADMSG);
	assert_int_equal(id, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sense),
		cmocka_unit_test(missing),
		cmocka_unit_test(torn),
	};

	return cmocka_run_group_tests_name("manage", tests, NULL, NULL);
}
