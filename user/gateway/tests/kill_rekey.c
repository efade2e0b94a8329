// SPDX-License-Identifier: GPL-2.0-or-later
/* A change of the master key, killed between any two steps: whatever is served, is served right. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "fixture.h"
#include "kill_rekey.h"

#define KEYS	8	/* more than two batches of the test build */

/* True if it was killed. */
static bool change(struct world *w, int kill_at)
{
	char conf[96], *argv[] = { "rekey", "--config", conf, "--state", w->dir, "--json", NULL };
	int status;
	pid_t pid;

	snprintf(conf, sizeof(conf), "%s/conf", w->dir);
	pid = fork();
	if (!pid) {
		char at[16];
		int fd = open("/dev/null", O_WRONLY);

		snprintf(at, sizeof(at), "%d", kill_at);
		if (kill_at)
			setenv("VOICEPAY_KILL_AT", at, 1);
		dup2(fd, 1);
		dup2(fd, 2);
		_exit(cmd_rekey(6, argv));
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(WEXITSTATUS(status), EXIT_OK);
	return false;
}

/* The gateway does not start, or every key of every device is good. */
static bool serves(struct world *w, const struct test_device *dev, unsigned int q)
{
	char conf[96], code[25], order[32];

	snprintf(conf, sizeof(conf), "%s/conf", w->dir);
	assert_int_equal(gateway_open(&w->gw, conf, w->dir), 0);
	assert_int_equal(store_open(&w->st, w->gw.db_path, false), STORE_OK);
	if (gateway_fits(&w->gw, w->st) != STORE_OK) {
		store_close(w->st);
		gateway_close(&w->gw);
		return false;
	}
	for (int i = 0; i < KEYS; i++) {
		assert_int_equal(device_code(&dev[i], 0, w->now / 30, q, code), 0);
		snprintf(order, sizeof(order), "k%d-%u", i, q);
		assert_string_equal(world_charge(w, w->st, order, code, 1, NULL), "SUCCESS");
	}
	store_close(w->st);
	gateway_close(&w->gw);
	return true;
}

static bool one_change(int n, int *refused)
{
	struct test_device dev[KEYS];
	__u8 ticket[VP_TICKET_LEN], spare[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	struct world *w;
	char path[96];
	void *state;
	size_t len;
	bool killed;

	world_new(&state);
	w = state;
	for (int i = 0; i < KEYS; i++) {
		assert_int_equal(device_init(&dev[i], w->device_peer.device, w->gw.keys.s_pub), 0);
		dev[i].req.slot = i;
		world_ticket(w, ticket);
		assert_int_equal(device_enrol(&dev[i], ticket, msg1), 0);
		assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), msg2, &len), RF_OK);
		assert_int_equal(device_finish(&dev[i], msg2, len), 0);
	}
	world_ticket(w, spare);
	store_close(w->st);
	gateway_close(&w->gw);

	killed = change(w, n);
	if (killed && !serves(w, dev, 0))
		++*refused;
	/* Again, as the refusal says: it goes on where it was. */
	if (killed)
		assert_false(change(w, 0));
	assert_true(serves(w, dev, 1));
	snprintf(path, sizeof(path), "%s/master.key.new", w->dir);
	assert_int_equal(access(path, F_OK), -1);
	/* The ticket that nobody had used yet, too. */
	snprintf(path, sizeof(path), "%s/conf", w->dir);
	assert_int_equal(gateway_open(&w->gw, path, w->dir), 0);
	assert_int_equal(store_open(&w->st, w->gw.db_path, false), STORE_OK);
	assert_int_equal(device_enrol(&w->dev, spare, msg1), 0);
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), msg2, &len), RF_OK);
	assert_int_equal(device_finish(&w->dev, msg2, len), 0);
	world_end(&state);
	return killed;
}

void rekey_at_every_step(void **state)
{
	int n = 1, refused = 0;

	while (one_change(n, &refused))
		n++;
	print_message("# killed at each of %d steps; after %d of them nothing was served until it was ended\n", n - 1, refused);
	assert_true(n > 30);
	assert_true(refused > 10 && refused < n);
}
