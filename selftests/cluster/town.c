// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "enrol.h"
#include "gateway.h"
#include "http.h"
#include "ledger.h"
#include "town.h"

/* A self-signed certificate as the header by which nginx names a peer. */
static int make_peer(char header[TOWN_HEADER_MAX], struct peer *peer)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	int ret = -1, n;
	char *pem;
	long len;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	if (X509_sign(x, key, EVP_sha256()) > 0 && PEM_write_bio_X509(bio, x) == 1) {
		len = BIO_get_mem_data(bio, &pem);
		n = sprintf(header, HTTP_PEER_HEADER ": ");
		for (long i = 0; i < len && n < TOWN_HEADER_MAX - 4; i++)
			n += sprintf(header + n, strchr("\n +/=", pem[i]) ? "%%%02X" : "%c", pem[i]);
		ret = peer_from_header(peer, header + strlen(HTTP_PEER_HEADER ": "));
	}
	BIO_free(bio);
	X509_free(x);
	EVP_PKEY_free(key);
	return ret;
}

static int add_party(struct store *st, enum party_kind kind, const char *name, long long balance,
		     const struct peer *peer, struct account *acc)
{
	__u64 now = gateway_clock_ms() / 1000;
	struct merchant m = { 0 };
	enum store_result r = store_begin(st);

	if (r == STORE_OK)
		r = ledger_open_account(st, kind, name, "CNY", balance, now, acc);
	if (r == STORE_OK && peer) {
		m.party = acc->party;
		memcpy(m.spki, peer->spki, sizeof(m.spki));
		r = store_merchant_add(st, &m);
	}
	if (r == STORE_OK)
		return store_commit(st) == STORE_OK ? 0 : -1;
	store_rollback(st);
	return -1;
}

static int enrol(struct gateway *gw, struct store *st, long long party, struct test_device *dev)
{
	struct call c = { .gw = gw, .st = st, .now_ms = gateway_clock_ms() };
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	size_t len;

	memcpy(c.peer.device, dev->id, sizeof(c.peer.device));
	if (store_begin(st) != STORE_OK)
		return -1;
	if (enrol_ticket(gw, st, party, c.now_ms / 1000 + 900, ticket) != STORE_OK || store_commit(st) != STORE_OK) {
		store_rollback(st);
		return -1;
	}
	if (device_enrol(dev, ticket, msg1) || enrol_device(&c, msg1, sizeof(msg1), msg2, &len) != RF_OK)
		return -1;
	return device_finish(dev, msg2, len);
}

static int fill(struct gateway *gw, struct store *st, struct town *town)
{
	char header[TOWN_HEADER_MAX], name[32];
	struct account acc;
	struct peer peer;

	for (int i = 0; i < town->shops; i++) {
		snprintf(name, sizeof(name), "shop%d", i);
		if (make_peer(town->shop[i], &peer) || add_party(st, PARTY_MERCHANT, name, 0, &peer, &acc))
			return -1;
	}
	for (int i = 0; i < town->devices; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		if (make_peer(header, &peer) || add_party(st, PARTY_USER, name, TOWN_BALANCE, NULL, &acc) ||
		    device_init(&town->device[i], peer.device, gw->keys.s_pub) || enrol(gw, st, acc.party, &town->device[i]))
			return -1;
	}
	return 0;
}

static int allocate(struct town *town)
{
	town->device = calloc(town->devices, sizeof(*town->device));
	town->shop = calloc(town->shops, sizeof(*town->shop));
	return town->device && town->shop ? 0 : -1;
}

void town_free(struct town *town)
{
	free(town->device);
	free(town->shop);
	*town = (struct town){ 0 };
}

static int keep(const struct town *town, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -1;
	fwrite(&town->devices, sizeof(town->devices), 1, f);
	fwrite(&town->shops, sizeof(town->shops), 1, f);
	fwrite(town->device, sizeof(*town->device), town->devices, f);
	fwrite(town->shop, sizeof(*town->shop), town->shops, f);
	return fclose(f);
}

int town_fill(const char *config, const char *path, int devices, int shops)
{
	struct town town = { .devices = devices, .shops = shops };
	struct gateway gw;
	struct store *st = NULL;
	int ret = -1;

	if (allocate(&town) || gateway_open(&gw, config, NULL)) {
		town_free(&town);
		return -1;
	}
	if (store_open(&st, gw.db_path, false) == STORE_OK && gateway_fits(&gw, st) == STORE_OK)
		ret = fill(&gw, st, &town);
	store_close(st);
	gateway_close(&gw);
	if (!ret)
		ret = keep(&town, path);
	town_free(&town);
	return ret;
}

int town_load(struct town *town, const char *path)
{
	FILE *f = fopen(path, "re");
	int ret = -1;

	if (!f)
		return -1;
	if (fread(&town->devices, sizeof(int), 1, f) == 1 && fread(&town->shops, sizeof(int), 1, f) == 1 && !allocate(town) &&
	    fread(town->device, sizeof(*town->device), town->devices, f) == (size_t)town->devices &&
	    fread(town->shop, sizeof(*town->shop), town->shops, f) == (size_t)town->shops)
		ret = 0;
	fclose(f);
	return ret;
}
