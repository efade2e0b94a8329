/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_DONATE_H
#define VP_DONATE_H

/*
 * Gives the module at @device pages that are not in the kernel's direct map,
 * if its keys would lie worse without. Needs root. Logs what came of it and
 * returns 0, also if nothing was needed, or a negative errno value.
 */
int donate_vault(const char *device);

#endif
