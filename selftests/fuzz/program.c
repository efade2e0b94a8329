// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs as text. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

const char *const source_names[N_SOURCES] = {
	"", "device", "gateway", "ticket", "answer", "pool", "blob", "wrapped", "record",
};

const struct op *op_named(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_ops; i++)
		if (!strcmp(ops[i]->name, name))
			return ops[i];
	return NULL;
}

static int param_named(const struct op *op, const char *name)
{
	unsigned int i;

	for (i = 0; i < op->n_params; i++)
		if (!strcmp(op->param[i].name, name))
			return i;
	return -1;
}

const struct value *value_of(const struct call *c, const char *name)
{
	int i = param_named(c->op, name);

	return i < 0 ? NULL : &c->value[i];
}

uint64_t number_of(const struct call *c, const char *name)
{
	const struct value *v = value_of(c, name);

	return v && v->there ? v->number : 0;
}

static bool is_bytes(const struct param *p)
{
	return p->kind == P_BYTES || p->kind == P_STRING || p->kind == P_RECORD || p->kind == P_PTR;
}

static void print_value(const struct param *p, const struct value *v, FILE *f)
{
	unsigned int i;

	fprintf(f, " %s=", p->name);
	if (!is_bytes(p)) {
		fprintf(f, v->number > 9999999 ? "0x%llx" : "%llu", (unsigned long long)v->number);
		return;
	}
	if (v->source == LITERAL) {
		fputc('#', f);
		for (i = 0; i < v->n_literal; i++)
			fprintf(f, "%02x", v->literal[i]);
	} else {
		fprintf(f, "@%s", source_names[v->source]);
	}
	if (v->len != 0xffff)
		fprintf(f, "/%u", v->len);
	for (i = 0; i < v->n_patches; i++)
		fprintf(f, "^%u:%02x", v->patch[i].at, v->patch[i].is);
}

void program_print(const struct program *p, FILE *f)
{
	unsigned int i, j;

	if (p->kill_us)
		fprintf(f, "kill=%u\n", p->kill_us);
	for (i = 0; i < p->n; i++) {
		const struct call *c = &p->call[i];

		if (!c->op) {
			fputs("|\n", f);
			continue;
		}
		fprintf(f, "%u %s", c->lane, c->op->name);
		for (j = 0; j < c->op->n_params; j++)
			if (c->value[j].there)
				print_value(&c->op->param[j], &c->value[j], f);
		if (c->fail)
			fprintf(f, " fail=%u", c->fail);
		fputc('\n', f);
	}
}

static bool read_bytes(struct value *v, char *text)
{
	char *end, *patch = strchr(text, '^'), *len;
	unsigned int i;

	if (patch)
		*patch++ = '\0';
	len = strchr(text, '/');
	if (len)
		*len++ = '\0';
	v->len = len ? strtoul(len, NULL, 0) : 0xffff;
	if (*text == '@') {
		for (i = 1; i < N_SOURCES; i++)
			if (!strcmp(text + 1, source_names[i]))
				v->source = i;
		if (!v->source)
			return false;
	} else if (*text == '#') {
		for (i = 0; text[1 + 2 * i] && text[2 + 2 * i] && i < MAX_LITERAL; i++) {
			unsigned int byte;

			if (sscanf(text + 1 + 2 * i, "%2x", &byte) != 1)
				return false;
			v->literal[i] = byte;
		}
		v->n_literal = i;
		if (!len)
			v->len = i;
	} else {
		return false;
	}
	while (patch && v->n_patches < MAX_PATCHES) {
		v->patch[v->n_patches].at = strtoul(patch, &end, 10);
		if (*end++ != ':')
			return false;
		v->patch[v->n_patches++].is = strtoul(end, &end, 16);
		patch = *end == '^' ? end + 1 : NULL;
	}
	return true;
}

static bool read_call(struct call *c, char *line)
{
	char *save, *word = strtok_r(line, " ", &save), *equals;
	int i;

	if (!word || !strchr("012", *word) || word[1])
		return false;
	c->lane = *word - '0';
	word = strtok_r(NULL, " ", &save);
	c->op = word ? op_named(word) : NULL;
	if (!c->op)
		return false;
	while ((word = strtok_r(NULL, " ", &save))) {
		equals = strchr(word, '=');
		if (!equals)
			return false;
		*equals++ = '\0';
		if (!strcmp(word, "fail")) {
			c->fail = strtoul(equals, NULL, 0);
			continue;
		}
		i = param_named(c->op, word);
		if (i < 0)
			return false;
		c->value[i].there = true;
		if (is_bytes(&c->op->param[i])) {
			if (!read_bytes(&c->value[i], equals))
				return false;
		} else {
			c->value[i].number = strtoull(equals, NULL, 0);
		}
	}
	return true;
}

bool program_read(struct program *p, FILE *f, const char *name)
{
	char line[1024], copy[1024];

	memset(p, 0, sizeof(*p));
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (sscanf(line, "kill=%u", &p->kill_us) == 1)
			continue;
		if (p->n == MAX_CALLS) {
			fprintf(stderr, "%s: more than %u calls\n", name, MAX_CALLS);
			return false;
		}
		strcpy(copy, line);
		if (strcmp(line, "|") && !read_call(&p->call[p->n], copy)) {
			fprintf(stderr, "%s: cannot read \"%s\"\n", name, line);
			return false;
		}
		p->n++;
	}
	return true;
}
