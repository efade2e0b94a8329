// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs by chance, most of them sensible for the most part: nonsense gets no further than the first check. */

#include <string.h>

#include "program.h"

static uint64_t state;

void chance_seed(uint64_t seed)
{
	state = seed * 2862933555777941757ULL + 3037000493ULL;
}

uint32_t chance(uint32_t sides)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return sides ? (state >> 33) % sides : 0;
}

/*
 * Which register holds what, as a rule: the device in 0; a TLS socket, its peer and
 * the channel made of it in 1, 2, 3, others in 4, 5, 6; memory in 7; copies above.
 */
static uint64_t usual_register(const struct op *op, const struct param *p)
{
	unsigned int second = chance(4) ? 0 : 3;

	if (!chance(12))
		return chance(REGISTERS);
	if (op->type == OP_IOCTL && p->at == NOWHERE)
		return 0;
	if (!strcmp(p->name, "sock_fd"))
		return 1 + second;
	if (!strcmp(p->name, "channel_fd"))
		return 3 + second;
	if (!strcmp(p->name, "memfd"))
		return 7;
	if (p->kind == P_OUT) {
		if (!strcmp(op->name, "open"))
			return 0;
		if (!strcmp(op->name, "memory"))
			return 7;
		if (!strcmp(op->name, "tls.pair"))
			return p->lo + 1 + second;
		return 8 + chance(8);
	}
	if (!strcmp(op->name, "tls.record"))
		return (chance(4) ? 2 : 3) + second;
	return chance(3) ? 3 + second : chance(8);
}

static uint64_t any_number(const struct param *p)
{
	static const uint64_t edges[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
					  0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX };
	uint64_t range = p->hi - p->lo;

	switch (chance(10)) {
	case 0:
		return edges[chance(ARRAY_LEN(edges))];
	case 1:
		return p->hi + 1;
	case 2:
		return 1ULL << chance(64);
	case 3:
		return p->hi;
	default:
		return range > 1000 ? chance(2) ? chance(100) : chance(100000) : p->lo + chance(range + 1);
	}
}

/* What a gateway sends that is no data: tickets, KeyUpdates, alerts, whole and in pieces. */
static void tls_message(struct value *v)
{
	static const struct { uint8_t n, bytes[24]; } known[] = {
		{ 2, { 1, 0 } },						/* close_notify */
		{ 2, { 2, 40 } }, { 2, { 1, 90 } }, { 1, { 1 } }, { 4, { 1, 0, 1, 0 } },
		{ 5, { 24, 0, 0, 1, 0 } }, { 5, { 24, 0, 0, 1, 1 } }, { 5, { 24, 0, 0, 1, 2 } }, { 4, { 24, 0, 0, 1 } },
		{ 19, { 4, 0, 0, 15, 0, 0, 14, 16, 1, 2, 3, 4, 1, 9, 0, 1, 0xaa, 0, 0 } },	/* a ticket */
		{ 19, { 4, 0, 0, 15, 0, 0, 14, 16, 1, 2, 3, 4, 1, 9, 0, 200, 0xaa, 0, 0 } },
		{ 4, { 4, 0, 0, 100 } }, { 4, { 4, 0xff, 0xff, 0xff } }, { 3, { 4, 0, 0 } }, { 1, { 4 } },
		{ 4, { 0, 0, 0, 0 } }, { 4, { 13, 0, 0, 3 } }, { 1, { 1 } }, { 0, {} },
	};
	unsigned int i = chance(ARRAY_LEN(known) + 4);

	if (i < ARRAY_LEN(known)) {
		v->n_literal = known[i].n;
		memcpy(v->literal, known[i].bytes, known[i].n);
		v->len = chance(4) ? v->n_literal : chance(300);
	} else {
		v->n_literal = 1;
		v->literal[0] = 'a';
		v->len = chance(3) ? chance(100) : chance(20000);
	}
}

static void any_bytes(const struct param *p, struct value *v)
{
	static const struct { const char *name; uint8_t source; } sources[] = {
		{ "device-id", S_DEVICE }, { "gateway-key", S_GATEWAY }, { "ticket", S_TICKET }, { "blob", S_BLOB },
		{ "wrapped-key", S_WRAPPED },
	};
	static const char *const strings[] = { "CNY", "EUR", "shop-1", "till 7", "A", "order-1" };
	unsigned int i, room = p->at == NOWHERE || !p->len ? p->hi : p->len;

	memset(v, 0, sizeof(*v));
	v->there = true;
	if (p->kind == P_RECORD) {
		tls_message(v);
	} else {
		for (i = 0; i < ARRAY_LEN(sources); i++)
			if (!strcmp(p->name, sources[i].name) && chance(10))
				v->source = sources[i].source;
		/* Either kind of message is called so. */
		if (!strcmp(p->name, "message") && chance(10))
			v->source = p->hi == 64 && p->lo == 64 ? S_POOL : S_ANSWER;
		if (!strcmp(p->name, "secret") || p->kind == P_PTR || v->source) {
			v->len = 0xffff;
		} else if (chance(3)) {
			const char *s = strings[chance(ARRAY_LEN(strings))];

			v->n_literal = strlen(s) > room ? room : strlen(s);
			memcpy(v->literal, s, v->n_literal);
			v->len = v->n_literal;
		}
		if (v->source == LITERAL && !v->n_literal) {
			v->n_literal = 1 + chance(8);
			for (i = 0; i < v->n_literal; i++)
				v->literal[i] = chance(256);
			v->len = chance(6) ? p->lo + chance(room - p->lo + 1) : chance(room + 40);
		}
	}
	if (v->source && !chance(3))
		v->len = chance(600);
	while (v->n_patches < MAX_PATCHES && !chance(v->source ? 2 : 6)) {
		v->patch[v->n_patches].at = chance(v->len && v->len < 400 ? v->len : 400);
		v->patch[v->n_patches++].is = chance(2) ? chance(256) : 1U << chance(8);
	}
}

static void any_value(const struct op *op, unsigned int i, struct value *v)
{
	const struct param *p = &op->param[i];

	memset(v, 0, sizeof(*v));
	v->there = true;
	switch (p->kind) {
	case P_REG:
	case P_OUT:
		v->number = usual_register(op, p);
		break;
	case P_SIZE:
		v->there = !chance(8);
		v->number = chance(2) ? op->size + chance(33) - 16 : any_number(p);
		break;
	case P_VOID:
		v->there = chance(2);
		break;
	case P_INT:
		/* What can be anything is something that the module fills in, as a rule. */
		v->there = op->type == OP_OTHER ? chance(4) : p->hi == 0 ? !chance(15) : p->hi > 1000 ? !chance(4) : chance(6);
		v->number = any_number(p);
		/* None, SHA-256's, SHA-384's. */
		if (!strcmp(p->name, "secret_len") && chance(10))
			v->number = (const uint8_t []){ 0, 32, 48 }[chance(3)];
		if (!strcmp(p->name, "slot") || !strcmp(p->name, "id"))
			v->number = chance(8) ? chance(3) : any_number(p);
		break;
	default:
		any_bytes(p, v);
		v->there = op->type == OP_IOCTL ? chance(2) : chance(8);
	}
}

static void any_call(struct call *c)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	if (!chance(10))
		return;		/* all wait for each other */
	/* Channels are a call or two of the description and many of ours. */
	c->op = ops[chance(n_ops)];
	c->lane = chance(3) ? 0 : chance(LANES);
	c->fail = chance(8) ? 0 : 1 + chance(chance(2) ? 8 : 60);
	for (i = 0; i < c->op->n_params; i++)
		any_value(c->op, i, &c->value[i]);
}

static void set(struct call *c, const char *name, uint64_t number)
{
	struct value *v = (struct value *)value_of(c, name);

	memset(v, 0, sizeof(*v));
	v->there = true;
	v->number = number;
}

static struct call *begin(struct program *p, const char *name)
{
	struct call *c = &p->call[p->n++];

	memset(c, 0, sizeof(*c));
	c->op = op_named(name);
	return c;
}

static void prelude(struct program *p)
{
	struct call *c;

	if (chance(8))
		set(begin(p, "open"), "flags", 2);
	if (chance(3)) {
		c = begin(p, "enrol");
		set(c, "slot", chance(2));
	}
	if (chance(2)) {
		c = begin(p, "tls.pair");
		set(c, "to", 1);
		set(c, "peer", 2);
		set(c, "cipher", chance(3));
		set(c, "how", chance(5) ? 0 : 1 << chance(4));
		c = begin(p, "ioctl.seal");
		set(c, "fd", 0);
		set(c, "sock_fd", 1);
		set(c, "channel_fd", 3);
	}
	if (chance(2))
		begin(p, "open")->op = NULL;
}

void program_generate(struct program *p)
{
	unsigned int n;

	memset(p, 0, sizeof(*p));
	prelude(p);
	for (n = 1 + chance(12); n && p->n < MAX_CALLS; n--)
		any_call(&p->call[p->n++]);
	if (!chance(20))
		p->kill_us = 100 + chance(20000);
}

static void insert(struct program *p, unsigned int at, const struct call *c)
{
	if (p->n == MAX_CALLS)
		return;
	memmove(&p->call[at + 1], &p->call[at], (p->n - at) * sizeof(*c));
	p->call[at] = *c;
	p->n++;
}

void program_mutate(struct program *p, const struct program *other)
{
	unsigned int rounds = 1 + chance(4), i;
	struct call c, *at;

	while (rounds--) {
		i = p->n ? chance(p->n) : 0;
		at = &p->call[i];
		switch (chance(10)) {
		case 0:
		case 1:
			any_call(&c);
			insert(p, chance(p->n + 1), &c);
			break;
		case 2:
			if (p->n > 1) {
				memmove(at, at + 1, (p->n - i - 1) * sizeof(*at));
				p->n--;
			}
			break;
		case 3:
			if (other->n)
				insert(p, chance(p->n + 1), &other->call[chance(other->n)]);
			break;
		case 4:		/* the same again, at the same time */
			if (p->n && at->op) {
				c = *at;
				c.lane = chance(LANES);
				insert(p, i, &c);
			}
			break;
		case 5:
			at->lane = chance(LANES);
			break;
		case 6:
			at->fail = chance(3) ? at->fail + 1U : chance(2) ? 0 : 1 + chance(40);
			break;
		default:
			if (p->n && at->op && at->op->n_params) {
				unsigned int j = chance(at->op->n_params);

				any_value(at->op, j, &at->value[j]);
			}
		}
	}
	if (!chance(25))
		p->kill_us = p->kill_us ? 0 : 100 + chance(20000);
}
