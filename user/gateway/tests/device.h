/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device for tests: the initiator's half of an enrolment, and codes from what comes out. */
#ifndef VPG_TEST_DEVICE_H
#define VPG_TEST_DEVICE_H

#include "agreement.h"
#include "authorise.h"
#include "bind.h"
#include "paycode.h"

struct test_device {
	__u8 id[VP_DEVICE_ID_LEN];
	__u8 d[VP_KEY_LEN], d_pub[VP_KEY_LEN];
	__u8 s_pub[VP_KEY_LEN];			/* the gateway's */
	struct vp_noise hs;
	struct vp_agree_request req;		/* what goes out next; to be changed at will */
	__u8 psk[VP_KEY_LEN];			/* of the handshake under way */
	struct vp_agree_grant grant;
	struct vp_root_keys keys;
};

/* Draws a static pair. */
int device_init(struct test_device *dev, const __u8 id[VP_DEVICE_ID_LEN], const __u8 s_pub[VP_KEY_LEN]);
/* Message 1 for a ticket, with a fresh nonce. */
int device_enrol(struct test_device *dev, const __u8 ticket[VP_TICKET_LEN], __u8 msg1[VP_MSG1_LEN]);
/* Message 1 under the key that it holds. */
int device_rotate(struct test_device *dev, __u8 msg1[VP_MSG1_LEN]);
/* Message 2: on 0 the device holds the new keys, else it is as before. */
int device_finish(struct test_device *dev, const __u8 *msg2, size_t len);
/* What the kernel would say yes to: as JSON, with @time. */
struct test_order {
	enum vp_purpose purpose;
	long long amount;
	const char *currency, *order, *payee;
};

#define DEVICE_AUTH_MAX	256
const char *device_authorise(const struct test_device *dev, __u64 time, const struct test_order *o,
			     char out[DEVICE_AUTH_MAX]);
/* A code of any mode that the device can make; @step is the pool's for V 8, @terms NULL for what is not bound. */
int device_code_mode(const struct test_device *dev, unsigned int mode, unsigned int alias, __u64 step, unsigned int q,
		     const struct paycode_terms *terms, char out[PAYCODE_DIGITS + 1]);
/* A code under the key that it holds. */
int device_code(const struct test_device *dev, unsigned int alias, __u64 step, unsigned int q,
		char out[PAYCODE_DIGITS + 1]);

#endif /* VPG_TEST_DEVICE_H */
