// SPDX-License-Identifier: GPL-2.0-or-later
/* The schema travels inside the program: a database is never made from another version's file. */
#include "schema.h"

__asm__(".pushsection .rodata\n"
	".globl schema_sql\n"
	".type schema_sql, %object\n"
	"schema_sql:\n"
	".incbin \"" VPG_SCHEMA "\"\n"
	".byte 0\n"
	".size schema_sql, . - schema_sql\n"
	".popsection\n");
