// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	master.key.new		drawn, on the disk
 *	meta "rekey-to"		names it: from here on nothing else is served
 *	rows in batches		each batch with the id of its last row, "rekey-done"
 *	tickets, and "master"	with the last batch's end: all is under the new key
 *	all rows opened		under the new key
 *	rename			over master.key: the old key is gone
 *
 * Where it was cut short is read from the database alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "prim_openssl.h"
#include "rekey.h"
#include "statedir.h"
#include "step.h"

#ifdef VOICEPAY_KILL_STEPS
#define BATCH	3	/* so that the test meets several */
#else
#define BATCH	500
#endif

struct work {
	struct store *st;
	struct keystore old, new;
	char new_id[KEYSTORE_ID_LEN + 1];
	struct rekey_progress p;
	void (*fn)(void *arg, const struct rekey_progress *p);
	void *arg;
};

static void tell(struct work *w, const char *what, long long done)
{
	w->p.what = what;
	w->p.done = done;
	w->fn(w->arg, &w->p);
}

/* Opens with one key and seals with the other; the row must have been sealed under the first. */
static enum store_result reseal(struct work *w, const struct row_name *row, __u8 *sealed, size_t len)
{
	__u8 open[STORE_SEALED_MAX];
	enum store_result r = STORE_OK;

	if (len < KEYSTORE_OVERHEAD || len > STORE_SEALED_MAX ||
	    keystore_open(&w->old, row->bytes, row->len, sealed, len, open) ||
	    keystore_seal(&w->new, row->bytes, row->len, open, len - KEYSTORE_OVERHEAD, sealed)) {
		log_error("a row does not open under the old master key: is it the right one? Nothing of this batch was changed");
		r = STORE_FAILED;
	}
	vp_prim_wipe(open, sizeof(open));
	return r;
}

/* In a transaction. @last is 0 when no key is left. */
static enum store_result seal_batch(struct work *w, long long *last)
{
	struct device_key key;
	enum store_result r = STORE_OK;
	char text[32];

	for (int i = 0; i < BATCH && r == STORE_OK; i++) {
		struct row_name row;

		r = store_key_after(w->st, *last, &key);
		if (r == STORE_NONE) {
			*last = 0;
			return STORE_OK;
		}
		row = row_of_key(key.device, key.slot, key.epoch);
		if (r == STORE_OK)
			r = reseal(w, &row, key.sealed, key.sealed_len);
		if (r == STORE_OK)
			r = store_key_seal(w->st, &key);
		*last = key.id;
		w->p.done++;
	}
	snprintf(text, sizeof(text), "%lld %lld", *last, w->p.done);
	return r == STORE_OK ? store_meta_set(w->st, META_REKEY_DONE, text) : r;
}

static enum store_result seal_tickets(struct work *w)
{
	struct ticket t = { .id = { 0 } };
	enum store_result r;

	while ((r = store_ticket_after(w->st, t.id, &t)) == STORE_OK) {
		struct row_name row = row_of_ticket(t.id);

		r = reseal(w, &row, t.sealed, t.sealed_len);
		if (r == STORE_OK)
			r = store_ticket_seal(w->st, &t);
		if (r != STORE_OK)
			return r;
	}
	return r == STORE_NONE ? STORE_OK : r;
}

/* In the transaction of the last batch: from now on the new key is the database's. */
static enum store_result change_over(struct work *w)
{
	enum store_result r = seal_tickets(w);

	/* Codes that were drawn within the last minute. */
	if (r == STORE_OK)
		r = store_online_drop(w->st);
	if (r <= STORE_NONE)
		r = store_meta_set(w->st, META_MASTER, w->new_id);
	if (r == STORE_OK)
		r = store_meta_set(w->st, META_REKEY_TO, NULL);
	if (r <= STORE_NONE)
		r = store_meta_set(w->st, META_REKEY_DONE, NULL);
	return r == STORE_NONE ? STORE_OK : r;
}

static enum store_result seal_all(struct work *w)
{
	char text[32] = "0 0";
	long long last;
	enum store_result r = store_begin(w->st);

	if (r == STORE_OK)
		r = store_meta_set(w->st, META_REKEY_TO, w->new_id);
	if (r == STORE_OK)
		r = store_commit(w->st);
	if (r == STORE_OK)
		r = store_meta(w->st, META_REKEY_DONE, text, sizeof(text));
	if (r <= STORE_NONE)
		r = sscanf(text, "%lld %lld", &last, &w->p.done) == 2 ? STORE_OK : STORE_FAILED;
	do {
		if (r == STORE_OK)
			r = store_begin(w->st);
		if (r == STORE_OK)
			r = seal_batch(w, &last);
		if (r == STORE_OK && !last)
			r = change_over(w);
		if (r == STORE_OK)
			r = store_commit(w->st);
		if (r == STORE_OK)
			tell(w, "sealing", w->p.done);
	} while (r == STORE_OK && last);
	store_rollback(w->st);
	return r;
}

/* Before the old key goes: each row opens under the new one. */
static enum store_result check_all(struct work *w)
{
	__u8 open[STORE_SEALED_MAX];
	struct device_key key;
	struct ticket t = { .id = { 0 } };
	long long last = 0, n = 0;
	enum store_result r;

	while ((r = store_key_after(w->st, last, &key)) == STORE_OK) {
		struct row_name row = row_of_key(key.device, key.slot, key.epoch);

		if (keystore_open(&w->new, row.bytes, row.len, key.sealed, key.sealed_len, open))
			break;
		last = key.id;
		if (++n % BATCH == 0)
			tell(w, "checking", n);
	}
	while (r == STORE_NONE && (r = store_ticket_after(w->st, t.id, &t)) == STORE_OK) {
		struct row_name row = row_of_ticket(t.id);

		r = keystore_open(&w->new, row.bytes, row.len, t.sealed, t.sealed_len, open) ? STORE_FAILED : STORE_NONE;
	}
	vp_prim_wipe(open, sizeof(open));
	if (r != STORE_NONE) {
		log_error("a row does not open under the new master key: both keys are kept");
		return STORE_FAILED;
	}
	tell(w, "checking", n);
	return STORE_OK;
}

/* The new key's file: there from a call that was cut short, or drawn now. */
static int new_key(struct work *w, const char *path, const char *s_path, int dir)
{
	char wanted[KEYSTORE_ID_LEN + 1] = "";
	enum store_result r = store_meta(w->st, META_REKEY_TO, wanted, sizeof(wanted));
	int ret;

	if (r > STORE_NONE)
		return -EIO;
	/* Nothing is under a key that the database does not name: it may be half a file. */
	if (r == STORE_NONE && (ret = keystore_create_master_anew(path)))
		return ret;
	ret = statedir_sync(dir);
	step("new key");
	if (!ret)
		ret = keystore_load(&w->new, path, s_path);
	if (!ret)
		ret = keystore_id(&w->new, w->new_id);
	if (!ret && r == STORE_OK && strcmp(w->new_id, wanted)) {
		log_error("%s is not the key that the change was begun with: restore that one", path);
		ret = -EINVAL;
	}
	return ret;
}

/* True: all was sealed under master.key.new already, and only the rename is left. */
static bool renames_only(struct work *w, const char *path, const char *s_path, const char *old_id)
{
	char has[KEYSTORE_ID_LEN + 1] = "";

	return store_meta(w->st, META_MASTER, has, sizeof(has)) == STORE_OK && strcmp(has, old_id) &&
	       !access(path, F_OK) && !keystore_load(&w->new, path, s_path) &&
	       !keystore_id(&w->new, w->new_id) && !strcmp(w->new_id, has);
}

static int change(struct work *w, const char *master, const char *next, const char *s_path, int dir)
{
	char old_id[KEYSTORE_ID_LEN + 1], has[KEYSTORE_ID_LEN + 1] = "";
	int ret = keystore_load(&w->old, master, s_path);

	if (!ret)
		ret = keystore_id(&w->old, old_id);
	if (ret)
		return ret;
	if (!renames_only(w, next, s_path, old_id)) {
		if (store_meta(w->st, META_MASTER, has, sizeof(has)) == STORE_OK && strcmp(has, old_id)) {
			log_error("%s is not the key that this database is sealed under: restore the right one from its backup", master);
			return -EINVAL;
		}
		ret = new_key(w, next, s_path, dir);
		if (!ret && seal_all(w) != STORE_OK)
			ret = -EIO;
	}
	if (!ret && check_all(w) != STORE_OK)
		ret = -EIO;
	step("checked");
	if (!ret && rename(next, master)) {
		log_error("cannot rename %s: %m", next);
		ret = -EIO;
	}
	step("renamed");
	return ret ? ret : statedir_sync(dir);
}

int rekey(const struct settings *set, int dir, void (*fn)(void *arg, const struct rekey_progress *p), void *arg)
{
	struct work *w = calloc(1, sizeof(*w));
	char master[300], next[300], s_path[300], db[SETTINGS_DB_MAX];
	int ret = -EIO;

	if (!w)
		return -ENOMEM;
	w->fn = fn;
	w->arg = arg;
	settings_path(set, "master.key", master, sizeof(master));
	settings_path(set, "master.key.new", next, sizeof(next));
	settings_path(set, "gateway.key", s_path, sizeof(s_path));
	settings_db(set, db);
	if (store_open(&w->st, db, false) == STORE_OK && store_keys_total(w->st, &w->p.total) == STORE_OK)
		ret = change(w, master, next, s_path, dir);
	/* Rows under the old key are not to stay in the write-ahead log. */
	if (!ret && store_flush(w->st) != STORE_OK)
		ret = -EIO;
	store_close(w->st);
	keystore_wipe(&w->old);
	keystore_wipe(&w->new);
	free(w);
	return ret;
}
