/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to the gateway, over a channel and over nothing else. */
#ifndef VP_HTTP_H
#define VP_HTTP_H

#include <jansson.h>

#include "../common/config.h"

enum http_outcome {
	HTTP_DONE,		/* the gateway did it: @body is its answer */
	HTTP_REFUSED,		/* the gateway said no, and why: @error and @message */
	HTTP_NOT_SENT,		/* there was no channel: nothing has left the device */
	HTTP_UNKNOWN,		/* it was sent, or part of it; what became of it is not known */
};

/**
 * struct http_answer - what came of a request
 * @status: HTTP's, 0 if none came
 * @body: the JSON object of HTTP_DONE, else NULL; release with http_release()
 * @error: the gateway's code, or of the check that failed
 * @message: a sentence for the user
 */
struct http_answer {
	long status;
	json_t *body;
	char error[48];
	char message[400];
};

/* POSTs @request, and leaves it to the caller. @path as in "/v1/enrol". */
enum http_outcome http_post(const struct config *config, const char *path, json_t *request,
			    struct http_answer *answer);

/* GETs what is at @path. */
enum http_outcome http_get(const struct config *config, const char *path, struct http_answer *answer);

/* The same, with so long to wait for the answer: for a question that the gateway keeps open. */
enum http_outcome http_get_for(const struct config *config, const char *path, unsigned int ms,
			       struct http_answer *answer);

/* Tells why nothing was done, for a request that may be sent again. Returns an exit status. */
int http_tell(enum http_outcome outcome, const struct http_answer *answer);

void http_release(struct http_answer *answer);

#endif
