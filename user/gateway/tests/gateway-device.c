// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gateway-device: a device without the module, so that the gateway can be
 * tested by itself. Its keys lie in a file: for tests alone.
 *
 *	gateway-device enrol FILE URL ADDRESS PKI-DIR NAME GATEWAY-KEY TICKET
 *	gateway-device again FILE URL ADDRESS PKI-DIR NAME	(the same message 1)
 *	gateway-device code FILE SECONDS Q [MODE AMOUNT CURRENCY MERCHANT CHALLENGE]	(SECONDS from now)
 *	gateway-device authorise FILE PURPOSE AMOUNT CURRENCY ORDER PAYEE	(JSON; SECONDS_OFF=N in the environment: then)
 *	gateway-device pool FILE BASE64 INDEX		(a code of that pool)
 *	gateway-device png DIGITS FILE qr|code128
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <jansson.h>
#include <zint.h>

#include "base64.h"
#include "device.h"
#include "hex.h"
#include "peer.h"
#include "pool.h"
#include "prim_openssl.h"

struct file {
	struct test_device dev;
	__u8 msg1[VP_MSG1_LEN];
	__u8 msg2[VP_MSG2_MAX];
	size_t msg2_len;
};

static int die(const char *what)
{
	fprintf(stderr, "gateway-device: %s\n", what);
	exit(1);
}

static void file_io(struct file *f, const char *path, const char *mode)
{
	FILE *fp = fopen(path, mode);
	size_t n;

	if (!fp)
		die(path);
	n = *mode == 'r' ? fread(f, sizeof(*f), 1, fp) : fwrite(f, sizeof(*f), 1, fp);
	if (fclose(fp) || n != 1)
		die(path);
}

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
	if (strlen(arg) + size * n >= 8192)
		return 0;
	strncat(arg, data, size * n);
	return size * n;
}

/* POSTs message 1; prints the gateway's refusal and exits, or returns message 2. */
static void post(struct file *f, char **argv)
{
	char body[512], text[8192] = "", ca[256], cert[256], key[256], to[128], url[256], b64[BASE64_SIZE(VP_MSG1_LEN)];
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json"), *connect_to;
	CURL *curl = curl_easy_init();
	const char *m;
	json_t *a;
	long status = 0, len;

	base64_encode(b64, f->msg1, sizeof(f->msg1));
	snprintf(body, sizeof(body), "{\"message\":\"%s\"}", b64);
	snprintf(ca, sizeof(ca), "%s/ca.pem", argv[2]);
	snprintf(cert, sizeof(cert), "%s/%s.pem", argv[2], argv[3]);
	snprintf(key, sizeof(key), "%s/%s.key", argv[2], argv[3]);
	snprintf(to, sizeof(to), "::%s:", argv[1]);
	snprintf(url, sizeof(url), "%s/v1/enrol", argv[0]);
	connect_to = curl_slist_append(NULL, to);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect_to);
	curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
	curl_easy_setopt(curl, CURLOPT_SSLCERT, cert);
	curl_easy_setopt(curl, CURLOPT_SSLKEY, key);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, text);
	if (curl_easy_perform(curl) != CURLE_OK)
		die("no answer");
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	a = json_loads(text, 0, NULL);
	if (status != 200) {
		puts(json_string_value(json_object_get(a, "error")));
		exit(1);
	}
	m = json_string_value(json_object_get(a, "message"));
	len = base64_decode(f->msg2, sizeof(f->msg2), m, strlen(m));
	if (len < 0)
		die("message 2 is malformed");
	f->msg2_len = len;
	json_decref(a);
	curl_slist_free_all(headers);
	curl_slist_free_all(connect_to);
	curl_easy_cleanup(curl);
}

static void enrol(const char *path, char **argv)
{
	struct file f = { 0 };
	__u8 s_pub[VP_KEY_LEN], ticket[VP_TICKET_LEN];
	char cert[256], hex[2 * VP_TICKET_LEN + 1] = "";
	struct peer peer;

	snprintf(cert, sizeof(cert), "%s/%s.pem", argv[2], argv[3]);
	for (const char *p = argv[5]; *p && strlen(hex) < 2 * VP_TICKET_LEN; p++)
		if (*p != '-')
			strncat(hex, p, 1);
	if (peer_from_file(&peer, cert) || hex_decode(s_pub, sizeof(s_pub), argv[4]) ||
	    hex_decode(ticket, sizeof(ticket), hex))
		die("bad certificate, key or ticket");
	if (device_init(&f.dev, peer.device, s_pub) || device_enrol(&f.dev, ticket, f.msg1))
		die("message 1");
	post(&f, argv);
	if (device_finish(&f.dev, f.msg2, f.msg2_len))
		die("message 2 is not from the gateway");
	file_io(&f, path, "w");
	printf("epoch %llu\n", f.dev.grant.epoch);
}

static void again(const char *path, char **argv)
{
	struct file f, g;

	file_io(&f, path, "r");
	g = f;
	post(&g, argv);
	puts(g.msg2_len == f.msg2_len && !memcmp(g.msg2, f.msg2, f.msg2_len) ? "same" : "other");
}

static void png(const char *digits, const char *path, const char *kind)
{
	struct zint_symbol *z = ZBarcode_Create();

	z->symbology = strcmp(kind, "qr") ? BARCODE_CODE128 : BARCODE_QRCODE;
	z->scale = 2;
	snprintf(z->outfile, sizeof(z->outfile), "%s", path);
	if (ZBarcode_Encode_and_Print(z, (const unsigned char *)digits, 0, 0) >= ZINT_ERROR)
		die(z->errtxt);
	ZBarcode_Delete(z);
}

static void authorise(char **argv)
{
	const struct test_order o = { atoi(argv[1]), atoll(argv[2]), *argv[3] ? argv[3] : NULL, argv[4], argv[5] };
	const char *off = getenv("SECONDS_OFF");
	char out[DEVICE_AUTH_MAX];
	struct file f;

	file_io(&f, argv[0], "r");
	if (!device_authorise(&f.dev, time(NULL) + (off ? atol(off) : 0), &o, out))
		die("authorise");
	puts(out);
}

static void bound_code(char **argv)
{
	struct paycode_terms terms = { .amount = atoll(argv[4]) };
	unsigned int mode = atoi(argv[3]);
	char code[PAYCODE_DIGITS + 1];
	struct file f;

	file_io(&f, argv[0], "r");
	memcpy(terms.currency, *argv[5] ? argv[5] : "\0\0", sizeof(terms.currency));
	memcpy(terms.merchant, argv[6], strnlen(argv[6], sizeof(terms.merchant)));
	memcpy(terms.challenge, argv[7], strnlen(argv[7], sizeof(terms.challenge)));
	if (device_code_mode(&f.dev, mode, 0, (time(NULL) + atol(argv[1])) / PAYCODE_STEP_SECONDS, atoi(argv[2]),
			     paycode_is_bound(mode) ? &terms : NULL, code))
		die("code");
	puts(code);
}

static void pool_code(char **argv)
{
	unsigned int index = atoi(argv[2]);
	char code[PAYCODE_DIGITS + 1];
	__u8 msg[VP_POOL_LEN];
	struct vp_pool pool;
	struct file f;

	file_io(&f, argv[0], "r");
	if (base64_decode(msg, sizeof(msg), argv[1], strlen(argv[1])) != sizeof(msg) ||
	    vp_pool_decode(&pool, msg, sizeof(msg), f.dev.id, f.dev.keys.auth) || index >= pool.count ||
	    pool.slot != f.dev.req.slot || pool.epoch != f.dev.grant.epoch)
		die("not this device's pool");
	if (device_code_mode(&f.dev, PAYCODE_POOL, 0, paycode_pool_step(pool.serial, index), paycode_pool_q(index), NULL, code))
		die("code");
	puts(code);
}

int main(int argc, char **argv)
{
	if (argc == 9 && !strcmp(argv[1], "enrol")) {
		enrol(argv[2], argv + 3);
	} else if (argc == 7 && !strcmp(argv[1], "again")) {
		again(argv[2], argv + 3);
	} else if (argc == 5 && !strcmp(argv[1], "code")) {
		struct file f;
		char code[PAYCODE_DIGITS + 1];

		file_io(&f, argv[2], "r");
		if (device_code(&f.dev, 0, (time(NULL) + atol(argv[3])) / PAYCODE_STEP_SECONDS, atoi(argv[4]), code))
			die("code");
		puts(code);
	} else if (argc == 10 && !strcmp(argv[1], "code")) {
		bound_code(argv + 2);
	} else if (argc == 8 && !strcmp(argv[1], "authorise")) {
		authorise(argv + 2);
	} else if (argc == 5 && !strcmp(argv[1], "pool")) {
		pool_code(argv + 2);
	} else if (argc == 5 && !strcmp(argv[1], "png")) {
		png(argv[2], argv[3], argv[4]);
	} else {
		fprintf(stderr, "gateway-device: see the head of its source\n");
		return 2;
	}
	return 0;
}
