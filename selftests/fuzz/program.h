/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of the fuzzer: calls in three lanes, which run at the same time. As
 * text a call is a line: lane, name, and what it is given,
 *
 *	0 ioctl.code fd=1 size=152 slot=1 flags=1
 *	1 netlink.enrol-finish slot=0 message=@answer/180^17:ff accept-time=1
 *	0 netlink.slot-new id=3 fail=4
 *
 * Numbers; r1 is not written but for what it is, 1: a register, which holds a descriptor.
 * Bytes are #HEX/LENGTH, repeated up to the length, or @NAME, something that an
 * earlier call brought forth; /LENGTH cuts it off, and ^AT:BYTE alters a byte.
 * fail=N: the Nth allocation (or copy from or to the caller) in the call fails. A line
 * "|" is where all lanes wait for each other. "kill=N": the process is killed
 * N microseconds after its start.
 */
#ifndef VP_FUZZ_PROGRAM_H
#define VP_FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

#define LANES		3
#define REGISTERS	16
#define MAX_PARAMS	32
#define MAX_CALLS	24
#define MAX_PATCHES	4
#define MAX_LITERAL	48
#define MAX_BYTES	20000	/* of one value */
#define NOWHERE		0xffff	/* a parameter of the call itself */

enum param_kind { P_INT, P_SIZE, P_BYTES, P_STRING, P_VOID, P_PTR, P_REG, P_OUT, P_RECORD };

struct param {
	const char *name;
	uint8_t kind;
	uint16_t at;		/* offset in the structure, or number of the attribute */
	uint16_t len;		/* of the field; of bytes it is the value's */
	uint64_t lo, hi;	/* usual numbers, or lengths */
};

struct world;
struct call;

enum op_type { OP_IOCTL, OP_NETLINK, OP_OTHER };

struct op {
	const char *name;
	uint8_t type;
	unsigned long number;
	uint32_t size;
	const struct param *param;
	unsigned int n_params;
	void (*run)(struct world *w, const struct call *c);	/* OP_OTHER */
};

/* A line of a table of calls that no description knows of. */
#define CALL(name, params, run)	{ name, OP_OTHER, 0, 0, params, ARRAY_LEN(params), run }

extern const struct op *ops[];
extern unsigned int n_ops;
void ops_init(void);
const struct op *op_named(const char *name);

/* Where bytes come from. */
enum source { LITERAL, S_DEVICE, S_GATEWAY, S_TICKET, S_ANSWER, S_POOL, S_BLOB, S_WRAPPED, S_RECORD, N_SOURCES };
extern const char *const source_names[N_SOURCES];

struct value {
	bool there;
	uint8_t source, n_literal, n_patches;
	uint16_t len;			/* 0xffff: all of the source */
	struct { uint16_t at; uint8_t is; } patch[MAX_PATCHES];
	uint64_t number;
	uint8_t literal[MAX_LITERAL];
};

struct call {
	const struct op *op;		/* NULL: all lanes wait for each other */
	uint8_t lane;
	uint16_t fail;
	struct value value[MAX_PARAMS];
};

struct program {
	unsigned int n;
	uint32_t kill_us;
	struct call call[MAX_CALLS];
};

/* The number of parameter @name of @c, or 0. */
uint64_t number_of(const struct call *c, const char *name);
const struct value *value_of(const struct call *c, const char *name);

void program_print(const struct program *p, FILE *f);
/* False, with a line on standard error, if it cannot be read. */
bool program_read(struct program *p, FILE *f, const char *name);

/* generate.c: always the same from the same seed. */
void chance_seed(uint64_t seed);
uint32_t chance(uint32_t sides);
void program_generate(struct program *p);
void program_mutate(struct program *p, const struct program *other);

#endif /* VP_FUZZ_PROGRAM_H */
