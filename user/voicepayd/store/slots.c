// SPDX-License-Identifier: GPL-2.0-or-later
/* Slots as files: restored, and stored anew. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "../log.h"
#include "files.h"
#include "store.h"

#define SLOTS_MAX	1024

/* Which key each slot has, 0 for none: as stored, and at the last look. */
static uint64_t stored[SLOTS_MAX], seen[SLOTS_MAX];

static const char *blob_name(uint32_t slot)
{
	static char name[32];

	snprintf(name, sizeof(name), "slot-%u.blob", slot);
	return name;
}

static void restore_one(struct store *s, uint32_t slot)
{
	struct manage_bytes blob;
	long len = files_read(s->dir, blob_name(slot), blob.data, sizeof(blob.data));
	int err;

	if (len < 0) {
		log_err("%s/%s: %s", s->path, blob_name(slot), strerror(-len));
		return;
	}
	blob.len = len;
	err = manage_blob_put(&s->module, slot, &blob);
	if (!err)
		log_info("slot %u is back", slot);
	else if (err != -EEXIST)
		log_err("slot %u is not restored: %s", slot, store_why(s, err));
}

/* The slot that a file is of, or -1. */
static long slot_of(const char *name)
{
	unsigned int slot;

	if (sscanf(name, "slot-%4u.blob", &slot) != 1 || slot >= SLOTS_MAX ||
	    strcmp(name, blob_name(slot)))
		return -1;
	return slot;
}

void slots_restore(struct store *s)
{
	int fd = dup(s->dir);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		log_err("%s: %s", s->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	/* The position is the descriptor's, which dup() does not make anew. */
	rewinddir(d);
	while ((e = readdir(d)))
		if (slot_of(e->d_name) >= 0)
			restore_one(s, slot_of(e->d_name));
	closedir(d);
}

static void note(uint32_t slot, uint64_t key, void *arg)
{
	if (slot < SLOTS_MAX)
		((uint64_t *)arg)[slot] = key;
}

int slots_look(struct store *s)
{
	uint64_t now[SLOTS_MAX] = { 0 };
	struct manage_device device;
	int err = manage_slots(&s->module, note, now);

	/* An answer that broke off must not make slots seem gone, or their blobs would go. */
	if (!err)
		err = manage_dev_get(&s->module, &device);
	if (err)
		return err;
	/* Nor must it when the machine goes down, or to sleep, and the module wipes its keys. */
	if (device.sealer_state != VOICEPAY_SEALER_READY)
		return -EKEYREVOKED;
	memcpy(seen, now, sizeof(seen));
	return !!memcmp(seen, stored, sizeof(seen));
}

static int save_one(struct store *s, uint32_t slot, bool final)
{
	struct manage_bytes blob;
	int err = manage_blob_get(&s->module, slot, final, &blob);

	if (err) {
		log_err("slot %u is not sealed: %s", slot, store_why(s, err));
		return err;
	}
	err = files_write(s->dir, blob_name(slot), blob.data, blob.len);
	if (err)
		log_err("%s/%s: %s: the slot issues no more codes than the last blob covers",
			s->path, blob_name(slot), strerror(-err));
	return err;
}

int slots_save(struct store *s, bool final, bool retire)
{
	int err, failed = 0;
	uint32_t slot;

	for (slot = 0; slot < SLOTS_MAX; slot++) {
		if (seen[slot])
			err = save_one(s, slot, final);
		else if (stored[slot])
			err = files_remove(s->dir, blob_name(slot));
		else
			continue;
		if (err && err != -ENOENT)
			failed = err;
	}
	if (failed)
		return failed;
	err = manage_blob_commit(&s->module, false);
	if (!err)
		memcpy(stored, seen, sizeof(stored));
	if (!err && retire)
		err = manage_blob_commit(&s->module, true);
	if (err && err != -EOPNOTSUPP)
		log_err("the module does not take note of it: %s", store_why(s, err));
	return err == -EOPNOTSUPP ? 0 : err;
}
