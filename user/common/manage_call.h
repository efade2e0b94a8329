/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to the module, and what becomes of it; for those who write the commands of manage.h. */
#ifndef VP_MANAGE_CALL_H
#define VP_MANAGE_CALL_H

#include <stdbool.h>

#include "manage.h"

struct nl_msg;
struct nlattr;

/**
 * struct manage_call - a request under way
 * @m: the connection
 * @take: takes an object that the answer brings; not 0 if it makes no sense
 * @max: highest attribute of such an object
 * @out: for @take
 * @many: the answer is a dump: any number of objects, none included
 * @err: what came of it
 * @got: objects that came
 * @done: the answer is complete
 */
struct manage_call {
	struct manage *m;
	int (*take)(struct nlattr **attrs, void *out);
	int max;
	void *out;
	bool many;
	int err;
	unsigned int got;
	bool done;
};

/* A message to put attributes into; NULL if there is no memory, which manage_finish() tells. */
struct nl_msg *manage_begin(struct manage *m, int command);

/*
 * Sends @msg, frees it and waits for the end of the answer. Returns 0; the
 * kernel's error; -EBADMSG if the answer is not what the module would give;
 * -EIO if there was none.
 */
int manage_finish(struct manage_call *call, struct nl_msg *msg);

/* A number of an answer; 0 if the attribute is missing or too short to hold one. */
uint32_t manage_u32(const struct nlattr *attr);
uint64_t manage_u64(const struct nlattr *attr);

/* One message of the answer. */
void manage_take(struct manage_call *call, struct nl_msg *msg);

#endif
