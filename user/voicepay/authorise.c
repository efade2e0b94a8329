// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>

#include "../common/base64.h"
#include "authorise.h"
#include "command.h"

int authorise(int dev, const struct authorise_order *order, json_t **authorisation)
{
	char mac[BASE64_SIZE(sizeof(((struct voicepay_authorise *)0)->mac))];
	struct voicepay_authorise a;
	int err = voicepay_authorise(dev, order->slot, order->purpose, order->amount, order->currency, order->order,
				     order->payee, &a);

	if (err)
		return err;
	base64_encode(mac, a.mac, sizeof(a.mac));
	*authorisation = json_pack("{s:i, s:I, s:I, s:s}", "slot", a.slot, "epoch", (json_int_t)a.epoch,
				   "time", (json_int_t)a.time, "mac", mac);
	return *authorisation ? 0 : -ENOMEM;
}

json_t *authorise_or_tell(const struct authorise_order *order, int *status)
{
	json_t *authorisation = NULL;
	int dev = open_device(), err;

	if (dev < 0) {
		*status = -dev;
		return NULL;
	}
	err = authorise(dev, order, &authorisation);
	voicepay_close(dev);
	if (err)
		*status = tell_errno(VOICEPAY_CALL_AUTHORISE, err);
	return authorisation;
}
