/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between whoever makes, opens and moves a database. */
#ifndef VPG_STORE_SCHEMA_H
#define VPG_STORE_SCHEMA_H

#include "store.h"

/* Of the schema; 0 if there is none. */
int store_version(struct store *st);

#endif /* VPG_STORE_SCHEMA_H */
