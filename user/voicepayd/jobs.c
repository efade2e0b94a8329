// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "jobs.h"
#include "log.h"
#include "peer.h"
#include "reply.h"
#include "spawn.h"
#include "warm.h"

/* Apps that have connected and not yet asked: as many, and for as long. */
#define WAITING_MAX	32
#define REQUEST_MS	5000
/* The handshake process ends itself in time; this is for one that hangs. */
#define GRACE_MS	2000
#define SHORTEST_MS	100

struct job {
	int conn;		/* -1: this place is free */
	pid_t pid;		/* 0: no handshake process yet */
	int64_t deadline;	/* of clock_ms() */
	bool gone;		/* the app left */
	bool late;		/* the process was killed for being late */
	bool full;		/* it is the second process, without an older session */
	struct ucred cred;
};

struct jobs {
	struct config config;
	const char *helper;
	size_t max;
	struct job *job;
	struct warm *warm;
};

static int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

struct jobs *jobs_new(const struct config *config, const char *helper, const struct stamp *settings)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));
	size_t i;

	if (!jobs)
		return NULL;
	jobs->config = *config;
	jobs->max = config->max_handshakes + WAITING_MAX;
	jobs->helper = helper;
	jobs->job = calloc(jobs->max, sizeof(*jobs->job));
	jobs->warm = warm_new(&jobs->config, helper, settings);
	if (!jobs->job || !jobs->warm) {
		free(jobs->warm);
		free(jobs->job);
		free(jobs);
		return NULL;
	}
	for (i = 0; i < jobs->max; i++)
		jobs->job[i].conn = -1;
	return jobs;
}

void jobs_configure(struct jobs *jobs, const struct config *config, const struct stamp *settings)
{
	unsigned int max = jobs->config.max_handshakes;

	/* The table's size is settled. */
	jobs->config = *config;
	jobs->config.max_handshakes = max;
	warm_renew(jobs->warm, settings);
}

static void finish(struct job *job)
{
	close(job->conn);
	job->conn = -1;
}

/* The daemon's own answer: always a refusal. */
static void answer(int conn, const struct ucred *cred, const struct vp_reply *reply)
{
	log_warning("uid %u, pid %d: %s: %s", cred->uid, cred->pid,
		    voicepay_check_name(reply->check), reply->message);
	vp_reply_send(conn, reply, -1);
}

/*
 * The last of @max places is for a user who has none, so that no app can keep
 * those of all other users from paying by taking whatever becomes free.
 */
static bool room_for(const struct jobs *jobs, uid_t uid, size_t max, bool shaking)
{
	size_t i, taken = 0, own = 0;

	for (i = 0; i < jobs->max; i++) {
		const struct job *job = &jobs->job[i];

		if (job->conn < 0 || (shaking && !job->pid))
			continue;
		taken++;
		own += job->cred.uid == uid;
	}
	return taken + (own ? 1 : 0) < max;
}

static struct job *free_place(struct jobs *jobs, uid_t uid)
{
	size_t i;

	if (!room_for(jobs, uid, jobs->max, false))
		return NULL;
	for (i = 0; i < jobs->max; i++)
		if (jobs->job[i].conn < 0)
			return &jobs->job[i];
	return NULL;
}

void jobs_accept(struct jobs *jobs, int conn)
{
	struct vp_reply reply;
	struct ucred cred;
	struct job *job;

	reply_init(&reply);
	if (!peer_allowed(&jobs->config, conn, &cred)) {
		refuse(&reply, VOICEPAY_CHECK_PEER,
		       "voicepayd does not serve user %u: add it to a group of [daemon] allow-group and log in again",
		       cred.uid);
		goto refused;
	}
	job = free_place(jobs, cred.uid);
	if (!job) {
		refuse(&reply, VOICEPAY_CHECK_BUSY,
		       "voicepayd has too many callers: try again in a moment");
		goto refused;
	}
	memset(job, 0, sizeof(*job));
	job->conn = conn;
	job->cred = cred;
	job->deadline = clock_ms() + REQUEST_MS;
	return;
refused:
	answer(conn, &cred, &reply);
	close(conn);
}

/* What the daemon can do at once, it does. */
static bool served(struct jobs *jobs, struct job *job, const struct vp_request *request)
{
	struct vp_reply reply;
	int channel = -1;

	reply_init(&reply);
	if (request->op == VP_OP_WARM) {
		warm_ask(jobs->warm, job->cred.uid, request->channels, &reply);
		if (reply.check != VOICEPAY_CHECK_OK) {
			answer(job->conn, &job->cred, &reply);
			finish(job);
			return true;
		}
	} else {
		channel = warm_take(jobs->warm, &reply);
		if (channel < 0)
			return false;
	}
	if (vp_reply_send(job->conn, &reply, channel))
		log_info("uid %u, pid %d: went away before the answer", job->cred.uid, job->cred.pid);
	else
		log_info("uid %u, pid %d: %s: %s", job->cred.uid, job->cred.pid,
			 channel < 0 ? "warm" : "ok, warm", reply.message);
	if (channel >= 0)
		close(channel);
	finish(job);
	return true;
}

static void run(struct jobs *jobs, struct job *job, unsigned int timeout)
{
	struct vp_reply reply;

	job->pid = spawn_handshake(jobs->helper, jobs->config.path, timeout, job->conn, job->full);
	if (job->pid >= 0)
		return;
	reply_init(&reply);
	refuse(&reply, VOICEPAY_CHECK_HELPER, "voicepayd cannot start a process: %s", strerror(-job->pid));
	job->pid = 0;
	answer(job->conn, &job->cred, &reply);
	finish(job);
}

/* The time that is left of the app's. */
static void run_again(struct jobs *jobs, struct job *job)
{
	int64_t left = job->deadline - GRACE_MS - clock_ms();

	log_info("uid %u, pid %d: the gateway stumbled over an older session: once more, in full",
		 job->cred.uid, job->cred.pid);
	job->full = true;
	run(jobs, job, left > SHORTEST_MS ? left : SHORTEST_MS);
}

static void start(struct jobs *jobs, struct job *job)
{
	struct vp_request request;
	unsigned int timeout = jobs->config.timeout * 1000;
	struct vp_reply reply;
	char packet[sizeof(request) + 1];
	ssize_t n = recv(job->conn, packet, sizeof(packet), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	reply_init(&reply);
	if (n <= 0) {
		finish(job);	/* it left without asking */
		return;
	}
	if (vp_request_check(packet, n, &request)) {
		refuse(&reply, VOICEPAY_CHECK_DAEMON,
		       "voicepayd does not understand the request: install a libvoicepay of its version");
		goto refused;
	}
	if (served(jobs, job, &request))
		return;
	if (!room_for(jobs, job->cred.uid, jobs->config.max_handshakes, true)) {
		refuse(&reply, VOICEPAY_CHECK_BUSY,
		       "voicepayd shakes hands with as many apps as it may: try again in a moment");
		goto refused;
	}
	/* The app's patience can only shorten the time. */
	if (request.timeout_ms && request.timeout_ms < timeout)
		timeout = request.timeout_ms > SHORTEST_MS ? request.timeout_ms : SHORTEST_MS;
	job->deadline = clock_ms() + timeout + GRACE_MS;
	run(jobs, job, timeout);
	return;
refused:
	answer(job->conn, &job->cred, &reply);
	finish(job);
}

size_t jobs_max(const struct jobs *jobs)
{
	return jobs->max + CONFIG_WARM;
}

size_t jobs_poll(struct jobs *jobs, struct pollfd *fds)
{
	size_t i, n = 0;

	for (i = 0; i < jobs->max; i++) {
		const struct job *job = &jobs->job[i];

		if (job->conn < 0 || job->gone)
			continue;
		fds[n].fd = job->conn;
		/* While the process runs only the app's leaving matters. */
		fds[n++].events = job->pid ? 0 : POLLIN;
	}
	return n + warm_poll(jobs->warm, fds + n);
}

int jobs_wait(const struct jobs *jobs)
{
	int64_t now = clock_ms(), first = INT64_MAX;
	int warm = warm_wait(jobs->warm);
	size_t i;

	for (i = 0; i < jobs->max; i++)
		if (jobs->job[i].conn >= 0 && !jobs->job[i].late && jobs->job[i].deadline < first)
			first = jobs->job[i].deadline;
	if (first == INT64_MAX)
		return warm;
	first = first > now ? first - now : 0;
	return warm >= 0 && warm < first ? warm : first;
}

static void ready(struct jobs *jobs, struct job *job, short events)
{
	if (!job->pid) {
		start(jobs, job);
	} else if (events & (POLLHUP | POLLERR)) {
		/*
		 * Nobody waits for this handshake any more. The place is free
		 * when the process has been reaped.
		 */
		job->gone = true;
		kill(job->pid, SIGKILL);
	}
}

void jobs_ready(struct jobs *jobs, const struct pollfd *fds, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++) {
		if (!fds[i].revents || warm_ready(jobs->warm, fds[i].fd))
			continue;
		for (k = 0; k < jobs->max; k++)
			if (jobs->job[k].conn == fds[i].fd) {
				ready(jobs, &jobs->job[k], fds[i].revents);
				break;
			}
	}
}

/* The process has ended: if it did not answer, this does. */
static void ended(struct jobs *jobs, struct job *job, int status)
{
	struct vp_reply reply;

	reply_init(&reply);
	if (job->gone || (WIFEXITED(status) && !WEXITSTATUS(status)))
		goto out;
	if (!job->late && !job->full && WIFEXITED(status) && WEXITSTATUS(status) == SPAWN_AGAIN) {
		run_again(jobs, job);
		return;
	}
	if (job->late)
		refuse(&reply, VOICEPAY_CHECK_TIMEOUT,
		       "the handshake did not end in time and was stopped: is this device online?");
	else if (WIFSIGNALED(status))
		refuse(&reply, VOICEPAY_CHECK_HELPER,
		       "the handshake process was ended by signal %d (%s): try again; if it happens again, report it",
		       WTERMSIG(status), sigdescr_np(WTERMSIG(status)) ?: "unknown");
	else if (WEXITSTATUS(status) == SPAWN_NO_EXEC)
		refuse(&reply, VOICEPAY_CHECK_HELPER, "voicepayd cannot run %s: install voicepay anew",
		       jobs->helper);
	else
		refuse(&reply, VOICEPAY_CHECK_HELPER,
		       "the handshake process failed (status %d): see voicepayd's log",
		       WEXITSTATUS(status));
	answer(job->conn, &job->cred, &reply);
out:
	finish(job);
}

void jobs_reap(struct jobs *jobs)
{
	int status;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (warm_reap(jobs->warm, pid))
			continue;
		for (i = 0; i < jobs->max; i++)
			if (jobs->job[i].conn >= 0 && jobs->job[i].pid == pid) {
				ended(jobs, &jobs->job[i], status);
				break;
			}
	}
}

void jobs_expire(struct jobs *jobs)
{
	int64_t now = clock_ms();
	size_t i;

	for (i = 0; i < jobs->max; i++) {
		struct job *job = &jobs->job[i];

		if (job->conn < 0 || job->late || job->deadline > now)
			continue;
		if (job->pid) {
			job->late = true;
			kill(job->pid, SIGKILL);
		} else {
			struct vp_reply reply;

			reply_init(&reply);
			refuse(&reply, VOICEPAY_CHECK_TIMEOUT, "no request came within %d seconds",
			       REQUEST_MS / 1000);
			answer(job->conn, &job->cred, &reply);
			finish(job);
		}
	}
	warm_work(jobs->warm);
}

void jobs_stop(struct jobs *jobs)
{
	struct vp_reply reply;
	size_t i;

	reply_init(&reply);
	refuse(&reply, VOICEPAY_CHECK_DAEMON, "voicepayd is stopping: try again when it is back");
	for (i = 0; i < jobs->max; i++) {
		struct job *job = &jobs->job[i];
		int status = 0;

		if (job->conn < 0)
			continue;
		if (job->pid) {
			kill(job->pid, SIGKILL);
			while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
				;
		}
		/* It may have answered just before. */
		if (!job->pid || !WIFEXITED(status) || WEXITSTATUS(status))
			answer(job->conn, &job->cred, &reply);
		finish(job);
	}
	warm_stop(jobs->warm);
	free(jobs->job);
	free(jobs);
}
