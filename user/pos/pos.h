/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The merchant's till: reads a code, charges it, gives money back, asks what became of an order. */
#ifndef VPP_POS_H
#define VPP_POS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	char journal[POS_TEXT];		/* directory */
	long timeout;			/* seconds for one try */
	long wait;			/* seconds that the customer has to confirm or pay */
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

#define ORDER_MAX	65

/* What the commands work on: options and settings, checked. */
struct sale {
	struct pos pos;
	const char *code, *image, *currency, *challenge;
	const char *refund_no;
	char order_no[ORDER_MAX];
	int64_t amount;
	bool no_local_check;
};

/* sale.c: the commands. Each returns an exit code. */
int sale_charge(struct sale *s);
int sale_order(struct sale *s);
int sale_query(struct sale *s);
int sale_reverse(struct sale *s);
int sale_refund(struct sale *s);
int sale_recover(struct sale *s);

/* report.c: what an answer of the gateway's means. */
enum outcome {
	OUT_PAID,	/* all of it, and it stands */
	OUT_WAITING,	/* for the customer */
	OUT_NOT_PAID,	/* and it will not be, under this number and code */
	OUT_GIVEN_BACK,	/* reversed, or refunded in part or whole */
	OUT_UNKNOWN,	/* the gateway failed: ask again */
};

/* What the answer must be about; an amount of 0 was not asked for. */
struct asked {
	const char *order_no;
	int64_t amount;
	const char *currency;
};

enum outcome report_outcome(int status, const json_t *answer, const struct asked *asked);
/* Tells it, as text or JSON, and returns the exit code of a sale. */
int report_sale(const struct pos *pos, int status, const json_t *answer, const struct asked *asked);
void report_json(const json_t *answer);

#endif /* VPP_POS_H */
