// SPDX-License-Identifier: GPL-2.0-or-later
/* The schemas travel inside the program: a database is never made from another version's file. */
#include "schema.h"

#define EMBED(name, file) \
	__asm__(".pushsection .rodata\n" \
		".globl " #name "\n" \
		".type " #name ", %object\n" \
		#name ":\n" \
		".incbin \"" file "\"\n" \
		".byte 0\n" \
		".size " #name ", . - " #name "\n" \
		".popsection\n")

EMBED(schema_sqlite_sql, VPG_SCHEMA_DIR "/schema-sqlite.sql");
EMBED(schema_postgres_sql, VPG_SCHEMA_DIR "/schema-postgres.sql");
