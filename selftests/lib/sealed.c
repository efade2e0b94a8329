// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"
#include "sealed.h"

struct genl sealed_nl;

void save(const char *name, const void *data, size_t len)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/results/%s", name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		ktap_bail("cannot write to /results");
}

size_t load(const char *name, void *data, size_t max)
{
	char path[64];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/results/%s", name);
	f = fopen(path, "r");
	if (!f)
		ktap_bail("the boot before has left nothing");
	len = fread(data, 1, max, f);
	fclose(f);
	return len;
}

const char *name_of(const char *kind, __u32 slot)
{
	static char name[32];

	snprintf(name, sizeof(name), "%s.%u", kind, slot);
	return name;
}

void load_module(const char *parameters)
{
	char command[256];

	snprintf(command, sizeof(command), "modprobe voicepay %s", parameters);
	if (system(command) || genl_open(&sealed_nl))
		ktap_bail("the module does not load");
}

void unload_module(void)
{
	genl_close(&sealed_nl);
	EXPECT_EQ(system("rmmod voicepay"), 0);
}

void dev_get(struct genl_msg *msg)
{
	genl_begin(&sealed_nl, msg, VOICEPAY_CMD_DEV_GET);
	EXPECT_EQ(genl_call(&sealed_nl, msg), 0);
}

__u32 sealer_state(void)
{
	struct genl_msg msg;

	dev_get(&msg);
	return genl_u32(&msg, VOICEPAY_A_DEVICE_SEALER_STATE);
}

int sealer_get(bool make, __u8 *wrapped, size_t *len)
{
	struct genl_msg msg;
	const void *p;
	int err;

	genl_begin(&sealed_nl, &msg, VOICEPAY_CMD_SEALER_GET);
	if (make)
		genl_put(&msg, VOICEPAY_A_SEALER_NEW, NULL, 0);
	err = genl_call(&sealed_nl, &msg);
	if (err)
		return err;
	p = genl_attr(&msg, VOICEPAY_A_SEALER_WRAPPED_KEY, len);
	if (!p || *len > VOICEPAY_BLOB_MAX)
		return -EPROTO;
	memcpy(wrapped, p, *len);
	return 0;
}

int sealer_put(const __u8 *wrapped, size_t len)
{
	struct genl_msg msg;

	genl_begin(&sealed_nl, &msg, VOICEPAY_CMD_SEALER_PUT);
	genl_put(&msg, VOICEPAY_A_SEALER_WRAPPED_KEY, wrapped, len);
	return genl_call(&sealed_nl, &msg);
}

int blob_get(__u32 slot, bool final, __u8 *blob, size_t *len)
{
	struct genl_msg msg;
	const void *p;
	int err;

	genl_begin(&sealed_nl, &msg, VOICEPAY_CMD_BLOB_GET);
	genl_put_u32(&msg, VOICEPAY_A_BLOB_SLOT, slot);
	if (final)
		genl_put(&msg, VOICEPAY_A_BLOB_FINAL, NULL, 0);
	err = genl_call(&sealed_nl, &msg);
	if (err)
		return err;
	p = genl_attr(&msg, VOICEPAY_A_BLOB_BLOB, len);
	if (!p || *len > VOICEPAY_BLOB_MAX)
		return -EPROTO;
	memcpy(blob, p, *len);
	return 0;
}

int blob_put(__u32 slot, const __u8 *blob, size_t len)
{
	struct genl_msg msg;

	genl_begin(&sealed_nl, &msg, VOICEPAY_CMD_BLOB_PUT);
	genl_put_u32(&msg, VOICEPAY_A_BLOB_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_BLOB_BLOB, blob, len);
	return genl_call(&sealed_nl, &msg);
}

int blob_commit(bool retire)
{
	struct genl_msg msg;

	genl_begin(&sealed_nl, &msg, VOICEPAY_CMD_BLOB_COMMIT);
	if (retire)
		genl_put(&msg, VOICEPAY_A_BLOB_RETIRE, NULL, 0);
	return genl_call(&sealed_nl, &msg);
}

/* Stores the slot's blob as it should be: taken, written, committed. */
void store(const char *kind, __u32 slot, bool final)
{
	__u8 blob[VOICEPAY_BLOB_MAX];
	size_t len = 0;

	ASSERT_OK(blob_get(slot, final, blob, &len));
	save(name_of(kind, slot), blob, len);
}

int code_get(__u32 slot, char digits[64])
{
	struct genl_msg msg;
	int err;

	genl_begin(&sealed_nl, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_CODE_NEW, NULL, 0);
	err = genl_call(&sealed_nl, &msg);
	if (!err)
		strcpy(digits, genl_attr(&msg, VOICEPAY_A_CODE_DIGITS, NULL));
	return err;
}
