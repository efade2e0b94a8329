// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "command.h"

const char *argp_program_version = "voicepay-gateway " VOICEPAY_VERSION;

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "serve", cmd_serve },
	{ "init", cmd_init },
	{ "pubkey", cmd_pubkey },
	{ "ticket", cmd_ticket },
	{ "user", cmd_user },
	{ "merchant", cmd_merchant },
	{ "ledger", cmd_ledger },
	{ "payments", cmd_payments },
	{ "alarms", cmd_alarms },
	{ "certify", cmd_certify },
	{ "device", cmd_device },
	{ "crl", cmd_crl },
	{ "migrate", cmd_migrate },
	{ "export", cmd_export },
	{ "import", cmd_import },
	{ "rekey", cmd_rekey },
	{ "backup", cmd_backup },
	{ "restore", cmd_restore },
};

static const char doc[] =
	"Gateway of voicepay: verifies payment codes, keeps the ledger.\v"
	"Commands:\n"
	"  init          make database and keys, print the public key\n"
	"  serve         answer devices and merchants behind nginx\n"
	"  pubkey        print the public key that devices are given\n"
	"  user add      add a user with an opening balance\n"
	"  user set      set a user's own limits\n"
	"  merchant add  register a merchant by its certificate\n"
	"  merchant revoke  let a merchant in no more\n"
	"  certify       make a certificate of a device's or merchant's request\n"
	"  device revoke let a device in no more\n"
	"  crl           make a list of what is revoked, for nginx\n"
	"  ticket        print a one-time enrolment ticket for a user\n"
	"  ledger        list accounts and check that they sum to zero\n"
	"  payments      list payments\n"
	"  alarms        list signs of copied devices\n"
	"  migrate       bring an older database to this version\n"
	"  export        write all of the database to a file\n"
	"  import        fill a new database from such a file\n"
	"  rekey         change the master key\n"
	"  backup        copy the database while payments go on\n"
	"  restore       put such a copy in its place\n"
	"\n\"voicepay-gateway COMMAND --help\" says more. Exit codes: 0 done, 1 refused, "
	"2 wrong usage, 3 something is missing on this machine.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_ARG:
		/* The rest is the subcommand's. */
		*(int *)state->input = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { NULL, parse, "COMMAND [ARG...]", doc, children, NULL, NULL };
	int at = 0;

	/* Keys are in this memory: no core dumps, no debugger of the same user. */
	prctl(PR_SET_DUMPABLE, 0);
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &at))
		return EXIT_USAGE;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[at], commands[i].name))
			return commands[i].run(argc - at, argv + at);
	fprintf(stderr, "voicepay-gateway: there is no command \"%s\"; --help lists them\n", argv[at]);
	return EXIT_USAGE;
}
