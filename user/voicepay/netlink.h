/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the module's management says, to people. */
#ifndef VP_NETLINK_H
#define VP_NETLINK_H

#include "../common/manage.h"

/* Tells the error of one of manage.h's calls in words. Returns an exit status. */
int manage_tell(const struct manage *m, int err);

/* The same as @name of the error and @message. Returns the exit status. */
int manage_explain(const struct manage *m, int err, const char **name, char *message, size_t size);

#endif
