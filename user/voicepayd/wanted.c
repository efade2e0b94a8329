// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attack: an app asks for warm channels without end, and takes none, so that
 * device and gateway shake hands all day. So each channel that is opened costs
 * the user who wanted it a credit, which comes back when an app takes the
 * channel, and slowly otherwise.
 */

#include <string.h>

#include "wanted.h"

void wanted_init(struct wanted *w, unsigned int most)
{
	size_t i;

	memset(w, 0, sizeof(*w));
	w->most = most;
	for (i = 0; i < WANTED_USERS; i++)
		w->user[i].credit = w->most;
}

static void refresh(struct wanted *w, int64_t now)
{
	size_t i;

	for (i = 0; i < WANTED_USERS; i++) {
		__typeof__(&w->user[0]) u = &w->user[i];

		if (u->until <= now)
			u->channels = 0;
		if (u->credit > w->most)
			u->credit = w->most;
		while (u->credit < w->most && now - u->earned >= WANTED_EARN_MS) {
			u->credit++;
			u->earned += WANTED_EARN_MS;
		}
	}
}

/* A place that is given up before its credit is back would be a way to new credit. */
static bool is_free(const struct wanted *w, size_t i)
{
	return !w->user[i].channels && w->user[i].credit == w->most;
}

static int find(const struct wanted *w, uid_t uid)
{
	int i;

	for (i = 0; i < WANTED_USERS; i++)
		if (!is_free(w, i) && w->user[i].uid == uid)
			return i;
	return -1;
}

int wanted_add(struct wanted *w, uid_t uid, unsigned int channels, int64_t now, int64_t until)
{
	int i;

	refresh(w, now);
	i = find(w, uid);
	if (i < 0)
		for (i = 0; i < WANTED_USERS && !is_free(w, i); i++)
			;
	if (i == WANTED_USERS)
		return -1;
	w->user[i].uid = uid;
	w->user[i].channels = channels;
	w->user[i].until = until;
	return w->user[i].credit ? 0 : -2;
}

unsigned int wanted_now(struct wanted *w, int64_t now, int64_t *until)
{
	unsigned int most = 0;
	size_t i;

	refresh(w, now);
	*until = now;
	for (i = 0; i < WANTED_USERS; i++) {
		if (!w->user[i].channels)
			continue;
		if (w->user[i].channels > most)
			most = w->user[i].channels;
		if (w->user[i].until > *until)
			*until = w->user[i].until;
	}
	return most;
}

bool wanted_spend(struct wanted *w, unsigned int there, int64_t now, uid_t *uid)
{
	size_t i;

	refresh(w, now);
	for (i = 0; i < WANTED_USERS; i++) {
		__typeof__(&w->user[0]) u = &w->user[i];

		if (u->channels <= there || !u->credit)
			continue;
		if (u->credit == w->most)
			u->earned = now;
		u->credit--;
		*uid = u->uid;
		return true;
	}
	return false;
}

void wanted_give_back(struct wanted *w, uid_t uid)
{
	int i = find(w, uid);

	if (i >= 0 && w->user[i].credit < w->most)
		w->user[i].credit++;
}
