/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program in a process of its own, and sees what comes of it. */
#ifndef VP_FUZZ_EXECUTE_H
#define VP_FUZZ_EXECUTE_H

#include "world.h"

enum outcome {
	FINE,
	REPORTED,	/* by the kernel: report_text() */
	STUCK,		/* cannot be killed */
	HELD,		/* its processes are gone, and the module is still in use */
};

extern const char *const outcome_names[];

/* Memory shared with the processes that run programs. */
void execute_init(void);
/* Whether this kernel records where the module goes. */
bool coverage_is_there(void);
enum outcome execute(const struct program *p);

/* Where the module went in the last program; the number of places in @edges. */
#define N_EDGES	(1U << 16)
const uint8_t *edges_last(void);

/* The kernel's words of the last program, if they were a report. */
const char *report_text(void);
/* As an outcome: a module that is out comes in again. */
bool module_load(void);

#endif /* VP_FUZZ_EXECUTE_H */
