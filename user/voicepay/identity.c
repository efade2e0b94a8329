// SPDX-License-Identifier: GPL-2.0-or-later

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "identity.h"

int identity_of(const char *cert_file, uint8_t id[VOICEPAY_DEVICE_ID_LEN])
{
	FILE *f = fopen(cert_file, "re");
	X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	unsigned char *der = NULL, hash[EVP_MAX_MD_SIZE];
	int len = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : -1;
	int ok = len > 0 && EVP_Digest(der, len, hash, NULL, EVP_sha256(), NULL);

	if (ok)
		memcpy(id, hash, VOICEPAY_DEVICE_ID_LEN);
	OPENSSL_free(der);
	X509_free(cert);
	if (f)
		fclose(f);
	return ok ? 0 : -1;
}
