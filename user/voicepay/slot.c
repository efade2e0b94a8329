// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay slot: who may do what with a slot, and whether a button must be pressed. */

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/amount.h"
#include "command.h"
#include "netlink.h"

#define NONE	UINT32_MAX

static unsigned int slot;
static struct manage_slot wanted;
static uint32_t which;

static const struct argp_option argp_options[] = {
	{ "slot", 's', "N", 0, "Slot, 0 if not given" },
	{ "user", 'u', "USER", 0, "Its owner: a name, a number, or none" },
	{ "group", 'g', "GROUP", 0, "Its group: a name, a number, or none" },
	{ "user-rights", 'U', "LIST", 0, "What the owner may: see,code,authorise,manage; all; none" },
	{ "group-rights", 'G', "LIST", 0, "What the group's members may" },
	{ "codes-per-hour", 'b', "N", 0, "Codes each user may draw in an hour; 0 for no limit" },
	{ "presence", 'p', "WHEN", 0, "Must a person press a button: never, cached, always" },
	{ "presence-seconds", 'S', "N", 0, "For how long a press counts, 1 to 3600" },
	{ "presence-above", 'A', "AMOUNT", 0, "Orders up to this, as 50.00, are authorised without a press; 0: none" },
	{ 0 }
};

static const char *const right_names[] = { "see", "code", "authorise", "manage" };
static const char *const presence_names[] = { "never", "cached", "always" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool number(const char *text, uint32_t *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end || errno || n >= NONE)
		return false;
	*value = n;
	return true;
}

static uint32_t parse_user(const char *arg, struct argp_state *state)
{
	const struct passwd *user = getpwnam(arg);
	uint32_t id = NONE;

	if (user)
		return user->pw_uid;
	if (strcmp(arg, "none") && !number(arg, &id))
		argp_error(state, "there is no user \"%s\"", arg);
	return id;
}

static uint32_t parse_group(const char *arg, struct argp_state *state)
{
	const struct group *group = getgrnam(arg);
	uint32_t id = NONE;

	if (group)
		return group->gr_gid;
	if (strcmp(arg, "none") && !number(arg, &id))
		argp_error(state, "there is no group \"%s\"", arg);
	return id;
}

static uint32_t parse_rights(char *arg, struct argp_state *state)
{
	uint32_t rights = 0;
	char *word;
	size_t i;

	if (!strcmp(arg, "all"))
		return VOICEPAY_RIGHTS_ALL;
	if (!strcmp(arg, "none"))
		return 0;
	while ((word = strsep(&arg, ","))) {
		for (i = 0; i < COUNT(right_names) && strcmp(word, right_names[i]); i++)
			;
		if (i == COUNT(right_names))
			argp_error(state, "\"%s\" is no right: there are see, code, authorise, manage", word);
		rights |= 1U << i;
	}
	return rights;
}

static uint32_t parse_presence(const char *arg, struct argp_state *state)
{
	size_t i;

	for (i = 0; i < COUNT(presence_names); i++)
		if (!strcmp(arg, presence_names[i]))
			return i;
	argp_error(state, "\"%s\" is not one of never, cached, always", arg);
	return 0;
}

static uint32_t parse_number(const char *arg, uint32_t min, uint32_t max, struct argp_state *state)
{
	uint32_t n = 0;

	if (!number(arg, &n) || n < min || n > max)
		argp_error(state, "\"%s\" is not a number from %u to %u", arg, min, max);
	return n;
}

/* The module knows minor units and no currency: of one with two decimals, as most have. */
static uint64_t parse_amount(const char *arg, struct argp_state *state)
{
	const char *why;
	int64_t minor;

	if (!strcmp(arg, "0"))
		return 0;
	if (amount_parse(arg, "CNY", &minor, &why))
		argp_error(state, "\"%s\" is no amount: %s", arg, why);
	return minor;
}

static void want(int attr, uint64_t value)
{
	wanted.value[attr] = value;
	which |= 1U << attr;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 's':
		slot = parse_slot(arg, state);
		return 0;
	case 'u':
		want(VOICEPAY_A_SLOT_UID, parse_user(arg, state));
		return 0;
	case 'g':
		want(VOICEPAY_A_SLOT_GID, parse_group(arg, state));
		return 0;
	case 'U':
		want(VOICEPAY_A_SLOT_UID_RIGHTS, parse_rights(arg, state));
		return 0;
	case 'G':
		want(VOICEPAY_A_SLOT_GID_RIGHTS, parse_rights(arg, state));
		return 0;
	case 'b':
		want(VOICEPAY_A_SLOT_CALLER_PER_HOUR, parse_number(arg, 0, NONE - 1, state));
		return 0;
	case 'p':
		want(VOICEPAY_A_SLOT_PRESENCE, parse_presence(arg, state));
		return 0;
	case 'S':
		want(VOICEPAY_A_SLOT_PRESENCE_SECONDS,
		     parse_number(arg, 1, VOICEPAY_PRESENCE_SECONDS_MAX, state));
		return 0;
	case 'A':
		want(VOICEPAY_A_SLOT_PRESENCE_ABOVE, parse_amount(arg, state));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Shows who may do what with a slot, or sets it. To ask less of a person than before, press "
	"the button first.", common_options
};

static void print_rights(const char *whose, uint32_t id, const char *name, uint32_t rights)
{
	bool first = true;
	size_t i;

	if (id == NONE) {
		printf("  no %s\n", whose);
		return;
	}
	printf("  %s %s (%u) may ", whose, name ? name : "without a name", id);
	for (i = 0; i < COUNT(right_names); i++)
		if (rights & 1U << i) {
			printf("%s%s", first ? "" : ", ", right_names[i]);
			first = false;
		}
	puts(first ? "nothing" : "");
}

static const char *presence_name(uint32_t mode)
{
	return mode < COUNT(presence_names) ? presence_names[mode] : "unknown";
}

static void print_policy(const uint64_t *v)
{
	uint32_t uid = v[VOICEPAY_A_SLOT_UID], gid = v[VOICEPAY_A_SLOT_GID];
	const struct passwd *user = uid == NONE ? NULL : getpwuid(uid);
	const struct group *group = gid == NONE ? NULL : getgrgid(gid);
	char above[32];

	printf("slot %u%s\n", slot, v[VOICEPAY_A_SLOT_LOCKED] ? ", locked" : "");
	print_rights("user", uid, user ? user->pw_name : NULL, v[VOICEPAY_A_SLOT_UID_RIGHTS]);
	print_rights("group", gid, group ? group->gr_name : NULL, v[VOICEPAY_A_SLOT_GID_RIGHTS]);
	if (v[VOICEPAY_A_SLOT_CALLER_PER_HOUR])
		printf("  %u codes an hour for each user\n", (uint32_t)v[VOICEPAY_A_SLOT_CALLER_PER_HOUR]);
	printf("  a button must be pressed: %s", presence_name(v[VOICEPAY_A_SLOT_PRESENCE]));
	if (v[VOICEPAY_A_SLOT_PRESENCE])
		printf(", a press counts for %u s", (uint32_t)v[VOICEPAY_A_SLOT_PRESENCE_SECONDS]);
	if (v[VOICEPAY_A_SLOT_PRESENCE] && v[VOICEPAY_A_SLOT_PRESENCE_ABOVE]) {
		amount_format(above, sizeof(above), v[VOICEPAY_A_SLOT_PRESENCE_ABOVE], "CNY");
		printf("; not for orders up to %s", above);
	}
	putchar('\n');
}

static json_t *id_json(uint32_t id)
{
	return id == NONE ? json_null() : json_integer(id);
}

static json_t *rights_json(uint32_t rights)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < COUNT(right_names); i++)
		if (rights & 1U << i)
			json_array_append_new(list, json_string(right_names[i]));
	return list;
}

static json_t *policy_json(const uint64_t *v)
{
	return json_pack("{s:i, s:b, s:o, s:o, s:o, s:o, s:I, s:s, s:i, s:I}", "slot", slot,
			 "locked", !!v[VOICEPAY_A_SLOT_LOCKED],
			 "uid", id_json(v[VOICEPAY_A_SLOT_UID]),
			 "user_rights", rights_json(v[VOICEPAY_A_SLOT_UID_RIGHTS]),
			 "gid", id_json(v[VOICEPAY_A_SLOT_GID]),
			 "group_rights", rights_json(v[VOICEPAY_A_SLOT_GID_RIGHTS]),
			 "codes_per_hour", (json_int_t)v[VOICEPAY_A_SLOT_CALLER_PER_HOUR],
			 "presence", presence_name(v[VOICEPAY_A_SLOT_PRESENCE]),
			 "presence_seconds", (int)v[VOICEPAY_A_SLOT_PRESENCE_SECONDS],
			 "presence_above", (json_int_t)v[VOICEPAY_A_SLOT_PRESENCE_ABOVE]);
}

int cmd_slot(int argc, char **argv)
{
	struct manage_slot policy;
	struct manage m;
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	err = manage_open(&m);
	if (!err && which)
		err = manage_slot_set(&m, slot, &wanted, which);
	if (!err)
		err = manage_slot_get(&m, slot, &policy);
	if (err) {
		err = manage_tell(&m, err);
		manage_close(&m);
		return err;
	}
	manage_close(&m);
	if (options.json)
		return tell_json(policy_json(policy.value));
	print_policy(policy.value);
	return STATUS_OK;
}
