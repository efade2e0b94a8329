// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer's way into the gateway: what anybody can send, and what an operator
 * or a device can get wrong. FUZZ_TARGET in the environment says which parser.
 * Beside not falling over, each has something to keep to, which is checked.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "bind.h"
#include "deviceca.h"
#include "fixture.h"
#include "fuzz.h"
#include "jwt.h"
#include "pool.h"

static struct world *w;

static void world_once(void)
{
	void *state;

	if (w)
		return;
	world_new(&state);
	w = state;
	world_enrol(w);
	/* Each input may write; nobody needs it on the disk. */
	fuzz_unsafe(w->st);
}

/* All of a body; the first byte says whose call it is. */
static const struct {
	const char *method, *path;
	bool shop;
} calls[] = {
	{ "POST", "/v1/merchant/charge", true }, { "POST", "/v1/merchant/order", true },
	{ "POST", "/v1/merchant/reverse", true }, { "POST", "/v1/merchant/refund", true },
	{ "POST", "/v1/enrol", false }, { "POST", "/v1/voice-pay", false }, { "POST", "/v1/confirm", false },
	{ "POST", "/v1/pay-order", false }, { "POST", "/v1/code", false }, { "POST", "/v1/pool", false },
	{ "POST", "/v1/limits", false }, { "GET", "/v1/notifications", false }, { "GET", "/v1/statement", false },
	{ "POST", "/v1/certificate", false },
};

/* A GET's arguments, as http.c makes them: "name=value" lines. */
static json_t *query_of(const char *text, size_t len)
{
	json_t *query = json_object();
	char *copy = strndup(text, len), *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, '=');

		if (value)
			*value++ = '\0';
		json_object_set_new(query, line, json_string(value ? value : ""));
	}
	free(copy);
	return query;
}

static void fuzz_json(const __u8 *data, size_t size)
{
	struct call call = { 0 };
	struct request req = { .content_type = "application/json" };
	json_t *answer;
	int status;

	world_once();
	if (!size)
		return;
	call.gw = &w->gw;
	call.st = w->st;
	call.now_ms = w->now * 1000;
	req.method = calls[*data % (sizeof(calls) / sizeof(calls[0]))].method;
	req.path = calls[*data % (sizeof(calls) / sizeof(calls[0]))].path;
	call.peer = calls[*data % (sizeof(calls) / sizeof(calls[0]))].shop ? w->shop_peer : w->device_peer;
	req.body = (const char *)data + 1;
	req.body_len = size - 1;
	if (*req.method == 'G')
		req.query = query_of(req.body, req.body_len);
	status = route_request(&call, &req, true, &answer);
	/* Refused with a sentence, or done; never "the gateway failed", and never paid without a code that is good. */
	if (status >= 500 || (status != 200 && (!json_is_string(json_object_get(answer, "error")) ||
						json_string_length(json_object_get(answer, "message")) < 20)))
		abort();
	if (json_object_get(answer, "payment_id"))
		abort();
	json_decref(answer);
	json_decref(req.query);
	/* A guesser's ration is not what is tried here. */
	throttle_free(w->gw.throttle);
	w->gw.throttle = throttle_new();
}

static void fuzz_jwt(const __u8 *data, size_t size)
{
	struct voice_claims claims = { .issuer = "voice-cloud", .user = "alice", .payee = "mom", .currency = "CNY", .amount = 50000 };
	char *token = strndup((const char *)data, size);

	world_once();
	/* Nobody but the voice cloud can sign. */
	if (!jwt_verify(w->voice, token, TEST_TIME, &claims))
		abort();
	free(token);
}

static void fuzz_paycode(const __u8 *data, size_t size)
{
	struct paycode_terms terms;
	__u8 out[PAYCODE_DIGITS], bind[PAYCODE_BIND_MAX];
	struct paycode code;

	/* What is taken apart goes together the same way. */
	if (!paycode_parse(&code, (const char *)data, size)) {
		paycode_format(out, &code);
		if (memcmp(out, data, PAYCODE_DIGITS))
			abort();
	}
	if (size == 1 + sizeof(terms)) {
		memcpy(&terms, data + 1, sizeof(terms));
		if (!paycode_bind(bind, &terms, *data) && paycode_check_terms(&terms, *data))
			abort();
	}
}

static void fuzz_agreement(const __u8 *data, size_t size)
{
	static const __u8 device[VP_DEVICE_ID_LEN], key[VP_KEY_LEN] = { 1 };
	__u8 out[VP_GRANT_LEN(VP_ALIASES_MAX)];
	struct vp_agree_request req;
	struct vp_agree_grant grant;
	struct vp_noise hs;
	struct vp_pool pool;
	int len;

	/* Two implementations never read one message differently: what is read is written the same. */
	if (!vp_agree_decode_request(&req, data, size)) {
		vp_agree_encode_request(out, &req);
		if (size != VP_REQUEST_LEN || memcmp(out, data, size))
			abort();
	}
	if (!vp_agree_decode_grant(&grant, data, size)) {
		if (*data == 1)	/* of a gateway from before there were modes */
			grant.modes = 0;
		len = vp_agree_encode_grant(out, &grant);
		if (len < 0 || (size_t)len != size || memcmp(out, data, size))
			abort();
	}
	if (!vp_pool_decode(&pool, data, size, device, key))
		abort();	/* it had the key */
	world_once();
	if (size == VP_MSG1_LEN) {
		if (!vp_noise_init_responder(&hs, 1, VP_AGREE_PROLOGUE, VP_AGREE_PROLOGUE_LEN, w->gw.keys.s, w->gw.keys.s_pub) &&
		    !vp_noise_read_msg1(&hs, data, size, out))
			abort();	/* it had the key */
		vp_noise_wipe(&hs);
	}
}

static void fuzz_settings(const __u8 *data, size_t size)
{
	static char path[64];
	struct settings set;
	int fd;

	if (!*path)
		snprintf(path, sizeof(path), "/tmp/vpg-fuzz.%d.conf", getpid());
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	if (settings_load(&set, path))
		return;
	if (strlen(set.prefix) != 2 || !set.modes || set.threads < 1 || set.rotate_days > set.expire_days ||
	    strlen(set.currency) != 3 || set.max_payment < 1)
		abort();
}

static void fuzz_header(const __u8 *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct peer peer;

	peer_from_header(&peer, text);
	free(text);
}

static void fuzz_request(const __u8 *data, size_t size)
{
	static EVP_PKEY *key;
	static X509 *ca;
	ASN1_OCTET_STRING *id;
	struct deviceca with;
	__u8 spki[VP_HASH_LEN];
	const char *why;
	X509_REQ *req;
	X509 *cert;

	if (!ca) {
		key = EVP_EC_gen("P-256");
		ca = X509_new();
		ASN1_TIME_set(X509_getm_notAfter(ca), TEST_TIME + 1000000);
		X509_NAME_add_entry_by_txt(X509_get_subject_name(ca), "CN", MBSTRING_ASC, (const __u8 *)"ca", -1, -1, 0);
		X509_set_pubkey(ca, key);
		id = ASN1_OCTET_STRING_new();
		X509_add1_ext_i2d(ca, NID_subject_key_identifier, id, 0, 0);
		ASN1_OCTET_STRING_free(id);
	}
	with = (struct deviceca){ ca, key, 90 };
	req = csr_read((const char *)data, size, spki, &why);
	if (!req && (!why || strlen(why) < 10))
		abort();
	if (!req)
		return;
	/* Whatever was asked for: no CA's, no server's. */
	cert = deviceca_certify(&with, req, TEST_TIME);
	if (cert && (X509_check_ca(cert) || X509_get_extended_key_usage(cert) != XKU_SSL_CLIENT || X509_get_ext_count(cert) != 5))
		abort();
	X509_free(cert);
	X509_REQ_free(req);
}

static const struct {
	const char *name;
	void (*fn)(const __u8 *data, size_t size);
} targets[] = {
	{ "json", fuzz_json }, { "jwt", fuzz_jwt }, { "paycode", fuzz_paycode }, { "agreement", fuzz_agreement },
	{ "settings", fuzz_settings }, { "header", fuzz_header }, { "request", fuzz_request },
};

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	static void (*fn)(const __u8 *data, size_t size);

	for (size_t i = 0; !fn && i < sizeof(targets) / sizeof(targets[0]); i++)
		if (!strcmp(targets[i].name, getenv("FUZZ_TARGET") ? getenv("FUZZ_TARGET") : ""))
			fn = targets[i].fn;
	if (!fn) {
		fprintf(stderr, "FUZZ_TARGET must name a parser: see the end of fuzz_gateway.c\n");
		exit(2);
	}
	fn(data, size);
	return 0;
}
