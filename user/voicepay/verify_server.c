// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay verify-server: would a handshake take this certificate for the
 * gateway's? By the same code, without a connection: for tests, and for an
 * operator at three in the morning.
 */

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../verify/load.h"
#include "../verify/verify.h"
#include "command.h"

#define STAPLE_MAX	(1 << 20)
#define MAX_PINS	64

enum {
	OPT_TRUST = 256, OPT_CHAIN, OPT_HOST, OPT_IP, OPT_TIME, OPT_CRL, OPT_OCSP, OPT_PIN, OPT_DEPTH,
	OPT_STAPLE, OPT_CRL_AGE, OPT_STAPLE_AGE,
};

static struct {
	STACK_OF(X509) *trusted, *chain;
	STACK_OF(X509_CRL) *crls;
	struct pin pins[MAX_PINS];
	struct verify_policy policy;
	const char *chain_file, *ocsp_file;
	int list;		/* the option that a bare argument adds to */
} job;

static const struct argp_option argp_options[] = {
	{ "trust", OPT_TRUST, "FILE..", 0, "Trusted CA certificates, PEM or DER; more files may follow" },
	{ "chain", OPT_CHAIN, "FILE", 0, "What the server sends: its own certificate, then CAs, PEM" },
	{ "host", OPT_HOST, "NAME", 0, "The name that the server must have" },
	{ "ip", OPT_IP, "ADDR", 0, "The address that the server must have, instead of a name" },
	{ "time", OPT_TIME, "T", 0, "Instead of now: seconds since 1970, or 2026-01-31T12:00:00Z" },
	{ "crl", OPT_CRL, "FILE..", 0, "CRLs, PEM or DER: each certificate must then be covered by one" },
	{ "ocsp", OPT_OCSP, "FILE", 0, "The OCSP answer that the server staples, DER" },
	{ "pin", OPT_PIN, "sha256/BASE64", 0, "A key that the chain must have, or another such" },
	{ "max-depth", OPT_DEPTH, "N", 0, "CA certificates allowed between the server's and a trusted one (8)" },
	{ "staple-required", OPT_STAPLE, NULL, 0, "As [tls] staple = required" },
	{ "crl-max-age", OPT_CRL_AGE, "HOURS", 0, "As in [tls]" },
	{ "staple-max-age", OPT_STAPLE_AGE, "HOURS", 0, "As in [tls]; if not given, what the answer itself says" },
	{ 0 }
};

/* YYYY-MM-DDThh:mm:ss, then Z or +hh:mm, with a fraction that is dropped; or seconds. */
static bool parse_time(const char *arg, time_t *at)
{
	const char *p = arg[0] == '@' ? arg + 1 : arg;
	struct tm tm = { 0 };
	unsigned int hours = 0, minutes = 0;
	char *end;
	int used = 0;

	*at = strtoll(p, &end, 10);
	if (*p >= '0' && *p <= '9' && !*end)
		return *at > 0;
	p = strptime(arg, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!p)
		p = strptime(arg, "%Y-%m-%d %H:%M:%S", &tm);
	if (!p)
		return false;
	*at = timegm(&tm);
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	if (!strcmp(p, "Z") || !strcmp(p, "z"))
		return *at > 0;
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 ||
	    p[1 + used] || hours > 23 || minutes > 59)
		return false;
	*at -= (*p == '+' ? 1 : -1) * (time_t)(hours * 3600 + minutes * 60);
	return *at > 0;
}

static unsigned long number(const char *arg, unsigned long max, struct argp_state *state)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*arg < '0' || *arg > '9' || *end || n > max)
		argp_error(state, "\"%s\" is not a number from 0 to %lu", arg, max);
	return n;
}

static bool is_address(const char *text)
{
	struct in6_addr buf;

	return inet_pton(AF_INET, text, &buf) == 1 || inet_pton(AF_INET6, text, &buf) == 1;
}

static void add_file(int list, const char *file, struct argp_state *state)
{
	char error[LOAD_ERROR];
	int bad;

	if (list == OPT_TRUST)
		bad = load_certificates(file, job.trusted, error);
	else
		bad = load_crls(file, job.crls, error);
	if (bad) {
		/* A CRL that is damaged is none, and none is a reason to refuse. */
		if (list == OPT_CRL)
			exit(tell_error(STATUS_REFUSED, voicepay_check_name(VOICEPAY_CHECK_REVOCATION),
					"refused: %s", error));
		exit(tell_error(STATUS_USAGE, "USAGE", "%s", error));
	}
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case OPT_TRUST:
	case OPT_CRL:
		job.list = key;
		add_file(key, arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (!job.list)
			argp_error(state, "\"%s\": only --trust and --crl take more than one file", arg);
		add_file(job.list, arg, state);
		return 0;
	case OPT_CHAIN:
		if (job.chain_file)
			argp_error(state, "--chain is given twice: put all certificates into one file");
		job.chain_file = arg;
		break;
	case OPT_HOST:
	case OPT_IP:
		if (job.policy.host)
			argp_error(state, "one --host or one --ip, please");
		job.policy.host_is_ip = is_address(arg);
		if (key == OPT_IP && !job.policy.host_is_ip)
			argp_error(state, "\"%s\" is not an IP address", arg);
		if (!job.policy.host_is_ip && !config_is_host_name(arg))
			argp_error(state, "\"%s\" is not a host name in ASCII: an international one is given in its xn-- form",
				   arg);
		job.policy.host = arg;
		break;
	case OPT_TIME:
		if (!parse_time(arg, &job.policy.at))
			argp_error(state, "\"%s\" is not a time: seconds since 1970, or as 2026-01-31T12:00:00Z", arg);
		break;
	case OPT_OCSP:
		job.ocsp_file = arg;
		break;
	case OPT_PIN:
		if (job.policy.pin_count == MAX_PINS || pin_parse(arg, &job.pins[job.policy.pin_count++]))
			argp_error(state, "\"%s\" is not a pin: sha256/ and 44 characters of Base64, at most %d times",
				   arg, MAX_PINS);
		break;
	case OPT_DEPTH:
		job.policy.max_depth = number(arg, 255, state);
		break;
	case OPT_STAPLE:
		job.policy.staple_required = true;
		break;
	case OPT_CRL_AGE:
		job.policy.crl_max_age = number(arg, 8784, state) * 3600;
		break;
	case OPT_STAPLE_AGE:
		job.policy.staple_max_age = number(arg, 8784, state) * 3600;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	job.list = 0;
	return 0;
}

static const struct argp argp = {
	argp_options, on_option, "",
	"Checks a server's certificate by the rules and the code of a handshake, without a connection. "
	"Exit status: 0 it would be accepted, 1 it would be refused, and why is said.", common_options
};

static json_t *list_path(const STACK_OF(X509) *path)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < sk_X509_num(path); i++) {
		char *text = X509_NAME_oneline(X509_get_subject_name(sk_X509_value(path, i)), NULL, 0);

		json_array_append_new(list, json_string(text ? text : ""));
		OPENSSL_free(text);
	}
	return list;
}

static int tell_refusal(const struct verify_result *r)
{
	const char *check = voicepay_check_name(r->check);
	char message[512];

	if (r->index < 0)
		snprintf(message, sizeof(message), "%s", r->reason);
	else
		snprintf(message, sizeof(message), "certificate %d (%s) %s", r->index, r->subject, r->reason);
	fprintf(stderr, "voicepay: refused by the check \"%s\": %s\n", check, message);
	if (options.json)
		tell_json(json_pack("{s:b, s:s, s:s, s:s, s:o, s:o, s:s}", "accepted", 0, "error", check,
				    "message", message, "check", check, "certificate",
				    r->index < 0 ? json_null() : json_integer(r->index), "subject",
				    r->index < 0 ? json_null() : json_string(r->subject), "reason", r->reason));
	return STATUS_REFUSED;
}

static int tell_acceptance(const struct verify_result *r)
{
	int i, n = sk_X509_num(r->path);

	if (options.json)
		return tell_json(json_pack("{s:b, s:s, s:o}", "accepted", 1, "check", "ok", "chain",
					   list_path(r->path)));
	printf("accepted:\n");
	for (i = 0; i < n; i++) {
		printf("%3d ", i);
		X509_NAME_print_ex_fp(stdout, X509_get_subject_name(sk_X509_value(r->path, i)), 0,
				      XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ);
		printf("%s\n", i == n - 1 ? " (trusted)" : "");
	}
	return fflush(stdout) ? STATUS_ENVIRONMENT : STATUS_OK;
}

static int verify(void)
{
	struct verify_result result;
	char error[LOAD_ERROR];
	unsigned char *staple = NULL;
	X509 *leaf;
	int status;

	if (load_certificates(job.chain_file, job.chain, error)) {
		/* Bytes that are no certificate are what a hostile server sends, too. */
		return tell_error(STATUS_REFUSED, voicepay_check_name(VOICEPAY_CHECK_CERTIFICATE),
				  "refused: %s", error);
	}
	if (job.ocsp_file) {
		staple = load_file(job.ocsp_file, STAPLE_MAX, &job.policy.staple_len, error);
		if (!staple)
			return tell_error(STATUS_USAGE, "USAGE", "%s", error);
		job.policy.staple = staple;
	}
	leaf = sk_X509_shift(job.chain);
	status = verify_server(&job.policy, leaf, job.chain, &result) ? tell_acceptance(&result)
								     : tell_refusal(&result);
	verify_clear(&result);
	X509_free(leaf);
	free(staple);
	return status;
}

int cmd_verify_server(int argc, char **argv)
{
	int status;

	/* What a system's openssl.cnf allows is not the handshake's. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	job.trusted = sk_X509_new_null();
	job.chain = sk_X509_new_null();
	job.crls = sk_X509_CRL_new_null();
	job.policy.max_depth = -1;
	if (!job.trusted || !job.chain || !job.crls)
		return tell_error(STATUS_ENVIRONMENT, "ENOMEM", "out of memory");
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, NULL);
	if (!job.chain_file || sk_X509_num(job.trusted) < 1)
		return tell_error(STATUS_USAGE, "USAGE",
				  "--trust and --chain are needed: see voicepay verify-server --help");
	job.policy.trusted = job.trusted;
	job.policy.crls = job.crls;
	job.policy.pins = job.pins;
	job.policy.any_key = !job.policy.pin_count;
	job.policy.any_host = !job.policy.host;
	status = verify();
	sk_X509_pop_free(job.trusted, X509_free);
	sk_X509_pop_free(job.chain, X509_free);
	sk_X509_CRL_pop_free(job.crls, X509_CRL_free);
	return status;
}
