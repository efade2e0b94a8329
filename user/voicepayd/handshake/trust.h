/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the settings say of whom to trust, made ready for user/verify. */
#ifndef VP_TRUST_H
#define VP_TRUST_H

#include "../../bundle/store.h"
#include "../../common/config.h"
#include "../../verify/verify.h"
#include "../reply.h"

/**
 * struct trust - the policy, and what it points to
 */
struct trust {
	struct verify_policy policy;
	STACK_OF(X509) *cas;
	STACK_OF(X509_CRL) *crls;
	struct bundle bundle;
};

/* Reads all the files that the settings name. 0, or -1 after refuse(). */
int trust_load(struct trust *trust, const struct config *config, struct vp_reply *reply);
void trust_free(struct trust *trust);

/* Tells the app what verify_server() found, and what to do about it. -1. */
int refuse_server(struct vp_reply *reply, const struct verify_result *result);

#endif
