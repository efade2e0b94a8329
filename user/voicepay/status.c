// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay status: the module, its slots, and when each must be renewed. */

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "command.h"

static int64_t only = -1;

static const struct argp_option argp_options[] = {
	{ "slot", 's', "N", 0, "Only this slot" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	if (key != 's')
		return ARGP_ERR_UNKNOWN;
	only = parse_slot(arg, state);
	return 0;
}

static const struct argp argp = {
	argp_options, on_option, NULL, "Shows the module and its slots.", common_options
};

static const char *state_name(unsigned int state)
{
	static const char *const names[] = {
		[VOICEPAY_SLOT_EMPTY] = "empty",
		[VOICEPAY_SLOT_ENROLLING] = "enrolling",
		[VOICEPAY_SLOT_ACTIVE] = "active",
		[VOICEPAY_SLOT_EXPIRED] = "expired",
	};

	return state < sizeof(names) / sizeof(names[0]) && names[state] ? names[state] : "unknown";
}

static const char *day(char buf[32], uint64_t t)
{
	time_t when = t;
	struct tm tm;

	if (!t || !localtime_r(&when, &tm) || !strftime(buf, 32, "%Y-%m-%d %H:%M", &tm))
		return "-";
	return buf;
}

static void print_slot(const struct voicepay_status *st)
{
	char rotate[32], end[32];

	printf("slot %u: %s", st->slot, state_name(st->state));
	if (st->kind == VOICEPAY_SLOT_AUTHENTICATOR)
		printf(", an authenticator, %llu codes issued: voicepay otp --slot %u",
		       (unsigned long long)st->codes_issued, st->slot);
	if (st->epoch) {
		printf(", epoch %llu, %llu codes issued", (unsigned long long)st->epoch,
		       (unsigned long long)st->codes_issued);
		if (st->codes_left != ~0ULL)
			printf(", %llu left", (unsigned long long)st->codes_left);
		printf("\n        renew after %s, codes until %s", day(rotate, st->rotate_after),
		       day(end, st->not_after));
	}
	putchar('\n');
	if (st->modes & 1U << VOICEPAY_MODE_POOL && st->pool_left)
		printf("        %u codes that need no clock: voicepay code --pool\n", st->pool_left);
	if (st->locked)
		printf("        locked: voicepay unlock --slot %u\n", st->slot);
	if (st->presence == VOICEPAY_PRESENCE_ALWAYS)
		printf("        each code wants a button pressed within %u s\n", st->presence_seconds);
	else if (st->presence == VOICEPAY_PRESENCE_CACHED)
		printf("        codes want a button pressed, which is good for %u s\n", st->presence_seconds);
	if (st->state == VOICEPAY_SLOT_EXPIRED)
		printf("        go online and enrol again: voicepay enrol --slot %u --ticket TICKET\n",
		       st->slot);
}

static const char *kind_name(unsigned int kind)
{
	return kind == VOICEPAY_SLOT_PAYMENT ? "payment" : kind == VOICEPAY_SLOT_AUTHENTICATOR ? "authenticator" :
	       "nothing";
}

static json_t *modes_json(unsigned int modes)
{
	json_t *list = json_array();
	int v;

	for (v = 0; v < 10; v++)
		if (modes & 1U << v)
			json_array_append_new(list, json_integer(v));
	return list;
}

static json_t *slot_json(const struct voicepay_status *st)
{
	json_t *o = json_pack("{s:i, s:s}", "slot", st->slot, "state", state_name(st->state));

	json_object_set_new(o, "kind", json_string(kind_name(st->kind)));
	json_object_set_new(o, "locked", json_boolean(st->locked));
	json_object_set_new(o, "rights", json_integer(st->rights));
	json_object_set_new(o, "presence", json_integer(st->presence));
	json_object_set_new(o, "presence_seconds", json_integer(st->presence_seconds));
	if (!st->epoch) {
		if (st->kind == VOICEPAY_SLOT_AUTHENTICATOR)
			json_object_set_new(o, "codes_issued", json_integer(st->codes_issued));
		return o;
	}
	json_object_set_new(o, "epoch", json_integer(st->epoch));
	json_object_set_new(o, "rotate_after", json_integer(st->rotate_after));
	json_object_set_new(o, "not_after", json_integer(st->not_after));
	json_object_set_new(o, "codes_issued", json_integer(st->codes_issued));
	if (st->codes_left != ~0ULL)
		json_object_set_new(o, "codes_left", json_integer(st->codes_left));
	json_object_set_new(o, "aliases", json_integer(st->aliases));
	json_object_set_new(o, "modes", modes_json(st->modes));
	json_object_set_new(o, "pool_left", json_integer(st->pool_left));
	return o;
}

static const struct {
	unsigned long long bit;
	const char *name;
} features[] = {
	{ VOICEPAY_FEATURE_PC1_PLAIN, "pc1-plain" },
	{ VOICEPAY_FEATURE_SEAL, "seal" },
	{ VOICEPAY_FEATURE_KEYUPDATE, "keyupdate" },
	{ VOICEPAY_FEATURE_PC1_MODES, "pc1-modes" },
	{ VOICEPAY_FEATURE_AUTHORISE, "authorise" },
	{ VOICEPAY_FEATURE_OTP, "otp" },
	{ VOICEPAY_FEATURE_TICKET, "ticket" },
	{ VOICEPAY_FEATURE_SEALER, "sealer" },
	{ VOICEPAY_FEATURE_ROLLBACK, "rollback" },
};

static json_t *feature_json(unsigned long long bits)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (bits & features[i].bit)
			json_array_append_new(list, json_string(features[i].name));
	return list;
}

static const char *vault_name(unsigned int vault)
{
	static const char *const names[] = {
		[VOICEPAY_VAULT_NONE] = "none",
		[VOICEPAY_VAULT_SPLIT] = "split",
		[VOICEPAY_VAULT_SECRETMEM] = "secretmem",
		[VOICEPAY_VAULT_RESERVED] = "reserved",
	};

	return vault < sizeof(names) / sizeof(names[0]) ? names[vault] : "unknown";
}

static void print_vault(const struct voicepay_info *info)
{
	static const char *const what[] = {
		[VOICEPAY_VAULT_NONE] = "the back end that the module requires is not there, so no key can be held",
		[VOICEPAY_VAULT_SPLIT] = "ordinary memory, masked: a dump of all memory gives them away",
		[VOICEPAY_VAULT_SECRETMEM] = "outside the kernel's direct map, masked",
		[VOICEPAY_VAULT_RESERVED] = "memory set apart, outside the kernel's direct map",
	};

	printf("keys in %s", vault_name(info->vault));
	if (info->vault < sizeof(what) / sizeof(what[0]))
		printf(" (%s)", what[info->vault]);
	printf("%s\n", info->vault_flags & VOICEPAY_VAULT_REQUIRED ? ", required" : "");
}

static void print_sealer(const struct voicepay_info *info)
{
	if (!(info->features & VOICEPAY_FEATURE_SEALER))
		printf("sealed storage: not in use, keys are in RAM only. With a TPM see whether voicepay-store runs "
		       "(systemctl status voicepay-store); without one slots are enrolled again after a reboot\n");
	else
		printf("sealed storage: TPM%s\n", info->features & VOICEPAY_FEATURE_ROLLBACK ? "" :
		       " without a counter: old copies cannot be told from new ones");
}

int cmd_status(int argc, char **argv)
{
	json_t *list = json_array();
	struct voicepay_status st;
	struct voicepay_info info;
	unsigned int slot, last;
	unsigned long long now = 0;
	int dev, err;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	dev = open_device();
	if (dev < 0)
		return -dev;
	err = voicepay_info(dev, &info);
	if (err)
		return tell_errno(VOICEPAY_CALL_INFO, err);
	if (!options.json) {
		printf("voicepay %s, %u of %u slots in use\n", info.version, info.slots, info.max_slots);
		print_vault(&info);
		print_sealer(&info);
	}

	slot = only >= 0 ? only : 0;
	last = only >= 0 ? only + 1 : info.max_slots;
	for (; slot < last; slot++) {
		err = voicepay_status(dev, slot, &st);
		/* In a list of all, the slots of others are left out. */
		if ((err == -ENOENT || err == -EACCES) && only < 0)
			continue;
		if (err)
			return tell_errno(VOICEPAY_CALL_STATUS, err);
		now = st.now;
		if (options.json)
			json_array_append_new(list, slot_json(&st));
		else
			print_slot(&st);
	}
	voicepay_close(dev);
	if (options.json)
		return tell_json(json_pack("{s:s, s:s, s:b, s:i, s:o, s:I, s:o}", "version", info.version,
					   "vault", vault_name(info.vault), "vault_required",
					   !!(info.vault_flags & VOICEPAY_VAULT_REQUIRED),
					   "max_slots", info.max_slots, "features",
					   feature_json(info.features), "now", (json_int_t)now,
					   "slots", list));
	json_decref(list);
	if (!info.slots)
		printf("No slot yet: get a ticket from the gateway, then voicepay enrol --ticket TICKET\n");
	return STATUS_OK;
}
