/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator decides: /etc/voicepay/gateway.conf, or the built-in values. */
#ifndef VPG_SETTINGS_H
#define VPG_SETTINGS_H

#include <stdbool.h>

#define SETTINGS_FILE	VOICEPAY_SYSCONFDIR "/voicepay/gateway.conf"

struct settings {
	char state[256];	/* directory of database and keys */
	char db[512];		/* URI of a PostgreSQL database; empty: a file of SQLite's in the state directory */
	char socket[108];	/* unless systemd passes one */
	char metrics[108];	/* a socket's path, or a port on loopback; empty: nowhere, unless systemd passes one */
	char log[8];		/* "text", "json" */
	char log_requests[8];	/* "none", "failed", "all" */
	int drain_seconds;
	int threads;
	char prefix[3];		/* PP of the codes */
	char currency[4];
	long long max_payment, max_day, confirm_above;	/* minor units */
	int confirm_seconds, order_minutes;
	int per_hour, per_day, per_key;
	unsigned int modes;	/* PAYCODE_MODE() bits of the V that are served */
	int pool_hours;
	int rotate_days, expire_days;
	int key_cache;		/* keys that are kept open */
	int ticket_minutes;
	char ca_cert[256], ca_key[256];	/* of the devices' CA; empty: somebody else makes certificates */
	int cert_days, crl_days;
	char voice_issuer[128];
	char voice_key[256];	/* PEM of the voice cloud's public key; empty: no voice orders */
};

/* @path may be NULL: the usual file, which need not be there. */
int settings_load(struct settings *set, const char *path);

/* What cannot change while running is as it was, and named to the log. How many that are. */
int settings_keep_fixed(struct settings *next, const struct settings *now);
/* Where the database is, as store_open() takes it. */
#define SETTINGS_DB_MAX	512
void settings_db(const struct settings *set, char out[SETTINGS_DB_MAX]);

/* "STATE/name" */
void settings_path(const struct settings *set, const char *name, char *out, unsigned int size);

#endif /* VPG_SETTINGS_H */
