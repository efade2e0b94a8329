// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay-handshake: one handshake with the gateway, then the end.
 *
 * voicepayd starts one for each request, with the app's connection as
 * descriptor 3. It is a program of its own so that its memory holds the
 * secrets of one handshake and of nothing else, and no longer than that.
 */

#include <argp.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/config.h"
#include "../../devkey/devkey.h"
#include "../spawn.h"
#include "asker.h"
#include "connect.h"
#include "handover.h"
#include "memory.h"
#include "sandbox.h"
#include "session.h"
#include "signer.h"
#include "tls.h"
#include "trust.h"

static struct {
	const char *config;
	unsigned int timeout_ms;
	bool full;
} options = { .config = CONFIG_PATH };

static const struct argp_option argp_options[] = {
	{ "config", 'c', "FILE", 0, "Settings, instead of " CONFIG_PATH },
	{ "timeout", 't', "MS", 0, "Give up after so many milliseconds" },
	{ "full", 'f', NULL, 0, "Do not continue an older session" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'c':
		options.config = arg;
		return 0;
	case 't':
		options.timeout_ms = atoi(arg);
		return 0;
	case 'f':
		options.full = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const char *argp_program_version = "voicepay-handshake " VOICEPAY_VERSION;

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Shakes hands with the payment gateway for voicepayd, which starts it.",
};

static int load_device(struct device *device, const struct config *config, int64_t deadline, struct vp_reply *reply)
{
	if (devkey_in_file(config))
		return device_load(device, config->cert, devkey_file(config), reply);
	return device_load_cert(device, config->cert, reply) ? -1 : signer_start(device, config, deadline, reply);
}

/* With a session to be continued first; then *@again may say that it is to be tried without. */
static int shake_hands(struct tls *tls, const struct config *config, int dev, int sock, int64_t deadline,
		       bool *again)
{
	if (config->resume && !options.full)
		session_offer(tls, config, dev);
	if (!tls_handshake(tls, sock, deadline))
		return tls_engaged(tls);
	*again = tls_offer_to_blame(tls);
	return -1;
}

static int hand_over(struct tls *tls, struct device *device, const struct config *config, int dev, int sock)
{
	static unsigned char context[CONTEXT_MAX];
	struct voicepay_seal seal;
	int channel;

	session_pass_on(tls, config, &seal, context);
	tls_free(tls);
	device_free(device);
	channel = handover_seal(dev, sock, &seal, tls->reply);
	session_forget(tls, &seal);
	return channel;
}

/* Everything up to the moment when the channel's keys are the kernel's alone. */
static int open_channel(struct vp_reply *reply, bool *again)
{
	static struct config config;
	static struct trust trust;
	struct device device = { 0 };
	struct tls tls = { .policy = &trust.policy, .device = &device, .reply = reply };
	char error[CONFIG_ERROR];
	int dev, sock;
	int64_t deadline;

	if (tls_can_hand_over(reply))
		return -1;
	if (config_read(&config, options.config, error) || config_need_tls(&config, error))
		return refuse(reply, VOICEPAY_CHECK_CONFIG, "%.250s", error);
	deadline = clock_ms() + (options.timeout_ms ? options.timeout_ms : config.timeout * 1000);

	/* Before there is a key, or anything else that it could let out. */
	if (config.ocsp_query && asker_start(&config, deadline, reply))
		return -1;
	/* While root, if we are: files, the device, the module. */
	if (trust_load(&trust, &config, reply) || load_device(&device, &config, deadline, reply))
		return -1;
	if (config.ocsp_query) {
		trust.policy.ask = asker_ask;
		trust.policy.responder = *config.ocsp_responder ? config.ocsp_responder : NULL;
	}
	dev = handover_open(config.device, sandbox_uid(config.user), reply);
	if (dev < 0)
		return -1;
	connect_load_ktls();
	if (memory_lock(reply) || sandbox_drop_root(config.user, reply))
		return -1;

	/* As nobody in particular: the network. */
	if (!config.address[0] && !config.host_is_ip && sandbox_names(reply))
		return -1;
	sock = connect_gateway(&config, deadline, reply);
	if (sock < 0 || tls_prepare(&tls) || sandbox_close(reply))
		return -1;

	/* Shut in: the bytes of a stranger. */
	if (shake_hands(&tls, &config, dev, sock, deadline, again))
		return -1;
	return hand_over(&tls, &device, &config, dev, sock);
}

int main(int argc, char **argv)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	struct vp_reply reply;
	int channel = -1;
	bool again = false;

	reply_init(&reply);
	if (memory_wipe_on_free(&reply) || tls_no_system_config(&reply) || sandbox_begin(&reply)) {
		fprintf(stderr, "voicepay-handshake: %s\n", reply.message);
		return 3;
	}
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (getsockopt(SPAWN_FD, SOL_SOCKET, SO_PEERCRED, &peer, &len)) {
		fprintf(stderr, "voicepay-handshake: descriptor %d is not an app's connection: voicepayd starts this program, nobody else\n",
			SPAWN_FD);
		return 2;
	}

	channel = open_channel(&reply, &again);
	/* The app's answer comes from the next one. */
	if (channel < 0 && again)
		_exit(SPAWN_AGAIN);
	reply.op = VP_OP_CHANNEL;
	if (channel >= 0)
		snprintf(reply.message, sizeof(reply.message), "channel to %.100s open: %s, %s, %s%s",
			 reply.host, reply.protocol, reply.group, reply.cipher,
			 reply.flags & VP_REPLY_RESUMED ? ", resumed" : "");
	else
		refuse(&reply, VOICEPAY_CHECK_HELPER, "the handshake process failed");
	if (vp_reply_send(SPAWN_FD, &reply, channel))
		snprintf(reply.message, sizeof(reply.message), "the app went away before its answer");
	dprintf(STDERR_FILENO, "%suid %u, pid %d: %s: %s\n", channel >= 0 ? "<6>" : "<4>", peer.uid,
		peer.pid, voicepay_check_name(reply.check), reply.message);

	/* Not exit(): nothing is to run any more, and the kernel wipes the pages. */
	_exit(0);
}
