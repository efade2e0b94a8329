/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program of the fuzzer runs in: descriptors in registers, a gateway that
 * answers enrolments, and what calls have brought forth for later ones.
 */
#ifndef VP_FUZZ_WORLD_H
#define VP_FUZZ_WORLD_H

#include <pthread.h>
#include <stdatomic.h>

#include "enrol.h"
#include "program.h"

struct thing { uint8_t bytes[MAX_BYTES]; size_t len; };

struct world {
	pthread_mutex_t lock;		/* of what follows */
	struct test_gateway gw;
	struct thing thing[N_SOURCES];
	uint64_t serial;		/* of pools */
	/* No lock: a lane that finds another's descriptor closed is what is wanted. */
	atomic_int reg[REGISTERS];
	uint16_t family;		/* of netlink */
	bool can_fail;			/* fail-nth is there */
};

/* How the device begins: slots 0 and 1, no key. The gateway's grants are of all modes. */
void world_fresh(struct world *w);
void world_take(struct world *w);	/* in the process that runs the program */

int reg_get(struct world *w, uint64_t reg);
/* What the register held is closed. */
void reg_put(struct world *w, uint64_t reg, int fd);

/* The bytes of @v, at most @room; their number. */
size_t bytes_of(struct world *w, const struct param *p, const struct value *v, uint8_t *out, size_t room);
void keep(struct world *w, enum source what, const void *bytes, size_t len);

/* Ready for netlink commands and all: one per lane. */
struct lane {
	struct world *w;
	const struct program *p;
	unsigned int nr;
	int sock, fail_nth;
	uint32_t seq;
};

extern __thread struct lane *this_lane;

void run_ioctl(struct world *w, const struct call *c);
void run_netlink(struct world *w, const struct call *c);
/* Sends the command on the lane's own socket and takes the answer. */
int lane_call(struct world *w, struct genl_msg *msg);

extern const struct op other_device[], other_channel[];
extern const unsigned int n_other_device, n_other_channel;

#endif /* VP_FUZZ_WORLD_H */
