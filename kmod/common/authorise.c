// SPDX-License-Identifier: GPL-2.0-or-later
/* An order as the bytes that are authorised. Compiled into the module and into the gateway. */

#include "authorise.h"
#include "wire.h"

static int currency_ok(const __u8 c[3])
{
	int i, letters = 0, nuls = 0;

	for (i = 0; i < 3; i++) {
		letters += c[i] >= 'A' && c[i] <= 'Z';
		nuls += !c[i];
	}
	return letters == 3 || nuls == 3;
}

/*
 * "voicepay-1 order", u8 purpose, device, u32 slot, u64 epoch, u64 time, currency,
 * u64 amount, u16 length and order, u16 length and payee
 */
int vp_authorise_encode(__u8 out[VP_AUTHORISE_MAX], const struct vp_authorise *a)
{
	int order_len = vp_wire_string_len(a->order, sizeof(a->order), NULL);
	int payee_len = vp_wire_string_len(a->payee, sizeof(a->payee), NULL);
	__u8 *p = out;

	if (a->purpose < VP_PURPOSE_VOICE_PAY || a->purpose > VP_PURPOSE_LIMITS ||
	    !currency_ok(a->currency) || order_len < 0 || payee_len < 0)
		return -EINVAL;
	p = vp_wire_put(p, VP_AUTHORISE_LABEL, 16);
	p = vp_wire_put_be(p, a->purpose, 1);
	p = vp_wire_put(p, a->device, sizeof(a->device));
	p = vp_wire_put_be(p, a->slot, 4);
	p = vp_wire_put_be(p, a->epoch, 8);
	p = vp_wire_put_be(p, a->time, 8);
	p = vp_wire_put(p, a->currency, sizeof(a->currency));
	p = vp_wire_put_be(p, a->amount, 8);
	p = vp_wire_put_be(p, order_len, 2);
	p = vp_wire_put(p, a->order, order_len);
	p = vp_wire_put_be(p, payee_len, 2);
	p = vp_wire_put(p, a->payee, payee_len);
	return (int)(p - out);
}
