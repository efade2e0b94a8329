/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_TICKET_H
#define VP_TICKET_H

#include <stdint.h>
#include <linux/voicepay_netlink.h>

/*
 * An enrolment ticket as people copy it: 48 hex digits, in groups with dashes
 * or blanks between if they like. 0, or -1.
 */
int ticket_parse(const char *text, uint8_t ticket[VOICEPAY_TICKET_LEN]);

#endif
