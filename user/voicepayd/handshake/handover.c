// SPDX-License-Identifier: GPL-2.0-or-later
/* The socket with its keys goes into the kernel, and a channel comes back. */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "handover.h"

static int open_device(const char *device)
{
	return open(device, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/*
 * The device's file is root's, but tickets are given only to a user who opened
 * it himself: so by the rights of root, in the name of @uid.
 */
static int open_as(const char *device, uid_t uid)
{
	int fd, err;

	if (seteuid(uid))
		return -1;
	setfsuid(0);
	fd = open_device(device);
	err = errno;
	if (seteuid(0)) {
		err = errno;
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	errno = err;
	return fd;
}

int handover_open(const char *device, uid_t uid, struct vp_reply *reply)
{
	int fd = geteuid() == uid ? open_device(device) : open_as(device, uid);

	if (fd < 0)
		refuse(reply, VOICEPAY_CHECK_SEAL, "%.100s: %s", device,
		       voicepay_explain(VOICEPAY_CALL_OPEN, errno));
	return fd;
}

bool handover_ticket(int device, const unsigned char binding[BINDING_LEN], struct ticket *t)
{
	memset(&t->it, 0, sizeof(t->it));
	t->it.size = sizeof(t->it);
	memcpy(t->it.binding, binding, BINDING_LEN);
	t->it.ticket = (uintptr_t)t->ticket;
	t->it.ticket_len = sizeof(t->ticket);
	t->it.context = (uintptr_t)t->context;
	t->it.context_len = sizeof(t->context);
	/* A module that knows no tickets has none, either. */
	return !ioctl(device, VOICEPAY_IOC_TICKET, &t->it) && t->it.ticket_len <= sizeof(t->ticket) &&
	       t->it.context_len <= sizeof(t->context);
}

int handover_seal(int device, int sock, struct voicepay_seal *seal, struct vp_reply *reply)
{
	int ret;

	seal->size = sizeof(*seal);
	seal->sock_fd = sock;
	ret = ioctl(device, VOICEPAY_IOC_SEAL, seal);
	if (ret < 0 && errno == E2BIG) {
		/* An older module, which has looked at nothing yet: a channel it can make all the same. */
		seal->size = offsetof(struct voicepay_seal, secret_len);
		ret = ioctl(device, VOICEPAY_IOC_SEAL, seal);
	}
	/* No second try after EINTR or anything else: the socket may be gone. */
	if (ret < 0)
		return refuse(reply, VOICEPAY_CHECK_SEAL, "the module did not take the connection: %s",
			      voicepay_explain(VOICEPAY_CALL_SEAL, errno));
	return seal->channel_fd;
}
