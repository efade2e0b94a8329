// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "base64.h"
#include "device.h"
#include "prim_openssl.h"

int device_init(struct test_device *dev, const __u8 id[VP_DEVICE_ID_LEN], const __u8 s_pub[VP_KEY_LEN])
{
	memset(dev, 0, sizeof(*dev));
	memcpy(dev->id, id, VP_DEVICE_ID_LEN);
	memcpy(dev->s_pub, s_pub, VP_KEY_LEN);
	dev->req.modes = PAYCODE_MODES_DEVICE;
	return vp_prim_keypair(dev->d, dev->d_pub);
}

static int begin(struct test_device *dev, __u8 msg1[VP_MSG1_LEN])
{
	__u8 payload[VP_REQUEST_LEN];
	int ret;

	memcpy(dev->req.device, dev->id, sizeof(dev->req.device));
	dev->req.epoch = dev->grant.epoch;
	ret = prim_random(dev->req.nonce, sizeof(dev->req.nonce));
	if (!ret)
		ret = vp_noise_init_initiator(&dev->hs, 1, VP_AGREE_PROLOGUE, VP_AGREE_PROLOGUE_LEN,
					      dev->d, dev->d_pub, dev->s_pub);
	vp_agree_encode_request(payload, &dev->req);
	return ret ? ret : vp_noise_write_msg1(&dev->hs, msg1, payload, sizeof(payload));
}

int device_enrol(struct test_device *dev, const __u8 ticket[VP_TICKET_LEN], __u8 msg1[VP_MSG1_LEN])
{
	int ret = vp_agree_ticket_psk(dev->psk, ticket);

	dev->req.kind = VP_AGREE_ENROL;
	memcpy(dev->req.ticket_id, ticket, VP_TICKET_ID_LEN);
	return ret ? ret : begin(dev, msg1);
}

int device_rotate(struct test_device *dev, __u8 msg1[VP_MSG1_LEN])
{
	dev->req.kind = VP_AGREE_ROTATE;
	memset(dev->req.ticket_id, 0, sizeof(dev->req.ticket_id));
	memcpy(dev->psk, dev->keys.psk, sizeof(dev->psk));
	return begin(dev, msg1);
}

int device_finish(struct test_device *dev, const __u8 *msg2, size_t len)
{
	__u8 payload[VP_GRANT_LEN(VP_ALIASES_MAX)];
	struct vp_agree_grant grant;
	struct vp_root_keys keys;
	int ret;

	if (len < VP_NOISE_MSG2_OVERHEAD || len > VP_MSG2_MAX)
		return -EINVAL;
	ret = vp_noise_read_msg2(&dev->hs, dev->psk, msg2, len, payload);
	if (!ret)
		ret = vp_agree_decode_grant(&grant, payload, len - VP_NOISE_MSG2_OVERHEAD);
	if (!ret)
		ret = vp_agree_root_keys(&keys, &dev->hs);
	if (!ret && grant.epoch <= dev->grant.epoch)
		ret = -EPROTO;
	if (!ret) {
		dev->grant = grant;
		dev->keys = keys;
	}
	return ret;
}

int device_code_mode(const struct test_device *dev, unsigned int mode, unsigned int alias, __u64 step, unsigned int q,
		     const struct paycode_terms *terms, char out[PAYCODE_DIGITS + 1])
{
	struct paycode code = { .mode = mode, .q = q };
	__u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH512_LEN], bind[PAYCODE_BIND_MAX] = { 0 };
	struct vp_piece piece = { input, 0 };
	int ret = terms ? paycode_bind(bind, terms, mode) : 0;

	memcpy(code.prefix, dev->grant.prefix, sizeof(code.prefix));
	memcpy(code.alias, dev->grant.alias[alias], sizeof(code.alias));
	piece.len = paycode_mac_input(input, &code, step, bind, terms ? sizeof(bind) : 0);
	if (!ret && mode == PAYCODE_PLAIN_512)
		ret = vp_prim_hmac512(mac, dev->keys.code512, sizeof(dev->keys.code512), &piece, 1);
	else if (!ret)
		ret = vp_prim_hmac(mac, dev->keys.code, VP_KEY_LEN, &piece, 1);
	code.mac = paycode_truncate(mac);
	paycode_format((__u8 *)out, &code);
	out[PAYCODE_DIGITS] = '\0';
	return ret;
}

int device_code(const struct test_device *dev, unsigned int alias, __u64 step, unsigned int q,
		char out[PAYCODE_DIGITS + 1])
{
	return device_code_mode(dev, PAYCODE_PLAIN, alias, step, q, NULL, out);
}

const char *device_authorise(const struct test_device *dev, __u64 time, const struct test_order *o,
			     char out[DEVICE_AUTH_MAX])
{
	struct vp_authorise a = {
		.purpose = o->purpose, .slot = dev->req.slot, .epoch = dev->grant.epoch, .time = time, .amount = o->amount,
	};
	__u8 bytes[VP_AUTHORISE_MAX], mac[VP_HASH_LEN];
	char text[BASE64_SIZE(VP_HASH_LEN)];
	struct vp_piece piece = { bytes, 0 };
	int len;

	memcpy(a.device, dev->id, sizeof(a.device));
	memcpy(a.currency, o->currency ? o->currency : "\0\0", sizeof(a.currency));
	memcpy(a.order, o->order ? o->order : "", o->order ? strlen(o->order) : 0);
	memcpy(a.payee, o->payee ? o->payee : "", o->payee ? strlen(o->payee) : 0);
	len = vp_authorise_encode(bytes, &a);
	piece.len = len < 0 ? 0 : len;
	if (len < 0 || vp_prim_hmac(mac, dev->keys.auth, VP_KEY_LEN, &piece, 1))
		return NULL;
	base64_encode(text, mac, sizeof(mac));
	snprintf(out, DEVICE_AUTH_MAX, "{\"slot\":%u,\"epoch\":%llu,\"time\":%llu,\"mac\":\"%s\"}", a.slot, a.epoch, time, text);
	return out;
}
