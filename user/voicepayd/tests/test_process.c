// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay-handshake as a process: what it takes from its surroundings, and what it must not. */

#include <fcntl.h>
#include <libgen.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../libvoicepay/protocol.h"
#include "../spawn.h"
#include "capable.h"
#include "certs.h"
#include <voicepay.h>

static char dir[] = "/tmp/voicepay-test-XXXXXX";
static char helper[4096];

static FILE *create(const char *name, mode_t mode, char path[128])
{
	FILE *f;

	snprintf(path, 128, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	return f;
}

/* Runs it with @openssl_conf in its environment, and takes its answer. */
static void answer_of(const char *config, const char *openssl_conf, struct vp_reply *reply)
{
	char packet[sizeof(*reply) + 1], conf[160], libs[4200];
	char *argv[] = { helper, "--config", (char *)config, NULL };
	char *envp[] = { conf, libs, NULL };
	int pair[2], status;
	pid_t pid;

	snprintf(conf, sizeof(conf), "OPENSSL_CONF=%s", openssl_conf);
	snprintf(libs, sizeof(libs), "LD_LIBRARY_PATH=%s", getenv("LD_LIBRARY_PATH") ?: "");
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		/* Out of the way first: either may be SPAWN_FD itself. */
		int conn = fcntl(pair[1], F_DUPFD_CLOEXEC, 16);

		dup2(conn, SPAWN_FD);
		execve(helper, argv, envp);
		_exit(SPAWN_NO_EXEC);
	}
	close(pair[1]);
	assert_int_equal(vp_reply_check(packet, recv(pair[0], packet, sizeof(packet), 0), 0, reply), 0);
	close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/*
 * A system's openssl.cnf can loosen the profile of every TLS context, and load
 * code. This one takes away all algorithms, which shows at once.
 */
static void no_openssl_cnf(void **state)
{
	char ca[128], cert[128], key[128], config[128], cnf[128];
	struct identity root = make_identity(&(struct recipe){ .cn = "root", .ca = 1 }, NULL);
	struct identity id = make_identity(&(struct recipe){ .cn = "device", .eku = "clientAuth" }, &root);
	struct vp_reply reply;
	FILE *f;

	f = create("ca", 0644, ca);
	assert_int_equal(PEM_write_X509(f, root.cert), 1);
	fclose(f);
	f = create("cert", 0644, cert);
	assert_int_equal(PEM_write_X509(f, id.cert), 1);
	fclose(f);
	f = create("key", 0600, key);
	assert_int_equal(PEM_write_PrivateKey(f, id.key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	f = create("cnf", 0644, cnf);
	fprintf(f, "openssl_conf = init\n[init]\nproviders = some\n[some]\nbase = base\n[base]\nactivate = 1\n");
	fclose(f);
	f = create("config", 0644, config);
	fprintf(f, "[gateway]\nhost = pay.voicepay.example\n[daemon]\ndevice = /nowhere\n"
		"[tls]\nca = %s\ncert = %s\nkey = %s\n"
		"pin = sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		"pin = sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n", ca, cert, key);
	fclose(f);

	/* All papers were read; what it lacks is the module. */
	answer_of(config, cnf, &reply);
	if (reply.check != VOICEPAY_CHECK_SEAL)
		fail_msg("got %s: %s", voicepay_check_name(reply.check), reply.message);
	free_identity(&id);
	free_identity(&root);
}

static int set_up(void **state)
{
	ssize_t n = readlink("/proc/self/exe", helper, sizeof(helper) - 32);

	if (n < 0 || !mkdtemp(dir))
		return -1;
	/* Tests lie in a directory below that of the programs. */
	helper[n] = 0;
	dirname(dirname(helper));
	strcat(helper, "/voicepay-handshake");
	return access(helper, X_OK);
}

static int tear_down(void **state)
{
	static const char *const files[] = { "ca", "cert", "key", "cnf", "config" };
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_openssl_cnf),
	};

	if (!can_hand_over())
		return 0;
	return cmocka_run_group_tests_name("handshake process", tests, set_up, tear_down);
}
