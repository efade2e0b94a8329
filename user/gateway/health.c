// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "health.h"
#include "metrics.h"

#define IDLE_SECONDS	10
#define CONNECTIONS	32

static atomic_bool draining, ledger_wrong, keys_missing;

void health_draining(void)
{
	atomic_store(&draining, true);
	metrics_set(G_DRAINING, 1);
}

void health_ledger(bool adds_up)
{
	atomic_store(&ledger_wrong, !adds_up);
	metrics_set(G_LEDGER_OK, adds_up);
}

void health_keys(bool has_all)
{
	atomic_store(&keys_missing, !has_all);
}

struct health {
	struct MHD_Daemon *daemon;
	struct store *st;	/* the thread's own, made when it is first asked for */
	char db_path[SETTINGS_DB_MAX];
	int listen_fd;
};

/* One small read; a connection that has broken is made anew for the next look. */
static bool database_answers(struct health *h)
{
	char version[16];

	if (!h->st && store_open(&h->st, h->db_path, false) != STORE_OK)
		return false;
	if (store_meta(h->st, "schema", version, sizeof(version)) == STORE_OK)
		return true;
	store_close(h->st);
	h->st = NULL;
	return false;
}

/* NULL: ready. */
static const char *not_ready(struct health *h)
{
	if (atomic_load(&draining))
		return "draining\n";
	if (atomic_load(&ledger_wrong))
		return "the ledger does not add up\n";
	if (atomic_load(&keys_missing))
		return "a master key is missing\n";
	return database_answers(h) ? NULL : "the database does not answer\n";
}

static enum MHD_Result reply(struct MHD_Connection *conn, int status, const char *type, void *text, size_t len,
			     enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(len, text, mode);
	enum MHD_Result ok;

	if (!resp) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return MHD_NO;
	}
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	ok = MHD_queue_response(conn, status, resp);
	MHD_destroy_response(resp);
	return ok;
}

static enum MHD_Result say(struct MHD_Connection *conn, int status, const char *text)
{
	return reply(conn, status, "text/plain; charset=utf-8", (void *)text, strlen(text), MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version,
				  const char *data, size_t *len, void **state)
{
	static int seen;
	struct health *h = arg;
	const char *why;
	char *text;
	size_t n;

	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	if (*len) {
		*len = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET))
		return say(conn, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (!strcmp(url, "/healthz"))
		return say(conn, MHD_HTTP_OK, "alive\n");
	if (!strcmp(url, "/readyz")) {
		why = not_ready(h);
		return say(conn, why ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, why ? why : "ready\n");
	}
	if (strcmp(url, "/metrics"))
		return say(conn, MHD_HTTP_NOT_FOUND, "there are /healthz, /readyz and /metrics\n");
	text = metrics_text(&n);
	if (!text)
		return MHD_NO;
	return reply(conn, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, n, MHD_RESPMEM_MUST_FREE);
}

struct health *health_start(const struct gateway *gw, int listen_fd)
{
	struct health *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->listen_fd = listen_fd;
	strcpy(h->db_path, gw->db_path);
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request, h,
				     MHD_OPTION_LISTEN_SOCKET, listen_fd,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
				     MHD_OPTION_STRICT_FOR_CLIENT, 1,
				     MHD_OPTION_END);
	if (h->daemon)
		return h;
	free(h);
	return NULL;
}

void health_stop(struct health *h)
{
	if (!h)
		return;
	MHD_stop_daemon(h->daemon);
	close(h->listen_fd);
	store_close(h->st);
	free(h);
}
