// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Only a process can make memory that the kernel's direct map does not have,
 * with memfd_secret(2). So this one makes some and gives it away, before any
 * app can ask for anything.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <voicepay.h>

#include "donate.h"
#include "log.h"

/* One number for all machines; those that lack the call, as 32-bit Arm, answer ENOSYS. */
#ifndef SYS_memfd_secret
#define SYS_memfd_secret	447
#endif

/* Ten keys a page, and each page taken out splits a large one of the direct map. */
#define PAGES	32

/* A memfd_secret whose pages are all there, mapped nowhere; or a negative errno. */
static int make_memory(void)
{
	size_t size = PAGES * (size_t)sysconf(_SC_PAGESIZE);
	void *at = MAP_FAILED;
	int fd = syscall(SYS_memfd_secret, O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, size))
		at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		err = -errno;
		close(fd);
		return err;
	}
	memset(at, 0, size);
	munmap(at, size);
	return fd;
}

static int give(int dev)
{
	struct voicepay_donation donation = { .size = sizeof(donation) };

	donation.memfd = make_memory();
	if (donation.memfd < 0) {
		log_warning("no secret memory for the module's keys: %s%s", strerror(-donation.memfd),
			    donation.memfd == -ENOSYS ? ": boot with secretmem.enable=1" : "");
		return donation.memfd;
	}
	if (ioctl(dev, VOICEPAY_IOC_VAULT, &donation)) {
		int err = -errno;

		if (err == -EPERM || err == -EEXIST)	/* refused before it was taken */
			close(donation.memfd);
		log_warning("the module does not take secret memory: %s%s", strerror(-err),
			    err == -EPERM ? ": run voicepayd --donate as root" : "");
		return err;
	}
	log_info("gave the module %u pages of secret memory for its keys", donation.pages);
	return 0;
}

int donate_vault(const char *device)
{
	struct voicepay_info info;
	int dev = voicepay_open(device), err;

	if (dev < 0) {
		log_warning("%s", voicepay_explain(VOICEPAY_CALL_OPEN, dev));
		return dev;
	}
	err = voicepay_info(dev, &info);
	/* 0 from a module that is older than this, too. */
	if (!err && info.vault_flags & VOICEPAY_VAULT_WANTED)
		err = give(dev);
	voicepay_close(dev);
	return err;
}
