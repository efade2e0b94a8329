// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The URLs below begin with http:// and yet nothing travels in the clear: the
 * descriptor that libcurl is given is a channel, and what is written to it
 * leaves the kernel as TLS to a gateway that passed every check. libcurl must
 * not do TLS a second time, so the scheme is the plain one.
 *
 * That is safe because libcurl cannot get at any other connection: the only
 * function by which it obtains sockets hands out the channel, once, and fails
 * from then on. It never calls socket(). Redirects, proxies, other protocols
 * and reuse are off on top of that.
 */

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "http.h"

#define ANSWER_MAX	65536
#define ANSWER_MS	30000

struct transfer {
	int channel;		/* -1 once libcurl has it */
	long ms;		/* for the whole of it */
	char *body;
	size_t len;
};

static curl_socket_t give_channel(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *x = arg;
	int fd = x->channel;

	/* A second connection would be one that nobody has checked. */
	if (purpose != CURLSOCKTYPE_IPCXN || fd < 0)
		return CURL_SOCKET_BAD;
	x->channel = -1;
	return fd;
}

static int already_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *x = arg;

	if (size * n > ANSWER_MAX - x->len)
		return CURL_WRITEFUNC_ERROR;
	memcpy(x->body + x->len, data, size * n);
	x->len += size * n;
	return size * n;
}

/* false if libcurl does not know one of them: then it is not the libcurl for this. */
static bool set_options(CURL *curl, const struct config *config, const char *url,
			struct curl_slist *resolve, struct curl_slist *headers,
			struct transfer *x, char *error)
{
	return !curl_easy_setopt(curl, CURLOPT_URL, url) &&
	       !curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, give_channel) &&
	       !curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, x) &&
	       !curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, already_connected) &&
	       !curl_easy_setopt(curl, CURLOPT_RESOLVE, resolve) &&
	       !curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http") &&
	       !curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(curl, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") &&
	       !curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       !curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L) &&
	       !curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, x->ms) &&
	       !curl_easy_setopt(curl, CURLOPT_USERAGENT, "voicepay/" VOICEPAY_VERSION) &&
	       !curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) &&
	       !curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) &&
	       !curl_easy_setopt(curl, CURLOPT_WRITEDATA, x) &&
	       !curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
}

static int open_channel(const struct config *config, struct http_answer *answer)
{
	struct voicepay_channel channel = { .size = sizeof(channel) };
	int fd = voicepay_channel_open(config->socket, 0, &channel);

	if (fd < 0) {
		snprintf(answer->error, sizeof(answer->error), "%s",
			 voicepay_check_name(channel.check));
		snprintf(answer->message, sizeof(answer->message), "%s", channel.message);
	}
	return fd;
}

static enum http_outcome broken(CURL *curl, CURLcode code, const char *text,
				struct http_answer *answer)
{
	long sys = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &sys);
	snprintf(answer->error, sizeof(answer->error), "CHANNEL");
	snprintf(answer->message, sizeof(answer->message), "no answer came over the channel: %s",
		 (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) && sys ?
		 voicepay_explain(VOICEPAY_CALL_CHANNEL, sys) :
		 *text ? text : curl_easy_strerror(code));
	return HTTP_UNKNOWN;
}

/* The gateway's text goes to a terminal. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; *from && n + 1 < size; from++)
		to[n++] = (unsigned char)*from < 0x20 || *from == 0x7f ? ' ' : *from;
	to[n] = 0;
}

static enum http_outcome read_answer(CURL *curl, struct transfer *x, struct http_answer *answer)
{
	const char *error, *message;
	json_t *body;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	body = json_loadb(x->body, x->len, JSON_REJECT_DUPLICATES, NULL);
	if (answer->status == 200 && json_is_object(body)) {
		answer->body = body;
		return HTTP_DONE;
	}
	error = json_string_value(json_object_get(body, "error"));
	message = json_string_value(json_object_get(body, "message"));
	if (answer->status >= 400 && error && message) {
		copy_text(answer->error, sizeof(answer->error), error);
		copy_text(answer->message, sizeof(answer->message), message);
		json_decref(body);
		/* 5xx: it failed on the way, nobody says where. */
		return answer->status < 500 ? HTTP_REFUSED : HTTP_UNKNOWN;
	}
	json_decref(body);
	snprintf(answer->error, sizeof(answer->error), "HTTP_%ld", answer->status);
	snprintf(answer->message, sizeof(answer->message),
		 answer->status == 400 ?
		 "the gateway answered HTTP %ld and no reason: does it know this device's certificate?" :
		 "the gateway answered HTTP %ld and not as it should: try again later", answer->status);
	return answer->status >= 400 && answer->status < 500 ? HTTP_REFUSED : HTTP_UNKNOWN;
}

/* @request NULL: GET. */
static enum http_outcome ask(const struct config *config, const char *path, json_t *request,
			     unsigned int ms, struct http_answer *answer)
{
	enum http_outcome outcome = HTTP_NOT_SENT;
	struct transfer x = { .channel = -1, .ms = ms };
	struct curl_slist *headers = NULL, *resolve = NULL;
	const char *port = strcmp(config->port, "443") ? config->port : "80";
	char url[512], error[CURL_ERROR_SIZE] = "";
	bool v6 = strchr(config->host, ':');
	char *text;
	CURL *curl;
	CURLcode code;

	memset(answer, 0, sizeof(*answer));
	x.channel = open_channel(config, answer);
	if (x.channel < 0)
		return HTTP_NOT_SENT;

	/*
	 * The port only shapes the Host header, where https's default is not
	 * written. The name is not looked up: an address that leads nowhere
	 * stands for it, and is not used either.
	 */
	snprintf(url, sizeof(url), "http://%s%s%s:%s%s", v6 ? "[" : "", config->host, v6 ? "]" : "",
		 port, path);
	text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	curl = curl_easy_init();
	x.body = malloc(ANSWER_MAX);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	headers = headers ? curl_slist_append(headers, "Accept: application/json") : NULL;
	/* Waiting for "100 Continue" would cost a payment a second. */
	headers = headers ? curl_slist_append(headers, "Expect:") : NULL;
	if (!v6) {
		char entry[300];

		snprintf(entry, sizeof(entry), "%s:%s:127.0.0.1", config->host, port);
		resolve = curl_slist_append(NULL, entry);
	}
	if (!curl || (request && !text) || !x.body || !headers ||
	    !set_options(curl, config, url, resolve, headers, &x, error) ||
	    (text && curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text))) {
		snprintf(answer->error, sizeof(answer->error), "ENOMEM");
		snprintf(answer->message, sizeof(answer->message), "libcurl cannot be set up");
		goto out;
	}
	code = curl_easy_perform(curl);
	outcome = code ? broken(curl, code, error, answer) : read_answer(curl, &x, answer);
out:
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	curl_slist_free_all(resolve);
	free(x.body);
	/* Still ours if libcurl never asked. */
	if (x.channel >= 0)
		close(x.channel);
	return outcome;
}

enum http_outcome http_post(const struct config *config, const char *path, json_t *request,
			    struct http_answer *answer)
{
	return ask(config, path, request, ANSWER_MS, answer);
}

enum http_outcome http_get(const struct config *config, const char *path, struct http_answer *answer)
{
	return ask(config, path, NULL, ANSWER_MS, answer);
}

enum http_outcome http_get_for(const struct config *config, const char *path, unsigned int ms,
			       struct http_answer *answer)
{
	return ask(config, path, NULL, ms, answer);
}

int http_tell(enum http_outcome outcome, const struct http_answer *answer)
{
	if (outcome == HTTP_REFUSED)
		return tell_error(STATUS_REFUSED, answer->error, "%s", answer->message);
	return tell_error(STATUS_ENVIRONMENT, answer->error, outcome == HTTP_NOT_SENT ? "nothing was sent: %s" :
			  "%s. Run the same command again: the same answer counts once", answer->message);
}

void http_release(struct http_answer *answer)
{
	json_decref(answer->body);
	answer->body = NULL;
}
