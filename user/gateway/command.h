/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands share. */
#ifndef VPG_COMMAND_H
#define VPG_COMMAND_H

#include <argp.h>
#include <stdbool.h>

#include "gateway.h"

enum exit_code { EXIT_OK = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3 };

struct common {
	const char *config, *state;
	bool json;
};

/* --config, --state and --json, before or after the subcommand's name. */
extern const struct argp common_argp;
extern struct common common;

/* Settings, keys and a connection; says what is wrong and returns an exit code if it cannot. */
int command_open(struct gateway *gw, struct store **st);
void command_close(struct gateway *gw, struct store *st);
/* Exit code of a store's answer, which @what could not do. */
int command_store(enum store_result r, const char *what);

/* For good, by its certificate (NULL: by the hash of its key); --json is heeded. An exit code. */
int command_revoke(const char *cert_file, const __u8 *spki_or_id, const char *reason);
/* A name of RFC 5280's that --reason takes, or -1. */
int command_reason(const char *name);

int cmd_serve(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_pubkey(int argc, char **argv);
int cmd_ticket(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_merchant(int argc, char **argv);
int cmd_ledger(int argc, char **argv);
int cmd_payments(int argc, char **argv);
int cmd_alarms(int argc, char **argv);
int cmd_certify(int argc, char **argv);
int cmd_device(int argc, char **argv);
int cmd_crl(int argc, char **argv);
int cmd_migrate(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_rekey(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);

#endif /* VPG_COMMAND_H */
