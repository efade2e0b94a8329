// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A gateway that turns the device away says little about why, so what can be
 * wrong on this side is found here, before anything is sent.
 */

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "../../devkey/devkey.h"
#include "device.h"

static int no_passphrase(char *buf, int size, int rwflag, void *user)
{
	return -1;	/* there is nobody to ask */
}

static int load_cert(struct device *d, const char *file, struct vp_reply *reply)
{
	FILE *f = fopen(file, "re");
	X509 *ca;

	if (!f)
		return refuse(reply, VOICEPAY_CHECK_DEVICE, "%s: %s", file, strerror(errno));
	d->cert = PEM_read_X509(f, NULL, no_passphrase, NULL);
	d->chain = sk_X509_new_null();
	while (d->cert && d->chain && (ca = PEM_read_X509(f, NULL, no_passphrase, NULL))) {
		if (!sk_X509_push(d->chain, ca)) {
			X509_free(ca);
			break;
		}
	}
	fclose(f);
	ERR_clear_error();
	if (!d->cert || !d->chain)
		return refuse(reply, VOICEPAY_CHECK_DEVICE,
			      "%s: holds no certificate: it must be PEM, the device's own first", file);
	if (X509_cmp_current_time(X509_get0_notBefore(d->cert)) >= 0)
		return refuse(reply, VOICEPAY_CHECK_DEVICE,
			      "%s: the device's certificate is not valid yet: is the clock right?", file);
	if (X509_cmp_current_time(X509_get0_notAfter(d->cert)) <= 0)
		return refuse(reply, VOICEPAY_CHECK_DEVICE,
			      "%s: the device's certificate has expired: renew it, or set the clock", file);
	return 0;
}

int device_load_cert(struct device *device, const char *cert_file, struct vp_reply *reply)
{
	memset(device, 0, sizeof(*device));
	if (!load_cert(device, cert_file, reply))
		return 0;
	device_free(device);
	return -1;
}

int device_load(struct device *device, const char *cert_file, const char *key_file,
		struct vp_reply *reply)
{
	char error[DEVKEY_ERROR];

	if (device_load_cert(device, cert_file, reply))
		return -1;
	if (devkey_read_file(key_file, &device->key, error)) {
		refuse(reply, VOICEPAY_CHECK_DEVICE, "%s", error);
		goto fail;
	}
	if (X509_check_private_key(device->cert, device->key) != 1) {
		ERR_clear_error();
		refuse(reply, VOICEPAY_CHECK_DEVICE, "%s is not the key of %s", key_file, cert_file);
		goto fail;
	}
	return 0;
fail:
	device_free(device);
	return -1;
}

void device_free(struct device *device)
{
	X509_free(device->cert);
	sk_X509_pop_free(device->chain, X509_free);
	EVP_PKEY_free(device->key);
	memset(device, 0, sizeof(*device));
}
