// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay-fetch-crl: renews the CRLs of the settings, by a timer, never in a payment's path. */

#include <argp.h>
#include <curl/curl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/config.h"
#include "../common/whole.h"
#include "../verify/load.h"
#include "renew.h"

#define CRL_MAX		(16UL << 20)
#define SECONDS_MAX	120L

enum { DONE, REFUSED, USAGE, ENVIRONMENT };

static const char *config_path = CONFIG_PATH;
static bool json;
static json_t *results;

struct body {
	unsigned char *data;
	size_t len;
};

static const struct argp_option argp_options[] = {
	{ "config", 'c', "FILE", 0, "Settings, instead of " CONFIG_PATH },
	{ "json", 'j', NULL, 0, "Print the results as one JSON object" },
	{ 0 }
};

const char *argp_program_version = "voicepay-fetch-crl " VOICEPAY_VERSION;

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'c':
		config_path = arg;
		return 0;
	case 'j':
		json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, "",
	"Fetches each [tls] crl whose crl-url the settings name, and replaces it if there is a younger one. "
	"Exit status: 0 all are as young as can be, 1 one was refused, 3 one could not be fetched.",
};

static int tell(int status, const char *file, const char *what)
{
	if (json)
		json_array_append_new(results, json_pack("{s:s, s:s}", "file", file, "result", what));
	else
		fprintf(status == DONE ? stdout : stderr, "%s: %s\n", file, what);
	return status;
}

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
	struct body *b = arg;
	unsigned char *more;

	n *= size;
	if (b->len + n > CRL_MAX)
		return 0;
	more = realloc(b->data, b->len + n + 1);
	if (!more)
		return 0;
	b->data = more;
	memcpy(b->data + b->len, data, n);
	b->len += n;
	return n;
}

static int get(const char *url, struct body *b, char error[CURL_ERROR_SIZE])
{
	CURL *curl = curl_easy_init();
	CURLcode res;

	if (!curl)
		return -1;
	error[0] = 0;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 3L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)CRL_MAX);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, SECONDS_MAX);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, b);
	res = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	if (res != CURLE_OK && !error[0])
		snprintf(error, CURL_ERROR_SIZE, "%s", curl_easy_strerror(res));
	return res == CURLE_OK ? 0 : -1;
}

static int renew(const char *file, const char *url, const STACK_OF(X509) *cas)
{
	STACK_OF(X509_CRL) *fresh = sk_X509_CRL_new_null(), *old = sk_X509_CRL_new_null();
	char error[CURL_ERROR_SIZE + 1], why[512];
	struct body body = { 0 };
	int status = DONE;

	/* What is there and damaged is no reason to leave it so. */
	if (!access(file, F_OK))
		load_crls(file, old, why);
	if (!fresh || !old || get(url, &body, error)) {
		snprintf(why, sizeof(why), "%.120s: %.200s: what is there stays", url, error);
		status = tell(ENVIRONMENT, file, why);
	} else if (!body.data || parse_crls(url, body.data, body.len, fresh, why)) {
		status = tell(REFUSED, file, body.data ? why : "nothing came");
	} else {
		switch (renew_check(fresh, old, cas, time(NULL), error)) {
		case 0:
			if (write_whole(file, body.data, body.len, why, sizeof(why)))
				status = tell(ENVIRONMENT, file, why);
			else
				tell(DONE, file, "renewed");
			break;
		case 1:
			tell(DONE, file, "no younger one yet");
			break;
		default:
			snprintf(why, sizeof(why), "what came from %.120s %.200s: what is there stays", url, error);
			status = tell(REFUSED, file, why);
		}
	}
	sk_X509_CRL_pop_free(fresh, X509_CRL_free);
	sk_X509_CRL_pop_free(old, X509_CRL_free);
	free(body.data);
	return status;
}

int main(int argc, char **argv)
{
	static struct config config;
	STACK_OF(X509) *cas = sk_X509_new_null();
	char error[CONFIG_ERROR];
	int status = DONE, one;
	size_t i;

	argp_err_exit_status = USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	results = json_array();
	if (config_read(&config, config_path, error)) {
		fprintf(stderr, "voicepay-fetch-crl: %s\n", error);
		return ENVIRONMENT;
	}
	if (config.crl_url_count > config.crl_count) {
		fprintf(stderr, "voicepay-fetch-crl: %s: each [tls] crl-url needs a crl, in the same order\n",
			config_path);
		return ENVIRONMENT;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (!cas || (*config.ca && load_certificates(config.ca, cas, error)))
		status = tell(ENVIRONMENT, config.ca, error);
	for (i = 0; i < config.crl_url_count; i++) {
		one = renew(config.crls[i], config.crl_urls[i], cas);
		if (one > status)
			status = one;
	}
	if (json) {
		json_t *o = json_pack("{s:O}", "crls", results);

		json_dumpf(o, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(o);
	}
	json_decref(results);
	sk_X509_pop_free(cas, X509_free);
	curl_global_cleanup();
	return status;
}
