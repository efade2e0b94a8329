// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay certificate: how the device comes to the certificate by which the
 * gateway knows it, and keeps it. The key never leaves the device; what is
 * there stays until something better is complete, so that it can be cut off at
 * any moment.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "../common/biostring.h"
#include "../common/whole.h"
#include "../devkey/request.h"
#include "command.h"
#include "http.h"

/* install(): no fault, and nothing was done. */
#define NOTHING_YOUNGER	(-1)

static struct {
	const char *what, *out, *file;
	bool due, new_key;
	unsigned int jitter;
} args;

static const struct argp_option argp_options[] = {
	{ "out", 'o', "FILE", 0, "request: write it there, instead of to standard output" },
	{ "new-key", 'k', NULL, 0, "install: for another key than that of the present certificate; slots must be enrolled anew" },
	{ "due", 'd', NULL, 0, "renew: only if a third of its life is left, or less" },
	{ "jitter", 'J', "SECONDS", 0, "renew: wait a random time first, so that not all devices ask at once" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'o':
		args.out = arg;
		return 0;
	case 'k':
		args.new_key = true;
		return 0;
	case 'd':
		args.due = true;
		return 0;
	case 'J':
		args.jitter = parse_jitter(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (!args.what)
			args.what = arg;
		else if (!strcmp(args.what, "install") && !args.file)
			args.file = arg;
		else
			argp_error(state, "there is no \"%s\" here", arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "say what to do: request, install, show or renew");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, "request|install FILE|show|renew",
	"The certificate by which the gateway knows this device.\v"
	"request makes a key where the settings want it, if there is none, and prints a request to be signed by the "
	"gateway's operator (voicepay-gateway certify). install checks what came back and puts it in place. renew asks "
	"the gateway for a younger one for the same key, over a channel; voicepay-certificate.timer runs it. "
	"Exit status: 0 done, 1 refused, 2 wrong usage, 3 something is missing.", common_options
};

static void iso_day(char out[32], time_t t)
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, 32, "%F %H:%M UTC", &tm))
		strcpy(out, "-");
}

static int need(const struct config *c)
{
	if (!*c->cert || !*c->key)
		return tell_error(STATUS_ENVIRONMENT, "CONFIG",
				  "%s: [tls] cert and key must say where the device's certificate and its key are",
				  options.config);
	return 0;
}

/* One at a time: two that wrote one file would make a third of it. */
static int lock_directory(const struct config *c)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s", c->cert);
	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !flock(fd, LOCK_EX))
		return fd;
	tell_error(STATUS_ENVIRONMENT, "LOCK", "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int do_request(const struct config *c)
{
	char error[DEVKEY_ERROR];
	struct devkey dk;
	char *text;
	int made, lock, status = STATUS_OK;

	/* Two at once would make two keys, one in the other's file, or under one label in a token. */
	lock = lock_directory(c);
	if (lock < 0)
		return STATUS_ENVIRONMENT;
	made = devkey_make(c, error);
	close(lock);
	if (made < 0 || devkey_open(&dk, c, NULL, error))
		return tell_error(STATUS_ENVIRONMENT, "KEY", "%s", error);
	text = request_make(&dk, error);
	devkey_close(&dk);
	if (!text)
		return tell_error(STATUS_ENVIRONMENT, "KEY", "%s", error);
	if (args.out && write_whole(args.out, text, strlen(text), error, sizeof(error)))
		status = tell_error(STATUS_ENVIRONMENT, "WRITE", "%s", error);
	else if (options.json)
		status = tell_json(json_pack("{s:s, s:s, s:b}", "request", text, "key", c->key, "made", !made));
	else if (!args.out)
		fputs(text, stdout);
	if (!status && !options.json)
		fprintf(stderr, "%s. Have this request signed by the gateway's operator (voicepay-gateway certify), then: voicepay certificate install FILE\n",
			made ? "The key was there" : "A key was made");
	free(text);
	return status;
}

static char *pem_of(const struct certfile *f)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	int i, ok = bio && PEM_write_bio_X509(bio, f->cert) == 1;

	for (i = 0; ok && i < sk_X509_num(f->chain); i++)
		ok = PEM_write_bio_X509(bio, sk_X509_value(f->chain, i)) == 1;
	if (ok)
		text = bio_string(bio);
	BIO_free(bio);
	return text;
}

/*
 * Everything a handshake would find wrong is found now, while the old one is
 * still there. @renewal: the gateway's answer, which must be of the same key
 * and end later, or it is NOTHING_YOUNGER.
 */
static int install(const struct config *c, const struct certfile *fresh, bool renewal)
{
	const char *problem = certfile_problem(fresh, time(NULL));
	char error[DEVKEY_ERROR];
	struct certfile old;
	struct devkey dk;
	char *text;
	int there, bad = 0;

	if (problem)
		return tell_error(STATUS_REFUSED, "CERTIFICATE", "the new certificate %s: what is there stays", problem);
	there = certfile_read(&old, c->cert, error);
	if (!there) {
		if (!certfile_same_key(fresh, &old) && (renewal || !args.new_key))
			bad = tell_error(STATUS_REFUSED, "OTHER_KEY",
					 "the new certificate is for another key than the present one: %s",
					 renewal ? "that is no renewal; what is there stays" :
					 "the gateway would take this for another device; if you want that, say --new-key, and enrol its slots anew");
		else if (renewal && fresh->until <= old.until)
			bad = NOTHING_YOUNGER;
		certfile_free(&old);
	}
	if (bad)
		return bad;
	if (devkey_open(&dk, c, X509_get0_pubkey(fresh->cert), error))
		return tell_error(STATUS_REFUSED, "KEY", "%s: what is there stays", error);
	devkey_close(&dk);
	text = pem_of(fresh);
	if (!text)
		return tell_error(STATUS_ENVIRONMENT, "ENOMEM", "out of memory");
	bad = write_whole(c->cert, text, strlen(text), error, sizeof(error));
	free(text);
	return bad ? tell_error(STATUS_ENVIRONMENT, "WRITE", "%s", error) : STATUS_OK;
}

static int tell_present(const struct config *c, const char *word)
{
	char error[DEVKEY_ERROR], id[DEVICE_ID_HEX], from[32], until[32];
	struct certfile f;
	time_t now = time(NULL);
	int ret = certfile_read(&f, c->cert, error), status = STATUS_OK;

	if (ret)
		return tell_error(ret > 0 ? STATUS_REFUSED : STATUS_ENVIRONMENT, "CERTIFICATE", "%s%s", error, ret > 0 ?
				  ": this device has no certificate yet: voicepay certificate request makes a request for one" : "");
	if (device_id_of(f.cert, id))
		strcpy(id, "-");
	iso_day(from, f.from);
	iso_day(until, f.until);
	if (options.json)
		status = tell_json(json_pack("{s:s, s:s, s:I, s:I, s:b, s:b, s:s, s:s}", "result", word, "device", id,
					     "not_before", (json_int_t)f.from, "not_after", (json_int_t)f.until,
					     "due", certfile_due(&f, now), "expired", now >= f.until, "file", c->cert,
					     "key", c->key));
	else
		printf("%s%sdevice   %s\nfrom     %s\nuntil    %s%s\nfile     %s\nkey      %s\n", word, *word ? "\n" : "",
		       id, from, until, now >= f.until ? " (expired: a new request must go to the operator)" :
		       certfile_due(&f, now) ? " (due to be renewed)" : "", c->cert, c->key);
	if (now >= f.until && !status)
		status = STATUS_REFUSED;
	certfile_free(&f);
	return status;
}

static int do_install(const struct config *c)
{
	char error[DEVKEY_ERROR];
	struct certfile fresh;
	int status, lock;

	if (!args.file)
		return tell_error(STATUS_USAGE, "USAGE", "install needs the certificate's FILE, or - for standard input");
	if (certfile_read(&fresh, args.file, error))
		return tell_error(STATUS_ENVIRONMENT, "CERTIFICATE", "%s", error);
	lock = lock_directory(c);
	status = lock < 0 ? STATUS_ENVIRONMENT : install(c, &fresh, false);
	certfile_free(&fresh);
	if (lock >= 0)
		close(lock);
	return status ? status : tell_present(c, "installed");
}

/* Asks the gateway; its answer may be the one that got lost the last time. */
static int ask(const struct config *c, const char *request)
{
	char error[DEVKEY_ERROR];
	struct http_answer answer;
	struct certfile fresh;
	json_t *body = json_pack("{s:s}", "request", request);
	enum http_outcome outcome = http_post(c, "/v1/certificate", body, &answer);
	const char *text;
	int status;

	json_decref(body);
	if (outcome != HTTP_DONE)
		return http_tell(outcome, &answer);
	text = json_text(answer.body, "certificate");
	if (certfile_parse(&fresh, text, strlen(text), error)) {
		status = tell_error(STATUS_REFUSED, "CERTIFICATE", "what the gateway sent %s: what is there stays", error);
	} else {
		status = install(c, &fresh, true);
		certfile_free(&fresh);
	}
	http_release(&answer);
	return status;
}

static int renew(const struct config *c)
{
	char error[DEVKEY_ERROR], *request;
	struct certfile old;
	struct devkey dk;
	bool due;
	int ret, status;

	ret = certfile_read(&old, c->cert, error);
	if (ret)
		return tell_error(ret > 0 ? STATUS_REFUSED : STATUS_ENVIRONMENT, "CERTIFICATE",
				  "%s: there is nothing to renew: see voicepay certificate request", error);
	due = certfile_due(&old, time(NULL));
	if (args.due && !due) {
		certfile_free(&old);
		return tell_present(c, "not due");
	}
	ret = devkey_open(&dk, c, X509_get0_pubkey(old.cert), error);
	certfile_free(&old);
	if (ret)
		return tell_error(STATUS_ENVIRONMENT, "KEY", "%s", error);
	request = request_make(&dk, error);
	devkey_close(&dk);
	if (!request)
		return tell_error(STATUS_ENVIRONMENT, "KEY", "%s", error);
	status = ask(c, request);
	free(request);
	if (status == NOTHING_YOUNGER && due)
		return tell_error(STATUS_REFUSED, "NOT_YOUNGER", "%s is due to be renewed, and the gateway gave none that ends later: what is there stays. Ask its operator whether its CA is about to end",
				  c->cert);
	if (status == NOTHING_YOUNGER)
		return tell_present(c, "nothing younger");
	return status ? status : tell_present(c, "renewed");
}

static int do_renew(const struct config *c)
{
	int lock, status;

	wait_jitter(args.jitter);
	lock = lock_directory(c);
	if (lock < 0)
		return STATUS_ENVIRONMENT;
	status = renew(c);
	close(lock);
	return status;
}

int cmd_certificate(int argc, char **argv)
{
	static struct config config;
	int status;

	/* Before anything of OpenSSL's: openssl.cnf could load code beside the device's key. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	status = load_config(&config);
	if (!status)
		status = need(&config);
	if (status)
		return status;
	if (!strcmp(args.what, "request"))
		return do_request(&config);
	if (!strcmp(args.what, "install"))
		return do_install(&config);
	if (!strcmp(args.what, "show"))
		return tell_present(&config, "");
	if (!strcmp(args.what, "renew"))
		return do_renew(&config);
	return tell_error(STATUS_USAGE, "USAGE", "there is no \"%s\": request, install, show or renew", args.what);
}
