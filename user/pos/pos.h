/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The merchant's till: reads a code, charges it, asks what became of an order. */
#ifndef VPP_POS_H
#define VPP_POS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum exit_code { EXIT_OK = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3 };

#define POS_CONF	VOICEPAY_SYSCONFDIR "/voicepay/pos.conf"
#define POS_TEXT	256
#define POS_ERROR	512
#define POS_CODE_MAX	64

struct pos {
	char url[POS_TEXT];		/* https://host[:port] */
	char address[POS_TEXT];		/* connect here instead, or empty */
	char ca[POS_TEXT], cert[POS_TEXT], key[POS_TEXT];
	long timeout;			/* seconds for one try */
	bool json;
};

/* config.c: fills what @path says; a missing file is an error only if @must. */
int pos_config(struct pos *pos, const char *path, bool must, char error[POS_ERROR]);

/*
 * picture.c: the code in a PNG, Code 128 or QR. 0, -1 with @error if there is
 * none, or more than one that could be meant.
 */
int picture_read(const char *path, char code[POS_CODE_MAX], char error[POS_ERROR]);

/*
 * call.c: one call to the gateway. With @body a POST, else a GET. Returns the
 * HTTP status and the JSON object in @answer, or -1 with @error if no answer
 * came that could be trusted to be the gateway's.
 */
int gateway_call(const struct pos *pos, const char *path, const json_t *body, json_t **answer,
		 char error[POS_ERROR]);

#endif /* VPP_POS_H */
