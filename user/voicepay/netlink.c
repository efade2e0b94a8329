// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "netlink.h"

int manage_explain(const struct manage *m, int err, const char **name, char *message, size_t size)
{
	static const struct {
		int err;
		int status;
		const char *sentence;
	} known[] = {
		{ ENOENT, STATUS_ENVIRONMENT, "the voicepay module does not answer: load it (modprobe voicepay)" },
		{ EPERM, STATUS_REFUSED, "only root may do this: run it with sudo" },
		{ EACCES, STATUS_REFUSED, "this user has no right to do that with this slot: the administrator can grant it (voicepay slot)" },
		{ ETIME, STATUS_REFUSED, "the gateway's clock and the device's are too far apart to be both right: if it is the device's that is wrong, enrol with --accept-time and a new ticket" },
		{ EINPROGRESS, STATUS_REFUSED, "a person must press the device's button first: press it and run this again" },
		{ EEXIST, STATUS_REFUSED, "the device belongs to another gateway or has another certificate: wipe it first (voicepay wipe)" },
		{ ENOSPC, STATUS_REFUSED, "all slots are taken: wipe the device, or use a slot that there is (--slot)" },
		{ ERANGE, STATUS_REFUSED, "there is no slot of this number: voicepay status shows how many there are" },
		{ ENODEV, STATUS_REFUSED, "the device is not provisioned, or is another one than was meant: see voicepay provision" },
		{ ENOMEDIUM, STATUS_ENVIRONMENT, "the module holds no key in a weaker place than its parameter vault= names, and that is not there: see voicepay status and the kernel's log" },
		{ EKEYREJECTED, STATUS_REFUSED, "the gateway's key is not an X25519 public key: correct [gateway] key and provision again" },
		{ ESTALE, STATUS_REFUSED, "the enrolment took longer than a minute, or another one began meanwhile: get a new ticket and try again" },
		{ EBADMSG, STATUS_REFUSED, "what came back is not the gateway's answer to this enrolment: check [gateway] key, get a new ticket and try again" },
		{ EPROTO, STATUS_REFUSED, "the gateway's terms make no sense to this device: update the one that is older" },
	};
	size_t i;

	*name = strerrorname_np(-err) ? strerrorname_np(-err) : "EUNKNOWN";
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].err == -err) {
			snprintf(message, size, "%s%s%s%s", known[i].sentence, *m->why ? " (the module says: " : "",
				 m->why, *m->why ? ")" : "");
			return known[i].status;
		}
	snprintf(message, size, "the module refused: %s", *m->why ? m->why : strerror(-err));
	return STATUS_REFUSED;
}

int manage_tell(const struct manage *m, int err)
{
	char message[512];
	const char *name;
	int status = manage_explain(m, err, &name, message, sizeof(message));

	return tell_error(status, name, "%s", message);
}
