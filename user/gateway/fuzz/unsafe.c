// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"
#include "db_sqlite.h"

void fuzz_unsafe(struct store *st)
{
	db_exec(st, "PRAGMA synchronous = OFF");
}
