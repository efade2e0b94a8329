// SPDX-License-Identifier: GPL-2.0
/* KUnit: rights, locks, callers' budgets, lock-out, presence, drift. */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "clock.h"
#include "gate.h"
#include "presence.h"

#define T0	7200ULL		/* the first second of an hour of boot time */
#define BUYERS	KGIDT_INIT(50)	/* the group that may ask for codes */

static void gate_gone(void *gate)
{
	vp_gate_exit(gate);
}

static struct vp_gate *a_gate(struct kunit *test, u32 per_hour)
{
	struct vp_gate *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, gate);
	vp_gate_init(gate);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, gate_gone, gate), 0);
	gate->policy.caller_per_hour = per_hour;
	gate->policy.rights.gid = BUYERS;
	gate->policy.rights.gid_rights = VOICEPAY_RIGHT_CODE;
	return gate;
}

static struct cred a_buyer(u32 uid)
{
	static struct group_info none;

	return (struct cred){
		.euid = KUIDT_INIT(uid), .egid = BUYERS, .group_info = &none,
	};
}

static int admit(struct vp_gate *gate, u32 uid, u64 now, struct vp_pass *pass)
{
	const struct cred cred = a_buyer(uid);
	const struct file file = { .f_cred = &cred };
	const struct vp_caller caller = { &cred, &file };

	return vp_gate_admit(gate, &caller, VOICEPAY_RIGHT_CODE, now, pass);
}

/* One request that ends with @err; -1 if it drew no new code. */
static int ask(struct vp_gate *gate, u32 uid, u64 now, int err, bool draws)
{
	struct vp_pass pass;
	int refused = admit(gate, uid, now, &pass);

	if (refused)
		return refused;
	if (!err && draws && !pass.may_draw)
		err = -EDQUOT;
	vp_gate_leave(gate, &pass, err, draws && !err);
	return err;
}

static void rights_of_user_and_group(struct kunit *test)
{
	const struct vp_rights rights = {
		.uid = KUIDT_INIT(1000), .gid = KGIDT_INIT(50),
		.uid_rights = VOICEPAY_RIGHT_MANAGE, .gid_rights = VOICEPAY_RIGHT_CODE,
	};
	const struct vp_rights nobodys = {
		.uid = INVALID_UID, .gid = INVALID_GID, .uid_rights = ~0U, .gid_rights = ~0U,
	};
	struct group_info *groups = groups_alloc(2);
	struct cred cred = { .group_info = groups };

	KUNIT_ASSERT_NOT_NULL(test, groups);
	groups->gid[0] = KGIDT_INIT(7);
	groups->gid[1] = KGIDT_INIT(60);

	cred.euid = KUIDT_INIT(1000);
	cred.egid = KGIDT_INIT(1000);
	KUNIT_EXPECT_EQ(test, vp_rights_of_cred(&rights, &cred), VOICEPAY_RIGHT_MANAGE);
	cred.egid = KGIDT_INIT(50);
	KUNIT_EXPECT_EQ(test, vp_rights_of_cred(&rights, &cred),
			VOICEPAY_RIGHT_MANAGE | VOICEPAY_RIGHT_CODE);
	cred.euid = KUIDT_INIT(1001);
	KUNIT_EXPECT_EQ(test, vp_rights_of_cred(&rights, &cred), VOICEPAY_RIGHT_CODE);
	cred.egid = KGIDT_INIT(51);
	KUNIT_EXPECT_EQ(test, vp_rights_of_cred(&rights, &cred), 0);
	groups->gid[1] = KGIDT_INIT(50);
	KUNIT_EXPECT_EQ(test, vp_rights_of_cred(&rights, &cred), VOICEPAY_RIGHT_CODE);
	/* The real, saved and file-system users are not what counts. */
	cred.uid = KUIDT_INIT(1000);
	cred.suid = KUIDT_INIT(1000);
	cred.fsuid = KUIDT_INIT(1000);
	KUNIT_EXPECT_EQ(test, vp_rights_of_cred(&rights, &cred), VOICEPAY_RIGHT_CODE);
	/* Attack: a user that no namespace maps is not the owner nobody is. */
	cred.euid = INVALID_UID;
	cred.egid = INVALID_GID;
	KUNIT_EXPECT_EQ(test, vp_rights_of_cred(&nobodys, &cred), 0);
	groups_free(groups);
}

static void locks(struct kunit *test)
{
	struct vp_gate *gate = a_gate(test, 0);

	vp_gate_lock(gate, false);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), -EKEYREVOKED);
	KUNIT_EXPECT_EQ(test, vp_gate_unlock(gate, false), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), 0);
	vp_gate_lock(gate, true);
	vp_gate_lock(gate, false);
	KUNIT_EXPECT_EQ(test, vp_gate_unlock(gate, false), -EPERM);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), -EKEYREVOKED);
	KUNIT_EXPECT_EQ(test, vp_gate_unlock(gate, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), 0);
}

static void budget_of_a_caller(struct kunit *test)
{
	struct vp_gate *gate = a_gate(test, 2);

	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), 0);
	/* Neither a failure nor the same code again costs anything. */
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, -ENOKEY, false), -ENOKEY);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, false), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0 + 3599, 0, true), -EDQUOT);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0 + 3599, 0, false), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 2, T0 + 3599, 0, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0 + 3600, 0, true), 0);
}

/* Attack: threads that looked at the clock before the hour was over, and come after others. */
static void hour_does_not_go_back(struct kunit *test)
{
	struct vp_gate *gate = a_gate(test, 1);
	u32 uid;

	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0 + 3599, 0, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0 + 3600, 0, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0 + 3599, 0, true), -EDQUOT);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0 + 3600, 0, true), -EDQUOT);

	/* Nor is anybody's tally free because it is of an hour to come. */
	for (uid = 2; uid <= VP_CALLERS_MAX; uid++)
		KUNIT_EXPECT_EQ(test, ask(gate, uid, T0 + 3600, 0, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, uid, T0 + 3599, 0, true), -EDQUOT);
	for (uid = 1; uid <= VP_CALLERS_MAX; uid++)
		KUNIT_EXPECT_EQ(test, ask(gate, uid, T0 + 3600, 0, true), -EDQUOT);
}

/* Two requests under way at once do not both get the last code. */
static void budget_is_reserved(struct kunit *test)
{
	struct vp_gate *gate = a_gate(test, 1);
	struct vp_pass one, two;

	KUNIT_ASSERT_EQ(test, admit(gate, 1, T0, &one), 0);
	KUNIT_ASSERT_EQ(test, admit(gate, 1, T0, &two), 0);
	KUNIT_EXPECT_TRUE(test, one.may_draw);
	KUNIT_EXPECT_FALSE(test, two.may_draw);
	vp_gate_leave(gate, &two, -EDQUOT, false);
	vp_gate_leave(gate, &one, -ENOKEY, false);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), -EDQUOT);
}

/* Attack: many users, so that the limit of one is forgotten. */
static void more_callers_than_tallies(struct kunit *test)
{
	struct vp_gate *gate = a_gate(test, 1);
	u32 uid;

	for (uid = 0; uid < VP_CALLERS_MAX; uid++)
		KUNIT_EXPECT_EQ(test, ask(gate, uid, T0, 0, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, uid, T0, 0, true), -EDQUOT);
	KUNIT_EXPECT_EQ(test, ask(gate, 0, T0, 0, true), -EDQUOT);
	KUNIT_EXPECT_EQ(test, ask(gate, uid, T0 + 3600, 0, true), 0);
	gate = a_gate(test, 0);
	for (uid = 0; uid < 2 * VP_CALLERS_MAX; uid++)
		KUNIT_EXPECT_EQ(test, ask(gate, uid, T0, 0, true), 0);
}

/* Attack: callers without any right, so that there is no room left to count the others. */
static void strangers_are_not_counted(struct kunit *test)
{
	struct vp_gate *gate = a_gate(test, 1);
	struct vp_pass pass;
	u32 uid;

	for (uid = 0; uid < 2 * VP_CALLERS_MAX; uid++) {
		const struct cred cred = a_buyer(uid);
		const struct vp_caller caller = { &cred, NULL };

		KUNIT_EXPECT_EQ(test, vp_gate_admit(gate, &caller, VOICEPAY_RIGHT_CODE, T0, &pass),
				-EACCES);
	}
	for (uid = 0; uid < VP_CALLERS_MAX; uid++)
		KUNIT_EXPECT_EQ(test, ask(gate, uid, T0, 0, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, uid, T0, 0, true), -EDQUOT);
}

static void lockout(struct kunit *test)
{
	static const int budgets[] = { -EDQUOT, -EXFULL, -ENOSR, -ENOSPC };
	struct vp_gate *gate = a_gate(test, 0);
	struct vp_pass pass;
	int i;

	for (i = 1; i < VP_REFUSALS_MAX; i++)
		KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, -EINPROGRESS, false), -EINPROGRESS);
	/* A success, and counting begins anew; what is nobody's fault does not count. */
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), 0);
	for (i = 1; i < VP_REFUSALS_MAX; i++)
		KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, -EINPROGRESS, false), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, -EAGAIN, false), -EAGAIN);
	KUNIT_ASSERT_EQ(test, admit(gate, 1, T0, &pass), 0);
	KUNIT_EXPECT_TRUE(test, vp_gate_leave(gate, &pass, -EINPROGRESS, false));

	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), -EKEYREJECTED);
	KUNIT_EXPECT_EQ(test, ask(gate, 2, T0, 0, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0 + VP_LOCKOUT_SECONDS - 1, 0, true), -EKEYREJECTED);
	/* Only the administrator ends it early. */
	KUNIT_EXPECT_EQ(test, vp_gate_unlock(gate, false), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), -EKEYREJECTED);
	KUNIT_EXPECT_EQ(test, vp_gate_unlock(gate, true), 0);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), 0);
	for (i = 0; i < VP_REFUSALS_MAX; i++)
		ask(gate, 1, T0, budgets[i % ARRAY_SIZE(budgets)], false);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0, 0, true), -EKEYREJECTED);
	KUNIT_EXPECT_EQ(test, ask(gate, 1, T0 + VP_LOCKOUT_SECONDS, 0, true), 0);
}

static void presses(struct kunit *test)
{
	const u64 now = 1000 * (u64)NSEC_PER_SEC;

	KUNIT_EXPECT_FALSE(test, vp_presence_holds(0, now, 3600));
	KUNIT_EXPECT_TRUE(test, vp_presence_holds(now, now, 1));
	KUNIT_EXPECT_TRUE(test, vp_presence_holds(now - NSEC_PER_SEC + 1, now, 1));
	KUNIT_EXPECT_FALSE(test, vp_presence_holds(now - NSEC_PER_SEC, now, 1));
	KUNIT_EXPECT_FALSE(test, vp_presence_holds(now + 1, now, 1));

	KUNIT_EXPECT_FALSE(test, vp_presence_is_weaker(0, 3600, 0, 1));
	KUNIT_EXPECT_TRUE(test, vp_presence_is_weaker(0, 10, 1, 10));
	KUNIT_EXPECT_TRUE(test, vp_presence_is_weaker(1, 10, 2, 10));
	KUNIT_EXPECT_TRUE(test, vp_presence_is_weaker(2, 11, 2, 10));
	KUNIT_EXPECT_TRUE(test, vp_presence_is_weaker(2, 11, 1, 10));
	KUNIT_EXPECT_FALSE(test, vp_presence_is_weaker(2, 10, 1, 10));
}

static void drift(struct kunit *test)
{
	const u64 month = 35ULL * 86400 * 1000;

	KUNIT_EXPECT_TRUE(test, vp_clock_could_drift(0, 0));
	KUNIT_EXPECT_TRUE(test, vp_clock_could_drift(90000, 0));
	KUNIT_EXPECT_TRUE(test, vp_clock_could_drift(-90000, 0));
	KUNIT_EXPECT_FALSE(test, vp_clock_could_drift(90001, 0));
	KUNIT_EXPECT_FALSE(test, vp_clock_could_drift(-90001, 0));
	KUNIT_EXPECT_TRUE(test, vp_clock_could_drift(90000 + 604800, month));
	KUNIT_EXPECT_FALSE(test, vp_clock_could_drift(90001 + 604800, month));
	KUNIT_EXPECT_FALSE(test, vp_clock_could_drift(S64_MIN, month));
	KUNIT_EXPECT_FALSE(test, vp_clock_could_drift(S64_MAX, month));
}

static struct kunit_case gate_cases[] = {
	KUNIT_CASE(rights_of_user_and_group),
	KUNIT_CASE(locks),
	KUNIT_CASE(budget_of_a_caller),
	KUNIT_CASE(hour_does_not_go_back),
	KUNIT_CASE(budget_is_reserved),
	KUNIT_CASE(more_callers_than_tallies),
	KUNIT_CASE(strangers_are_not_counted),
	KUNIT_CASE(lockout),
	KUNIT_CASE(presses),
	KUNIT_CASE(drift),
	{}
};

static struct kunit_suite gate_suite = {
	.name = "voicepay_gate",
	.test_cases = gate_cases,
};

kunit_test_suite(gate_suite);
