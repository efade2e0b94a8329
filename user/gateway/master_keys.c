// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hex.h"
#include "log.h"
#include "master_keys.h"
#include "metrics.h"
#include "prim_openssl.h"
#include "statedir.h"

struct said {
	char master[KEYSTORE_ID_LEN + 1];	/* the database's; empty: not told yet */
	char to[KEYSTORE_ID_LEN + 1];		/* while it is changed: the next */
	char phase[8];				/* "open", "seal" */
	char checked[KEYSTORE_ID_LEN + 1];	/* all rows have been opened under it */
	bool alone;				/* changed while nobody serves */
};

static enum store_result read_one(struct store *st, const char *name, char *out, size_t size)
{
	enum store_result r = store_meta(st, name, out, size);

	if (r != STORE_OK)
		*out = '\0';
	return r == STORE_NONE ? STORE_OK : r;
}

static enum store_result read_all(struct store *st, struct said *is)
{
	char online[64], alone[64];
	enum store_result r = read_one(st, META_MASTER, is->master, sizeof(is->master));

	if (r == STORE_OK)
		r = read_one(st, META_REKEY_ONLINE, online, sizeof(online));
	if (r == STORE_OK)
		r = read_one(st, META_REKEY_CHECKED, is->checked, sizeof(is->checked));
	if (r == STORE_OK)
		r = read_one(st, META_REKEY_TO, alone, sizeof(alone));
	is->to[0] = is->phase[0] = '\0';
	if (r == STORE_OK && *online && sscanf(online, "%32s %7s", is->to, is->phase) != 2)
		return STORE_FAILED;
	is->alone = r == STORE_OK && *alone;
	return r;
}

void master_keys_state(struct store *st, char state[MASTER_STATE_MAX])
{
	struct said is;

	*state = '\0';
	if (read_all(st, &is) == STORE_OK)
		snprintf(state, MASTER_STATE_MAX, "%s %s %s", is.master, is.to, is.phase);
}

static bool is_id(int failed, const char *id, const char *want)
{
	return !failed && !strcmp(id, want);
}

static enum store_result changing(struct gateway *gw, const struct said *is, const char *next)
{
	char id[KEYSTORE_ID_LEN + 1];
	bool seal = !strcmp(is->phase, "seal");

	/* It may be in place already, with nothing left of the old one. */
	if (is_id(keystore_id(&gw->keys, id), id, is->to) && !strcmp(is->master, is->to))
		return STORE_OK;
	if (access(next, F_OK) || keystore_load_other(&gw->keys, next) ||
	    !is_id(keystore_other_id(&gw->keys, id), id, is->to)) {
		log_error("the master key is being changed, and %s is not there: copy it from the machine where \"voicepay-gateway rekey --online\" was called", next);
		return STORE_FAILED;
	}
	if (seal && keystore_swap(&gw->keys))
		return STORE_FAILED;
	return STORE_OK;
}

/* The change has ended, but not here. */
static enum store_result take_over(struct gateway *gw, const char *master, const char *next, const char *want)
{
	char id[KEYSTORE_ID_LEN + 1];

	if (access(next, F_OK) || keystore_load_other(&gw->keys, next) ||
	    !is_id(keystore_other_id(&gw->keys, id), id, want) || keystore_swap(&gw->keys))
		return STORE_NONE;
	if (rename(next, master) || statedir_sync(gw->state_fd))
		return STORE_NONE;
	vp_prim_wipe(gw->keys.other, sizeof(gw->keys.other));
	gw->keys.has_other = false;
	log_info("the next master key has taken the old one's place");
	return STORE_OK;
}

enum store_result master_keys_fit(struct gateway *gw, struct store *st)
{
	char master[300], next[300], id[KEYSTORE_ID_LEN + 1];
	struct said is;
	enum store_result r = read_all(st, &is);

	if (r != STORE_OK || keystore_id(&gw->keys, id))
		return r == STORE_OK ? STORE_FAILED : r;
	if (is.alone) {
		log_error("a change of the master key was cut short: run \"voicepay-gateway rekey\" to finish it");
		return STORE_FAILED;
	}
	settings_path(&gw->set, "master.key", master, sizeof(master));
	settings_path(&gw->set, "master.key.new", next, sizeof(next));
	if (*is.to)
		return changing(gw, &is, next);
	if (!*is.master)
		return STORE_NONE;
	if (!strcmp(id, is.master))
		return STORE_OK;
	if (!strcmp(is.checked, is.master) && take_over(gw, master, next, is.master) == STORE_OK)
		return STORE_OK;
	log_error("master.key is not the key that this database is sealed under: if a change of it was cut short, run \"voicepay-gateway rekey\"; else restore the right one from its backup");
	return STORE_FAILED;
}

/* The same after a restart, and another for each gateway. */
static int name_of(const struct gateway *gw, char name[17])
{
	char host[256] = "";
	__u8 hash[VP_HASH_LEN];
	const struct vp_piece pieces[] = { { host, sizeof(host) }, { gw->set.socket, sizeof(gw->set.socket) } };

	gethostname(host, sizeof(host) - 1);
	if (vp_prim_hash(hash, pieces, 2))
		return -1;
	hex_encode(name, hash, 8);
	return 0;
}

enum store_result master_keys_tell(const struct gateway *gw, struct store *st)
{
	char name[17], have[4096], entry[32], id[KEYSTORE_ID_LEN + 1];
	struct said is;
	enum store_result r = read_all(st, &is);

	metrics_set(G_KEYS_HELD, gw->keys.has_other ? 2 : 1);
	if (r != STORE_OK || !*is.to)
		return r;
	/* What is held counts, and not what is asked for by now: a reload may still be waiting. */
	if (!strcmp(is.phase, "seal") ? !is_id(keystore_id(&gw->keys, id), id, is.to) :
	    !is_id(keystore_id(&gw->keys, id), id, is.to) && !is_id(keystore_other_id(&gw->keys, id), id, is.to))
		return STORE_FAILED;
	if (name_of(gw, name))
		return STORE_FAILED;
	snprintf(entry, sizeof(entry), "%s:%s ", name, is.phase);
	r = store_begin_alone(st);
	if (r != STORE_OK)
		return r;
	r = read_one(st, META_REKEY_HAVE, have, sizeof(have));
	if (r == STORE_OK && !strstr(have, entry)) {
		if (strlen(have) + strlen(entry) >= sizeof(have))
			r = STORE_FAILED;
		else
			r = store_meta_set(st, META_REKEY_HAVE, strcat(have, entry));
	}
	if (r == STORE_OK)
		return store_commit(st);
	store_rollback(st);
	return r;
}
