/* SPDX-License-Identifier: GPL-2.0-or-later */
/* voicepay pay --order: pays an order that a merchant made and the user scanned. */
#ifndef VP_SCAN_H
#define VP_SCAN_H

#include <stdbool.h>

/* Shows the order, asks unless @yes, and pays it from @slot. An exit status. */
int pay_scanned(const char *order, unsigned int slot, bool yes);

#endif
