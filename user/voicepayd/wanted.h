/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who wants channels kept warm, and what each may cost the gateway. */
#ifndef VP_WANTED_H
#define VP_WANTED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WANTED_USERS	16
/* How soon one more may be opened in place of one that nobody took. */
#define WANTED_EARN_MS	30000

struct wanted {
	unsigned int most;		/* that one user may have opened and left untaken */
	struct {
		uid_t uid;
		unsigned int channels;	/* 0: this place is free once @credit is full */
		int64_t until;
		unsigned int credit;
		int64_t earned;		/* when the last one was */
	} user[WANTED_USERS];
};

void wanted_init(struct wanted *wanted, unsigned int most);

/*
 * @uid wants so many until @until. -1: there are too many who want some; -2: too
 * many of its channels were not taken.
 */
int wanted_add(struct wanted *wanted, uid_t uid, unsigned int channels, int64_t now, int64_t until);

/* How many are wanted in all; one channel serves many. *@until: for how long. */
unsigned int wanted_now(struct wanted *wanted, int64_t now, int64_t *until);

/* One more than @there is to be opened: whose it is, or false if nobody may. */
bool wanted_spend(struct wanted *wanted, unsigned int there, int64_t now, uid_t *uid);
/* One of @uid's was of use. */
void wanted_give_back(struct wanted *wanted, uid_t uid);

#endif
