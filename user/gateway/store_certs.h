/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates that were made here, and who is not let in any more. See store.h. */
#ifndef VPG_STORE_CERTS_H
#define VPG_STORE_CERTS_H

#include "store.h"

#define STORE_SERIAL_MAX	20
#define STORE_CERT_MAX		4096

struct certificate {
	__u8 serial[STORE_SERIAL_MAX];
	size_t serial_len;
	__u8 spki[VP_HASH_LEN];
	__u64 made, not_after;
	__u8 der[STORE_CERT_MAX];	/* none of one that was made elsewhere */
	size_t der_len;
};

enum store_result store_cert_add(struct store *st, const struct certificate *c);
/* By its serial number; STORE_NONE if there is none. */
enum store_result store_cert_find(struct store *st, const struct certificate *serial, struct certificate *c);
/* The one made last, of those made here: after a change of CA an older one may well end later. */
enum store_result store_cert_newest(struct store *st, const __u8 spki[VP_HASH_LEN], struct certificate *c);
/* Those that ended before @before are forgotten; a CRL need not name them. */
enum store_result store_cert_forget(struct store *st, __u64 before);

struct revocation {
	__u8 peer[VP_DEVICE_ID_LEN];
	__u64 since;
	int reason;
};

/* For good: there is no way back but another key. STORE_TAKEN if it was before. */
enum store_result store_revoke(struct store *st, const struct revocation *rev);
/* STORE_OK if it has been. */
enum store_result store_revoked(struct store *st, const __u8 peer[VP_DEVICE_ID_LEN]);
/* For a CRL. */
enum store_result store_each_revoked(struct store *st,
				     void (*fn)(void *arg, const struct certificate *c, const struct revocation *rev),
				     void *arg);

enum store_result store_merchant_named(struct store *st, const char *name, __u8 spki[VP_HASH_LEN]);

#endif /* VPG_STORE_CERTS_H */
