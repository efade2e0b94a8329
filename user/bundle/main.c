// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay-bundle: makes, shows and installs bundles. */

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/config.h"
#include "../verify/load.h"
#include "store.h"

enum { DONE, REFUSED, USAGE, ENVIRONMENT };
enum { OPT_KEY = 256, OPT_NUMBER, OPT_CA, OPT_PIN, OPT_CRL, OPT_UNTIL, OPT_OUT };

static struct {
	const char *config, *command, *file, *key, *out;
	bool json;
	struct bundle bundle;
} job = { .config = CONFIG_PATH };

static const struct argp_option argp_options[] = {
	{ "config", 'c', "FILE", 0, "Settings, instead of " CONFIG_PATH },
	{ "json", 'j', NULL, 0, "Print the result as one JSON object" },
	{ NULL, 0, NULL, 0, "For make:", 1 },
	{ "key", OPT_KEY, "FILE", 0, "The maker's Ed25519 private key, PEM" },
	{ "number", OPT_NUMBER, "N", 0, "Version, higher than that of all bundles before" },
	{ "ca", OPT_CA, "FILE", 0, "CA certificates, PEM; may be repeated" },
	{ "pin", OPT_PIN, "sha256/BASE64", 0, "A pin; two different ones at least" },
	{ "crl", OPT_CRL, "FILE", 0, "CRLs, PEM or DER; may be repeated" },
	{ "not-after", OPT_UNTIL, "SECONDS", 0, "Last moment, in seconds since 1970; none if not given" },
	{ "out", OPT_OUT, "FILE", 0, "Where to write the bundle" },
	{ 0 }
};

const char *argp_program_version = "voicepay-bundle " VOICEPAY_VERSION;

static int tell(int status, const char *message)
{
	fprintf(stderr, "voicepay-bundle: %s\n", message);
	if (job.json) {
		json_t *o = json_pack("{s:s}", "error", message);

		json_dumpf(o, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(o);
	}
	return status;
}

static uint64_t number(const char *arg, struct argp_state *state)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(arg, &end, 10);
	if (*arg < '0' || *arg > '9' || *end || errno || n > INT64_MAX)
		argp_error(state, "\"%s\" is not a number", arg);
	return n;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct bundle *b = &job.bundle;
	char error[LOAD_ERROR];

	switch (key) {
	case 'c': job.config = arg; return 0;
	case 'j': job.json = true; return 0;
	case OPT_KEY: job.key = arg; return 0;
	case OPT_OUT: job.out = arg; return 0;
	case OPT_NUMBER: b->version = number(arg, state); return 0;
	case OPT_UNTIL: b->not_after = number(arg, state); return 0;
	case OPT_CA:
		if (load_certificates(arg, b->cas, error))
			exit(tell(USAGE, error));
		return 0;
	case OPT_CRL:
		if (load_crls(arg, b->crls, error))
			exit(tell(USAGE, error));
		return 0;
	case OPT_PIN:
		if (b->pin_count == BUNDLE_PINS || pin_parse(arg, &b->pins[b->pin_count++]))
			argp_error(state, "\"%s\" is not a pin: sha256/ and 44 characters of Base64", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (!job.command)
			job.command = arg;
		else if (!job.file)
			job.file = arg;
		else
			argp_error(state, "\"%s\" is one argument too many", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, "make\nshow FILE\ninstall FILE\nstatus",
	"Bundles of CAs, pins and CRLs, signed and numbered, with which a gateway's operator changes in the "
	"field whom a device trusts.\v"
	"show and install believe what a [bundle] key of the settings signed. Exit status: 0 done, 1 refused, "
	"2 wrong usage, 3 something is missing.",
};

static int tell_bundle(const struct bundle *b, const char *state)
{
	if (job.json) {
		json_t *o = json_pack("{s:s, s:I, s:I, s:i, s:i, s:i}", "state", state, "version",
				      (json_int_t)b->version, "not_after", (json_int_t)b->not_after, "cas",
				      sk_X509_num(b->cas), "pins", (int)b->pin_count, "crls", sk_X509_CRL_num(b->crls));

		json_dumpf(o, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
		putchar('\n');
		json_decref(o);
	} else {
		printf("%s: version %" PRIu64 ", %d CAs, %zu pins, %d CRLs\n", state, b->version,
		       sk_X509_num(b->cas), b->pin_count, sk_X509_CRL_num(b->crls));
	}
	return fflush(stdout) ? ENVIRONMENT : DONE;
}

static int no_passphrase(char *buf, int size, int rwflag, void *user)
{
	return -1;
}

static int make(void)
{
	char error[BUNDLE_ERROR], *text;
	unsigned char *data = NULL;
	EVP_PKEY *key = NULL;
	size_t len = 0;
	FILE *f;
	bool ok;

	if (!job.key || !job.out || !job.bundle.version)
		return tell(USAGE, "make needs --key, --number, --ca, --pin twice, and --out");
	f = fopen(job.key, "re");
	if (f) {
		setvbuf(f, NULL, _IONBF, 0);
		key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
		fclose(f);
	}
	if (!key)
		return tell(USAGE, "the file of --key holds no private key without a passphrase");
	text = bundle_text(&job.bundle, error);
	if (text)
		data = bundle_sign(text, key, &len, error);
	free(text);
	EVP_PKEY_free(key);
	if (!data)
		return tell(REFUSED, error);
	f = fopen(job.out, "wxe");
	ok = f && fwrite(data, 1, len, f) == len;
	if (f)
		ok &= !fclose(f);
	free(data);
	if (!ok) {
		snprintf(error, sizeof(error), "%.200s: %s", job.out, strerror(errno));
		return tell(ENVIRONMENT, error);
	}
	return tell_bundle(&job.bundle, "made");
}

static int with_settings(void)
{
	static struct config config;
	char error[BUNDLE_ERROR];
	struct bundle b = { 0 };
	unsigned char *data;
	uint64_t version = 0;
	int status;
	size_t len;

	if (config_read(&config, job.config, error))
		return tell(ENVIRONMENT, error);
	if (!*config.bundle)
		return tell(ENVIRONMENT, "the settings name no bundle: set [bundle] file and key");
	if (!strcmp(job.command, "status")) {
		switch (bundle_load(&b, config.bundle, config.bundle_keys, config.bundle_key_count, time(NULL), error)) {
		case BUNDLE_THERE:
			status = tell_bundle(&b, "installed");
			break;
		case BUNDLE_NEVER:
			status = tell(REFUSED, "none was ever installed: what the settings say counts");
			break;
		default:
			status = tell(REFUSED, error);
		}
		bundle_free(&b);
		return status;
	}
	if (!job.file)
		return tell(USAGE, "which file?");
	if (!strcmp(job.command, "install")) {
		status = bundle_install(job.file, config.bundle, config.bundle_keys, config.bundle_key_count,
					time(NULL), &version, error);
		if (status < 0)
			return tell(REFUSED, error);
		b.version = version;
		if (bundle_load(&b, config.bundle, config.bundle_keys, config.bundle_key_count, time(NULL), error) != BUNDLE_THERE)
			return tell(REFUSED, error);
		status = tell_bundle(&b, status ? "installed already" : "installed");
		bundle_free(&b);
		return status;
	}
	data = load_file(job.file, BUNDLE_MAX, &len, error);
	if (!data)
		return tell(USAGE, error);
	status = bundle_parse(&b, job.file, data, len, config.bundle_keys, config.bundle_key_count, error) ?
		 tell(REFUSED, error) : tell_bundle(&b, "good");
	bundle_free(&b);
	free(data);
	return status;
}

int main(int argc, char **argv)
{
	int status;

	job.bundle.cas = sk_X509_new_null();
	job.bundle.crls = sk_X509_CRL_new_null();
	if (!job.bundle.cas || !job.bundle.crls)
		return tell(ENVIRONMENT, "out of memory");
	argp_err_exit_status = USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (job.command && !strcmp(job.command, "make"))
		status = make();
	else if (job.command && (!strcmp(job.command, "show") || !strcmp(job.command, "install") ||
				 !strcmp(job.command, "status")))
		status = with_settings();
	else
		status = tell(USAGE, "make, show, install or status? See voicepay-bundle --help");
	bundle_free(&job.bundle);
	return status;
}
