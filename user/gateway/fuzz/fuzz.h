/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VPG_FUZZ_H
#define VPG_FUZZ_H

#include "store.h"

/* Writes need not reach the disk any more. */
void fuzz_unsafe(struct store *st);

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

#endif /* VPG_FUZZ_H */
