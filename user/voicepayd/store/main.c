// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay-store: keeps what the module seals. It gives the sealing key back
 * after a boot, restores the slots, and stores new blobs of them from time to
 * time, after each enrolment and at the end. It needs CAP_SYS_ADMIN, which
 * voicepayd must not have; it talks to nobody but the module.
 */

#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "../../common/manage.h"
#include "../log.h"
#include "files.h"

#define EXIT_REFUSED	1
#define EXIT_USAGE	2
#define EXIT_ENVIRONMENT 3

#define KEY_FILE	"sealing.key"
#define SLOTS_MAX	1024
/* Half of what a blob covers, so that one may fail. */
#define STORE_EVERY	300
#define LOOK_EVERY	10

static const char *directory = "/var/lib/voicepay";

static const struct argp_option argp_options[] = {
	{ "directory", 'd', "DIR", 0, "Keep everything here, instead of /var/lib/voicepay" },
	{ 0 }
};

const char *argp_program_version = "voicepay-store " VOICEPAY_VERSION;

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	static bool named;

	if (key == 'd') {
		directory = arg;
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
	"key: give the module the sealing key; for the initramfs, before anybody else can.\n"
	"save: store a blob of each slot now.\n"
	"run: stay; restore the slots, store new blobs every five minutes, after each enrolment, "
	"and on SIGTERM.", NULL, NULL, NULL
};

static struct manage module;
static int dir;

/* Epoch of each slot's key at the last look, 0 for none. */
static uint64_t epochs[SLOTS_MAX], seen[SLOTS_MAX];

static const char *why(int err)
{
	return *module.why ? module.why : strerror(-err);
}

static const char *blob_name(uint32_t slot)
{
	static char name[32];

	snprintf(name, sizeof(name), "slot-%u.blob", slot);
	return name;
}

static int make_key(void)
{
	struct manage_bytes wrapped;
	int err = manage_sealer_get(&module, true, &wrapped);

	if (err) {
		log_err("no sealing key can be made: %s", why(err));
		return err;
	}
	err = files_write(dir, KEY_FILE, wrapped.data, wrapped.len);
	if (err)
		log_err("%s/" KEY_FILE ": %s: slots will be lost at the next reboot", directory,
			strerror(-err));
	else
		log_info("a sealing key was made: %s/" KEY_FILE, directory);
	return err;
}

/* Returns 0, or -errno if nothing can be sealed in this boot. */
static int give_key(bool make)
{
	struct manage_bytes wrapped;
	struct manage_device device;
	uint32_t state;
	long len;
	int err = manage_dev_get(&module, &device);

	state = device.sealer_state;

	if (err || state == VOICEPAY_SEALER_READY)
		return err;
	if (state == VOICEPAY_SEALER_NONE) {
		log_warning("no TPM 2.0: keys are in RAM only; enrol again after each reboot");
		return -ENODEV;
	}
	if (state == VOICEPAY_SEALER_CLOSED) {
		log_err("the sealing key is shut until the next boot: keys are in RAM only");
		return -EKEYREVOKED;
	}
	len = files_read(dir, KEY_FILE, wrapped.data, sizeof(wrapped.data));
	if (len == -ENOENT)
		return make ? make_key() : -ENOENT;
	if (len <= 0) {
		log_err("%s/" KEY_FILE ": %s", directory, len ? strerror(-len) : "empty");
		return len ? len : -ENODATA;
	}
	wrapped.len = len;
	err = manage_sealer_put(&module, &wrapped);
	if (err)
		log_err("the sealing key is not unwrapped: %s. If it stays so, remove %s/" KEY_FILE
			", reboot and enrol again", why(err), directory);
	return err;
}

static void restore_one(uint32_t slot)
{
	struct manage_bytes blob;
	long len = files_read(dir, blob_name(slot), blob.data, sizeof(blob.data));
	int err;

	if (len < 0) {
		log_err("%s/%s: %s", directory, blob_name(slot), strerror(-len));
		return;
	}
	blob.len = len;
	err = manage_blob_put(&module, slot, &blob);
	if (!err)
		log_info("slot %u is back", slot);
	else if (err != -EEXIST)
		log_err("slot %u is not restored: %s", slot, why(err));
}

static void restore(void)
{
	DIR *d = fdopendir(dup(dir));
	struct dirent *e;
	unsigned int slot;
	int end;

	while (d && (e = readdir(d))) {
		end = 0;
		if (sscanf(e->d_name, "slot-%4u.blob%n", &slot, &end) == 1 && end &&
		    !e->d_name[end] && slot < SLOTS_MAX && !strcmp(e->d_name, blob_name(slot)))
			restore_one(slot);
	}
	if (d)
		closedir(d);
}

static void note(uint32_t slot, uint64_t epoch, void *arg)
{
	(void)arg;
	if (slot < SLOTS_MAX)
		seen[slot] = epoch;
}

/* Looks at the slots; says whether a key came, went or changed. */
static bool look(void)
{
	memset(seen, 0, sizeof(seen));
	return !manage_slots(&module, note, NULL) && memcmp(seen, epochs, sizeof(seen));
}

static int save_one(uint32_t slot, bool final)
{
	struct manage_bytes blob;
	int err = manage_blob_get(&module, slot, final, &blob);

	if (err) {
		log_err("slot %u is not sealed: %s", slot, why(err));
		return err;
	}
	err = files_write(dir, blob_name(slot), blob.data, blob.len);
	if (err)
		log_err("%s/%s: %s: the slot issues no more codes than the last blob covers",
			directory, blob_name(slot), strerror(-err));
	return err;
}

/*
 * Stores a blob of each slot that look() has seen; only when all are safe does
 * the module learn of it.
 */
static int save(bool final, bool retire)
{
	int err, failed = 0;
	uint32_t slot;

	for (slot = 0; slot < SLOTS_MAX; slot++) {
		if (seen[slot])
			err = save_one(slot, final);
		else if (epochs[slot])
			err = files_remove(dir, blob_name(slot));
		else
			continue;
		if (err && err != -ENOENT)
			failed = err;
	}
	if (failed)
		return failed;
	err = manage_blob_commit(&module, false);
	if (!err)
		memcpy(epochs, seen, sizeof(epochs));
	if (!err && retire)
		err = manage_blob_commit(&module, true);
	if (err && err != -EOPNOTSUPP)
		log_err("the module does not take note of it: %s", why(err));
	return err == -EOPNOTSUPP ? 0 : err;
}

static int serve(int signals)
{
	struct pollfd fd = { signals, POLLIN, 0 };
	time_t next = 0;
	bool changed;

	for (;;) {
		struct timespec now;

		clock_gettime(CLOCK_BOOTTIME, &now);
		changed = look();
		/* A failure is tried again at the next look. */
		if ((changed || now.tv_sec >= next) && !save(false, changed))
			next = now.tv_sec + STORE_EVERY;
		if (poll(&fd, 1, LOOK_EVERY * 1000) > 0)
			break;
	}
	look();
	return save(true, true) ? EXIT_REFUSED : 0;
}

static int run(void)
{
	sigset_t set;
	int signals, err, ret;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	err = give_key(true);
	if (!err)
		restore();
	sd_notify(0, "READY=1");
	/* That the machine cannot seal has been said; it is no fault of this program. */
	if (err == -ENODEV)
		return 0;
	if (err || signals < 0)
		return EXIT_REFUSED;
	ret = serve(signals);
	sd_notify(0, "STOPPING=1");
	return ret;
}

int main(int argc, char **argv)
{
	const char *command = NULL;
	int err, ret = EXIT_USAGE;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &command);
	if (!command || (strcmp(command, "key") && strcmp(command, "save") && strcmp(command, "run"))) {
		argp_help(&argp, stderr, ARGP_HELP_SEE, argv[0]);
		return EXIT_USAGE;
	}
	dir = files_open(directory);
	if (dir < 0) {
		log_err("%s: %s", directory, strerror(-dir));
		return EXIT_ENVIRONMENT;
	}
	err = manage_open(&module);
	if (err) {
		log_err("the voicepay module does not answer: load it (modprobe voicepay)");
		return EXIT_ENVIRONMENT;
	}
	if (!strcmp(command, "key")) {
		err = give_key(false);
		ret = err && err != -ENOENT && err != -ENODEV ? EXIT_REFUSED : 0;
	} else if (!strcmp(command, "save")) {
		look();
		ret = save(false, false) ? EXIT_REFUSED : 0;
	} else {
		ret = run();
	}
	manage_close(&module);
	close(dir);
	return ret;
}
