/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the handshake process: wiped when freed, never swapped. */
#ifndef VP_MEMORY_H
#define VP_MEMORY_H

#include "../reply.h"

/* Before anything else of OpenSSL: its allocations are wiped on free. */
int memory_wipe_on_free(struct vp_reply *reply);

/* What is touched from here on stays in RAM. */
int memory_lock(struct vp_reply *reply);

#endif
