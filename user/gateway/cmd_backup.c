// SPDX-License-Identifier: GPL-2.0-or-later
/* backup, restore */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "db_postgres.h"
#include "filemode.h"
#include "log.h"
#include "statedir.h"
#include "store_backup.h"

#define AUDIT_TRANSFERS	10000

struct args {
	const char *file;
	bool replace, guard;
};

static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case 'r':
		a->replace = true;
		return 0;
	case 'g':
		a->guard = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->file)
			argp_error(state, "one file");
		a->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->file == !a->guard)
			argp_error(state, a->file ? "--guard is for the database that is there: it takes no file" : "which file?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Without the options that are restore's. */
static error_t parse_file(int key, char *arg, struct argp_state *state)
{
	return key == 'r' || key == 'g' ? ARGP_ERR_UNKNOWN : parse(key, arg, state);
}

static int sync_dir_of(const char *path)
{
	char dir[512];
	const char *slash = strrchr(path, '/');
	int fd, ret;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = fd < 0 ? -1 : fsync(fd);
	if (fd >= 0)
		close(fd);
	return ret;
}

/*
 * A database and what SQLite has beside it. A log that was left by a run that was cut short would be taken
 * for the next file's of that name, and written into it; so the log goes first.
 */
static void unlink_database(const char *path)
{
	static const char *const ends[] = { "-wal", "-journal", "-shm", "" };
	char name[560];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

static int make_private(const char *path)
{
	int fd = filemode_make(path, O_RDWR);

	if (fd < 0)
		log_error("cannot create %s: %m", path);
	return fd;
}

/* The books of a copy: all of them, as nobody waits for it. */
static bool adds_up(struct store *st, struct audit *audit)
{
	if (store_audit(st, audit) == STORE_OK && !audit->sum && !audit->wrong)
		return true;
	log_error("its ledger does not add up: take another copy");
	return false;
}

static int copy_of(struct store *st, const char *part, struct audit *audit)
{
	struct store *copy = NULL;
	int fd = make_private(part), ret = -1;

	if (fd < 0)
		return -1;
	if (store_backup(st, part) == STORE_OK && !fsync(fd) && store_open(&copy, part, false) == STORE_OK &&
	    adds_up(copy, audit) && store_flush(copy) == STORE_OK)
		ret = 0;
	store_close(copy);
	close(fd);
	if (ret)
		unlink_database(part);
	return ret;
}

static bool is_file(const struct settings *set)
{
	char db[SETTINGS_DB_MAX];

	settings_db(set, db);
	if (!db_postgres_is_uri(db))
		return true;
	fprintf(stderr, "voicepay-gateway: this is for a database of SQLite's; a server's is copied by pg_basebackup, and after it was put back \"restore --guard\" is called: see Documentation/operations.md\n");
	return false;
}

int cmd_backup(int argc, char **argv)
{
	static const struct argp argp = { NULL, parse_file, "FILE",
		"Copies the database to FILE as of one moment, while payments go on, and checks the copy's ledger.\v"
		"FILE must not be there. Keep master.key's copy elsewhere: who has both can make codes.", children, NULL, NULL };
	struct args a = { 0 };
	struct audit audit;
	struct gateway gw;
	struct store *st;
	char part[512];
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (strlen(a.file) > 400 || !access(a.file, F_OK)) {
		fprintf(stderr, "voicepay-gateway: %s is there already: give another name\n", a.file);
		return EXIT_REFUSED;
	}
	ret = command_open(&gw, &st);
	if (ret)
		return ret;
	if (!is_file(&gw.set)) {
		command_close(&gw, st);
		return EXIT_USAGE;
	}
	snprintf(part, sizeof(part), "%s.part", a.file);
	/* Left by a run that was cut short. */
	unlink_database(part);
	ret = EXIT_ENVIRONMENT;
	if (!copy_of(st, part, &audit)) {
		/* link() and not rename(): another one of that name is not written over. */
		if (!link(part, a.file) && !unlink(part) && !sync_dir_of(a.file))
			ret = EXIT_OK;
		else
			log_error("cannot put %s in its place: %m", a.file);
	}
	command_close(&gw, st);
	if (ret == EXIT_OK && common.json)
		printf("{\"transfers\": %lld, \"accounts\": %lld}\n", audit.transfers, audit.accounts);
	else if (ret == EXIT_OK)
		printf("%s: %lld accounts, %lld transfers, sum 0\n", a.file, audit.accounts, audit.transfers);
	return ret;
}

static int copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, ret = -1;
	struct stat sb;
	off_t at = 0;

	if (in < 0 || fstat(in, &sb) || !S_ISREG(sb.st_mode)) {
		log_error("cannot read %s: %m", from);
		if (in >= 0)
			close(in);
		return -1;
	}
	out = make_private(to);
	while (out >= 0 && at < sb.st_size && sendfile(out, in, &at, sb.st_size - at) > 0)
		;
	if (out >= 0 && at == sb.st_size && !fsync(out))
		ret = 0;
	else if (out >= 0)
		log_error("cannot write %s: %m", to);
	close(in);
	if (out >= 0)
		close(out);
	return ret;
}

static const char *const beside[] = { "-wal", "-journal" };
#define BESIDE	(sizeof(beside) / sizeof(beside[0]))

static bool is_there(const char *path, const char *end)
{
	char name[340];

	snprintf(name, sizeof(name), "%s%s", path, end);
	return !access(name, F_OK);
}

static int move(const char *from, const char *to, const char *end)
{
	char old[340], new[340];

	snprintf(old, sizeof(old), "%s%s", from, end);
	snprintf(new, sizeof(new), "%s%s", to, end);
	return rename(old, new) && errno != ENOENT ? log_error("cannot move %s aside: %m", old), -1 : 0;
}

/*
 * The file and its log together: either alone is damaged. A log whose file is gone goes, too, as it would be
 * written over the next file of that name, and what the copy counts as used would be good again.
 */
static int move_aside(const char *db, int dir)
{
	bool any = is_there(db, "");
	char kept[320], shm[320];

	snprintf(kept, sizeof(kept), "%s.replaced", db);
	snprintf(shm, sizeof(shm), "%s-shm", db);
	for (size_t i = 0; i < BESIDE; i++) {
		if (!is_there(db, beside[i]))
			continue;
		any = true;
		if (is_there(kept, beside[i]))
			return log_error("%s%s is there from another time: look whether it is needed, and remove it", kept, beside[i]), -1;
	}
	/* Nor is a log put beside a file that it is not of. */
	if (any && is_there(kept, ""))
		return log_error("%s is there from another time: look whether it is needed, and remove it", kept), -1;
	for (size_t i = 0; i < BESIDE; i++)
		if (move(db, kept, beside[i]))
			return -1;
	if (move(db, kept, ""))
		return -1;
	unlink(shm);
	return statedir_sync(dir);
}

struct restored {
	struct audit audit;
	long long revoked;
	bool looked;	/* at the revocations of the one it replaces */
};

/* Everything that can refuse is before the first change of what is there. */
static int prepare(struct gateway *gw, const char *made, const char *db, struct restored *is)
{
	struct store *st = NULL;
	int ret = -1;

	if (store_open(&st, made, false) == STORE_OK && gateway_fits(gw, st) == STORE_OK) {
		if (store_is_whole(st) != STORE_OK) {
			log_error("the copy is damaged: take another one");
		} else if (adds_up(st, &is->audit)) {
			if (!access(db, F_OK))
				is->looked = store_take_revoked(st, db, &is->revoked) == STORE_OK;
			if (store_guard(st, gateway_clock_ms() / 1000) == STORE_OK && store_flush(st) == STORE_OK)
				ret = 0;
		}
	}
	store_close(st);
	return ret;
}

static void tell(const struct restored *is, bool was_there)
{
	if (common.json) {
		printf("{\"transfers\": %lld, \"accounts\": %lld, \"revoked\": %lld, \"revocations_known\": %s}\n",
		       is->audit.transfers, is->audit.accounts, is->revoked, is->looked ? "true" : "false");
		return;
	}
	printf("%lld accounts, %lld transfers, sum 0. Codes of up to a minute from now, fetched codes and tickets are void; "
	       "authorisations are taken again in two minutes.\n", is->audit.accounts, is->audit.transfers);
	if (is->looked)
		printf("%lld revocations were taken over from the database that was replaced.\n", is->revoked);
	else
		printf("What was revoked after the copy was made is %s: revoke it again before you start the gateway.\n",
		       was_there ? "in no database that can be read" : "not known here");
}

static int restore(struct gateway *gw, int dir, const struct args *a)
{
	char db[300], made[300];
	struct restored is = { 0 };
	bool was_there;

	settings_path(&gw->set, "ledger.db", db, sizeof(db));
	settings_path(&gw->set, "ledger.db.restoring", made, sizeof(made));
	was_there = !access(db, F_OK);
	if (was_there && !a->replace) {
		fprintf(stderr, "voicepay-gateway: there is a database: --replace moves it aside, to %s.replaced\n", db);
		return EXIT_REFUSED;
	}
	/* Left by a run that was cut short. */
	unlink_database(made);
	if (copy_file(a->file, made) || prepare(gw, made, db, &is)) {
		unlink_database(made);
		return EXIT_ENVIRONMENT;
	}
	if (move_aside(db, dir)) {
		unlink_database(made);
		return EXIT_ENVIRONMENT;
	}
	if (rename(made, db) || statedir_sync(dir)) {
		log_error("cannot put %s in its place: %m", made);
		return EXIT_ENVIRONMENT;
	}
	tell(&is, was_there);
	return EXIT_OK;
}

/* The database that is there was put back by its own means, as a server's is. */
static int guard(void)
{
	struct gateway gw;
	struct store *st;
	enum store_result r;
	int ret = command_open(&gw, &st);

	if (ret)
		return ret;
	do {
		r = store_guard(st, gateway_clock_ms() / 1000);
	} while (r == STORE_AGAIN);
	command_close(&gw, st);
	if (r != STORE_OK)
		return command_store(r, "restore --guard");
	if (common.json)
		puts("{\"guarded\": true}");
	else
		puts("Codes of up to a minute from now, fetched codes and tickets are void; authorisations are taken again in two minutes. "
		     "What was revoked since the copy was made: revoke it again before you start the gateways.");
	return EXIT_OK;
}

int cmd_restore(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "replace", 'r', NULL, 0, "Move the database that is there aside", 0 },
		{ "guard", 'g', NULL, 0, "No file: the database that is there has been put back by a server's own means", 0 },
		{ 0 }
	};
	static const struct argp argp = { options, parse, "[FILE]",
		"Puts a copy that \"backup\" made in the database's place. The gateway must not be running.\v"
		"What may have been used since the copy was made counts as used. Payments that were booked since are not in it: "
		"merchants who ask for them are told that there is no such order.", children, NULL, NULL };
	struct args a = { 0 };
	struct gateway gw = { .state_fd = -1 };
	int dir, ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (gateway_settings(&gw.set, common.config, common.state))
		return EXIT_ENVIRONMENT;
	if (!a.guard && !is_file(&gw.set))
		return EXIT_USAGE;
	dir = statedir_hold(gw.set.state, true);
	if (dir < 0)
		return EXIT_ENVIRONMENT;
	if (a.guard) {
		close(dir);
		return guard();
	}
	ret = gateway_load_keys(&gw) ? EXIT_ENVIRONMENT : restore(&gw, dir, &a);
	keystore_wipe(&gw.keys);
	close(dir);
	return ret;
}
