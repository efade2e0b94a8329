// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay: a table of subcommands, and nothing else. */

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "code", cmd_code, "show a payment code: digits, QR and Code 128" },
	{ "pay", cmd_pay, "send an order that was spoken to the gateway" },
	{ "confirm", cmd_confirm, "list payments that wait for your word, and answer them" },
	{ "statement", cmd_statement, "show what was paid with this device" },
	{ "notifications", cmd_notifications, "show what the gateway has told this device of" },
	{ "limits", cmd_limits, "set what a payment, and a day, may come to" },
	{ "otp", cmd_otp, "show an authenticator's code, or import a key (otp add)" },
	{ "status", cmd_status, "show the module and its slots" },
	{ "enrol", cmd_enrol, "agree with the gateway on a slot's key" },
	{ "rotate", cmd_rotate, "renew slots' keys before they end" },
	{ "pool", cmd_pool, "get codes in advance that need no clock" },
	{ "provision", cmd_provision, "show or set which gateway the device belongs to" },
	{ "certificate", cmd_certificate, "get, show or renew the certificate by which the gateway knows this device" },
	{ "check", cmd_check, "open a channel to the gateway and say how it went" },
	{ "warm", cmd_warm, "have a channel opened before it is needed" },
	{ "slot", cmd_slot, "show or set who may do what with a slot" },
	{ "lock", cmd_lock, "let a slot issue nothing" },
	{ "unlock", cmd_unlock, "undo lock" },
	{ "verify-server", cmd_verify_server, "check a server's certificate as a handshake would" },
	{ "events", cmd_events, "show what happens as it happens" },
	{ "wipe", cmd_wipe, "wipe all keys" },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

const char *argp_program_version = "voicepay " VOICEPAY_VERSION;

static int command_at;

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_ARG:
		command_at = state->next - 1;
		state->next = state->argc;	/* the rest is the subcommand's */
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The table becomes the help text. */
static char *list_commands(int key, const char *text, void *input)
{
	char *out = NULL;
	size_t size = 0, i;
	FILE *f;

	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	f = open_memstream(&out, &size);
	fprintf(f, "Commands:\n");
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(f, "  %-13s %s\n", commands[i].name, commands[i].summary);
	fprintf(f, "\n\"voicepay COMMAND --help\" tells more about one. Exit status: 0 done, 1 refused, "
		"2 wrong usage, 3 something is missing (module, daemon, network).");
	fclose(f);
	return out;
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		NULL, on_option, "COMMAND [ARGUMENT...]",
		"Pays by voice and by code, with keys that stay in the kernel.\v ", common_options,
		list_commands,
	};
	char name[64];
	size_t i;

	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, NULL);

	for (i = 0; i < NCOMMANDS; i++)
		if (!strcmp(argv[command_at], commands[i].name))
			break;
	if (i == NCOMMANDS)
		return tell_error(STATUS_USAGE, "USAGE",
				  "there is no command \"%s\": voicepay --help lists them",
				  argv[command_at]);
	snprintf(name, sizeof(name), "voicepay %s", commands[i].name);
	argv[command_at] = name;
	return commands[i].run(argc - command_at, argv + command_at);
}
