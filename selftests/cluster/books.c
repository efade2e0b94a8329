// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"
#include "gateway.h"

struct row {
	char payment[STORE_PAYMENT_LEN + 1];
	int order;
	long long key;
	__u64 ordinal;
};

struct rows {
	struct row *row;
	long n, room;
	long other;	/* that are no charge of ours */
};

static struct row *more(struct rows *rs)
{
	if (rs->n == rs->room) {
		rs->room = rs->room ? 2 * rs->room : 4096;
		rs->row = realloc(rs->row, rs->room * sizeof(*rs->row));
		if (!rs->row)
			abort();
	}
	return &rs->row[rs->n++];
}

static void on_payment(void *arg, const struct payment *p)
{
	struct rows *rs = arg;
	struct row *r;
	int order;

	if (p->kind != PAYMENT_CODE || sscanf(p->order, "o%d", &order) != 1 || p->amount != 1) {
		rs->other++;
		return;
	}
	r = more(rs);
	strcpy(r->payment, p->id);
	r->order = order;
	r->key = p->key;
	r->ordinal = p->ordinal;
}

static int by_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static int by_ordinal(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

static void sort(struct rows *rs, int (*by)(const void *, const void *))
{
	if (rs->n)
		qsort(rs->row, rs->n, sizeof(*rs->row), by);
}

static int read_record(struct rows *rs, const char *path)
{
	FILE *f = fopen(path, "re");
	char payment[STORE_PAYMENT_LEN + 1];
	int order;

	if (!f)
		return -1;
	while (fscanf(f, "o%d %32s\n", &order, payment) == 2) {
		struct row *r = more(rs);

		r->order = order;
		snprintf(r->payment, sizeof(r->payment), "%s", payment);
	}
	fclose(f);
	sort(rs, by_order);
	return 0;
}

static int compare(struct rows *acked, struct rows *booked, int offers)
{
	long lost = 0, silent = 0, twice = 0, again = 0, a = 0, b = 0;

	sort(booked, by_order);
	while (a < acked->n || b < booked->n) {
		int x = a < acked->n ? acked->row[a].order : 0x7fffffff, y = b < booked->n ? booked->row[b].order : 0x7fffffff;

		if (a < acked->n && b < booked->n && x == y && !strcmp(acked->row[a].payment, booked->row[b].payment)) {
			a++;
			b++;
		} else if (x <= y) {
			lost++;
			a++;
		} else {
			silent++;
			b++;
		}
	}
	for (b = 1; b < booked->n; b++)
		twice += booked->row[b].order / offers == booked->row[b - 1].order / offers;
	sort(booked, by_ordinal);
	for (b = 1; b < booked->n; b++)
		again += !by_ordinal(&booked->row[b], &booked->row[b - 1]);
	printf("acknowledged %ld, booked %ld, lost %ld, booked and never told %ld, codes booked twice %ld, ordinals twice %ld, others %ld\n",
	       acked->n, booked->n, lost, silent, twice, again, booked->other);
	return acked->n && !lost && !silent && !twice && !again && !booked->other ? 0 : -1;
}

int books_check(const char *config, const char *record, int offers)
{
	struct rows acked = { 0 }, booked = { 0 };
	struct gateway gw;
	struct audit audit;
	struct store *st = NULL;
	int ret = -1;

	if (read_record(&acked, record) || gateway_open(&gw, config, NULL))
		return -1;
	if (store_open(&st, gw.db_path, false) == STORE_OK && store_each_payment(st, on_payment, &booked) == STORE_OK &&
	    store_audit(st, &audit) == STORE_OK) {
		ret = compare(&acked, &booked, offers);
		printf("sum %lld, %lld transfers, %lld entries, %lld wrong\n", audit.sum, audit.transfers, audit.entries, audit.wrong);
		if (audit.sum || audit.wrong || audit.entries != 2 * audit.transfers)
			ret = -1;
	}
	store_close(st);
	gateway_close(&gw);
	free(acked.row);
	free(booked.row);
	return ret;
}
