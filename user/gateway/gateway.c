// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db_postgres.h"
#include "deviceca.h"
#include "filemode.h"
#include "gateway.h"
#include "jwt.h"
#include "log.h"
#include "master_keys.h"
#include "statedir.h"
#include "store_backup.h"

#define CLOCK_SLACK	60	/* seconds */

__u64 gateway_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

struct gateway_moment gateway_moment(void)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (struct gateway_moment){ real.tv_sec, boot.tv_sec };
}

bool gateway_clock_kept(const struct gateway_moment *from, const struct gateway_moment *to)
{
	long long off = (to->real - from->real) - (to->boot - from->boot);

	return off >= -CLOCK_SLACK && off <= CLOCK_SLACK;
}

static const char *db_given;

void gateway_use_db(const char *uri)
{
	db_given = uri;
}

int gateway_settings(struct settings *set, const char *config, const char *state)
{
	int ret = settings_load(set, config);

	if (ret)
		return ret;
	if (db_given && (!db_postgres_is_uri(db_given) || strlen(db_given) >= sizeof(set->db)))
		return log_error("--db must be a URI that begins with postgresql://"), -EINVAL;
	if (db_given)
		strcpy(set->db, db_given);
	if (state && strlen(state) > 200)
		return log_error("the path of the state directory is too long"), -ENAMETOOLONG;
	if (state)
		strcpy(set->state, state);
	return 0;
}

int gateway_load_keys(struct gateway *gw)
{
	char master[300], key[300];

	settings_path(&gw->set, "master.key", master, sizeof(master));
	settings_path(&gw->set, "gateway.key", key, sizeof(key));
	return keystore_load(&gw->keys, master, key);
}

/* What may be another after a reload. */
static int load(struct gateway *gw)
{
	int ret = gateway_load_keys(gw);

	settings_db(&gw->set, gw->db_path);
	if (ret || !*gw->set.voice_key)
		return ret;
	if (!filemode_good(gw->set.voice_key, S_IWOTH))
		return -EPERM;
	gw->voice_key = jwt_load_key(gw->set.voice_key);
	if (gw->voice_key)
		return 0;
	log_error("%s is not the PEM of a public P-256 key", gw->set.voice_key);
	return -EINVAL;
}

int gateway_open(struct gateway *gw, const char *config, const char *state)
{
	int ret;

	memset(gw, 0, sizeof(*gw));
	gw->state_fd = -1;
	ret = gateway_settings(&gw->set, config, state);
	if (ret)
		return ret;
	gw->state_fd = statedir_hold(gw->set.state, false);
	if (gw->state_fd < 0)
		return gw->state_fd;
	ret = load(gw);
	if (!ret) {
		gw->throttle = throttle_new();
		ret = gw->throttle ? 0 : -ENOMEM;
	}
	if (ret)
		gateway_close(gw);
	return ret;
}

int gateway_open_ca(struct gateway *gw)
{
	struct deviceca *ca = calloc(1, sizeof(*ca));
	int ret = ca ? deviceca_load(ca, &gw->set) : -ENOMEM;

	if (!ret) {
		gw->ca = ca;
		return 0;
	}
	free(ca);
	return ret < 0 ? ret : 0;
}

struct gateway *gateway_reload(const struct gateway *now, const struct settings *set)
{
	struct gateway *next = calloc(1, sizeof(*next));

	if (!next)
		return NULL;
	next->set = *set;
	settings_keep_fixed(&next->set, &now->set);
	if (load(next) || gateway_open_ca(next)) {
		gateway_forget(next);
		free(next);
		return NULL;
	}
	next->throttle = now->throttle;
	next->state_fd = now->state_fd;
	return next;
}

void gateway_forget(struct gateway *gw)
{
	if (gw->ca)
		deviceca_free(gw->ca);
	free(gw->ca);
	gw->ca = NULL;
	EVP_PKEY_free(gw->voice_key);
	gw->voice_key = NULL;
	keystore_wipe(&gw->keys);
	key_cache_free(gw->kept);
	gw->kept = NULL;
}

void gateway_close(struct gateway *gw)
{
	gateway_forget(gw);
	throttle_free(gw->throttle);
	if (gw->state_fd >= 0)
		close(gw->state_fd);
	memset(gw, 0, sizeof(*gw));
	gw->state_fd = -1;
}

enum store_result gateway_fits(struct gateway *gw, struct store *st)
{
	char is[KEYSTORE_ID_LEN + 1], restored[32];
	enum store_result r = store_meta(st, META_RESTORED, restored, sizeof(restored));

	if (r > STORE_NONE || keystore_id(&gw->keys, is))
		return r > STORE_NONE ? r : STORE_FAILED;
	gw->restored = r == STORE_OK ? strtoull(restored, NULL, 10) : 0;
	r = master_keys_fit(gw, st);
	if (r != STORE_NONE)
		return r;
	/* The first time: nothing sealed under another key has been seen here yet. */
	r = store_begin_alone(st);
	if (r == STORE_OK)
		r = store_meta_set(st, META_MASTER, is);
	if (r == STORE_OK)
		return store_commit(st);
	store_rollback(st);
	return r;
}

enum refusal refusal_of_store(enum store_result r)
{
	switch (r) {
	case STORE_OK:
		return RF_OK;
	case STORE_POOR:
		return RF_NOT_ENOUGH;
	case STORE_BUSY:
		return RF_BUSY;
	case STORE_AGAIN:
		return RF_AGAIN;
	default:
		return RF_FAILED;
	}
}
