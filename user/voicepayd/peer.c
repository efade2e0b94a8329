// SPDX-License-Identifier: GPL-2.0-or-later

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

/* Where the configuration names nobody. */
#define DEFAULT_GROUP	"voicepay"

static bool user_matches(const char *name, uid_t uid)
{
	struct passwd *pw;
	char *end;

	if (isdigit((unsigned char)name[0])) {
		unsigned long number = strtoul(name, &end, 10);

		return !*end && number == uid;
	}
	pw = getpwnam(name);
	return pw && pw->pw_uid == uid;
}

static bool in_group(const char *name, gid_t primary, const gid_t *groups, size_t count)
{
	struct group *gr = getgrnam(name);
	size_t i;

	if (!gr)
		return false;
	if (gr->gr_gid == primary)
		return true;
	for (i = 0; i < count; i++)
		if (groups[i] == gr->gr_gid)
			return true;
	return false;
}

/* The groups that the process had when it connected, not what /etc/group says now. */
static gid_t *peer_groups(int sock, size_t *count)
{
	socklen_t len = 64 * sizeof(gid_t);
	gid_t *groups = NULL, *more;
	int tries;

	*count = 0;
	for (tries = 0; tries < 2; tries++) {
		more = realloc(groups, len);
		if (!more)
			break;
		groups = more;
		if (!getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, groups, &len)) {
			*count = len / sizeof(gid_t);
			return groups;
		}
		if (errno != ERANGE)
			break;
	}
	free(groups);
	return NULL;
}

bool peer_allowed(const struct config *config, int sock, struct ucred *cred)
{
	socklen_t len = sizeof(*cred);
	bool allowed = false;
	gid_t *groups;
	size_t count, i;

	cred->uid = cred->gid = -1;
	cred->pid = 0;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, cred, &len))
		return false;
	if (!cred->uid)
		return true;

	for (i = 0; i < config->user_count; i++)
		if (user_matches(config->users[i], cred->uid))
			return true;

	groups = peer_groups(sock, &count);
	for (i = 0; i < config->group_count && !allowed; i++)
		allowed = in_group(config->groups[i], cred->gid, groups, count);
	if (!config->group_count && !config->user_count)
		allowed = in_group(DEFAULT_GROUP, cred->gid, groups, count);
	free(groups);
	return allowed;
}
