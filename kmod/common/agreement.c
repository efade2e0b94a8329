// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Payloads of the enrolment handshake and the keys that come out of it.
 * Compiled into the module and into the gateway.
 */

#include "agreement.h"
#include "hkdf.h"
#include "wire.h"

#define WIRE_VERSION	1
/* A grant that says which modes. */
#define GRANT_VERSION	2

/* A cursor that never runs past its end: reading too far only sets bad. */
struct reader {
	const __u8 *p, *end;
	int bad;
};

static void get(struct reader *r, void *out, size_t len)
{
	if ((size_t)(r->end - r->p) < len) {
		memset(out, 0, len);
		r->p = r->end;
		r->bad = 1;
		return;
	}
	memcpy(out, r->p, len);
	r->p += len;
}

static __u64 get_be(struct reader *r, size_t len)
{
	__u8 bytes[8];

	get(r, bytes, len);
	return vp_wire_get_be(bytes, len);
}

static int all_digits(const __u8 *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] < '0' || p[i] > '9')
			return 0;
	return 1;
}

static int modes_ok(__u64 modes)
{
	return !(modes & ~(__u64)PAYCODE_MODES_MASK);
}

/* u8 version, u8 kind, u16 modes, device, u32 slot, u64 epoch, u64 ordinal, nonce, ticket id */
void vp_agree_encode_request(__u8 out[VP_REQUEST_LEN], const struct vp_agree_request *req)
{
	__u8 *p = out;

	p = vp_wire_put_be(p, WIRE_VERSION, 1);
	p = vp_wire_put_be(p, req->kind, 1);
	p = vp_wire_put_be(p, req->modes, 2);
	p = vp_wire_put(p, req->device, sizeof(req->device));
	p = vp_wire_put_be(p, req->slot, 4);
	p = vp_wire_put_be(p, req->epoch, 8);
	p = vp_wire_put_be(p, req->ordinal, 8);
	p = vp_wire_put(p, req->nonce, sizeof(req->nonce));
	vp_wire_put(p, req->ticket_id, sizeof(req->ticket_id));
}

#ifdef VP_GATEWAY_SIDE
int vp_agree_decode_request(struct vp_agree_request *req, const __u8 *in, size_t len)
{
	struct reader r = { in, in + len, 0 };
	__u64 version;

	version = get_be(&r, 1);
	req->kind = (__u8)get_be(&r, 1);
	req->modes = (__u16)get_be(&r, 2);
	get(&r, req->device, sizeof(req->device));
	req->slot = (__u32)get_be(&r, 4);
	req->epoch = get_be(&r, 8);
	req->ordinal = get_be(&r, 8);
	get(&r, req->nonce, sizeof(req->nonce));
	get(&r, req->ticket_id, sizeof(req->ticket_id));

	if (r.bad || r.p != r.end || version != WIRE_VERSION || !modes_ok(req->modes))
		return -EPROTO;
	if (req->kind != VP_AGREE_ENROL && req->kind != VP_AGREE_ROTATE)
		return -EPROTO;
	return 0;
}
#endif

/* What both sides hold a grant to, so that neither sends what the other refuses. */
static int grant_ok(const struct vp_agree_grant *g)
{
	size_t i;

	if (!all_digits(g->prefix, sizeof(g->prefix)) || !g->epoch)
		return 0;
	if (!g->n_aliases || g->n_aliases > VP_ALIASES_MAX || !modes_ok(g->modes))
		return 0;
	for (i = 0; i < g->n_aliases; i++)
		if (!all_digits(g->alias[i], VP_ALIAS_DIGITS))
			return 0;
	return g->not_before <= g->rotate_after && g->rotate_after <= g->not_after;
}

/*
 * u8 version, u8 number of aliases, prefix, u16 modes (not in version 1), u64 epoch,
 * u64 time in ms, u64 not before, u64 rotate after, u64 not after, u32 per hour,
 * u32 per day, u32 per key, aliases
 */
int vp_agree_encode_grant(__u8 *out, const struct vp_agree_grant *grant)
{
	__u8 *p = out;
	size_t i;

	if (!grant_ok(grant))
		return -EPROTO;
	p = vp_wire_put_be(p, grant->modes ? GRANT_VERSION : WIRE_VERSION, 1);
	p = vp_wire_put_be(p, grant->n_aliases, 1);
	p = vp_wire_put(p, grant->prefix, sizeof(grant->prefix));
	if (grant->modes)
		p = vp_wire_put_be(p, grant->modes, 2);
	p = vp_wire_put_be(p, grant->epoch, 8);
	p = vp_wire_put_be(p, grant->time_ms, 8);
	p = vp_wire_put_be(p, grant->not_before, 8);
	p = vp_wire_put_be(p, grant->rotate_after, 8);
	p = vp_wire_put_be(p, grant->not_after, 8);
	p = vp_wire_put_be(p, grant->per_hour, 4);
	p = vp_wire_put_be(p, grant->per_day, 4);
	p = vp_wire_put_be(p, grant->per_key, 4);
	for (i = 0; i < grant->n_aliases; i++)
		p = vp_wire_put(p, grant->alias[i], VP_ALIAS_DIGITS);
	return (int)(p - out);
}

int vp_agree_decode_grant(struct vp_agree_grant *grant, const __u8 *in, size_t len)
{
	struct reader r = { in, in + len, 0 };
	__u64 version;
	size_t i;

	memset(grant, 0, sizeof(*grant));
	version = get_be(&r, 1);
	grant->n_aliases = (__u32)get_be(&r, 1);
	get(&r, grant->prefix, sizeof(grant->prefix));
	grant->modes = version == GRANT_VERSION ? (__u16)get_be(&r, 2) :
						  PAYCODE_MODE(PAYCODE_PLAIN);
	grant->epoch = get_be(&r, 8);
	grant->time_ms = get_be(&r, 8);
	grant->not_before = get_be(&r, 8);
	grant->rotate_after = get_be(&r, 8);
	grant->not_after = get_be(&r, 8);
	grant->per_hour = (__u32)get_be(&r, 4);
	grant->per_day = (__u32)get_be(&r, 4);
	grant->per_key = (__u32)get_be(&r, 4);
	if ((version != WIRE_VERSION && version != GRANT_VERSION) ||
	    grant->n_aliases > VP_ALIASES_MAX)
		return -EPROTO;
	for (i = 0; i < grant->n_aliases; i++)
		get(&r, grant->alias[i], VP_ALIAS_DIGITS);

	if (r.bad || r.p != r.end || !grant->modes || !grant_ok(grant))
		return -EPROTO;
	return 0;
}

int vp_agree_ticket_psk(__u8 psk[VP_KEY_LEN], const __u8 ticket[VP_TICKET_LEN])
{
	static const char salt[] = "voicepay-1 ticket";
	const struct vp_piece info = { ticket, VP_TICKET_ID_LEN };
	__u8 prk[VP_HASH_LEN];
	int err;

	err = vp_hkdf_extract(prk, (const __u8 *)salt, sizeof(salt) - 1,
			      ticket + VP_TICKET_ID_LEN, VP_TICKET_SECRET_LEN);
	if (!err)
		err = vp_hkdf_expand(psk, VP_KEY_LEN, prk, sizeof(prk), &info, 1);
	vp_prim_wipe(prk, sizeof(prk));
	return err;
}

static int root_key(__u8 *key, size_t len, const struct vp_noise *hs, const char *label)
{
	const struct vp_piece info[] = { { label, strlen(label) }, { hs->h, VP_HASH_LEN } };

	return vp_hkdf_expand(key, len, hs->ck, VP_HASH_LEN, info, 2);
}

int vp_agree_root_keys(struct vp_root_keys *keys, const struct vp_noise *hs)
{
	int err;

	if (hs->state != VP_NOISE_DONE)
		return -EPROTO;
	err = root_key(keys->code, VP_KEY_LEN, hs, "voicepay-1 code key");
	if (!err)
		err = root_key(keys->auth, VP_KEY_LEN, hs, "voicepay-1 authorisation key");
	if (!err)
		err = root_key(keys->psk, VP_KEY_LEN, hs, "voicepay-1 pre-shared key");
	if (!err)
		err = root_key(keys->code512, VP_KEY512_LEN, hs,
			       "voicepay-1 code key HMAC-SHA-512");
	if (err)
		vp_prim_wipe(keys, sizeof(*keys));
	return err;
}
