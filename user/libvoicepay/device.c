// SPDX-License-Identifier: LGPL-2.1-or-later
/* The ioctls of /dev/voicepay. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "export.h"

VP_EXPORT const char *voicepay_version(void)
{
	return VOICEPAY_VERSION_STRING;
}

static int call(int dev, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(dev, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

VP_EXPORT int voicepay_open(const char *path)
{
	struct voicepay_info info;
	int dev = open(path ? path : VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int err;

	if (dev < 0)
		return -errno;

	/* A wrong node would otherwise show only when somebody wants to pay. */
	err = voicepay_info(dev, &info);
	if (err) {
		close(dev);
		return err;
	}
	return dev;
}

VP_EXPORT void voicepay_close(int dev)
{
	if (dev >= 0)
		close(dev);
}

VP_EXPORT int voicepay_info(int dev, struct voicepay_info *info)
{
	int err;

	if (!info)
		return -EINVAL;
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	err = call(dev, VOICEPAY_IOC_INFO, info);
	info->version[sizeof(info->version) - 1] = 0;
	return err;
}

VP_EXPORT int voicepay_status(int dev, unsigned int slot, struct voicepay_status *status)
{
	if (!status)
		return -EINVAL;
	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	status->slot = slot;
	return call(dev, VOICEPAY_IOC_STATUS, status);
}

VP_EXPORT int voicepay_code(int dev, unsigned int slot, unsigned int flags,
			    struct voicepay_code *code)
{
	return voicepay_code_bound(dev, slot, flags, 0, 0, NULL, NULL, NULL, code);
}

/* Into a field that is zero; a string that fills it has no NUL there. */
static int put_string(__u8 *field, size_t room, const char *s)
{
	size_t len = s ? strnlen(s, room + 1) : 0;

	if (len > room)
		return -EINVAL;
	if (len)
		memcpy(field, s, len);
	return 0;
}

VP_EXPORT int voicepay_code_bound(int dev, unsigned int slot, unsigned int flags,
				  unsigned int mode, __u64 amount, const char *currency,
				  const char *merchant, const char *challenge,
				  struct voicepay_code *code)
{
	int err;

	if (!code)
		return -EINVAL;
	memset(code, 0, sizeof(*code));
	code->size = sizeof(*code);
	code->slot = slot;
	code->flags = flags;
	code->mode = mode;
	code->amount = amount;
	if (put_string(code->currency, sizeof(code->currency) - 1, currency) ||
	    put_string(code->merchant, sizeof(code->merchant), merchant) ||
	    put_string(code->challenge, sizeof(code->challenge), challenge))
		return -EINVAL;
	err = call(dev, VOICEPAY_IOC_CODE, code);
	code->digits[sizeof(code->digits) - 1] = 0;
	return err;
}

VP_EXPORT int voicepay_authorise(int dev, unsigned int slot, unsigned int purpose, __u64 amount,
				 const char *currency, const char *order, const char *payee,
				 struct voicepay_authorise *authorise)
{
	if (!authorise)
		return -EINVAL;
	memset(authorise, 0, sizeof(*authorise));
	authorise->size = sizeof(*authorise);
	authorise->slot = slot;
	authorise->purpose = purpose;
	authorise->amount = amount;
	if (put_string(authorise->currency, sizeof(authorise->currency) - 1, currency) ||
	    put_string(authorise->order, sizeof(authorise->order), order) ||
	    put_string(authorise->payee, sizeof(authorise->payee), payee))
		return -EINVAL;
	return call(dev, VOICEPAY_IOC_AUTHORISE, authorise);
}

VP_EXPORT int voicepay_otp(int dev, unsigned int slot, struct voicepay_otp *otp)
{
	int err;

	if (!otp)
		return -EINVAL;
	memset(otp, 0, sizeof(*otp));
	otp->size = sizeof(*otp);
	otp->slot = slot;
	err = call(dev, VOICEPAY_IOC_OTP, otp);
	otp->digits[sizeof(otp->digits) - 1] = 0;
	return err;
}
