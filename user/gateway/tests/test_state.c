// SPDX-License-Identifier: GPL-2.0-or-later
/* What outlives a version and a master key: databases of earlier versions, keys sealed anew. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "fixture.h"
#include "keystore.h"
#include "statedir.h"
#include "db_sqlite.h"

const char *argp_program_version = "test";

static char *path_of(const struct world *w, const char *name)
{
	static char path[4][160];
	static int n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/%s", w->dir, name);
	return path[n];
}

/* A subcommand as its user runs it, in a process of its own; its exit code. */
static int run(struct world *w, int (*cmd)(int argc, char **argv), const char *name)
{
	char *argv[] = { (char *)name, "--config", path_of(w, "conf"), "--state", w->dir, "--json", NULL };
	int status;
	pid_t pid = fork();

	if (!pid) {
		int fd = open("/dev/null", O_WRONLY);

		dup2(fd, 1);
		dup2(fd, 2);
		exit(cmd(6, argv));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void let_go(struct world *w)
{
	store_close(w->st);
	w->st = NULL;
	gateway_close(&w->gw);
}

static void take_up(struct world *w)
{
	assert_int_equal(gateway_open(&w->gw, path_of(w, "conf"), w->dir), 0);
	assert_int_equal(store_open(&w->st, w->gw.db_path, false), STORE_OK);
	assert_int_equal(gateway_fits(&w->gw, w->st), STORE_OK);
}

static char *read_text(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

static void sql_on(const char *path, const char *sql)
{
	sqlite3 *db;
	char *err = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &err) != SQLITE_OK)
		fail_msg("%s", err);
	sqlite3_close(db);
}

static long long number_of(struct store *st, const char *sql)
{
	sqlite3_stmt *q;
	long long n;

	assert_int_equal(sqlite3_prepare_v2(db_sqlite(st), sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

/* Rows as the program of that version wrote them: a user with a key who has paid by code and by voice. */
static void fill_old(const char *path, int version)
{
	static const char rows[] =
		"INSERT INTO party VALUES (1,'user','alice'),(2,'merchant','shop'),(3,'equity','equity'),(4,'user','mom');"
		"INSERT INTO account (id, party, currency, overdraft) VALUES (1,1,'CNY',0),(2,2,'CNY',0),(3,3,'CNY',1),(4,4,'CNY',0);"
		"INSERT INTO transfer VALUES (1,3,1,100000,1),(2,1,2,1200,2),(3,1,4,500,3);"
		"INSERT INTO device_key (id,device,slot,epoch,party,state,static,sealed,watermark,created,not_after,nonce,asked,answer) "
		"VALUES (7,zeroblob(16),0,1,1,'current',zeroblob(32),zeroblob(128),17,1,99999999999,zeroblob(16),zeroblob(32),x'aa');"
		"INSERT INTO alias VALUES ('0123456789',7,NULL);"
		"INSERT INTO payment VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','code',2,7,17),"
		" ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','voice',3,NULL,NULL);"
		"INSERT INTO voice_order (device,order_id,content,payment,time) VALUES "
		"(zeroblob(16),'v1',zeroblob(32),'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',3);"
		"INSERT INTO voice_token VALUES ('t',4);";
	static const char old_rows[] =
		"INSERT INTO merchant VALUES (2, x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff');"
		"INSERT INTO ticket VALUES (x'0102030405060708',1,zeroblob(64),99,NULL);";
	static const char rows_3[] =
		"INSERT INTO merchant VALUES (2, x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'm001122334455');"
		"INSERT INTO ticket VALUES (zeroblob(32),1,zeroblob(64),99,NULL);"
		"INSERT INTO pool VALUES (5,7,99999999999,3);"
		"INSERT INTO online_code VALUES (6,7,zeroblob(32),9,0);"
		"INSERT INTO authorisation VALUES (zeroblob(32),9);"
		"INSERT INTO alarm VALUES (1,'old-key',7,2,1,2,3);"
		"INSERT INTO notification VALUES (8,zeroblob(16),1,0,1,'paid','r','shop',1200,'CNY',NULL,NULL);";
	char file[512];
	char *schema;

	snprintf(file, sizeof(file), "%s/user/gateway/tests/data/schema-%d.sql", getenv("VOICEPAY_TOP"), version);
	schema = read_text(file);
	unlink(path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	sql_on(path, schema);
	free(schema);
	sql_on(path, version < 3 ? old_rows : rows_3);
	sql_on(path, rows);
	sql_on(path, version == 1 ?
	       "INSERT INTO merchant_order (merchant,order_no,amount,currency,code,state,payment,time) VALUES "
	       "(2,'o1',1200,'CNY',zeroblob(32),'SUCCESS','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',2)" :
	       "INSERT INTO merchant_order (merchant,order_no,kind,amount,currency,code,state,payment,time) VALUES "
	       "(2,'o1','code',1200,'CNY',zeroblob(32),'SUCCESS','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',2);"
	       "UPDATE account SET per_day = 77 WHERE id = 1");
}

static void one_version(struct world *w, int version)
{
	static const char *const since_3[] = { "ticket", "pool", "online_code", "authorisation", "alarm", "notification" };
	char kept[64], sql[64];
	struct account acc;
	struct audit audit;
	struct store *st;

	let_go(w);
	unlink(path_of(w, "ledger.db-wal"));
	unlink(path_of(w, "ledger.db-shm"));
	fill_old(path_of(w, "ledger.db"), version);
	/* Served as it is, it is refused; migrated, it has all that it had. */
	assert_int_equal(store_open(&st, path_of(w, "ledger.db"), false), STORE_FAILED);
	assert_int_equal(run(w, cmd_ledger, "ledger"), EXIT_ENVIRONMENT);
	assert_int_equal(run(w, cmd_migrate, "migrate"), EXIT_OK);
	assert_int_equal(run(w, cmd_migrate, "migrate"), EXIT_OK);
	take_up(w);
	assert_int_equal(store_audit(w->st, &audit), STORE_OK);
	assert_int_equal(audit.sum, 0);
	assert_int_equal(audit.wrong, 0);
	assert_int_equal(audit.transfers, 3);
	assert_int_equal(world_balance(w, "alice"), 100000 - 1700);
	assert_int_equal(world_balance(w, "shop"), 1200);
	assert_int_equal(store_account_by_name(w->st, "alice", "CNY", &acc), STORE_OK);
	assert_int_equal(acc.per_day, version == 1 ? -1 : 77);
	assert_int_equal(number_of(w->st, "SELECT count(*) FROM device_key WHERE id = 7 AND watermark = 17 AND modes = 2"), 1);
	assert_int_equal(number_of(w->st, "SELECT count(*) FROM agreement WHERE key = 7 AND answer = x'aa' AND nonce = zeroblob(16)"), 1);
	assert_int_equal(number_of(w->st, "SELECT count(*) FROM alias WHERE alias = 123456789 AND key = 7"), 1);
	for (size_t i = 0; i < sizeof(since_3) / sizeof(since_3[0]); i++) {
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", since_3[i]);
		assert_int_equal(number_of(w->st, sql), version >= 3);
	}
	assert_int_equal(number_of(w->st, "SELECT count(*) FROM voice_order"), 1);
	assert_int_equal(number_of(w->st, "SELECT count(*) FROM merchant WHERE id = 'm001122334455'"), 1);
	assert_int_equal(number_of(w->st, "SELECT count(*) FROM merchant_order WHERE kind = 'code'"), 1);
	/* A transfer's number is never given twice. */
	assert_int_equal(number_of(w->st, "SELECT seq FROM sqlite_sequence WHERE name = 'transfer'"), 3);
	snprintf(kept, sizeof(kept), "ledger.db.v%d", version);
	assert_int_equal(access(path_of(w, kept), F_OK), 0);
	assert_int_equal(access(path_of(w, "ledger.db.new"), F_OK), -1);
}

static void from_version_1(void **state)
{
	one_version(*state, 1);
}

static void from_version_2(void **state)
{
	one_version(*state, 2);
}

static void from_version_3(void **state)
{
	one_version(*state, 3);
}

/* A ledger that does not add up is not made to add up; a newer one is not touched. */
static void not_migrated(void **state)
{
	struct world *w = *state;
	char *db;

	let_go(w);
	unlink(path_of(w, "ledger.db-wal"));
	unlink(path_of(w, "ledger.db-shm"));
	db = path_of(w, "ledger.db");
	fill_old(db, 2);
	sql_on(db, "DROP TRIGGER entry_keep; UPDATE account SET balance = balance + 1 WHERE id = 1");
	assert_int_equal(run(w, cmd_migrate, "migrate"), EXIT_ENVIRONMENT);
	sql_on(path_of(w, "ledger.db"), "UPDATE account SET balance = balance - 1 WHERE id = 1");
	sql_on(path_of(w, "ledger.db"), "UPDATE meta SET value = '5' WHERE name = 'schema'");
	assert_int_equal(run(w, cmd_migrate, "migrate"), EXIT_ENVIRONMENT);
	assert_int_equal(run(w, cmd_ledger, "ledger"), EXIT_ENVIRONMENT);
	sql_on(path_of(w, "ledger.db"), "UPDATE meta SET value = '2' WHERE name = 'schema'");
	/* What a run that was cut short left does not matter; who works there does. */
	close(open(path_of(w, "ledger.db.new"), O_CREAT | O_WRONLY, 0600));
	{
		int fd = statedir_hold(w->dir, false);

		assert_int_equal(run(w, cmd_migrate, "migrate"), EXIT_ENVIRONMENT);
		close(fd);
	}
	assert_int_equal(run(w, cmd_migrate, "migrate"), EXIT_OK);
	take_up(w);
}

/* All constraints and triggers of a fresh database are a migrated one's. */
static void the_same_schema(void **state)
{
	static const char list[] = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name)";
	struct world *w = *state;
	sqlite3_stmt *q;
	char *fresh;

	assert_int_equal(sqlite3_prepare_v2(db_sqlite(w->st), list, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	fresh = strdup((const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	one_version(w, 1);
	assert_int_equal(sqlite3_prepare_v2(db_sqlite(w->st), list, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_string_equal(fresh, (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	free(fresh);
}

static void rekeyed(void **state)
{
	struct world *w = *state;
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	char code[25], *before, *after;
	struct test_device other;
	struct keystore old;
	struct vp_root_keys roots;
	struct device_key key;
	struct row_name row;
	size_t len;

	world_enrol(w);
	world_ticket(w, ticket);
	old = w->gw.keys;
	before = read_text(path_of(w, "master.key"));
	/* Not while somebody has the old key in memory. */
	assert_int_equal(run(w, cmd_rekey, "rekey"), EXIT_ENVIRONMENT);
	assert_int_equal(access(path_of(w, "master.key.new"), F_OK), -1);
	let_go(w);
	assert_int_equal(run(w, cmd_rekey, "rekey"), EXIT_OK);
	after = read_text(path_of(w, "master.key"));
	assert_string_not_equal(before, after);
	assert_int_equal(access(path_of(w, "master.key.new"), F_OK), -1);
	take_up(w);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "a", code, 100, NULL), "SUCCESS");
	assert_int_equal(store_key_epoch(w->st, w->dev.id, 0, 1, &key), STORE_OK);
	row = row_of_key(key.device, key.slot, key.epoch);
	assert_int_equal(keystore_open(&old, row.bytes, row.len, key.sealed, key.sealed_len, (__u8 *)&roots), -EBADMSG);
	/* The ticket, too. */
	other = w->dev;
	other.req.slot = 1;
	other.grant.epoch = 0;
	assert_int_equal(device_enrol(&other, ticket, msg1), 0);
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), msg2, &len), RF_OK);
	assert_int_equal(device_finish(&other, msg2, len), 0);
	/* The old key back, as from a wrong backup: nothing is served. */
	let_go(w);
	{
		FILE *f = fopen(path_of(w, "master.key"), "w");

		fputs(before, f);
		fclose(f);
	}
	assert_int_equal(run(w, cmd_ledger, "ledger"), EXIT_ENVIRONMENT);
	assert_int_equal(run(w, cmd_rekey, "rekey"), EXIT_ENVIRONMENT);
	{
		FILE *f = fopen(path_of(w, "master.key"), "w");

		fputs(after, f);
		fclose(f);
	}
	assert_int_equal(run(w, cmd_ledger, "ledger"), EXIT_OK);
	take_up(w);
	free(before);
	free(after);
}

/* A gateway that has just looked at which keys it needs. */
static struct gateway looked(struct world *w, const struct gateway *now)
{
	struct gateway *next = gateway_reload(now, &now->set), ret;

	assert_non_null(next);
	assert_int_equal(gateway_fits(next, w->st), STORE_OK);
	ret = *next;
	free(next);
	return ret;
}

static void say_phase(struct world *w, const char *id, const char *phase)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %s", id, phase);
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_meta_set(w->st, META_REKEY_ONLINE, text), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
}

/* @by enrols, and each of @at takes the code, or, if it is @lacks, which may be NULL, says that the fault is its own. */
static void sealed_by(struct world *w, struct gateway *by, struct gateway *const at[], const struct gateway *lacks)
{
	static int slot;
	struct test_device dev = w->dev;
	char code[25], order[16];
	long paid = world_payments(w);

	dev.req.slot = ++slot;
	dev.grant.epoch = 0;
	w->gw = *by;
	assert_int_equal(world_enrol_as(w, &w->device_peer, &dev), RF_OK);
	for (int i = 0; at[i]; i++) {
		bool fails = lacks && at[i] == lacks;

		assert_int_equal(device_code(&dev, 0, w->now / 30, i, code), 0);
		snprintf(order, sizeof(order), "s%d-%d", slot, i);
		w->gw = *at[i];
		assert_string_equal(world_charge(w, w->st, order, code, 1, NULL), fails ? "FAILED" : "SUCCESS");
		paid += !fails;
		assert_int_equal(world_payments(w), paid);
	}
}

/*
 * In the second in which one gateway has looked and another has not: what either seals opens at both, from
 * before the change to after it. One that was not counted, and has the old key alone, books nothing.
 */
static void sealed_meanwhile(void **state)
{
	struct world *w = *state;
	struct gateway was, early, late, sealing;
	struct gateway *const both[] = { &early, &late, NULL };
	struct gateway *const three[] = { &sealing, &late, &was, NULL };
	char id[KEYSTORE_ID_LEN + 1];
	struct keystore new;

	world_enrol(w);
	was = w->gw;
	assert_int_equal(keystore_create_master_anew(path_of(w, "master.key.new")), 0);
	new = was.keys;
	assert_int_equal(keystore_load_other(&new, path_of(w, "master.key.new")), 0);
	assert_int_equal(keystore_other_id(&new, id), 0);

	say_phase(w, id, "open");
	early = looked(w, &was);
	late = was;
	sealed_by(w, &early, both, NULL);
	sealed_by(w, &late, both, NULL);
	/* Only when all open under either does the phase change. */
	late = looked(w, &was);
	say_phase(w, id, "seal");
	sealing = looked(w, &was);
	sealed_by(w, &sealing, three, &was);
	gateway_forget(&early);
	early = sealing;
	sealed_by(w, &late, both, NULL);
	/* And it does once it has looked. */
	gateway_forget(&late);
	late = looked(w, &was);
	sealed_by(w, &sealing, both, NULL);
	sealed_by(w, &late, both, NULL);
	gateway_forget(&late);
	gateway_forget(&sealing);
	w->gw = was;
}

static void *sweeps(void *arg)
{
	struct world *w = arg;
	struct store *st = world_store(w);
	/* What it deletes is changed on its own connection. */
	long n = sqlite3_total_changes(db_sqlite(st));
	bool ok = store_sweep(st, w->now + 2 * 86400, ALIAS_REST_SECONDS) == STORE_OK;

	n = sqlite3_total_changes(db_sqlite(st)) - n;
	store_close(st);
	return (void *)(ok ? n : -1);
}

/*
 * Only what answers calls puts aside in memory; what goes through whole tables has a file, the sweep,
 * too, which comes while somebody writes and does not go on on his connection.
 */
static void put_aside(void **state)
{
	struct world *w = *state;
	const struct timespec moment = { .tv_nsec = 300000000 };
	__u8 ticket[VP_TICKET_LEN];
	pthread_t t;
	void *swept;

	assert_int_equal(number_of(w->st, "PRAGMA temp_store"), 1);
	assert_int_equal(store_for_calls(w->st), STORE_OK);
	assert_int_equal(number_of(w->st, "PRAGMA temp_store"), 2);
	world_ticket(w, ticket);
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_meta_set(w->st, "while", "1"), STORE_OK);
	assert_int_equal(pthread_create(&t, NULL, sweeps, w), 0);
	nanosleep(&moment, NULL);	/* it waits by now: who ends leaves his transaction to it */
	assert_int_equal(store_commit(w->st), STORE_OK);
	pthread_join(t, &swept);
	assert_int_equal((long)swept, 1);
	assert_int_equal(number_of(w->st, "SELECT count(*) FROM ticket"), 0);
}

static sqlite3 *written_on(struct store *st, enum store_result (*begin)(struct store *))
{
	sqlite3 *db;

	assert_int_equal(begin(st), STORE_OK);
	db = db_sqlite(st);
	assert_int_equal(store_meta_set(st, "written", "1"), STORE_OK);
	assert_int_equal(store_commit(st), STORE_OK);
	return db;
}

/* Those who answer calls write on one connection, whoever of them goes; who does not answer, on his own. */
static void one_writer(void **state)
{
	struct world *w = *state;
	struct store *a = world_store(w), *b = world_store(w);
	sqlite3 *writer;

	assert_int_equal(store_for_calls(a), STORE_OK);
	assert_int_equal(store_for_calls(b), STORE_OK);
	assert_int_equal(store_for_calls(b), STORE_OK);
	writer = written_on(a, store_begin);
	assert_ptr_not_equal(writer, db_sqlite(a));
	assert_ptr_equal(written_on(b, store_begin), writer);
	assert_ptr_equal(written_on(b, store_begin_alone), writer);
	assert_ptr_equal(written_on(w->st, store_begin), db_sqlite(w->st));
	assert_ptr_equal(written_on(w->st, store_begin_alone), db_sqlite(w->st));
	store_close(a);
	assert_ptr_equal(written_on(b, store_begin), writer);
	store_close(b);
}

static void assert_meta(struct store *st, const char *want)
{
	char is[32];

	assert_int_equal(store_meta(st, "word", is, sizeof(is)), STORE_OK);
	assert_string_equal(is, want);
}

static void set_meta(struct store *st, const char *word)
{
	assert_int_equal(store_begin(st), STORE_OK);
	assert_int_equal(store_meta_set(st, "word", word), STORE_OK);
	assert_int_equal(store_commit(st), STORE_OK);
}

/* Of one moment, until a transaction begins or something is written without one, which is not held back by it. */
static void one_moment(void **state)
{
	struct world *w = *state;
	struct store *a = world_store(w);

	assert_int_equal(store_for_calls(a), STORE_OK);
	set_meta(w->st, "one");
	store_look(a, true);
	store_look(a, true);
	assert_meta(a, "one");
	set_meta(w->st, "two");
	assert_meta(a, "one");
	store_look(a, false);
	assert_meta(a, "two");
	store_look(a, true);
	assert_meta(a, "two");
	assert_int_equal(store_meta_set(a, "word", "three"), STORE_OK);
	assert_meta(w->st, "three");
	store_look(a, true);
	assert_meta(a, "three");
	set_meta(w->st, "four");
	assert_int_equal(store_begin(a), STORE_OK);
	assert_meta(a, "four");
	store_rollback(a);
	assert_meta(a, "four");
	store_close(a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(from_version_1), T(from_version_2), T(from_version_3), T(not_migrated), T(the_same_schema), T(rekeyed), T(sealed_meanwhile),
		T(put_aside), T(one_writer), T(one_moment),
	};

	return cmocka_run_group_tests_name("versions and keys", tests, NULL, NULL);
}
