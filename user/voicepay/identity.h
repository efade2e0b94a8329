/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_IDENTITY_H
#define VP_IDENTITY_H

#include <stdint.h>
#include <linux/voicepay_netlink.h>

/*
 * The device's id: the first bytes of SHA-256 over the SubjectPublicKeyInfo of
 * the first certificate in the PEM file. 0, or -1.
 */
int identity_of(const char *cert_file, uint8_t id[VOICEPAY_DEVICE_ID_LEN]);

#endif
