// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bytes of a stranger meet OpenSSL in this process. If one finds a way in,
 * it should find nothing to do: no files, no new sockets, no other program.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define OVERFLOW_ID	65534

/* Younger than some libseccomp and kernel headers; the numbers are those of all architectures. */
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __SNR_fchmodat2
#define __SNR_fchmodat2 __NR_fchmodat2
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#endif
#ifndef __SNR_setxattrat
#define __SNR_setxattrat __NR_setxattrat
#endif
#ifndef __NR_removexattrat
#define __NR_removexattrat 466
#endif
#ifndef __SNR_removexattrat
#define __SNR_removexattrat __NR_removexattrat
#endif

static int hide(void)
{
	/* Neither ptrace nor /proc/PID/mem nor pidfd_getfd for the same user. */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

int sandbox_begin(struct vp_reply *reply)
{
	struct rlimit none = { 0, 0 };

	umask(077);
	if (hide() || setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return refuse(reply, VOICEPAY_CHECK_HELPER, "cannot shut off the handshake process: %s",
			      strerror(errno));
	return 0;
}

uid_t sandbox_uid(const char *user)
{
	struct passwd *pw;

	if (geteuid())
		return geteuid();
	pw = getpwnam(*user ? user : "voicepay");
	return pw ? pw->pw_uid : OVERFLOW_ID;
}

static int drop_root(const char *user, bool groups, struct vp_reply *reply)
{
	uid_t uid = OVERFLOW_ID;
	gid_t gid = OVERFLOW_ID;
	struct passwd *pw;

	if (geteuid())
		return 0;
	pw = getpwnam(*user ? user : "voicepay");
	if (pw) {
		uid = pw->pw_uid;
		gid = pw->pw_gid;
	} else if (*user) {
		return refuse(reply, VOICEPAY_CHECK_CONFIG,
			      "[daemon] user: there is no user %.60s: create it, or name another", user);
	}
	if (!uid)
		return refuse(reply, VOICEPAY_CHECK_CONFIG, "[daemon] user must not be root");
	if ((groups && pw ? initgroups(pw->pw_name, gid) : setgroups(0, NULL)) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return refuse(reply, VOICEPAY_CHECK_HELPER, "cannot become another user than root: %s",
			      strerror(errno));
	/* A change of user undoes both of these. */
	if (hide() || !setuid(0) || !geteuid())
		return refuse(reply, VOICEPAY_CHECK_HELPER, "cannot give up root for good");
	return 0;
}

int sandbox_drop_root(const char *user, struct vp_reply *reply)
{
	return drop_root(user, false, reply);
}

int sandbox_drop_root_in_groups(const char *user, struct vp_reply *reply)
{
	return drop_root(user, true, reply);
}

static const int allowed[] = {
	/* the connection, and the answer */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* time, randomness, locks of libc and OpenSSL */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
	SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
#ifdef __SANITIZE_ADDRESS__	/* its runtime, before what does not return */
	SCMP_SYS(sigaltstack),
#endif
	/* the end */
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* What a PKCS#11 library does to sign: its files and their locks, its daemon, its device. */
static const int allowed_signer[] = {
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
	SCMP_SYS(lseek), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(ftruncate), SCMP_SYS(fcntl),
	SCMP_SYS(flock), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ioctl), SCMP_SYS(connect), SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(shutdown), SCMP_SYS(eventfd2), SCMP_SYS(pipe2),
	SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(sched_yield),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getppid), SCMP_SYS(uname),
	SCMP_SYS(sysinfo), SCMP_SYS(membarrier), SCMP_SYS(rseq),
};

static int allow_all(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < n; i++) {
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
		if (err == -EDOM)	/* a call that this architecture does not have */
			err = 0;
	}
	return err;
}

/* No memory becomes code. */
static int allow_memory(scmp_filter_ctx ctx)
{
	int err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	return err ?: seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int load(scmp_filter_ctx ctx, int err, struct vp_reply *reply)
{
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	if (err)
		return refuse(reply, VOICEPAY_CHECK_HELPER,
			      "the kernel does not take the seccomp filter (%s): it needs CONFIG_SECCOMP_FILTER",
			      strerror(-err));
	return 0;
}

int sandbox_close_signer(struct vp_reply *reply)
{
	/* What a library tries in vain it may do without: an error, not the end. */
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = ctx ? 0 : -ENOMEM;

	/* It may have threads. */
	if (!err)
		err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!err)
		err = allow_all(ctx, allowed, sizeof(allowed) / sizeof(allowed[0]));
	if (!err)
		err = allow_all(ctx, allowed_signer, sizeof(allowed_signer) / sizeof(allowed_signer[0]));
	if (!err)
		err = allow_memory(ctx);
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	return load(ctx, err, reply);
}

/*
 * libc's resolver loads libraries and reads files, so it cannot be shut in as the
 * handshake is. What the answers of a name server could get out of it if they found a
 * way in is less than all, though: it starts nothing, changes no file, looks into
 * no process.
 */
static const int not_for_names[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp), SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
	SCMP_SYS(creat), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(mknod), SCMP_SYS(mknodat),
	SCMP_SYS(truncate), SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown),
	SCMP_SYS(fchown), SCMP_SYS(fchownat), SCMP_SYS(lchown), SCMP_SYS(fchmodat2), SCMP_SYS(setxattr),
	SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr), SCMP_SYS(setxattrat), SCMP_SYS(removexattr),
	SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr), SCMP_SYS(removexattrat), SCMP_SYS(utime),
	SCMP_SYS(utimes), SCMP_SYS(futimesat), SCMP_SYS(utimensat),
	SCMP_SYS(utimensat_time64), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl),
	SCMP_SYS(openat2), SCMP_SYS(open_by_handle_at), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
	SCMP_SYS(memfd_create),
};

/* A file that is opened for anything else than reading. */
static int deny_writing(scmp_filter_ctx ctx)
{
	static const int ways[] = { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND };
	size_t i;
	int err = 0;

	for (i = 0; !err && i < sizeof(ways) / sizeof(ways[0]); i++) {
		err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, ways[i], ways[i]));
		if (!err)
			err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1,
					       SCMP_A1(SCMP_CMP_MASKED_EQ, ways[i], ways[i]));
		if (err == -EDOM)
			err = 0;
	}
	return err;
}

int sandbox_names(struct vp_reply *reply)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int err = ctx ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < sizeof(not_for_names) / sizeof(not_for_names[0]); i++) {
		err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), not_for_names[i], 0);
		if (err == -EDOM)
			err = 0;
	}
	if (!err)
		err = deny_writing(ctx);
	return load(ctx, err, reply);
}

/* What every process that hears strangers may do. A surprise ends it; voicepayd then answers for it. */
static int begin_closed(scmp_filter_ctx *ctx)
{
	int err;

	*ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	err = *ctx ? 0 : -ENOMEM;
	if (!err)
		err = allow_all(*ctx, allowed, sizeof(allowed) / sizeof(allowed[0]));
	return err ? err : allow_memory(*ctx);
}

int sandbox_close_asker(struct vp_reply *reply)
{
	scmp_filter_ctx ctx;
	int err = begin_closed(&ctx);

	return load(ctx, err, reply);
}

int sandbox_close(struct vp_reply *reply)
{
	scmp_filter_ctx ctx;
	int err = begin_closed(&ctx);

	/* Kernel TLS goes in; nothing comes back out by getsockopt(). */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 1,
				       SCMP_A1(SCMP_CMP_EQ, SOL_TCP));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 1,
				       SCMP_A1(SCMP_CMP_EQ, SOL_TLS));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_EQ, VOICEPAY_IOC_SEAL));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_EQ, VOICEPAY_IOC_TICKET));
	return load(ctx, err, reply);
}
