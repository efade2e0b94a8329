// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what with a slot.
 *
 * A right is had only if both have it: the process that makes the call, and
 * whoever opened the device or the socket that it calls through. Judging by
 * the caller alone would let an unprivileged process hand its descriptor to a
 * setuid program, as its standard output say, and have that act for it; judging
 * by the opener alone would make each descriptor that leaks out of a
 * privileged program a key.
 *
 * A netlink message is handled within its sender's sendmsg(), so the caller's
 * credentials are the sender's. Those in the message itself (NETLINK_CREDS)
 * are no substitute: they lack the supplementary groups, and a sender may put
 * its real or saved user there at will.
 *
 * Users and groups are kernel ids: the same user in any namespace, and
 * nobody else for a number that means root in some container.
 */

#include <linux/capability.h>
#include <linux/user_namespace.h>

#include "voicepay.h"
#include "rights.h"

/**
 * vp_caller_is_admin() - is this the administrator of the machine?
 * @caller: who asks; @caller->cred must be the current process's
 *
 * Root of a user namespace is not, whatever it holds there.
 */
bool vp_caller_is_admin(const struct vp_caller *caller)
{
	return caller->file && file_ns_capable(caller->file, &init_user_ns, CAP_SYS_ADMIN) &&
	       ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

/*
 * Groups are kept in order (groups_sort()). Attack: a caller with 65,536 of them, who makes
 * everybody wait that asks for the same slot.
 */
static bool in_group(const struct cred *cred, kgid_t gid)
{
	const struct group_info *groups = cred->group_info;
	int lo = 0, hi = groups->ngroups, mid;

	if (!gid_valid(gid))
		return false;
	if (gid_eq(cred->egid, gid))
		return true;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (gid_eq(groups->gid[mid], gid))
			return true;
		if (gid_lt(groups->gid[mid], gid))
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* What one of the two has of its own. */
u32 vp_rights_of_cred(const struct vp_rights *rights, const struct cred *cred)
{
	u32 had = 0;

	if (uid_valid(rights->uid) && uid_eq(cred->euid, rights->uid))
		had |= rights->uid_rights;
	if (in_group(cred, rights->gid))
		had |= rights->gid_rights;
	return had;
}

/**
 * vp_rights_granted() - what was granted to a caller
 * @rights: what the administrator granted
 * @caller: who asks
 *
 * May be called with a spinlock held: nobody else is asked.
 *
 * Return: VOICEPAY_RIGHT_* bits.
 */
u32 vp_rights_granted(const struct vp_rights *rights, const struct vp_caller *caller)
{
	u32 had;

	if (!caller->file)
		return 0;
	had = vp_rights_of_cred(rights, caller->cred);
	/* Most processes call through what they have opened themselves. */
	if (had && caller->file->f_cred != caller->cred)
		had &= vp_rights_of_cred(rights, caller->file->f_cred);
	return had;
}

/**
 * vp_rights_of() - what a caller may do with a slot
 * @rights: what the administrator granted
 * @caller: who asks
 *
 * The administrator has all rights: he could grant them to himself.
 *
 * Return: VOICEPAY_RIGHT_* bits.
 */
u32 vp_rights_of(const struct vp_rights *rights, const struct vp_caller *caller)
{
	u32 had = vp_rights_granted(rights, caller);

	if (had != VOICEPAY_RIGHTS_ALL && vp_caller_is_admin(caller))
		had = VOICEPAY_RIGHTS_ALL;
	return had;
}
