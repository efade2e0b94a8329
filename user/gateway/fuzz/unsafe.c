// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"
#include "store_sqlite.h"

void fuzz_unsafe(struct store *st)
{
	sq_exec(st, "PRAGMA synchronous = OFF");
}
