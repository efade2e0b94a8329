// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "db.h"
#include "step.h"

enum store_result db_exec(struct store *st, const char *sql)
{
	return st->ops->exec(st, sql);
}

struct query *db(struct store *st, const char *sql, const char *fmt, ...)
{
	struct query *q;
	va_list ap;

	st->failed = STORE_FAILED;
	va_start(ap, fmt);
	q = st->ops->query(st, sql, fmt, ap);
	va_end(ap);
	if (!st->ahead)
		return q;
	/* Whatever became of it, whoever asks in earnest is told. */
	st->failed = STORE_NONE;
	return NULL;
}

enum store_result db_run(struct store *st, struct query *q)
{
	enum store_result r = q ? st->ops->run(st, q) : st->failed;

	step("statement");
	return r;
}

enum store_result db_later(struct store *st, struct query *q, enum store_result taken)
{
	enum store_result r = q ? st->ops->later(st, q, taken) : st->failed;

	step("statement");
	return r;
}

enum store_result db_row(struct store *st, struct query *q)
{
	return q ? st->ops->row(st, q) : st->failed;
}

enum store_result db_end(struct query *q, enum store_result r)
{
	if (q)
		q->st->ops->end(q);
	return r;
}

enum store_result db_number(struct store *st, struct query *q, long long *number)
{
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		*number = db_int(q, 0);
	return db_end(q, r);
}

enum store_result db_insert(struct store *st, struct query *q, long long *number)
{
	enum store_result r = db_number(st, q, number);

	step("statement");
	return r;
}

long long db_int(struct query *q, int col)
{
	return q->st->ops->number(q, col);
}

void db_text(struct query *q, int col, char *out, size_t size)
{
	const char *text = q->st->ops->text(q, col);
	size_t len;

	if (!text)
		text = "";
	len = strlen(text);
	if (len >= size)
		len = size - 1;
	memcpy(out, text, len);
	out[len] = '\0';
}

size_t db_blob(struct query *q, int col, void *out, size_t max)
{
	return q->st->ops->blob(q, col, out, max);
}

bool db_null(struct query *q, int col)
{
	return q->st->ops->null(q, col);
}

enum store_result db_put(struct store *st, const char *sql, const struct db_value *v, int n)
{
	return st->ops->put(st, sql, v, n);
}
