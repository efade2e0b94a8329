/* SPDX-License-Identifier: GPL-2.0 */
/* Who may do what with a slot. */
#ifndef VP_RIGHTS_H
#define VP_RIGHTS_H

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * struct vp_rights - what the administrator granted
 * @uid: owner, or INVALID_UID
 * @gid: group, or INVALID_GID
 * @uid_rights: VOICEPAY_RIGHT_* of the owner
 * @gid_rights: VOICEPAY_RIGHT_* of the group's members
 */
struct vp_rights {
	kuid_t uid;
	kgid_t gid;
	u32 uid_rights;
	u32 gid_rights;
};

/**
 * struct vp_caller - on whose behalf something is asked
 * @cred: of the process that makes the call
 * @file: what it calls through: the device or the netlink socket, opened by
 *	whomever; NULL makes a caller without rights
 *
 * Good as long as the call lasts.
 */
struct vp_caller {
	const struct cred *cred;
	const struct file *file;
};

static inline struct vp_caller vp_caller_of_file(const struct file *file)
{
	return (struct vp_caller){ current_cred(), file };
}

/* As the initial user namespace counts: there a user's number is what the kernel's own is. */
static inline u32 vp_caller_uid(const struct vp_caller *caller)
{
	return __kuid_val(caller->cred->euid);
}

__visible bool vp_caller_is_admin(const struct vp_caller *caller);

u32 vp_rights_of_cred(const struct vp_rights *rights, const struct cred *cred);
__visible u32 vp_rights_granted(const struct vp_rights *rights, const struct vp_caller *caller);
__visible u32 vp_rights_of(const struct vp_rights *rights, const struct vp_caller *caller);

/* The same in the most common case, and else nothing: the owner calls, through what he opened. */
static inline u32 vp_rights_of_owner(const struct vp_rights *rights,
				     const struct vp_caller *caller)
{
	if (!caller->file || !uid_valid(rights->uid) ||
	    !uid_eq(caller->cred->euid, rights->uid) ||
	    !uid_eq(caller->file->f_cred->euid, rights->uid))
		return 0;
	return rights->uid_rights;
}

#endif /* VP_RIGHTS_H */
