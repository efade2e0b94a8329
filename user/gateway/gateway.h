/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one call works with. Data runs one way: http reads a request, route
 * picks the call and checks the JSON's shape, enrol, charge and voice decide,
 * ledger moves money, store keeps it.
 */
#ifndef VPG_GATEWAY_H
#define VPG_GATEWAY_H

#include <openssl/evp.h>

#include "key_cache.h"
#include "keystore.h"
#include "peer.h"
#include "refusal.h"
#include "settings.h"
#include "store.h"
#include "throttle.h"

struct gateway {
	struct settings set;
	struct keystore keys;
	struct throttle *throttle;
	struct key_cache *kept;	/* NULL: no keys are */
	EVP_PKEY *voice_key;	/* NULL: voice orders are refused */
	struct deviceca *ca;	/* NULL: no certificates are made here */
	char db_path[SETTINGS_DB_MAX];
	int state_fd;		/* holds the state directory */
	__u64 restored;		/* when the database was put back from a copy; 0: never */
};

struct call {
	struct gateway *gw;
	struct store *st;
	struct peer peer;
	__u64 now_ms;		/* taken once: a call has one time */
	char detail[160];	/* a sentence better than the refusal's own, or empty */
	bool noticed;		/* some device has been told something */
	/* What became of it, for metrics and the log. */
	int route;		/* route_name() */
	enum refusal result;
	bool paid, gave_back;
	/* Nothing to tell yet: whoever carries the answer may wait so long for news above @seen. */
	int wait_seconds;
	long long seen, since;	/* the highest number at all, and this device's, before it was looked */
};

static inline __u64 call_now(const struct call *c)
{
	return c->now_ms / 1000;
}

/* The gateway's own clock, milliseconds since 1970. */
__u64 gateway_clock_ms(void);

/* One moment by the clock that people set and by the one that nobody does, in seconds. */
struct gateway_moment {
	long long real, boot;
};

struct gateway_moment gateway_moment(void);
/* Between the two the clock was not set, but for what NTP slews. */
bool gateway_clock_kept(const struct gateway_moment *from, const struct gateway_moment *to);

/* In place of [gateway] db of all settings that are read from now on; NULL: theirs. */
void gateway_use_db(const char *uri);

/* Settings, with @state, if it is given, in place of theirs. */
int gateway_settings(struct settings *set, const char *config, const char *state);

/* Opens settings, keys and the voice cloud's key; stores are opened a thread each. */
int gateway_open(struct gateway *gw, const char *config, const char *state);
void gateway_close(struct gateway *gw);
/* The CA of the settings, if they name one. 0 or negative; the log is told why. */
int gateway_open_ca(struct gateway *gw);

/*
 * Another one that has @set and reads all files anew, and shares with @now what
 * stays: rations and the hold on the state directory. NULL, and the log is told
 * why, if anything cannot be used.
 */
struct gateway *gateway_reload(const struct gateway *now, const struct settings *set);
/* Keys and certificates of one that was replaced; what it shares stays. */
void gateway_forget(struct gateway *gw);

/* Master and static key alone, by the settings. */
int gateway_load_keys(struct gateway *gw);

/* Are these the keys of that database, and was it ever put back? The log is told if they are not. */
enum store_result gateway_fits(struct gateway *gw, struct store *st);

enum refusal refusal_of_store(enum store_result r);

#define ALIAS_REST_SECONDS	(90 * 86400ULL)
#define OLD_KEY_SECONDS		300

#endif /* VPG_GATEWAY_H */
