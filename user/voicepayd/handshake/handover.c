// SPDX-License-Identifier: GPL-2.0-or-later
/* The socket with its keys goes into the kernel, and a channel comes back. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "handover.h"

int handover_open(const char *device, struct vp_reply *reply)
{
	int fd = open(device, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		refuse(reply, VOICEPAY_CHECK_SEAL, "%.100s: %s", device,
		       voicepay_explain(VOICEPAY_CALL_OPEN, errno));
	return fd;
}

int handover_seal(int device, int sock, struct vp_reply *reply)
{
	struct voicepay_seal seal = { .size = sizeof(seal), .sock_fd = sock };

	/* No second try after EINTR or anything else: the socket may be gone. */
	if (ioctl(device, VOICEPAY_IOC_SEAL, &seal) < 0)
		return refuse(reply, VOICEPAY_CHECK_SEAL, "the module did not take the connection: %s",
			      voicepay_explain(VOICEPAY_CALL_SEAL, errno));
	return seal.channel_fd;
}
