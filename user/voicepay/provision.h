/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_PROVISION_H
#define VP_PROVISION_H

#include "../common/config.h"
#include "netlink.h"

/*
 * Ties the device to the gateway of the settings under its own certificate, if
 * that has not been done. 0, or an exit status after tell_error().
 */
int provision_device(struct manage *m, const struct config *config);

#endif
