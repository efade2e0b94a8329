/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Enrolment as a test sees it: the netlink calls of the device, and a gateway
 * that answers them and tells what the keys are.
 */
#ifndef VP_TEST_ENROL_H
#define VP_TEST_ENROL_H

#include "agreement.h"
#include "bind.h"
#include "genl.h"
#include "paycode.h"
#include "pool.h"

/* The other side of an enrolment. */
struct test_gateway {
	__u8 s[VP_KEY_LEN], s_pub[VP_KEY_LEN];
	__u8 device[VP_DEVICE_ID_LEN];
	__u8 ticket[VP_TICKET_LEN];
	/* What it grants; to be changed at will. No modes: as an old gateway does. */
	struct vp_agree_grant grant;
	struct vp_agree_request request;	/* what the device asked last */
	struct vp_root_keys keys;		/* what came out */
};

/* A gateway with a fresh key, whose grants begin now and are generous. */
void test_gateway_init(struct test_gateway *gw);

/*
 * Answers message 1, with the ticket or for a rotation under the keys that came
 * out last; @msg2 takes VP_MSG2_MAX bytes. Returns the length or a negative errno.
 */
int test_gateway_answer(struct test_gateway *gw, const void *msg1, size_t len, __u8 *msg2);

/* The netlink calls. All return 0 or a negative errno. */
int nl_dev_set(struct genl *g, const struct test_gateway *gw);
int nl_slot_new(struct genl *g, __u32 slot);
int nl_slot_del(struct genl *g, __u32 slot);
int nl_wipe(struct genl *g, const __u8 *device);
/* Without a ticket a rotation. */
int nl_enrol_begin(struct genl *g, __u32 slot, const __u8 *ticket, struct genl_msg *answer);
/* Takes the gateway's time as it comes: tests travel in time. */
int nl_enrol_finish(struct genl *g, __u32 slot, const void *msg2, size_t len);
/* One attribute of slot-set. */
int nl_slot_set(struct genl *g, __u32 slot, __u16 attr, __u32 value);
/* Who owns the slot, and what owner and group may do. */
int nl_slot_rights(struct genl *g, __u32 slot, __u32 uid, __u32 uid_rights, __u32 gid, __u32 gid_rights);
int nl_slot_lock(struct genl *g, __u32 slot);
int nl_slot_unlock(struct genl *g, __u32 slot);

/* All of it: begin, answer, finish. The epoch granted rises by itself. */
int test_enrol(struct genl *g, struct test_gateway *gw, __u32 slot);
int test_rotate(struct genl *g, struct test_gateway *gw, __u32 slot);

int nl_slot_set_u64(struct genl *g, __u32 slot, __u16 attr, __u64 value);
int nl_pool_put(struct genl *g, __u32 slot, const __u8 msg[VP_POOL_LEN]);
/* @period 0 and @counter: by counter. */
int nl_otp_put(struct genl *g, __u32 slot, const void *secret, size_t len, __u32 algorithm,
	       __u32 digits, __u32 period, __u64 counter);

/* A device as after a boot: no slot, no gateway. Then provisioned for @gw, with @slots slots. */
void test_fresh_device(struct genl *g, const struct test_gateway *gw, __u32 slots);
/*
 * How a test begins: opens the family, makes a gateway and a fresh device for it. Returns
 * the device, opened; ends the test if the module is not there.
 */
int test_device_ready(struct genl *g, struct test_gateway *gw, __u32 slots);

/*
 * The step for which @digits is the gateway's code, within two steps of @now
 * (seconds since 1970), or 0 if it is not.
 */
__u64 test_gateway_step_of(const struct test_gateway *gw, const char *digits, __u64 now);
/* The same for a code that is bound to @terms. */
__u64 test_gateway_step_bound(const struct test_gateway *gw, const char *digits, __u64 now,
			      const struct paycode_terms *terms);
/* Which code of this pool @digits is, or -1. */
int test_gateway_pool_index(const struct test_gateway *gw, const char *digits, __u64 serial);

#endif /* VP_TEST_ENROL_H */
