/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kmemleak makes out, for kernels that have it and were started with kmemleak=on. */
#ifndef VP_TEST_LEAKS_H
#define VP_TEST_LEAKS_H

#include <stdbool.h>

bool kmemleak_is_on(void);
/* An expectation: nothing of what programs asked for has been lost. Takes 12 s. */
void no_memory_leaked(void);

#endif
