/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Codes that the gateway gives to a device that is online: one at random (V 9), or leave for a pool of 15 (V 8). */
#ifndef VPG_ONLINE_H
#define VPG_ONLINE_H

#include "authorise.h"
#include "authorised.h"
#include "paycode.h"
#include "pool.h"

#define ONLINE_SECONDS	60

/* RF_OK: @code is 24 digits and NUL, good once, for ONLINE_SECONDS. */
enum refusal online_draw(struct call *c, const struct authorisation *auth, char code[PAYCODE_DIGITS + 1]);
/* RF_OK: @msg is for the device's kernel. */
enum refusal pool_grant(struct call *c, const struct authorisation *auth, __u8 msg[VP_POOL_LEN]);

/* Under which an online code is kept. */
int online_mac(const struct call *c, const struct paycode *code, __u8 mac[VP_HASH_LEN]);
bool online_matches(const struct call *c, const struct paycode *code, const __u8 mac[VP_HASH_LEN]);

#endif /* VPG_ONLINE_H */
