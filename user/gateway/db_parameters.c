// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "db_parameters.h"

#define OID_INT8	20
#define OID_TEXT	25
#define OID_BYTEA	17

void db_parameters_gather(struct db_parameters *p, const char *fmt, va_list given)
{
	va_list ap;

	va_copy(ap, given);
	for (p->n = 0; fmt[p->n] && p->n < DB_PARAMETERS; p->n++) {
		int i = p->n;

		p->len[i] = 0;
		p->binary[i] = fmt[i] == 'b';
		if (fmt[i] == 'i') {
			snprintf(p->digits[i], sizeof(p->digits[i]), "%lld", va_arg(ap, long long));
			p->value[i] = p->digits[i];
			p->type[i] = OID_INT8;
		} else {
			p->value[i] = va_arg(ap, const char *);
			p->type[i] = fmt[i] == 'b' ? OID_BYTEA : OID_TEXT;
			if (fmt[i] == 'b') {
				p->len[i] = (int)va_arg(ap, size_t);
				/* NULL would be null. */
				p->value[i] = p->value[i] ? p->value[i] : "";
			}
		}
	}
	va_end(ap);
}

void db_parameters_take(struct db_parameters *p, const struct db_value *v, int n)
{
	p->n = n;
	for (int i = 0; i < n; i++) {
		p->type[i] = v[i].type == 'i' ? OID_INT8 : v[i].type == 't' ? OID_TEXT : OID_BYTEA;
		p->binary[i] = v[i].type == 'b';
		p->len[i] = (int)v[i].len;
		snprintf(p->digits[i], sizeof(p->digits[i]), "%lld", v[i].number);
		p->value[i] = v[i].null ? NULL : v[i].type == 'i' ? p->digits[i] : v[i].bytes;
	}
}

size_t db_parameters_flatten(const struct db_parameters *p, char *out, size_t size)
{
	size_t n = 0;

	for (int i = 0; i < p->n; i++) {
		size_t len = !p->value[i] ? 0 : p->binary[i] ? (size_t)p->len[i] : strlen(p->value[i]);

		if (len >= 0xff || n + 1 + len > size)
			return 0;
		out[n++] = (char)(p->value[i] ? len : 0xff);
		if (len)
			memcpy(out + n, p->value[i], len);
		n += len;
	}
	return n;
}
