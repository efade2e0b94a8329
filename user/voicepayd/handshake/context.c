// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A context is: "VPc2"; @begun_ms, 8 bytes; @asked, 1 byte, 0 or 1; how many certificates, 1 byte; for
 * each its length, 3 bytes, and its DER; the staple's length, 2 bytes, and its
 * DER. All numbers are big-endian, and nothing follows.
 *
 * A binding is the SHA-256 of "voicepay session 1" with its NUL, and then of five
 * items, each with its length, 4 bytes, in front: the host; the port; the pins,
 * sorted, each once; the SHA-256 of each trusted CA, sorted, each once; the
 * SHA-256 of the device's certificate.
 */

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "context.h"

#define MAGIC		"VPc2"
#define HEAD		(sizeof(MAGIC) - 1 + 8 + 1 + 1)
#define STAPLE_MAX	0xffff

int64_t boot_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void put(unsigned char *p, uint64_t n, int bytes)
{
	while (bytes--) {
		p[bytes] = n;
		n >>= 8;
	}
}

static uint64_t get(const unsigned char *p, int bytes)
{
	uint64_t n = 0;

	while (bytes--)
		n = n << 8 | *p++;
	return n;
}

int context_make(struct context *c, const STACK_OF(X509) *path, const unsigned char *staple,
		 size_t staple_len, bool asked)
{
	int i;

	memset(c, 0, sizeof(*c));
	c->begun_ms = boot_ms();
	c->asked = asked;
	c->chain = sk_X509_new_null();
	for (i = 0; c->chain && i + 1 < sk_X509_num(path); i++)
		if (!X509_add_cert(c->chain, sk_X509_value(path, i), X509_ADD_FLAG_UP_REF))
			goto fail;
	if (staple) {
		c->staple = OPENSSL_memdup(staple, staple_len);
		c->staple_len = staple_len;
	}
	if (c->chain && (!staple || c->staple))
		return 0;
fail:
	context_clear(c);
	return -1;
}

void context_clear(struct context *c)
{
	sk_X509_pop_free(c->chain, X509_free);
	OPENSSL_free(c->staple);
	memset(c, 0, sizeof(*c));
}

size_t context_encode(const struct context *c, unsigned char out[CONTEXT_MAX])
{
	int i, count = sk_X509_num(c->chain);
	size_t at = HEAD;

	if (count < 1 || count > VERIFY_MAX_DEPTH + 1 || c->staple_len > STAPLE_MAX)
		return 0;
	memcpy(out, MAGIC, sizeof(MAGIC) - 1);
	put(out + sizeof(MAGIC) - 1, c->begun_ms, 8);
	out[HEAD - 2] = c->asked;
	out[HEAD - 1] = count;
	for (i = 0; i < count; i++) {
		X509 *cert = sk_X509_value(c->chain, i);
		int len = i2d_X509(cert, NULL);
		unsigned char *p = out + at + 3;

		if (len <= 0 || at + 3 + len > CONTEXT_MAX)
			return 0;
		put(out + at, len, 3);
		at += 3 + i2d_X509(cert, &p);
	}
	if (at + 2 + c->staple_len > CONTEXT_MAX)
		return 0;
	put(out + at, c->staple_len, 2);
	if (c->staple_len)
		memcpy(out + at + 2, c->staple, c->staple_len);
	return at + 2 + c->staple_len;
}

/* The certificate at *@in, of which *@left bytes are there; NULL if there is none. */
static X509 *next_cert(const unsigned char **in, size_t *left)
{
	const unsigned char *p = *in + 3;
	size_t len;
	X509 *cert;

	if (*left < 3)
		return NULL;
	len = get(*in, 3);
	if (len > *left - 3)
		return NULL;
	cert = d2i_X509(NULL, &p, len);
	if (cert && p != *in + 3 + len) {
		X509_free(cert);
		return NULL;
	}
	*in += 3 + len;
	*left -= 3 + len;
	return cert;
}

int context_decode(struct context *c, const unsigned char *in, size_t left)
{
	int count;

	memset(c, 0, sizeof(*c));
	if (left < HEAD || left > CONTEXT_MAX || memcmp(in, MAGIC, sizeof(MAGIC) - 1) || in[HEAD - 2] > 1)
		return -1;
	c->begun_ms = get(in + sizeof(MAGIC) - 1, 8);
	c->asked = in[HEAD - 2];
	count = in[HEAD - 1];
	in += HEAD;
	left -= HEAD;
	c->chain = sk_X509_new_null();
	if (!c->chain || count < 1 || count > VERIFY_MAX_DEPTH + 1)
		goto fail;
	while (count--) {
		X509 *cert = next_cert(&in, &left);

		if (!cert || !sk_X509_push(c->chain, cert)) {
			X509_free(cert);
			goto fail;
		}
	}
	if (left < 2 || get(in, 2) != left - 2)
		goto fail;
	c->staple_len = left - 2;
	if (c->staple_len) {
		c->staple = OPENSSL_memdup(in + 2, c->staple_len);
		if (!c->staple)
			goto fail;
	}
	return 0;
fail:
	context_clear(c);
	return -1;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_DIGEST_LENGTH);
}

static bool add(EVP_MD_CTX *md, const void *data, size_t len)
{
	unsigned char head[4];

	put(head, len, 4);
	return EVP_DigestUpdate(md, head, 4) && EVP_DigestUpdate(md, data, len);
}

/* A set has no order, and nothing twice. */
static bool add_set(EVP_MD_CTX *md, unsigned char (*set)[SHA256_DIGEST_LENGTH], size_t count)
{
	size_t i, n = 0;

	qsort(set, count, sizeof(*set), compare);
	for (i = 0; i < count; i++)
		if (!n || compare(set[n - 1], set[i]))
			memmove(set[n++], set[i], sizeof(*set));
	return add(md, set, n * sizeof(*set));
}

static bool add_pins(EVP_MD_CTX *md, const struct verify_policy *policy)
{
	unsigned char (*set)[SHA256_DIGEST_LENGTH] = calloc(policy->pin_count + 1, sizeof(*set));
	bool good = set;
	size_t i;

	for (i = 0; good && i < policy->pin_count; i++)
		memcpy(set[i], policy->pins[i].sha256, sizeof(*set));
	good = good && add_set(md, set, policy->pin_count);
	free(set);
	return good;
}

static bool add_cas(EVP_MD_CTX *md, const STACK_OF(X509) *cas)
{
	int i, count = sk_X509_num(cas);
	unsigned char (*set)[SHA256_DIGEST_LENGTH] = calloc(count + 1, sizeof(*set));
	bool good = set && count >= 0;

	for (i = 0; good && i < count; i++)
		good = X509_digest(sk_X509_value(cas, i), EVP_sha256(), set[i], NULL);
	good = good && add_set(md, set, count);
	free(set);
	return good;
}

int binding_make(unsigned char binding[BINDING_LEN], const struct config *config,
		 const struct verify_policy *policy, X509 *device)
{
	static const char label[] = "voicepay session 1";
	unsigned char own[SHA256_DIGEST_LENGTH];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good;

	good = md && X509_digest(device, EVP_sha256(), own, NULL) &&
	       EVP_DigestInit(md, EVP_sha256()) && EVP_DigestUpdate(md, label, sizeof(label)) &&
	       add(md, policy->host, strlen(policy->host)) && add(md, config->port, strlen(config->port)) &&
	       add_pins(md, policy) && add_cas(md, policy->trusted) && add(md, own, sizeof(own)) &&
	       EVP_DigestFinal(md, binding, NULL);
	EVP_MD_CTX_free(md);
	return good ? 0 : -1;
}
