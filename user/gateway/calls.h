/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One function a call: JSON in, one function that decides, JSON out. @body is
 * the JSON of a POST, @rest what follows the route in the path. On RF_OK
 * @answer is set.
 */
#ifndef VPG_CALLS_H
#define VPG_CALLS_H

#include <jansson.h>

#include "gateway.h"

typedef enum refusal call_fn(struct call *c, const json_t *body, const char *rest, json_t **answer);
/* Between store_ahead() and store_ahead_end(): what the call will ask in any case. @body is yet to be judged. */
typedef void ahead_fn(struct call *c, const json_t *body);

/* calls_device.c */
call_fn do_enrol, do_voice_pay, do_time, do_waiting, do_confirm, do_order_show, do_order_pay, do_certificate;
/* calls_own.c; what GET takes after the '?' is in @body, as strings */
call_fn do_code, do_pool, do_limits, do_limits_show, do_notifications, do_statement;
/* calls_merchant.c */
call_fn do_order, do_charge, do_query, do_reverse, do_refund, do_refund_query;
ahead_fn ahead_charge;

#endif /* VPG_CALLS_H */
