/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VP_EXPORT_H
#define VP_EXPORT_H

#include <voicepay.h>

/* All else is hidden, by -fvisibility and once more by the symbol map. */
#define VP_EXPORT __attribute__((visibility("default")))

#endif
