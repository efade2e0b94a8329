// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "pos.h"

#define ANSWER_MAX	65536

struct buffer {
	char data[ANSWER_MAX];
	size_t len;
};

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
	struct buffer *b = arg;

	if (size * n > sizeof(b->data) - b->len)
		return 0;
	memcpy(b->data + b->len, data, size * n);
	b->len += size * n;
	return size * n;
}

static void set_up(CURL *curl, const struct pos *pos, struct buffer *b, struct curl_slist **connect_to,
		   char *curl_error)
{
	char to[POS_TEXT + 8];

	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, curl_error);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	curl_easy_setopt(curl, CURLOPT_CAINFO, pos->ca);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(curl, CURLOPT_SSLCERT, pos->cert);
	curl_easy_setopt(curl, CURLOPT_SSLKEY, pos->key);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, pos->timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, pos->timeout);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, b);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "voicepay-pos/" VOICEPAY_VERSION);
	if (*pos->address) {
		snprintf(to, sizeof(to), "::%s:", pos->address);
		*connect_to = curl_slist_append(NULL, to);
		curl_easy_setopt(curl, CURLOPT_CONNECT_TO, *connect_to);
	}
}

static int perform(CURL *curl, const struct buffer *b, json_t **answer, const char *curl_error, char *error)
{
	CURLcode rc = curl_easy_perform(curl);
	json_error_t err;
	long status = 0;

	if (rc != CURLE_OK) {
		snprintf(error, POS_ERROR, "%s", *curl_error ? curl_error : curl_easy_strerror(rc));
		return -1;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	*answer = json_loadb(b->data, b->len, JSON_REJECT_DUPLICATES, &err);
	if (!json_is_object(*answer)) {
		json_decref(*answer);
		*answer = NULL;
		snprintf(error, POS_ERROR, "status %ld, and the answer is not the gateway's JSON: check the URL", status);
		return -1;
	}
	return status;
}

int gateway_call(const struct pos *pos, const char *path, const json_t *body, json_t **answer,
		 char error[POS_ERROR])
{
	char url[2 * POS_TEXT], curl_error[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL, *connect_to = NULL;
	struct buffer *b = calloc(1, sizeof(*b));
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	CURL *curl = curl_easy_init();
	int status = -1;

	*answer = NULL;
	if (!b || !curl || (body && !text)) {
		snprintf(error, POS_ERROR, "out of memory");
		goto out;
	}
	set_up(curl, pos, b, &connect_to, curl_error);
	snprintf(url, sizeof(url), "%s%s", pos->url, path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	if (body) {
		headers = curl_slist_append(NULL, "Content-Type: application/json");
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
	}
	status = perform(curl, b, answer, curl_error, error);
out:
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	curl_slist_free_all(connect_to);
	free(text);
	free(b);
	return status;
}
