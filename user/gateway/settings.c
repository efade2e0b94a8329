// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "amount.h"
#include "db_postgres.h"
#include "filemode.h"
#include "log.h"
#include "paycode.h"
#include "settings.h"

#define MODES_KNOWN	(PAYCODE_MODES_DEVICE | PAYCODE_MODE(PAYCODE_ONLINE))

enum type { TEXT, NUMBER, AMOUNT, MODES };

static const struct option {
	const char *section, *name;
	enum type type;
	size_t offset, size;
	long long min, max;	/* of a number, or of a text's length */
	bool fixed;		/* what it was at the start holds until the end */
} options[] = {
#define OPT(sec, key, type, field, lo, hi) \
	{ sec, key, type, offsetof(struct settings, field), sizeof(((struct settings *)0)->field), lo, hi, false }
#define OPT_FIXED(sec, key, type, field, lo, hi) \
	{ sec, key, type, offsetof(struct settings, field), sizeof(((struct settings *)0)->field), lo, hi, true }
	OPT_FIXED("gateway", "state", TEXT, state, 1, 200),
	OPT_FIXED("gateway", "db", TEXT, db, 0, 511),
	OPT_FIXED("gateway", "socket", TEXT, socket, 1, 107),
	OPT_FIXED("gateway", "metrics", TEXT, metrics, 0, 107),
	OPT("gateway", "log", TEXT, log, 4, 4),
	OPT("gateway", "log-requests", TEXT, log_requests, 3, 6),
	OPT("gateway", "drain-seconds", NUMBER, drain_seconds, 0, 300),
	OPT_FIXED("gateway", "threads", NUMBER, threads, 1, 64),
	OPT("gateway", "prefix", TEXT, prefix, 2, 2),
	OPT("gateway", "currency", TEXT, currency, 3, 3),
	OPT("gateway", "modes", MODES, modes, 0, 0),
	OPT("limits", "payment", AMOUNT, max_payment, 1, 1000000000000LL),
	OPT("limits", "day", AMOUNT, max_day, 0, 1000000000000LL),
	OPT("limits", "confirm-above", AMOUNT, confirm_above, 0, 1000000000000LL),
	OPT("limits", "confirm-seconds", NUMBER, confirm_seconds, 10, 3600),
	OPT("limits", "order-minutes", NUMBER, order_minutes, 1, 1440),
	OPT("limits", "codes-per-hour", NUMBER, per_hour, 0, 1000000),
	OPT("limits", "codes-per-day", NUMBER, per_day, 0, 1000000),
	OPT("limits", "codes-per-key", NUMBER, per_key, 0, 100000000),
	OPT("keys", "rotate-days", NUMBER, rotate_days, 1, 365),
	OPT("keys", "expire-days", NUMBER, expire_days, 1, 365),
	OPT("keys", "pool-hours", NUMBER, pool_hours, 1, 840),
	OPT_FIXED("keys", "key-cache", NUMBER, key_cache, 0, 10000000),
	OPT("keys", "ticket-minutes", NUMBER, ticket_minutes, 1, 1440),
	OPT("certificates", "ca", TEXT, ca_cert, 0, 255),
	OPT("certificates", "key", TEXT, ca_key, 0, 255),
	OPT("certificates", "days", NUMBER, cert_days, 1, 825),
	OPT("certificates", "crl-days", NUMBER, crl_days, 1, 90),
	OPT("voice", "issuer", TEXT, voice_issuer, 1, 127),
	OPT("voice", "key", TEXT, voice_key, 0, 255),
};

/* "1 2 5": digits that are a V, each once. */
static int set_modes(unsigned int *modes, const char *value)
{
	unsigned int set = 0;

	for (const char *p = value + strspn(value, " "); *p; p += strspn(p, " ")) {
		unsigned int bit = *p >= '0' && *p <= '9' ? PAYCODE_MODE(*p - '0') : 0;

		if (!(bit & MODES_KNOWN) || (set & bit) || (p[1] && p[1] != ' '))
			return 0;
		set |= bit;
		p++;
	}
	*modes = set;
	return set != 0;
}

static int set_one(struct settings *set, const struct option *o, const char *value)
{
	char *field = (char *)set + o->offset, *end;
	long long n;

	if (o->type == MODES)
		return set_modes((unsigned int *)(void *)field, value);
	if (o->type == TEXT) {
		n = strlen(value);
		if (n < o->min || n > o->max)
			return 0;
		memcpy(field, value, n + 1);
		return 1;
	}
	errno = 0;
	n = strtoll(value, &end, 10);
	if (errno || end == value || *end || n < o->min || n > o->max)
		return 0;
	if (o->type == NUMBER)
		*(int *)(void *)field = n;
	else
		*(long long *)(void *)field = n;
	return 1;
}

struct reading {
	struct settings *set;
	bool seen[sizeof(options) / sizeof(options[0])];
};

static int on_value(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *rd = arg;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(options[i].section, section) || strcmp(options[i].name, name))
			continue;
		/* Of two values one would silently not hold. */
		if (rd->seen[i]) {
			log_error("settings: [%s] %s is there twice: leave one", section, name);
			return 0;
		}
		rd->seen[i] = true;
		if (set_one(rd->set, &options[i], value))
			return 1;
		/* A URI may hold a password. */
		log_error("settings: [%s] %s = \"%s\" is out of range", section, name, rd->set->db == (char *)rd->set + options[i].offset ? "..." : value);
		return 0;
	}
	log_error("settings: there is no setting \"%s\" in section [%s]", name, section);
	return 0;
}

int settings_load(struct settings *set, const char *path)
{
	struct reading rd = { .set = set };
	int rc;

	*set = (struct settings){
		.state = "/var/lib/voicepay-gateway",
		.socket = "/run/voicepay-gateway/http.sock",
		.log = "text", .log_requests = "failed",
		.threads = 4, .prefix = "71", .currency = "CNY", .max_payment = 1000000,
		.max_day = 5000000, .confirm_above = 100000, .confirm_seconds = 120, .order_minutes = 15,
		.per_hour = 60, .per_day = 200, .per_key = 4000,
		.modes = MODES_KNOWN, .pool_hours = 168,
		.rotate_days = 7, .expire_days = 35, .ticket_minutes = 15,
		.cert_days = 90, .crl_days = 7,
		.voice_issuer = "voice-cloud",
	};
	if (!path) {
		if (access(SETTINGS_FILE, F_OK))
			return 0;
		path = SETTINGS_FILE;
	}
	/* Who may write here names the key by which voice orders are believed. */
	if (!filemode_good(path, S_IWOTH))
		return -EPERM;
	rc = ini_parse(path, on_value, &rd);
	if (rc < 0) {
		log_error("settings: cannot read %s", path);
		return -ENOENT;
	}
	if (rc > 0) {
		log_error("settings: %s, line %d cannot be used", path, rc);
		return -EINVAL;
	}
	if (*set->db && !db_postgres_is_uri(set->db))
		return log_error("settings: db must be a URI that begins with postgresql://, or empty"), -EINVAL;
	if (db_postgres_has_password(set->db) && !filemode_good(path, S_IRWXO))
		return -EPERM;
	for (const char *p = set->prefix; *p; p++)
		if (*p < '0' || *p > '9')
			return log_error("settings: prefix must be two digits"), -EINVAL;
	if (currency_decimals(set->currency) < 0)
		return log_error("settings: currency must be one of ISO 4217's, in three capital letters"), -EINVAL;
	if (log_format_by_name(set->log) < 0)
		return log_error("settings: log must be text or json"), -EINVAL;
	if (log_requests_by_name(set->log_requests) < 0)
		return log_error("settings: log-requests must be none, failed or all"), -EINVAL;
	if (set->rotate_days > set->expire_days)
		return log_error("settings: rotate-days must not exceed expire-days"), -EINVAL;
	return 0;
}

int settings_keep_fixed(struct settings *next, const struct settings *now)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *o = &options[i];
		const char *was = (const char *)now + o->offset;
		char *is = (char *)next + o->offset;

		if (!o->fixed || (o->type == TEXT ? !strcmp(is, was) : !memcmp(is, was, o->size)))
			continue;
		/* Its value is not told: it may be an address with a password in it. */
		log_warn("settings: [%s] %s was changed, which holds after a restart", o->section, o->name);
		memcpy(is, was, o->size);
		n++;
	}
	return n;
}

void settings_db(const struct settings *set, char out[SETTINGS_DB_MAX])
{
	if (*set->db)
		snprintf(out, SETTINGS_DB_MAX, "%s", set->db);
	else
		settings_path(set, "ledger.db", out, SETTINGS_DB_MAX);
}

void settings_path(const struct settings *set, const char *name, char *out, unsigned int size)
{
	snprintf(out, size, "%s/%s", set->state, name);
}
