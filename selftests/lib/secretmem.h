/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memfd_secret(2), for C libraries that lack its number: one for all machines. 32-bit Arm answers ENOSYS. */
#ifndef VP_TEST_SECRETMEM_H
#define VP_TEST_SECRETMEM_H

#include <sys/syscall.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret	447
#endif

#endif /* VP_TEST_SECRETMEM_H */
