// SPDX-License-Identifier: GPL-2.0-or-later
/* init, pubkey, user add, merchant add, ticket */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "amount.h"
#include "hex.h"
#include "command.h"
#include "enrol.h"
#include "fields.h"
#include "ledger.h"
#include "log.h"
#include "prim_openssl.h"
#include "store_certs.h"

struct args {
	const char *name, *balance, *cert, *id, *ttl, *confirm_above, *per_day, *per_payment, *reason;
	bool want_add, set_too, revoke_too, added, set, revoke;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case 'n':
	case 'u':
		a->name = arg;
		return 0;
	case 'b':
		a->balance = arg;
		return 0;
	case 'f':
		a->cert = arg;
		return 0;
	case 'i':
		a->id = arg;
		return 0;
	case 't':
		a->ttl = arg;
		return 0;
	case 'a':
		a->confirm_above = arg;
		return 0;
	case 'd':
		a->per_day = arg;
		return 0;
	case 'p':
		a->per_payment = arg;
		return 0;
	case 'r':
		a->reason = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (a->revoke_too && !a->added && !strcmp(arg, "revoke")) {
			a->added = a->revoke = true;
			return 0;
		}
		if (a->set_too && !a->added && !strcmp(arg, "set")) {
			a->added = a->set = true;
			return 0;
		}
		if (!a->want_add || a->added || strcmp(arg, "add"))
			argp_error(state, "there is no \"%s\" here", arg);
		a->added = true;
		return 0;
	case ARGP_KEY_END:
		if (a->want_add && !a->added)
			argp_error(state, "say what to do: \"add\"");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };

static void print_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
}

static bool name_good(const char *name)
{
	json_t *json = json_string(name);	/* NULL unless UTF-8 */
	size_t chars = 0;
	bool good = json != NULL;

	for (const char *p = name; *p; p++) {
		good = good && (unsigned char)*p >= ' ' && *p != 0x7f;
		chars += (*p & 0xc0) != 0x80;
	}
	json_decref(json);
	if (!good || chars < 1 || chars > 64)
		fprintf(stderr, "voicepay-gateway: a name is 1 to 64 characters of UTF-8 without control characters\n");
	return good && chars >= 1 && chars <= 64;
}

static void print_pubkey(const struct gateway *gw)
{
	char hex[2 * VP_KEY_LEN + 1];

	hex_encode(hex, gw->keys.s_pub, VP_KEY_LEN);
	if (common.json)
		print_json(json_pack("{s:s}", "key", hex));
	else
		puts(hex);
}

int cmd_pubkey(int argc, char **argv)
{
	static const struct argp argp = { NULL, parse, "", "Prints the public key that devices are given, in hex.",
					  children, NULL, NULL };
	struct gateway gw;
	struct args a = { 0 };

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (gateway_open(&gw, common.config, common.state))
		return EXIT_ENVIRONMENT;
	print_pubkey(&gw);
	gateway_close(&gw);
	return EXIT_OK;
}

int cmd_init(int argc, char **argv)
{
	static const struct argp argp = { NULL, parse, "",
		"Makes the database and the keys in the state directory, and prints the public key.\v"
		"Keep copies of master.key and gateway.key apart from copies of ledger.db: who has all three "
		"can make codes; who has lost the first must enrol every device again.",
		children, NULL, NULL };
	char master[300], key[300], db[SETTINGS_DB_MAX];
	struct settings set;
	struct gateway gw;
	struct store *st;
	struct args a = { 0 };
	enum store_result r;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (gateway_settings(&set, common.config, common.state))
		return EXIT_ENVIRONMENT;
	if (mkdir(set.state, 0700) && errno != EEXIST) {
		fprintf(stderr, "voicepay-gateway: cannot make %s: %m\n", set.state);
		return EXIT_ENVIRONMENT;
	}
	settings_path(&set, "master.key", master, sizeof(master));
	settings_path(&set, "gateway.key", key, sizeof(key));
	settings_db(&set, db);
	if (keystore_create(master, key))
		return EXIT_ENVIRONMENT;
	r = store_open(&st, db, true);
	if (r != STORE_OK) {
		/* Nothing is under these keys: a second try is not to stop at them. */
		if (*set.db) {
			unlink(master);
			unlink(key);
		}
		return command_store(r, *set.db ? "the database of [gateway] db" : db);
	}
	store_close(st);
	/* Opened once as everybody will, which notes whose the database is. */
	ret = command_open(&gw, &st);
	if (ret)
		return ret;
	print_pubkey(&gw);
	command_close(&gw, st);
	return EXIT_OK;
}

/* Adds a party within one transaction; @m is NULL for a user. */
static int add_party(const struct args *a, enum party_kind kind, struct merchant *m)
{
	struct gateway gw;
	struct store *st;
	struct account acc;
	const char *why;
	int64_t balance = 0;
	enum store_result r;
	int ret = command_open(&gw, &st);

	if (ret)
		return ret;
	if (a->balance && amount_parse(a->balance, gw.set.currency, &balance, &why)) {
		fprintf(stderr, "voicepay-gateway: --balance %s: %s\n", a->balance, why);
		command_close(&gw, st);
		return EXIT_USAGE;
	}
	r = store_begin(st);
	if (r == STORE_OK)
		r = ledger_open_account(st, kind, a->name, gw.set.currency, balance, gateway_clock_ms() / 1000, &acc);
	if (r == STORE_OK && m) {
		m->party = acc.party;
		r = store_merchant_add(st, m);
	}
	if (r == STORE_OK)
		r = store_commit(st);
	ret = command_store(r, a->name);
	if (!ret && common.json)
		print_json(json_pack("{s:s, s:s, s:I, s:s*}", "name", a->name, "currency", gw.set.currency,
				     "balance", (json_int_t)balance, "id", m ? m->id : NULL));
	else if (!ret && m)
		puts(m->id);
	command_close(&gw, st);
	return ret;
}

/* -1 for a limit that is not given; 0 is one, too. */
static int limit_of(const struct gateway *gw, const char *text, int64_t *limit)
{
	const char *why;

	*limit = -1;
	if (!text)
		return 0;
	if (!strcmp(text, "0")) {
		*limit = 0;
		return 0;
	}
	if (!amount_parse(text, gw->set.currency, limit, &why))
		return 0;
	fprintf(stderr, "voicepay-gateway: the limit %s: %s\n", text, why);
	return -1;
}

static int set_limits(const struct args *a)
{
	int64_t confirm_above, per_day, per_payment;
	struct account acc;
	struct gateway gw;
	struct store *st;
	enum store_result r;
	int ret = command_open(&gw, &st);

	if (ret)
		return ret;
	if (limit_of(&gw, a->confirm_above, &confirm_above) || limit_of(&gw, a->per_day, &per_day) ||
	    limit_of(&gw, a->per_payment, &per_payment)) {
		command_close(&gw, st);
		return EXIT_USAGE;
	}
	r = store_begin(st);
	if (r == STORE_OK)
		r = store_account_by_name(st, a->name, gw.set.currency, &acc);
	if (r == STORE_OK && acc.kind != PARTY_USER)
		r = STORE_NONE;
	acc.confirm_above = confirm_above;
	acc.per_day = per_day;
	acc.per_payment = per_payment;
	if (r == STORE_OK)
		r = store_account_limits(st, &acc);
	if (r == STORE_OK)
		r = store_commit(st);
	ret = command_store(r, a->name);
	command_close(&gw, st);
	return ret;
}

int cmd_user(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "name", 'n', "NAME", 0, "The user's name, as in orders", 0 },
		{ "balance", 'b', "AMOUNT", 0, "Opening balance, such as 1000.00, booked from the account \"equity\"", 0 },
		{ "confirm-above", 'a', "AMOUNT", 0, "set: payments by code above this wait for the owner's word on the device", 0 },
		{ "per-day", 'd', "AMOUNT", 0, "set: what may be paid within 24 hours; 0 is no limit", 0 },
		{ "per-payment", 'p', "AMOUNT", 0, "set: what one payment may be", 0 },
		{ 0 }
	};
	static const struct argp argp = { options, parse, "add|set", "Adds a user, or sets a user's own limits; one that is not given is the gateway's.", children, NULL, NULL };
	struct args a = { .want_add = true, .set_too = true };

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (!a.name) {
		fprintf(stderr, "voicepay-gateway: user add and user set need --name\n");
		return EXIT_USAGE;
	}
	if (a.set)
		return set_limits(&a);
	return name_good(a.name) ? add_party(&a, PARTY_USER, NULL) : EXIT_USAGE;
}

static int revoke_merchant(const struct args *a)
{
	__u8 spki[VP_HASH_LEN];
	enum store_result r;
	struct gateway gw;
	struct store *st;
	int ret;

	if (!a->name == !a->cert) {
		fprintf(stderr, "voicepay-gateway: merchant revoke needs --name or --cert\n");
		return EXIT_USAGE;
	}
	if (a->cert)
		return command_revoke(a->cert, NULL, a->reason);
	ret = command_open(&gw, &st);
	if (ret)
		return ret;
	r = store_merchant_named(st, a->name, spki);
	command_close(&gw, st);
	return r == STORE_OK ? command_revoke(NULL, spki, a->reason) : command_store(r, a->name);
}

int cmd_merchant(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "name", 'n', "NAME", 0, "The merchant's name, as on receipts", 0 },
		{ "id", 'i', "ID", 0, "What codes for this merchant alone are bound to, 1 to 64 letters, digits, dots, dashes or underscores; drawn from its key unless given", 0 },
		{ "cert", 'f', "FILE", 0, "Its TLS client certificate, PEM: its public key is the merchant's identity", 0 },
		{ "reason", 'r', "REASON", 0, "revoke: key-compromise, superseded or cessation", 0 },
		{ 0 }
	};
	static const struct argp argp = { options, parse, "add|revoke",
		"Registers a merchant and prints its id; or lets one in no more, for good.", children, NULL, NULL };
	struct args a = { .want_add = true, .revoke_too = true };
	struct merchant m = { 0 };
	struct peer peer;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (a.revoke)
		return revoke_merchant(&a);
	if (!a.name || !a.cert) {
		fprintf(stderr, "voicepay-gateway: merchant add needs --name and --cert\n");
		return EXIT_USAGE;
	}
	if (!name_good(a.name))
		return EXIT_USAGE;
	if (a.id && !fields_id_good(a.id)) {
		fprintf(stderr, "voicepay-gateway: --id is 1 to 64 letters, digits, dots, dashes or underscores\n");
		return EXIT_USAGE;
	}
	if (peer_from_file(&peer, a.cert)) {
		fprintf(stderr, "voicepay-gateway: %s is not a certificate in PEM\n", a.cert);
		return EXIT_ENVIRONMENT;
	}
	memcpy(m.spki, peer.spki, sizeof(m.spki));
	strcpy(m.id, a.id ? a.id : "");
	return add_party(&a, PARTY_MERCHANT, &m);
}

static int print_ticket(struct gateway *gw, struct store *st, const struct args *a, long long ttl)
{
	__u64 expires = gateway_clock_ms() / 1000 + ttl;
	__u8 ticket[VP_TICKET_LEN];
	char hex[2 * VP_TICKET_LEN + 6], *p = hex;
	struct account acc;
	enum store_result r;

	r = store_account_by_name(st, a->name, gw->set.currency, &acc);
	if (r == STORE_OK && acc.kind != PARTY_USER)
		r = STORE_NONE;
	if (r == STORE_OK)
		r = store_begin(st);
	if (r == STORE_OK)
		r = enrol_ticket(gw, st, acc.party, expires, ticket);
	if (r == STORE_OK)
		r = store_commit(st);
	if (r != STORE_OK)
		return command_store(r, a->name);
	/* Six groups of eight, which a person can type. */
	for (int i = 0; i < VP_TICKET_LEN; i += 4, p += 8) {
		if (i)
			*p++ = '-';
		hex_encode(p, ticket + i, 4);
	}
	if (common.json)
		print_json(json_pack("{s:s, s:s, s:I}", "ticket", hex, "user", a->name,
				     "expires", (json_int_t)expires));
	else
		puts(hex);
	vp_prim_wipe(ticket, sizeof(ticket));
	vp_prim_wipe(hex, sizeof(hex));
	return EXIT_OK;
}

int cmd_ticket(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "user", 'u', "NAME", 0, "The user whose device will enrol", 0 },
		{ "ttl", 't', "SECONDS", 0, "How long it may be used (ticket-minutes of the settings)", 0 },
		{ 0 }
	};
	static const struct argp argp = { options, parse, "",
		"Prints a ticket with which one device may enrol once. It is a secret: give it to the user alone.",
		children, NULL, NULL };
	struct gateway gw;
	struct store *st;
	struct args a = { 0 };
	long long ttl;
	char *end = NULL;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (!a.name) {
		fprintf(stderr, "voicepay-gateway: ticket needs --user\n");
		return EXIT_USAGE;
	}
	ret = command_open(&gw, &st);
	if (ret)
		return ret;
	ttl = gw.set.ticket_minutes * 60LL;
	if (a.ttl)
		ttl = strtoll(a.ttl, &end, 10);
	if (a.ttl && (!*a.ttl || *end || ttl < 1 || ttl > 86400)) {
		fprintf(stderr, "voicepay-gateway: --ttl is 1 to 86400 seconds\n");
		ret = EXIT_USAGE;
	} else {
		ret = print_ticket(&gw, st, &a, ttl);
	}
	command_close(&gw, st);
	return ret;
}
