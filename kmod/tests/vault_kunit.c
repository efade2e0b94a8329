// SPDX-License-Identifier: GPL-2.0
/* KUnit: cells: as long as was asked, masked anew by each write, worthless after an emergency. */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/string.h>

#include "voicepay.h"
#include "vault.h"

static const u8 secret[VP_CELL_LEN] = "what nobody but the operation that needs it may see";

static struct vp_cell *a_cell(struct kunit *test, size_t len)
{
	struct vp_cell *cell = vp_cell_alloc(len);

	KUNIT_ASSERT_FALSE(test, IS_ERR(cell));
	return cell;
}

/* What lies in a cell of ordinary memory follows its head. */
static const u8 *at_rest(const struct vp_cell *cell)
{
	return (const u8 *)(cell + 1);
}

static void in_ordinary_memory(struct kunit *test)
{
	if (vp_vault_holds_any() || vp_vault_in_use() != VOICEPAY_VAULT_SPLIT)
		kunit_skip(test, "there are keys, or a better vault");
}

static void as_long_as_asked(struct kunit *test)
{
	static const size_t lens[] = {
		0, 1, 32, VP_CELL_SHORT - 1, VP_CELL_SHORT, VP_CELL_SHORT + 1, VP_CELL_LEN,
	};
	u8 out[VP_CELL_LEN];
	struct vp_cell *cell;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		len = lens[i];
		cell = a_cell(test, len);
		KUNIT_EXPECT_TRUE(test, vp_cell_has(cell, 0, len));
		KUNIT_EXPECT_TRUE(test, vp_cell_has(cell, len, 0));
		KUNIT_EXPECT_FALSE(test, vp_cell_has(cell, 0, len + 1));
		KUNIT_EXPECT_FALSE(test, vp_cell_has(cell, 1, len));
		KUNIT_EXPECT_FALSE(test, vp_cell_has(cell, len + 1, 0));
		/* Attack: a length with which the sum would begin anew. */
		KUNIT_EXPECT_FALSE(test, vp_cell_has(cell, 1, SIZE_MAX));
		KUNIT_EXPECT_EQ(test, vp_cell_write(cell, 0, secret, len), 0);
		KUNIT_EXPECT_EQ(test, vp_cell_read(cell, 0, out, len), 0);
		KUNIT_EXPECT_MEMEQ(test, out, secret, len);
		vp_cell_free(cell);
	}
}

/* No two cells have a byte in common, whatever their lengths, nor have their masks. */
static void apart(struct kunit *test)
{
	struct vp_cell *cell[48];
	u8 out[VP_CELL_LEN], content[VP_CELL_LEN];
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(cell); i++) {
		len = i % 3 ? VP_CELL_SHORT : VP_CELL_LEN;
		cell[i] = a_cell(test, len);
		memset(content, i, len);
		KUNIT_EXPECT_EQ(test, vp_cell_write(cell[i], 0, content, len), 0);
	}
	/* One that goes takes nothing of its neighbours with it. */
	for (i = 0; i < ARRAY_SIZE(cell); i += 2)
		vp_cell_free(cell[i]);
	for (i = 1; i < ARRAY_SIZE(cell); i += 2) {
		len = i % 3 ? VP_CELL_SHORT : VP_CELL_LEN;
		memset(content, i, len);
		KUNIT_EXPECT_EQ(test, vp_cell_read(cell[i], 0, out, len), 0);
		KUNIT_EXPECT_MEMEQ(test, out, content, len);
		vp_cell_free(cell[i]);
	}
}

/* Attack: two dumps of one half, to learn how what was written first differs from the second. */
static void masked_anew(struct kunit *test)
{
	u8 before[VP_CELL_SHORT];
	struct vp_cell *cell;
	size_t i, same = 0;

	in_ordinary_memory(test);
	cell = a_cell(test, VP_CELL_SHORT);
	KUNIT_ASSERT_EQ(test, vp_cell_write(cell, 0, secret, VP_CELL_SHORT), 0);
	memcpy(before, at_rest(cell), sizeof(before));
	KUNIT_ASSERT_EQ(test, vp_cell_write(cell, 0, secret, VP_CELL_SHORT), 0);
	for (i = 0; i + 8 <= VP_CELL_SHORT; i += 8) {
		same += !memcmp(before + i, at_rest(cell) + i, 8);
		same += !memcmp(secret + i, at_rest(cell) + i, 8);
	}
	KUNIT_EXPECT_EQ(test, same, 0);
	vp_cell_free(cell);
}

static void in_part(struct kunit *test)
{
	struct vp_cell *cell = a_cell(test, VP_CELL_SHORT);
	u8 content[VP_CELL_SHORT], out[VP_CELL_SHORT];
	size_t offset, len;

	memcpy(content, secret, sizeof(content));
	KUNIT_ASSERT_EQ(test, vp_cell_write(cell, 0, content, sizeof(content)), 0);
	memcpy(content + 5, secret, 43);
	KUNIT_ASSERT_EQ(test, vp_cell_write(cell, 5, secret, 43), 0);
	for (offset = 0; offset <= VP_CELL_SHORT; offset += 7) {
		len = min_t(size_t, VP_CELL_SHORT - offset, offset + 1);
		KUNIT_EXPECT_EQ(test, vp_cell_read(cell, offset, out, len), 0);
		KUNIT_EXPECT_MEMEQ(test, out, content + offset, len);
	}
	vp_cell_free(cell);
}

static void emergency(struct kunit *test)
{
	struct vp_cell *few[2], *after;
	u8 out[VP_CELL_LEN];
	size_t i, len;

	in_ordinary_memory(test);	/* and take nobody's keys */
	for (i = 0; i < 2; i++) {
		len = i ? VP_CELL_LEN : VP_CELL_SHORT;
		few[i] = a_cell(test, len);
		KUNIT_ASSERT_EQ(test, vp_cell_write(few[i], 0, secret, len), 0);
	}
	vp_vault_emergency();
	for (i = 0; i < 2; i++) {
		memset(out, 0, sizeof(out));
		KUNIT_EXPECT_EQ(test, vp_cell_read(few[i], 0, out, 32), -ENOKEY);
		KUNIT_EXPECT_NE(test, memcmp(out, secret, 32), 0);
		/* Its mask went with the rest: the half that is left says nothing. */
		KUNIT_EXPECT_MEMEQ(test, out, at_rest(few[i]), 32);
	}
	after = a_cell(test, VP_CELL_LEN);
	KUNIT_EXPECT_EQ(test, vp_cell_write(after, 0, secret, VP_CELL_LEN), 0);
	vp_cell_free(few[0]);
	vp_cell_free(few[1]);
	KUNIT_EXPECT_EQ(test, vp_cell_read(after, 0, out, VP_CELL_LEN), 0);
	KUNIT_EXPECT_MEMEQ(test, out, secret, VP_CELL_LEN);
	vp_cell_free(after);
}

static struct kunit_case vault_cases[] = {
	KUNIT_CASE(as_long_as_asked),
	KUNIT_CASE(apart),
	KUNIT_CASE(masked_anew),
	KUNIT_CASE(in_part),
	KUNIT_CASE(emergency),
	{}
};

static struct kunit_suite vault_suite = {
	.name = "voicepay_vault",
	.test_cases = vault_cases,
};

kunit_test_suite(vault_suite);
