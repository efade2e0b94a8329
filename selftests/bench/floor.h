/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What floor.c and the programs that call it agree on. */
#ifndef VP_BENCH_FLOOR_H
#define VP_BENCH_FLOOR_H

#include <linux/ioctl.h>

/* Its argument: how many. */
#define BENCH_IOC_HMAC	_IO(0xBF, 0x40)
/* What is not there, at either device. */
#define BENCH_IOC_NULL	_IO(0xBF, 0x7f)

#define BENCH_KEY	32
#define BENCH_MAC	32
/* As long as what a plain code's MAC is over. */
#define BENCH_MESSAGE	"PC1711012345678900000000001"

#endif /* VP_BENCH_FLOOR_H */
