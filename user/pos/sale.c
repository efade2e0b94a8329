// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A sale is noted in the journal before its number is sent, and crossed out
 * when the gateway has said what became of it: whenever this program dies,
 * "recover" or the same command again finds out. A sale that the till gives
 * up on is reversed, so that the customer does not pay for it after all.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"
#include "paycode.h"
#include "pos.h"

/* A request whose answer got lost is sent again: its number makes that safe. */
#define TRIES	3

/* Sends until an answer comes that settles it. The HTTP status, or -1 without any answer. */
static int ask(const struct pos *pos, const char *path, const json_t *body, json_t **answer)
{
	char error[POS_ERROR] = "";
	int status = -1;

	*answer = NULL;
	for (int i = 0; i < TRIES; i++) {
		if (i)
			sleep(1);
		json_decref(*answer);
		status = gateway_call(pos, path, body, answer, error);
		if (status >= 0 && status < 500)
			return status;
	}
	if (status < 0)
		fprintf(stderr, "voicepay-pos: no answer from %s: %s\n", pos->url, error);
	return status;
}

static int ask_order(const struct pos *pos, const char *order_no, json_t **answer)
{
	char path[ORDER_MAX + 32];

	snprintf(path, sizeof(path), "/v1/merchant/orders/%s", order_no);
	return ask(pos, path, NULL, answer);
}

static int ask_reverse(const struct pos *pos, const char *order_no, json_t **answer)
{
	json_t *body = json_pack("{s:s}", "order_no", order_no);
	int status = ask(pos, "/v1/merchant/reverse", body, answer);

	json_decref(body);
	return status;
}

static int not_known(const char *order_no)
{
	fprintf(stderr, "voicepay-pos: it is not known what became of order %s. Find out with "
		"\"voicepay-pos recover\" before you ask for another code.\n", order_no);
	return EXIT_ENVIRONMENT;
}

static struct asked asked_of(const struct sale *s)
{
	return (struct asked){ s->order_no, s->amount, s->currency };
}

/* Waits for the customer, then gives up and takes the order back. */
static int wait_for_customer(struct sale *s, int status, json_t **answer)
{
	const struct asked asked = asked_of(s);
	time_t end = time(NULL) + s->pos.wait;

	if (!s->pos.json)
		fprintf(stderr, "waiting for the customer, for %ld seconds at most\n", s->pos.wait);
	while (report_outcome(status, *answer, &asked) == OUT_WAITING && time(NULL) < end) {
		sleep(1);
		json_decref(*answer);
		status = ask_order(&s->pos, s->order_no, answer);
	}
	if (report_outcome(status, *answer, &asked) != OUT_WAITING)
		return status;
	json_decref(*answer);
	return ask_reverse(&s->pos, s->order_no, answer);
}

/* Sends @body, and sees the sale through to its end. */
static int settle(struct sale *s, const char *path, const json_t *body)
{
	const struct asked asked = asked_of(s);
	char error[POS_ERROR];
	json_t *answer;
	int fd = journal_open(&s->pos, s->order_no, error), status, ret;

	if (fd < 0) {
		fprintf(stderr, "voicepay-pos: nothing was sent: %s\n", error);
		return EXIT_ENVIRONMENT;
	}
	status = ask(&s->pos, path, body, &answer);
	if (report_outcome(status, answer, &asked) == OUT_WAITING) {
		const char *pay_id = json_string_value(json_object_get(answer, "pay_id"));

		/* What the customer's speaker is told, by a screen or by the clerk. */
		if (pay_id)
			fprintf(stderr, "pay-id %s\n", pay_id);
		status = wait_for_customer(s, status, &answer);
	}
	ret = status < 0 ? not_known(s->order_no) : report_sale(&s->pos, status, answer, &asked);
	journal_close(&s->pos, s->order_no, fd, report_outcome(status, answer, &asked) != OUT_UNKNOWN);
	json_decref(answer);
	return ret;
}

/* Digits alone: people group them. */
static int code_of(const struct sale *s, char code[POS_CODE_MAX])
{
	char error[POS_ERROR], line[POS_CODE_MAX * 2];
	const char *digits;
	size_t n = 0;

	if (s->image) {
		if (picture_read(s->image, code, error)) {
			fprintf(stderr, "voicepay-pos: %s\n", error);
			return EXIT_REFUSED;
		}
		return EXIT_OK;
	}
	digits = s->code;
	/* From a scanner, or from a pipe: what is on the command line, every user of the machine can read. */
	if (!strcmp(digits, "-")) {
		if (!fgets(line, sizeof(line), stdin)) {
			fprintf(stderr, "voicepay-pos: no code came in\n");
			return EXIT_REFUSED;
		}
		line[strcspn(line, "\r\n")] = '\0';
		digits = line;
	}
	for (const char *p = digits; *p && n < POS_CODE_MAX - 1; p++)
		if (*p != ' ' && *p != '-')
			code[n++] = *p;
	code[n] = '\0';
	return EXIT_OK;
}

int sale_charge(struct sale *s)
{
	char code[POS_CODE_MAX];
	struct paycode parsed;
	json_t *body;
	int ret;

	if (!s->code == !s->image) {
		fprintf(stderr, "voicepay-pos: charge needs --code or --image; --help says more\n");
		return EXIT_USAGE;
	}
	ret = code_of(s, code);
	if (ret)
		return ret;
	if (!s->no_local_check && paycode_parse(&parsed, code, strlen(code))) {
		body = json_pack("{s:s, s:s}", "error", "CODE_MISREAD", "message",
				 "The code was not read right. Scan it again; nothing was sent.");
		ret = report_sale(&s->pos, 422, body, &(struct asked){ s->order_no });
		json_decref(body);
		return ret;
	}
	body = json_pack("{s:s, s:s, s:I, s:s}", "order_no", s->order_no, "code", code,
			 "amount", (json_int_t)s->amount, "currency", s->currency);
	if (s->challenge)
		json_object_set_new(body, "challenge", json_string(s->challenge));
	ret = settle(s, "/v1/merchant/charge", body);
	json_decref(body);
	return ret;
}

int sale_order(struct sale *s)
{
	json_t *body = json_pack("{s:s, s:I, s:s}", "order_no", s->order_no, "amount", (json_int_t)s->amount,
				 "currency", s->currency);
	int ret = settle(s, "/v1/merchant/order", body);

	json_decref(body);
	return ret;
}

int sale_query(struct sale *s)
{
	const struct asked asked = { s->order_no };
	json_t *answer;
	int status = ask_order(&s->pos, s->order_no, &answer);
	int ret = status < 0 ? EXIT_ENVIRONMENT : report_sale(&s->pos, status, answer, &asked);

	json_decref(answer);
	return ret;
}

int sale_reverse(struct sale *s)
{
	const struct asked asked = { s->order_no };
	json_t *answer;
	int status = ask_reverse(&s->pos, s->order_no, &answer);
	int ret = status < 0 ? not_known(s->order_no) : report_sale(&s->pos, status, answer, &asked);

	if (report_outcome(status, answer, &asked) == OUT_GIVEN_BACK)
		ret = EXIT_OK;
	json_decref(answer);
	return ret;
}

int sale_refund(struct sale *s)
{
	/* The answer's amount is the refund's. */
	const struct asked asked = asked_of(s);
	json_t *answer, *body;
	int status, ret;

	/* Drawn at random it would be another refund each time. */
	if (!s->refund_no) {
		fprintf(stderr, "voicepay-pos: refund needs --refund-no, a number of its own: sent again, it gives back once\n");
		return EXIT_USAGE;
	}
	body = json_pack("{s:s, s:s, s:I, s:s}", "order_no", s->order_no, "refund_no", s->refund_no,
			 "amount", (json_int_t)s->amount, "currency", s->currency);
	status = ask(&s->pos, "/v1/merchant/refund", body, &answer);
	json_decref(body);
	if (status < 0) {
		fprintf(stderr, "voicepay-pos: it is not known whether refund %s was given. Run the same command again.\n", s->refund_no);
		return EXIT_ENVIRONMENT;
	}
	ret = report_sale(&s->pos, status, answer, &asked);
	if (report_outcome(status, answer, &asked) == OUT_GIVEN_BACK)
		ret = EXIT_OK;
	json_decref(answer);
	return ret;
}

/* One that was left open: paid is paid; what is not is taken back, as nobody waits for it any more. */
static bool recover_one(void *arg, const char *order_no)
{
	const struct asked asked = { order_no };
	struct sale *s = arg;
	json_t *answer;
	int status = ask_order(&s->pos, order_no, &answer);
	enum outcome out = report_outcome(status, answer, &asked);

	if (out == OUT_WAITING || (out == OUT_NOT_PAID && status == 404)) {
		json_decref(answer);
		status = ask_reverse(&s->pos, order_no, &answer);
		out = report_outcome(status, answer, &asked);
	}
	if (status >= 0)
		report_sale(&s->pos, status, answer, &asked);
	json_decref(answer);
	return out != OUT_UNKNOWN;
}

int sale_recover(struct sale *s)
{
	char error[POS_ERROR];
	int left = journal_each(&s->pos, recover_one, s, error);

	if (left < 0)
		fprintf(stderr, "voicepay-pos: %s\n", error);
	else if (left)
		fprintf(stderr, "voicepay-pos: %d sales are still open, as the gateway did not answer: run this again later\n", left);
	return left ? EXIT_ENVIRONMENT : EXIT_OK;
}
