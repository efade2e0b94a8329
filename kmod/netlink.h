/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family "voicepay", for the files that serve its commands. */
#ifndef VP_NETLINK_H
#define VP_NETLINK_H

#include <net/genetlink.h>

#include "rights.h"

struct vp_slot;

extern __visible struct genl_family vp_nl_family;

/* A reply that is being filled in. */
struct vp_nl_reply {
	struct sk_buff *skb;
	void *head;
};

int vp_nl_reply_begin(struct vp_nl_reply *reply, struct genl_info *info);
int vp_nl_reply_end(struct vp_nl_reply *reply, struct genl_info *info, int err);
int vp_nl_reply_bytes(struct genl_info *info, int attr, const void *data, size_t len);

/**
 * struct vp_nl_reason - what to say about an error
 * @err: a negative errno
 * @text: a sentence for people
 */
struct vp_nl_reason {
	int err;
	const char *text;
};

void vp_nl_say(struct genl_info *info, const struct nlattr *attr, const char *text);
void vp_nl_say_why(struct genl_info *info, int err, const struct vp_nl_reason *reasons, size_t n);
/* The sentence for an error, if there is more to say than its number. */
#define vp_nl_explain(info, err, reasons)	\
	vp_nl_say_why(info, err, reasons, ARRAY_SIZE(reasons))

int vp_nl_want(struct genl_info *info, int attr);
struct vp_slot *vp_nl_want_slot(struct genl_info *info, int attr);

/* Who sends. */
struct vp_caller vp_nl_caller(const struct sk_buff *skb);
int vp_nl_manager_only(struct sk_buff *skb, struct genl_info *info);

/* What a command does with its slot, on behalf of its sender. */
typedef int vp_nl_action(struct vp_slot *slot, const struct vp_caller *caller,
			 struct genl_info *info);

int vp_nl_with_slot(struct sk_buff *skb, struct genl_info *info, int attr, u32 right,
		    vp_nl_action *action);

/* A slot's policy as attributes: netlink_policy.c. */
int vp_nl_put_policy(struct sk_buff *skb, struct vp_slot *slot);

__visible int vp_netlink_init(void);
__visible void vp_netlink_exit(void);

#endif /* VP_NETLINK_H */
