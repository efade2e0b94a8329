// SPDX-License-Identifier: LGPL-2.1-or-later
/* Asks voicepayd for a channel, or to keep some ready. */

#include <errno.h>
#include <string.h>

#include "ask.h"
#include "export.h"

/* Each structure as its first version was; apps cannot have less. */
#define CHANNEL_SIZE_1	(offsetof(struct voicepay_channel, host) + 256)
#define WARM_SIZE_1	(offsetof(struct voicepay_warm, seconds) + 4)

/* Does @p, whose size the app has set, have the field @field? */
#define HAS(p, field)	((p)->size >= offsetof(__typeof__(*(p)), field) + sizeof((p)->field))

VP_EXPORT int voicepay_channel_open(const char *path, unsigned int timeout_ms,
				    struct voicepay_channel *ch)
{
	struct vp_request request = { .op = VP_OP_CHANNEL, .timeout_ms = timeout_ms };
	struct vp_reply reply;
	__u32 size;
	int err, fd;

	if (!ch || ch->size < CHANNEL_SIZE_1)
		return -EINVAL;
	size = ch->size;
	memset(ch, 0, size);
	ch->size = size;

	err = vp_ask(path, &request, &reply, &fd);
	ch->check = reply.check;
	memcpy(ch->message, reply.message, sizeof(ch->message));
	if (err)
		return err;
	memcpy(ch->protocol, reply.protocol, sizeof(ch->protocol));
	memcpy(ch->cipher, reply.cipher, sizeof(ch->cipher));
	memcpy(ch->group, reply.group, sizeof(ch->group));
	memcpy(ch->host, reply.host, sizeof(ch->host));
	if (HAS(ch, resumed))
		ch->resumed = !!(reply.flags & VP_REPLY_RESUMED);
	if (HAS(ch, warm))
		ch->warm = !!(reply.flags & VP_REPLY_WARM);
	return fd;
}

VP_EXPORT int voicepay_warm(const char *path, unsigned int channels, unsigned int timeout_ms,
			    struct voicepay_warm *warm)
{
	struct vp_request request = {
		.op = VP_OP_WARM, .timeout_ms = timeout_ms, .channels = channels,
	};
	struct vp_reply reply;
	__u32 size;
	int err, fd;

	if (!warm || warm->size < WARM_SIZE_1)
		return -EINVAL;
	size = warm->size;
	memset(warm, 0, size);
	warm->size = size;

	err = vp_ask(path, &request, &reply, &fd);
	warm->check = reply.check;
	memcpy(warm->message, reply.message, sizeof(warm->message));
	if (err)
		return err;
	warm->ready = reply.ready;
	warm->coming = reply.coming;
	warm->seconds = reply.seconds;
	return 0;
}
