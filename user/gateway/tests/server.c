// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "ledger.h"
#include "server.h"

const char *argp_program_version = "test";

static bool answers(const struct server *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	assert_true(fd >= 0);
	strcpy(addr.sun_path, s->socket);
	ok = !connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	close(fd);
	return ok;
}

void server_start(struct server *s, int kill_at)
{
	char self[4096] = "";

	/* Its name: what /proc/self/exe is when run by valgrind is valgrind, which tells the name that is meant. */
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	s->pid = fork();
	if (!s->pid) {
		char at[16];

		/* A test that fails must not leave a gateway that holds its output open. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		snprintf(at, sizeof(at), "%d", kill_at);
		if (kill_at)
			setenv("VOICEPAY_KILL_AT", at, 1);
		execl(self, "test", "serve", "--config", s->conf, "--state", s->w->dir, NULL);
		_exit(127);
	}
	/* It may also have killed itself already. */
	for (int i = 0; i < 500; i++) {
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid) {
			s->pid = 0;
			return;
		}
		if (answers(s))
			return;
		usleep(10000);
	}
	fail_msg("the gateway does not start");
}

bool server_stop(struct server *s, int sig)
{
	int status = 0;

	if (!s->pid)
		return true;
	kill(s->pid, sig);
	waitpid(s->pid, &status, 0);
	s->pid = 0;
	if (sig == SIGTERM && WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	return sig == SIGTERM && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
	strncat(arg, data, size * n);
	return size * n;
}

int server_post_over(CURL *curl, const struct server *s, const char *cert, const char *path, const char *body, json_t **answer)
{
	char text[16384] = "", url[128];
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	long status = -1;

	*answer = NULL;
	curl_easy_reset(curl);
	headers = curl_slist_append(headers, cert);
	headers = curl_slist_append(headers, "Expect:");
	snprintf(url, sizeof(url), "http://gateway%s", path);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, s->socket);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	if (body)	/* else a GET */
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, text);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
	if (curl_easy_perform(curl) == CURLE_OK) {
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		*answer = json_loads(text, 0, NULL);
		assert_non_null(*answer);
	}
	curl_slist_free_all(headers);
	return status;
}

int server_post(const struct server *s, const char *cert, const char *path, const char *body, json_t **answer)
{
	CURL *curl = curl_easy_init();
	int status = server_post_over(curl, s, cert, path, body, answer);

	curl_easy_cleanup(curl);
	return status;
}

void server_set_up(struct server *s, void **state, const char *more)
{
	struct merchant m = { 0 };
	struct account acc;
	FILE *f;

	world_new(state);
	memset(s, 0, sizeof(*s));
	s->w = *state;
	s->w->now = gateway_clock_ms() / 1000;
	snprintf(s->socket, sizeof(s->socket), "%s/sock", s->w->dir);
	snprintf(s->conf, sizeof(s->conf), "%s/conf", s->w->dir);
	f = fopen(s->conf, "a");
	assert_non_null(f);
	fprintf(f, "%s\n[gateway]\nsocket = %s\n", more, s->socket);
	fclose(f);
	world_cert(s->device_cert, &s->w->device_peer);
	world_cert(s->shop_cert, &s->w->shop_peer);
	assert_int_equal(device_init(&s->w->dev, s->w->device_peer.device, s->w->gw.keys.s_pub), 0);
	assert_int_equal(store_begin(s->w->st), STORE_OK);
	assert_int_equal(ledger_open_account(s->w->st, PARTY_MERCHANT, "till", "CNY", 0, s->w->now, &acc), STORE_OK);
	m.party = acc.party;
	memcpy(m.spki, s->w->shop_peer.spki, sizeof(m.spki));
	assert_int_equal(store_merchant_add(s->w->st, &m), STORE_OK);
	assert_int_equal(store_commit(s->w->st), STORE_OK);
}

void server_enrol(struct server *s, const struct peer *peer, struct test_device *dev, __u32 slot)
{
	assert_int_equal(device_init(dev, peer->device, s->w->gw.keys.s_pub), 0);
	dev->req.slot = slot;
	assert_int_equal(world_enrol_as(s->w, peer, dev), RF_OK);
}

bool server_main(int argc, char **argv, int *ret)
{
	if (argc < 2 || strcmp(argv[1], "serve"))
		return false;
	*ret = cmd_serve(argc - 1, argv + 1);
	return true;
}
