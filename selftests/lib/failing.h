/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that runs out when a test says so: the nth allocation of this thread, or
 * copy from or to the caller, fails. For kernels with CONFIG_FAULT_INJECTION,
 * CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC.
 */
#ifndef VP_TEST_FAILING_H
#define VP_TEST_FAILING_H

#include <stdbool.h>

/* False if this kernel cannot do so. To be called before any thread is made. */
bool failing_init(void);
/* The calls are to be made by the thread that makes the one that shall fail. */
void fail_next(int nth);
/* Whether the failure asked for came to pass; asks for none. */
bool failed(void);
/* What a call may say when it got no memory, be it the socket's or ours. */
bool no_memory(int err);

#endif
