/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A generic netlink client that sends exactly the bytes it is told to, well
 * formed or not. Programs should use libnl; tests need to be able to err.
 */
#ifndef VP_TEST_GENL_H
#define VP_TEST_GENL_H

#include <stddef.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/voicepay_netlink.h>

struct genl {
	int fd;
	__u16 family;		/* number of "voicepay" */
	__u32 seq;
	char why[128];		/* the kernel's sentence for the last error, or "" */
};

struct genl_msg {
	size_t len;
	union {
		struct nlmsghdr nlh;
		__u8 bytes[8192];
	};
};

/* 0, or -ENOENT if this kernel (or network namespace) has no such family. */
int genl_open(struct genl *g);
void genl_close(struct genl *g);

void genl_begin(const struct genl *g, struct genl_msg *msg, __u8 cmd);
void genl_put(struct genl_msg *msg, __u16 type, const void *data, size_t len);
void genl_put_u32(struct genl_msg *msg, __u16 type, __u32 value);

/* Sends and takes the answer, if any, into @msg. Returns 0 or the negative errno. */
int genl_call(struct genl *g, struct genl_msg *msg);

/* Dumps; calls @each for every object. Returns their number or a negative errno. */
int genl_dump(struct genl *g, __u8 cmd, void (*each)(const struct genl_msg *msg, void *arg),
	      void *arg);

/* An attribute of an answer, or NULL; its length in *@len if that is asked for. */
const void *genl_attr(const struct genl_msg *msg, __u16 type, size_t *len);
__u32 genl_u32(const struct genl_msg *msg, __u16 type);
__u64 genl_u64(const struct genl_msg *msg, __u16 type);

#endif /* VP_TEST_GENL_H */
