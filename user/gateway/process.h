/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Prometheus wants to know of any process, by the names it has for that. */
#ifndef VPG_PROCESS_H
#define VPG_PROCESS_H

#include <stdio.h>

void process_metrics(FILE *f);

#endif /* VPG_PROCESS_H */
