// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay-store: keeps what the module seals. It gives the sealing key back
 * after a boot, restores the slots, and stores new blobs of them from time to
 * time, after each change and at the end. It needs CAP_SYS_ADMIN, which
 * voicepayd must not have; it talks to nobody but the module.
 */

#include <argp.h>
#include <errno.h>
#include <netlink/socket.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "../donate.h"
#include "../log.h"
#include "files.h"
#include "store.h"
#include "watch.h"

#define EXIT_REFUSED	1
#define EXIT_USAGE	2
#define EXIT_ENVIRONMENT 3
#define EXIT_SHUT	4	/* nothing can be sealed until the next boot: no use in starting again */

/* Half of what a blob covers, so that one may fail. */
#define STORE_EVERY	300
/* How soon after a failure it is tried again, and changes are found that no event told of. */
#define LOOK_EVERY	10

static struct store store = { .path = "/var/lib/voicepay" };

static const struct argp_option argp_options[] = {
	{ "directory", 'd', "DIR", 0, "Keep everything here, instead of /var/lib/voicepay" },
	{ 0 }
};

const char *argp_program_version = "voicepay-store " VOICEPAY_VERSION;

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	static bool named;

	if (key == 'd') {
		store.path = arg;
		return 0;
	}
	if (key == ARGP_KEY_ARG && !named) {
		named = true;
		*(const char **)state->input = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	argp_options, on_option, "key|save|run",
	"Keeps sealed slots across reboots.\v"
	"key: give the module the sealing key, or have it make one; for the initramfs, before anybody "
	"else can.\n"
	"save: store a blob of each slot now.\n"
	"run: stay; restore the slots, store new blobs every five minutes, after each change, and on "
	"SIGTERM.", NULL, NULL, NULL
};

const char *store_why(const struct store *s, int err)
{
	return *s->module.why ? s->module.why : strerror(-err);
}

static void tell_directory(int err)
{
	log_err("%s: %s", store.path,
		err == -EPERM ? "others than root own it or may write to it: chown root, chmod go-w" :
		strerror(-err));
}

static int key(void)
{
	int err;

	/* Keys may be allowed in secret memory only. */
	(void)donate_vault(VOICEPAY_DEVICE);
	err = key_settle(&store);
	return err && err != -ENODEV ? EXIT_REFUSED : 0;
}

static int save(void)
{
	int err = slots_look(&store);

	if (err < 0) {
		log_err("no slot can be sealed: %s", err == -EKEYREVOKED ?
			"the sealing key is shut until the next boot" : store_why(&store, err));
		return EXIT_REFUSED;
	}
	return slots_save(&store, false, false) ? EXIT_REFUSED : 0;
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec;
}

/* Until a signal comes. Returns whether the module is still there. */
static bool serve(int signals, struct nl_sock *watch)
{
	struct pollfd fds[] = {
		{ signals, POLLIN, 0 }, { watch ? nl_socket_get_fd(watch) : -1, POLLIN, 0 },
	};
	time_t next = 0, last = 0;
	bool told = false;

	for (;;) {
		int changed;

		/* Attack: an app asks for what is refused, to wear out the disk. */
		if (told && now() == last && poll(fds, 1, 1000) > 0)
			return true;
		changed = slots_look(&store);
		if (changed == -ENOENT)
			return false;	/* asked for all slots, it can only mean the family */
		/* What a change of rights was, slots_look() does not tell. A failure is tried again. */
		if (changed >= 0 && (changed || told || now() >= next) &&
		    !slots_save(&store, false, changed))
			next = (last = now()) + STORE_EVERY;
		told = false;
		if (poll(fds, 2, LOOK_EVERY * 1000) <= 0)
			continue;
		if (fds[0].revents)
			return true;
		told = watch_read(watch);
	}
}

static int stay(int signals)
{
	struct nl_sock *watch = watch_open();
	int ret = 0;

	if (!serve(signals, watch)) {
		log_err("the module is gone");
		ret = EXIT_ENVIRONMENT;
	} else if (slots_look(&store) < 0 || slots_save(&store, true, true)) {
		ret = EXIT_REFUSED;
	}
	sd_notify(0, "STOPPING=1");
	watch_close(watch);
	return ret;
}

static int run(void)
{
	sigset_t set;
	int signals, err;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	(void)donate_vault(VOICEPAY_DEVICE);
	err = key_settle(&store);
	if (!err)
		err = key_keep(&store);
	if (!err)
		slots_restore(&store);
	sd_notify(0, "READY=1");
	/* That the machine cannot seal has been said; it is no fault of this program. */
	if (err == -ENODEV)
		return 0;
	if (err == -EKEYREVOKED)
		return EXIT_SHUT;
	if (err || signals < 0)
		return EXIT_REFUSED;
	return stay(signals);
}

int main(int argc, char **argv)
{
	const char *command = NULL;
	int ret;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &command);
	if (!command || (strcmp(command, "key") && strcmp(command, "save") && strcmp(command, "run"))) {
		argp_help(&argp, stderr, ARGP_HELP_SEE, argv[0]);
		return EXIT_USAGE;
	}
	if (manage_open(&store.module)) {
		log_err("the voicepay module does not answer: load it (modprobe voicepay)");
		return EXIT_ENVIRONMENT;
	}
	/* In the initramfs the directory may be missing, but not be made. */
	store.dir = files_open(store.path, strcmp(command, "key"));
	if (store.dir < 0)
		tell_directory(store.dir);
	if (!strcmp(command, "key"))
		ret = key();
	else if (store.dir < 0)
		ret = EXIT_ENVIRONMENT;
	else
		ret = !strcmp(command, "save") ? save() : run();
	manage_close(&store.module);
	if (store.dir >= 0)
		close(store.dir);
	return ret;
}
