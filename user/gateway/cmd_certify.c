// SPDX-License-Identifier: GPL-2.0-or-later
/* certify, device revoke, crl */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/pem.h>

#include "certify.h"
#include "command.h"
#include "hex.h"
#include "input.h"
#include "store_backup.h"
#include "whole.h"

/* What ended so long ago is on no list, and in no table. */
#define FORGET_SECONDS	(30 * 86400ULL)

static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };

static int print_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
	return EXIT_OK;
}

static int put(const char *file, const char *text, size_t len)
{
	char error[300];

	if (!file || !strcmp(file, "-"))
		return fwrite(text, 1, len, stdout) == len && !fflush(stdout) ? EXIT_OK : EXIT_ENVIRONMENT;
	if (!write_whole(file, text, len, error, sizeof(error)))
		return EXIT_OK;
	fprintf(stderr, "voicepay-gateway: %s\n", error);
	return EXIT_ENVIRONMENT;
}

/* Settings, database and CA: everything here needs all three. */
static int open_all(struct gateway *gw, struct store **st, struct deviceca *ca)
{
	int ret = command_open(gw, st);

	if (ret)
		return ret;
	ret = deviceca_load(ca, &gw->set);
	if (!ret)
		return EXIT_OK;
	if (ret > 0)
		fprintf(stderr, "voicepay-gateway: there is no CA to sign with: name its certificate and key in the settings, [certificates] ca and key\n");
	command_close(gw, *st);
	return EXIT_ENVIRONMENT;
}

struct certify_args {
	const char *request, *out;
};

static error_t parse_certify(int key, char *arg, struct argp_state *state)
{
	struct certify_args *a = state->input;

	switch (key) {
	case 'q':
		a->request = arg;
		return 0;
	case 'o':
		a->out = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "there is no \"%s\" here", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static X509_REQ *read_request(const char *file, __u8 spki[VP_HASH_LEN])
{
	char text[CSR_MAX + 1];
	const char *why;
	X509_REQ *req;
	FILE *in = input_open(file);
	size_t len;

	if (!in) {
		fprintf(stderr, "voicepay-gateway: %s: %m\n", file);
		return NULL;
	}
	len = fread(text, 1, sizeof(text), in);
	input_close(in);
	req = csr_read(text, len, spki, &why);
	if (!req)
		fprintf(stderr, "voicepay-gateway: %s: this certificate request is refused: %s\n", file, why);
	return req;
}

static int tell_certificate(const struct deviceca *ca, const struct certificate *c, const char *out)
{
	char id[2 * VP_DEVICE_ID_LEN + 1], serial[2 * STORE_SERIAL_MAX + 1];
	char *pem = certify_pem(ca, c);
	int ret = EXIT_ENVIRONMENT;

	hex_encode(id, c->spki, VP_DEVICE_ID_LEN);
	hex_encode(serial, c->serial, c->serial_len);
	if (pem && (out || !common.json))
		ret = put(out, pem, strlen(pem));
	else if (pem)
		ret = EXIT_OK;
	if (!ret && common.json)
		print_json(json_pack("{s:s, s:s, s:I, s:s}", "device", id, "serial", serial,
				     "not_after", (json_int_t)c->not_after, "certificate", pem));
	free(pem);
	return ret;
}

int cmd_certify(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "request", 'q', "FILE", 0, "The request (PKCS#10, PEM) of \"voicepay certificate request\"; - for standard input", 0 },
		{ "out", 'o', "FILE", 0, "Write the certificate there, instead of to standard output", 0 },
		{ 0 }
	};
	static const struct argp argp = { options, parse_certify, "",
		"Makes a client's certificate for the key of a request, with the CA of the settings.\v"
		"Look first that the request comes from where it should: who has this certificate is let in. Its "
		"subject is the device id; nothing of the request is taken but the key.", children, NULL, NULL };
	struct certify_args a = { 0 };
	__u8 spki[VP_HASH_LEN];
	struct certificate c;
	struct deviceca ca;
	struct gateway gw;
	struct store *st;
	enum store_result r;
	X509_REQ *req;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (!a.request) {
		fprintf(stderr, "voicepay-gateway: certify needs --request\n");
		return EXIT_USAGE;
	}
	req = read_request(a.request, spki);
	if (!req)
		return EXIT_REFUSED;
	ret = open_all(&gw, &st, &ca);
	if (ret) {
		X509_REQ_free(req);
		return ret;
	}
	r = certify(&ca, st, req, spki, gateway_clock_ms() / 1000, &c);
	if (r == STORE_TAKEN)
		fprintf(stderr, "voicepay-gateway: this key has been revoked: the device must make another\n");
	ret = r == STORE_TAKEN ? EXIT_REFUSED : r ? command_store(r, a.request) : tell_certificate(&ca, &c, a.out);
	X509_REQ_free(req);
	deviceca_free(&ca);
	command_close(&gw, st);
	return ret;
}

static const struct {
	const char *name;
	int code;
} reasons[] = { { "key-compromise", 1 }, { "superseded", 4 }, { "cessation", 5 } };

int command_reason(const char *name)
{
	size_t i;

	if (!name)
		return 0;
	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!strcmp(reasons[i].name, name))
			return reasons[i].code;
	return -1;
}

/*
 * A certificate that was made elsewhere is written down, or no CRL could name it.
 * Only one that the CA of the settings has signed: a CRL speaks of its own CA's
 * serials, and another's would turn away whoever has the same one of ours.
 * STORE_NONE: it is not this CA's. STORE_TAKEN: its serial is another key's.
 */
static enum store_result note_certificate(struct store *st, const struct deviceca *ca, X509 *cert,
					  const __u8 spki[VP_HASH_LEN], __u64 now)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	struct certificate c = { .made = now }, past;
	enum store_result r;

	if (!ca->cert || !deviceca_made(ca, cert) || serial->type != V_ASN1_INTEGER || serial->length < 1 ||
	    serial->length > STORE_SERIAL_MAX)
		return STORE_NONE;
	memcpy(c.serial, serial->data, serial->length);
	c.serial_len = serial->length;
	memcpy(c.spki, spki, sizeof(c.spki));
	c.not_after = certify_seconds(X509_get0_notAfter(cert));
	r = store_cert_find(st, &c, &past);
	if (r == STORE_NONE)
		return store_cert_add(st, &c);
	return r == STORE_OK && memcmp(past.spki, spki, sizeof(past.spki)) ? STORE_TAKEN : r;
}

static X509 *read_certificate(const char *file)
{
	FILE *f = fopen(file, "re");
	X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	if (!cert)
		fprintf(stderr, "voicepay-gateway: %s is not a certificate in PEM\n", file);
	return cert;
}

/* What became of it, in words or as JSON. @noted: what note_certificate() said. */
static int tell_revoked(const char *hex, __u64 since, bool before, bool cert, enum store_result noted)
{
	bool listed = cert && noted == STORE_OK;
	json_t *json;

	if (before && !listed)
		fprintf(stderr, "voicepay-gateway: %s has been revoked before\n", hex);
	if (cert && noted == STORE_NONE)
		fprintf(stderr, "voicepay-gateway: this certificate is not of the CA in the settings, [certificates] ca: \"crl\" will not name it; have its own CA make a CRL that does\n");
	if (cert && noted == STORE_TAKEN)
		fprintf(stderr, "voicepay-gateway: %s: another key's certificate has this serial number: \"crl\" cannot name it; this gateway lets it in no more all the same\n",
			hex);
	if (before && !listed)
		return EXIT_REFUSED;
	if (common.json) {
		json = json_pack("{s:s, s:b}", "revoked", hex, "before", before);
		if (!before)
			json_object_set_new(json, "since", json_integer(since));
		if (cert)
			json_object_set_new(json, "listed", json_boolean(listed));
		print_json(json);
	} else {
		printf("%s %s. Make a CRL for nginx now: voicepay-gateway crl\n", hex, before ?
		       "has been revoked before; its certificate will be in the CRL" : "is not let in any more");
	}
	return noted == STORE_TAKEN ? EXIT_REFUSED : EXIT_OK;
}

int command_revoke(const char *file, const __u8 *id, const char *reason_name)
{
	int reason = command_reason(reason_name), ret;
	enum store_result r, noted = STORE_OK;
	X509 *cert = NULL;
	__u64 now = gateway_clock_ms() / 1000;
	struct revocation rev = { .since = now, .reason = reason };
	char hex[2 * VP_DEVICE_ID_LEN + 1];
	struct deviceca ca = { 0 };
	__u8 spki[VP_HASH_LEN];
	struct gateway gw;
	struct store *st;
	bool before;

	if (reason < 0) {
		fprintf(stderr, "voicepay-gateway: --reason is key-compromise, superseded or cessation\n");
		return EXIT_USAGE;
	}
	if (file) {
		cert = read_certificate(file);
		if (!cert || csr_spki(X509_get_X509_PUBKEY(cert), spki)) {
			X509_free(cert);
			return EXIT_ENVIRONMENT;
		}
		id = spki;
	}
	memcpy(rev.peer, id, sizeof(rev.peer));
	hex_encode(hex, rev.peer, sizeof(rev.peer));
	ret = command_open(&gw, &st);
	if (ret) {
		X509_free(cert);
		return ret;
	}
	/* Nobody stays in because the CA cannot be read: then it is only not noted. */
	if (cert)
		deviceca_load(&ca, &gw.set);
	r = store_begin(st);
	if (r == STORE_OK)
		r = store_revoke(st, &rev);
	before = r == STORE_TAKEN;
	/* It may have been revoked by its id, which no CRL can name. */
	if (before)
		r = STORE_OK;
	if (r == STORE_OK && cert)
		noted = note_certificate(st, &ca, cert, spki, now);
	if (r == STORE_OK)
		r = noted > STORE_TAKEN ? noted : store_commit(st);
	store_rollback(st);
	deviceca_free(&ca);
	ret = r == STORE_OK ? tell_revoked(hex, now, before, cert, noted) : command_store(r, hex);
	X509_free(cert);
	command_close(&gw, st);
	return ret;
}

struct device_args {
	const char *device, *cert, *reason;
	bool revoke;
};

static error_t parse_device(int key, char *arg, struct argp_state *state)
{
	struct device_args *a = state->input;

	switch (key) {
	case 'd':
		a->device = arg;
		return 0;
	case 'f':
		a->cert = arg;
		return 0;
	case 'r':
		a->reason = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (a->revoke || strcmp(arg, "revoke"))
			argp_error(state, "there is no \"%s\" here", arg);
		a->revoke = true;
		return 0;
	case ARGP_KEY_END:
		if (!a->revoke)
			argp_error(state, "say what to do: \"revoke\"");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_device(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "device", 'd', "ID", 0, "The device id, 32 hex digits, as \"voicepay certificate show\" tells it", 0 },
		{ "cert", 'f', "FILE", 0, "Or its certificate, PEM; needed for a CRL if this gateway did not make it", 0 },
		{ "reason", 'r', "REASON", 0, "key-compromise, superseded or cessation", 0 },
		{ 0 }
	};
	static const struct argp argp = { options, parse_device, "revoke",
		"Lets a device in no more: neither its calls nor its codes, from this moment on and for good.",
		children, NULL, NULL };
	struct device_args a = { 0 };
	__u8 id[VP_DEVICE_ID_LEN];

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (!a.device == !a.cert) {
		fprintf(stderr, "voicepay-gateway: device revoke needs --device or --cert\n");
		return EXIT_USAGE;
	}
	if (a.device && (strlen(a.device) != 2 * sizeof(id) || hex_decode(id, sizeof(id), a.device))) {
		fprintf(stderr, "voicepay-gateway: a device id is %zu hex digits\n", 2 * sizeof(id));
		return EXIT_USAGE;
	}
	return command_revoke(a.cert, a.device ? id : NULL, a.reason);
}

struct listing {
	X509_CRL *crl;
	long long n;
	int bad;
};

static void list_one(void *arg, const struct certificate *c, const struct revocation *rev)
{
	const struct deviceca_revoked one = { c->serial, c->serial_len, rev->since, rev->reason };
	struct listing *l = arg;

	l->bad |= deviceca_crl_add(l->crl, &one);
	l->n++;
}

/* Each has a higher number than those before, in whatever order they are asked for. */
static enum store_result next_number(struct store *st, __u64 now, long long *number)
{
	char text[32] = "0";
	enum store_result r = store_begin_alone(st);

	if (r == STORE_OK)
		r = store_cert_forget(st, now - FORGET_SECONDS);
	if (r == STORE_OK)
		r = store_meta(st, META_CRL_NUMBER, text, sizeof(text));
	if (r > STORE_NONE)
		return r;
	*number = strtoll(text, NULL, 10) + 1;
	snprintf(text, sizeof(text), "%lld", *number);
	r = store_meta_set(st, META_CRL_NUMBER, text);
	return r == STORE_OK ? store_commit(st) : r;
}

/*
 * Number, list and file are one step: of two runs that overtake each other the
 * older list would stay, and whoever was revoked in between be let in by nginx. On
 * the CA's key, which no stranger can open, nor hold the lock for ever.
 */
static int lock_ca(const struct settings *set)
{
	int fd = open(set->ca_key, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && !flock(fd, LOCK_EX))
		return fd;
	fprintf(stderr, "voicepay-gateway: %s: %m\n", set->ca_key);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int make_crl(const struct deviceca *ca, struct store *st, int days, const char *out)
{
	__u64 now = gateway_clock_ms() / 1000;
	struct listing l = { 0 };
	long long number = 0;
	enum store_result r;
	int ret = EXIT_ENVIRONMENT;
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;
	long len;

	r = next_number(st, now, &number);
	store_rollback(st);
	if (r == STORE_OK)
		l.crl = deviceca_crl_new(ca, now, days, number);
	if (r == STORE_OK && l.crl)
		r = store_each_revoked(st, list_one, &l);
	if (r != STORE_OK) {
		ret = command_store(r, "crl");
	} else if (!bio || !l.crl || l.bad || deviceca_crl_sign(ca, l.crl) || PEM_write_bio_X509_CRL(bio, l.crl) != 1) {
		fprintf(stderr, "voicepay-gateway: the CRL could not be made\n");
	} else {
		len = BIO_get_mem_data(bio, &pem);
		ret = put(out, pem, len);
		if (!ret && common.json && out)
			print_json(json_pack("{s:I, s:I, s:I}", "number", (json_int_t)number, "revoked", (json_int_t)l.n,
					     "next_update", (json_int_t)(now + days * 86400ULL)));
	}
	X509_CRL_free(l.crl);
	BIO_free(bio);
	return ret;
}

int cmd_crl(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "out", 'o', "FILE", 0, "Write it there, in one step, instead of to standard output", 0 },
		{ 0 }
	};
	static const struct argp argp = { options, parse_certify, "",
		"Makes a CRL of the certificates of revoked devices and merchants, for nginx's ssl_crl.\v"
		"With --json, and --out, its number is told. nginx reads it when it is reloaded.", children, NULL, NULL };
	struct certify_args a = { 0 };
	struct deviceca ca;
	struct gateway gw;
	struct store *st;
	int ret, lock;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	ret = open_all(&gw, &st, &ca);
	if (ret)
		return ret;
	lock = lock_ca(&gw.set);
	ret = lock < 0 ? EXIT_ENVIRONMENT : make_crl(&ca, st, gw.set.crl_days, a.out);
	if (lock >= 0)
		close(lock);
	deviceca_free(&ca);
	command_close(&gw, st);
	return ret;
}
