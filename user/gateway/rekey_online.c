// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	master.key.new		drawn, on the disk; somebody copies it to other machines
 *	"ID open"		gateways open rows under either key, and say so
 *	"ID seal"		once all have: what they write is under the new one; they say so
 *	rows in batches		that are under the old one still, each if it is what was read
 *	"master"		all is under the new key
 *	all rows opened		under the new key; one that was not is sealed anew, and all looked at again
 *	"checked"		the change has ended: each gateway puts its file in place
 *	rename			here
 *
 * Where it was cut short is read from the database alone, and both keys open meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "prim_openssl.h"
#include "rekey_online.h"
#include "statedir.h"
#include "step.h"

#ifdef VOICEPAY_KILL_STEPS
#define BATCH	3	/* so that the test meets several */
#else
#define BATCH	100	/* a payment waits for no more than these */
#endif
#define PAUSE_MS	5	/* for payments between batches */
#define WAIT_SECONDS	900	/* for somebody to copy a file */

struct change {
	struct store *st;
	struct keystore keys;	/* seals under the new one */
	char new_id[KEYSTORE_ID_LEN + 1];
	int gateways;
	struct rekey_progress p;
	void (*fn)(void *arg, const struct rekey_progress *p);
	void *arg;
};

static void tell(struct change *ch, const char *what, long long done, long long total)
{
	ch->p = (struct rekey_progress){ what, done, total };
	ch->fn(ch->arg, &ch->p);
}

static void pause_ms(long ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* What is done in one transaction, again as long as others come between. */
typedef enum store_result step_fn(struct change *ch, void *arg);

static enum store_result alone(struct change *ch, step_fn *fn, void *arg)
{
	enum store_result r;

	for (int tries = 0; tries < 50; tries++) {
		r = store_begin_alone(ch->st);
		if (r == STORE_OK)
			r = fn(ch, arg);
		if (r <= STORE_NONE)
			r = store_commit(ch->st);
		if (r != STORE_OK)
			store_rollback(ch->st);
		if (r != STORE_AGAIN && r != STORE_BUSY)
			return r;
		pause_ms(20 + 10 * tries);
	}
	return r;
}

static enum store_result set_phase(struct change *ch, void *arg)
{
	char text[64];
	enum store_result r;

	snprintf(text, sizeof(text), "%s %s", ch->new_id, (const char *)arg);
	r = store_meta_set(ch->st, META_REKEY_ONLINE, text);
	return r == STORE_OK ? store_meta_set(ch->st, META_REKEY_HAVE, "") : r;
}

/* Until as many gateways as there are said to be do as the phase asks for. */
static int wait_for(struct change *ch, const char *phase)
{
	char have[4096], suffix[16];
	int n = -1, was;

	snprintf(suffix, sizeof(suffix), ":%s ", phase);
	for (int i = 0; i < WAIT_SECONDS * 5; i++) {
		enum store_result r = store_meta(ch->st, META_REKEY_HAVE, have, sizeof(have));

		was = n;
		n = 0;
		for (const char *p = have; r == STORE_OK && (p = strstr(p, suffix)); p++)
			n++;
		if (n != was)
			tell(ch, !strcmp(phase, "open") ? "gateways that open under it" : "gateways that seal under it", n, ch->gateways);
		if (n >= ch->gateways)
			return 0;
		pause_ms(200);
	}
	log_error("not all gateways have the new key: copy master.key.new to the others' state directories, see that --gateways is their number, and run it again");
	return -ETIMEDOUT;
}

/* True: was under the old key, and is sealed under the new one in @row now. */
static bool reseal(struct change *ch, const struct row_name *name, __u8 *sealed, size_t len, enum store_result *r)
{
	struct keystore *k = &ch->keys;
	__u8 open[STORE_SEALED_MAX];
	bool old = false;

	k->has_other = false;
	if (len < KEYSTORE_OVERHEAD || len > STORE_SEALED_MAX) {
		*r = STORE_FAILED;
	} else if (keystore_open(k, name->bytes, name->len, sealed, len, open)) {
		k->has_other = true;
		old = true;
		if (keystore_open(k, name->bytes, name->len, sealed, len, open) ||
		    keystore_seal(k, name->bytes, name->len, open, len - KEYSTORE_OVERHEAD, sealed)) {
			log_error("a row opens under neither master key: nothing of this batch was changed");
			*r = STORE_FAILED;
		}
	}
	k->has_other = true;
	vp_prim_wipe(open, sizeof(open));
	return old;
}

struct batch {
	long long after;	/* the key before the first */
	/* What came of it, good once it is committed: it may be run again. */
	long long last;		/* 0 when no key is left */
	long long seen, sealed;
};

static enum store_result key_batch(struct change *ch, void *arg)
{
	struct batch *b = arg;
	struct device_key key;
	__u8 was[STORE_SEALED_MAX];
	enum store_result r = STORE_OK;
	long long last = b->after, seen = 0, sealed = 0;

	for (int i = 0; i < BATCH && r == STORE_OK; i++) {
		struct row_name name;

		r = store_key_after(ch->st, last, &key);
		if (r == STORE_NONE) {
			last = 0;
			break;
		}
		if (r != STORE_OK)
			return r;
		name = row_of_key(key.device, key.slot, key.epoch);
		memcpy(was, key.sealed, sizeof(was));
		if (reseal(ch, &name, key.sealed, key.sealed_len, &r) && r == STORE_OK) {
			/* Wiped meanwhile, if it is another one: then it stays wiped. */
			r = store_key_reseal(ch->st, &key, was, key.sealed_len);
			sealed += r == STORE_OK;
			r = r == STORE_NONE ? STORE_OK : r;
		}
		last = key.id;
		seen++;
	}
	if (r > STORE_NONE)
		return r;
	b->last = last;
	b->seen = seen;
	b->sealed = sealed;
	return STORE_OK;
}

static enum store_result tickets(struct change *ch, void *arg)
{
	struct ticket t = { .id = { 0 } };
	enum store_result r;
	long long n = 0;

	while ((r = store_ticket_after(ch->st, t.id, &t)) == STORE_OK) {
		struct row_name name = row_of_ticket(t.id);

		if (reseal(ch, &name, t.sealed, t.sealed_len, &r) && r == STORE_OK) {
			r = store_ticket_seal(ch->st, &t);
			n++;
		}
		if (r > STORE_NONE)
			return r;
	}
	*(long long *)arg = n;
	return r;
}

/* Over all rows; how many were under the old key, or negative. */
static long long pass(struct change *ch, const char *what)
{
	struct batch b = { 0 };
	long long total = 0, seen = 0, sealed = 0, n_tickets = 0;
	enum store_result r = store_keys_total(ch->st, &total);

	while (r == STORE_OK) {
		r = alone(ch, key_batch, &b);
		if (r != STORE_OK)
			break;
		seen += b.seen;
		sealed += b.sealed;
		b.after = b.last;
		step("batch");
		tell(ch, what, seen, total);
		if (!b.last)
			break;
		pause_ms(PAUSE_MS);
	}
	if (r == STORE_OK)
		r = alone(ch, tickets, &n_tickets);
	return r == STORE_OK ? sealed + n_tickets : -1;
}

static enum store_result set_master(struct change *ch, void *arg)
{
	return store_meta_set(ch->st, META_MASTER, ch->new_id);
}

static enum store_result set_checked(struct change *ch, void *arg)
{
	enum store_result r = store_meta_set(ch->st, META_REKEY_CHECKED, ch->new_id);

	if (r == STORE_OK)
		r = store_meta_set(ch->st, META_REKEY_ONLINE, NULL);
	return r <= STORE_NONE ? store_meta_set(ch->st, META_REKEY_HAVE, NULL) : r;
}

/* From the phase that the database is in. */
static int go_through(struct change *ch, const char *phase)
{
	long long n;

	if (!*phase && alone(ch, set_phase, "open") != STORE_OK)
		return -EIO;
	step("open");
	if (strcmp(phase, "seal")) {
		if (wait_for(ch, "open"))
			return -ETIMEDOUT;
		if (alone(ch, set_phase, "seal") != STORE_OK)
			return -EIO;
	}
	step("seal");
	if (wait_for(ch, "seal"))
		return -ETIMEDOUT;
	if (pass(ch, "sealing") < 0 || alone(ch, set_master, NULL) != STORE_OK)
		return -EIO;
	step("master");
	/* An administrator's command that had begun before may have sealed one more under the old key. */
	while ((n = pass(ch, "checking")) > 0)
		;
	if (n < 0 || alone(ch, set_checked, NULL) != STORE_OK)
		return -EIO;
	step("checked");
	return 0;
}

/* The other key's file is there, whole, and the one that the change was begun with. */
static int load_new(struct change *ch, const char *next, const char *wanted, int dir)
{
	int ret = 0;

	/* Whoever copies it must not find another one the next time. */
	if (!*wanted && (access(next, F_OK) || keystore_load_other(&ch->keys, next)))
		ret = keystore_create_master_anew(next);
	if (!ret)
		ret = statedir_sync(dir);
	step("new key");
	if (!ret)
		ret = keystore_load_other(&ch->keys, next);
	if (!ret)
		ret = keystore_other_id(&ch->keys, ch->new_id);
	if (!ret && *wanted && strcmp(wanted, ch->new_id)) {
		log_error("%s is not the key that the change was begun with: copy that one here", next);
		ret = -EINVAL;
	}
	return ret ? ret : keystore_swap(&ch->keys);
}

/* A gateway of this state directory may have done it already. */
static int put_in_place(struct change *ch, const char *master, const char *next, int dir)
{
	if (rename(next, master) && errno != ENOENT) {
		log_error("cannot rename %s: %m", next);
		return -errno;
	}
	step("renamed");
	return statedir_sync(dir);
}

static int run(struct change *ch, const struct settings *set, int dir)
{
	char master[300], next[300], s_path[300], online[64] = "", wanted[KEYSTORE_ID_LEN + 1] = "", phase[8] = "";
	char has[KEYSTORE_ID_LEN + 1] = "", id[KEYSTORE_ID_LEN + 1];
	int ret;

	settings_path(set, "master.key", master, sizeof(master));
	settings_path(set, "master.key.new", next, sizeof(next));
	settings_path(set, "gateway.key", s_path, sizeof(s_path));
	if (store_meta(ch->st, META_REKEY_TO, online, sizeof(online)) != STORE_NONE) {
		log_error("a change of the master key was begun while nobody served: finish it with \"voicepay-gateway rekey\"");
		return -EBUSY;
	}
	if (store_meta(ch->st, META_REKEY_ONLINE, online, sizeof(online)) > STORE_NONE ||
	    store_meta(ch->st, META_MASTER, has, sizeof(has)) != STORE_OK)
		return -EIO;
	if (*online && sscanf(online, "%32s %7s", wanted, phase) != 2)
		return -EIO;
	ret = keystore_load(&ch->keys, master, s_path);
	if (!ret)
		ret = keystore_id(&ch->keys, id);
	if (ret)
		return ret;
	/* Of an earlier change only the last step is left. */
	if (!*online && strcmp(id, has)) {
		ret = keystore_load_other(&ch->keys, next);
		if (!ret && !keystore_other_id(&ch->keys, id) && !strcmp(id, has))
			return put_in_place(ch, master, next, dir);
		log_error("%s is not the key that this database is sealed under: restore the right one from its backup", master);
		return -EINVAL;
	}
	ret = load_new(ch, next, wanted, dir);
	if (!ret)
		ret = go_through(ch, phase);
	return ret ? ret : put_in_place(ch, master, next, dir);
}

int rekey_online(const struct settings *set, int dir, int gateways,
		 void (*fn)(void *arg, const struct rekey_progress *p), void *arg)
{
	struct change *ch = calloc(1, sizeof(*ch));
	char db[SETTINGS_DB_MAX];
	int ret = -EIO;

	if (!ch)
		return -ENOMEM;
	ch->fn = fn;
	ch->arg = arg;
	ch->gateways = gateways;
	settings_db(set, db);
	if (store_open(&ch->st, db, false) == STORE_OK)
		ret = run(ch, set, dir);
	/* As far as those who read let it: rows under the old key are not to stay in the log. */
	if (!ret)
		store_flush(ch->st);
	store_close(ch->st);
	keystore_wipe(&ch->keys);
	free(ch);
	return ret;
}
