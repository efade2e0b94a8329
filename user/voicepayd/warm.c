// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "reply.h"
#include "spawn.h"
#include "stamp.h"
#include "wanted.h"
#include "warm.h"

/* Handshakes under way at once, so that those of apps are not held up. */
#define OPENING_MAX	2
/* The handshake process ends itself in time; this is for one that hangs. */
#define GRACE_MS	2000
/* After one that failed: the next waits, twice as long each time. */
#define RETRY_MIN_MS	1000
#define RETRY_MAX_MS	60000

enum state {
	EMPTY,
	OPENING,	/* @fd leads to a handshake process */
	READY,		/* @fd is the channel */
};

struct place {
	enum state state;
	int fd;
	pid_t pid;
	uid_t uid;		/* who wanted it */
	int64_t since;		/* of boot_ms() */
	struct stamp stamp;	/* the files that its handshake went by, or younger ones */
	struct vp_reply reply;
};

struct warm {
	const struct config *config;
	const char *helper;
	struct place place[CONFIG_WARM];
	struct wanted wanted;
	struct stamp settings;	/* their file, before they were read */
	int64_t retry_at;
	unsigned int retry_ms;
};

/* It goes on while the device sleeps, when a server gives up and nobody hears of it. */
static int64_t boot_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

struct warm *warm_new(const struct config *config, const char *helper, const struct stamp *settings)
{
	struct warm *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->config = config;
	w->helper = helper;
	wanted_init(&w->wanted, 3 * config->warm_max);
	w->settings = *settings;
	return w;
}

static unsigned int count(const struct warm *w, enum state state)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < CONFIG_WARM; i++)
		n += w->place[i].state == state;
	return n;
}

/* Closing a channel says goodbye to the server. */
static void drop(struct place *p)
{
	if (p->state == OPENING && p->pid)
		kill(p->pid, SIGKILL);
	if (p->state != EMPTY)
		close(p->fd);
	p->state = EMPTY;
	p->pid = 0;
}

void warm_renew(struct warm *w, const struct stamp *settings)
{
	size_t i;

	for (i = 0; i < CONFIG_WARM; i++) {
		/* Not for want of use. */
		if (w->place[i].state != EMPTY)
			wanted_give_back(&w->wanted, w->place[i].uid);
		drop(&w->place[i]);
	}
	w->wanted.most = 3 * w->config->warm_max;
	w->settings = *settings;
	w->retry_at = 0;
	w->retry_ms = 0;
}

/*
 * A handshake goes by the settings as they are, the daemon by what it has read of
 * them: with others there may be files that it does not watch.
 */
static bool settings_are_read(const struct warm *w)
{
	struct stamp now;

	stamp_take(&now, w->config);
	return stamp_same_settings(&w->settings, &now);
}

void warm_ask(struct warm *w, uid_t uid, unsigned int channels, struct vp_reply *reply)
{
	int64_t now = boot_ms(), until;
	int err = 0;

	if (!w->config->warm_max) {
		refuse(reply, VOICEPAY_CHECK_CONFIG, "voicepayd keeps no channels warm here: [daemon] warm-max is 0");
		return;
	}
	if (!settings_are_read(w)) {
		refuse(reply, VOICEPAY_CHECK_CONFIG,
		       "%.100s has changed since voicepayd read it: systemctl reload voicepayd", w->config->path);
		return;
	}
	if (channels > w->config->warm_max)
		channels = w->config->warm_max;
	if (channels)
		err = wanted_add(&w->wanted, uid, channels, now, now + w->config->warm_time * 1000LL);
	if (err) {
		refuse(reply, VOICEPAY_CHECK_BUSY, err == -1 ?
		       "too many users want channels kept warm: try again in a minute" :
		       "nobody took the channels that were opened for this user: ask when a payment is likely");
		return;
	}
	warm_work(w);
	wanted_now(&w->wanted, now, &until);
	reply->op = VP_OP_WARM;
	reply->ready = count(w, READY);
	reply->coming = count(w, OPENING);
	reply->seconds = (until - now) / 1000;
	snprintf(reply->message, sizeof(reply->message), "%u channels ready, %u being opened", reply->ready,
		 reply->coming);
}

/* Nothing comes on a channel before an app asks: whatever does is its end. */
static bool is_alive(const struct place *p)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN | POLLRDHUP };

	return !poll(&pfd, 1, 0);
}

static bool is_old(const struct warm *w, const struct place *p, int64_t now)
{
	return now - p->since >= w->config->warm_age * 1000LL;
}

int warm_take(struct warm *w, struct vp_reply *reply)
{
	struct place *best = NULL;
	int64_t now = boot_ms();
	struct stamp stamp;
	size_t i;
	int fd;

	if (!count(w, READY))
		return -1;
	stamp_take(&stamp, w->config);
	for (i = 0; i < CONFIG_WARM; i++) {
		struct place *p = &w->place[i];

		if (p->state != READY)
			continue;
		/* A CRL may have come since that says what the server's certificate is worth. */
		if (is_old(w, p, now) || !stamp_same(&p->stamp, &stamp) ||
		    !stamp_same_settings(&w->settings, &stamp) || !is_alive(p))
			drop(p);
		else if (!best || p->since > best->since)
			best = p;
	}
	if (!best)
		return -1;
	*reply = best->reply;
	reply->flags |= VP_REPLY_WARM;
	wanted_give_back(&w->wanted, best->uid);
	fd = best->fd;
	best->state = EMPTY;
	return fd;
}

size_t warm_poll(const struct warm *w, struct pollfd *fds)
{
	size_t i, n = 0;

	for (i = 0; i < CONFIG_WARM; i++) {
		if (w->place[i].state == EMPTY)
			continue;
		fds[n].fd = w->place[i].fd;
		fds[n++].events = POLLIN | POLLRDHUP;
	}
	return n;
}

static void failed(struct warm *w, struct place *p, const struct vp_reply *reply)
{
	w->retry_ms = w->retry_ms ? w->retry_ms * 2 : RETRY_MIN_MS;
	if (w->retry_ms > RETRY_MAX_MS)
		w->retry_ms = RETRY_MAX_MS;
	w->retry_at = boot_ms() + w->retry_ms;
	log_warning("no warm channel: %s: the next try is in %u s",
		    reply ? voicepay_check_name(reply->check) : "the handshake process gave no answer",
		    w->retry_ms / 1000);
	/* Failures are bounded by the wait between them. */
	wanted_give_back(&w->wanted, p->uid);
	drop(p);
}

static void opened(struct warm *w, struct place *p)
{
	int channel = -1, err = vp_reply_receive(p->fd, &p->reply, &channel);

	if (err == -EAGAIN || err == -EINTR)
		return;
	if (err || channel < 0) {
		failed(w, p, err ? NULL : &p->reply);
		return;
	}
	close(p->fd);
	p->fd = channel;
	p->state = READY;
	p->since = boot_ms();
	w->retry_ms = 0;
}

bool warm_ready(struct warm *w, int fd)
{
	size_t i;

	for (i = 0; i < CONFIG_WARM; i++) {
		struct place *p = &w->place[i];

		if (p->state == EMPTY || p->fd != fd)
			continue;
		if (p->state == OPENING) {
			opened(w, p);
		} else {
			log_info("a warm channel was ended by the gateway after %lld s: if that happens often, warm-age should be less",
				 (long long)(boot_ms() - p->since) / 1000);
			drop(p);
		}
		return true;
	}
	return false;
}

static int64_t ends(const struct warm *w, const struct place *p)
{
	if (p->state == READY)
		return p->since + w->config->warm_age * 1000LL;
	return p->since + w->config->timeout * 1000LL + GRACE_MS;
}

int warm_wait(const struct warm *w)
{
	struct wanted wanted = w->wanted;
	int64_t now = boot_ms(), first = INT64_MAX, until;
	unsigned int there;
	size_t i;

	for (i = 0; i < CONFIG_WARM; i++)
		if (w->place[i].state != EMPTY && ends(w, &w->place[i]) < first)
			first = ends(w, &w->place[i]);
	there = count(w, OPENING) + count(w, READY);
	/* Something is missing, and it is not a handshake's end that it waits for. */
	if (wanted_now(&wanted, now, &until) > there && count(w, OPENING) < OPENING_MAX) {
		int64_t next = w->retry_at > now ? w->retry_at : now + RETRY_MIN_MS;

		if (next < first)
			first = next;
	}
	if (first == INT64_MAX)
		return -1;
	if (first <= now)
		return 0;
	return first - now < RETRY_MAX_MS ? first - now : RETRY_MAX_MS;
}

/* false: no more for now. */
static bool open_one(struct warm *w, unsigned int there, int64_t now)
{
	struct place *p = w->place;
	int pair[2];

	if (!settings_are_read(w))
		return false;
	while (p->state != EMPTY)
		p++;
	if (!wanted_spend(&w->wanted, there, now, &p->uid))
		return false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair)) {
		log_err("no warm channel: %s", strerror(errno));
		return false;
	}
	/* Before the process reads them: what changes in between is seen as a change. */
	stamp_take(&p->stamp, w->config);
	p->fd = pair[0];
	p->since = now;
	p->state = OPENING;
	p->pid = spawn_handshake(w->helper, w->config->path, w->config->timeout * 1000, pair[1],
				 w->retry_ms);
	close(pair[1]);
	if (p->pid < 0) {
		p->pid = 0;
		failed(w, p, NULL);
		return false;
	}
	return true;
}

void warm_work(struct warm *w)
{
	int64_t now = boot_ms(), until;
	unsigned int wanted, there;
	size_t i;

	for (i = 0; i < CONFIG_WARM; i++) {
		struct place *p = &w->place[i];

		if (p->state == EMPTY || ends(w, p) > now)
			continue;
		if (p->state == OPENING)
			failed(w, p, NULL);
		else
			drop(p);
	}
	wanted = wanted_now(&w->wanted, now, &until);
	if (wanted > w->config->warm_max)
		wanted = w->config->warm_max;
	for (;;) {
		there = count(w, OPENING) + count(w, READY);
		if (there >= wanted || count(w, OPENING) >= OPENING_MAX || now < w->retry_at ||
		    !open_one(w, there, now))
			break;
	}
}

bool warm_reap(struct warm *w, pid_t pid)
{
	size_t i;

	for (i = 0; i < CONFIG_WARM; i++) {
		struct place *p = &w->place[i];

		if (p->pid != pid)
			continue;
		p->pid = 0;
		/* Its answer may lie there still. */
		if (p->state == OPENING)
			opened(w, p);
		if (p->state == OPENING)
			failed(w, p, NULL);
		return true;
	}
	return false;
}

void warm_stop(struct warm *w)
{
	size_t i;

	for (i = 0; i < CONFIG_WARM; i++) {
		pid_t pid = w->place[i].pid;

		drop(&w->place[i]);
		while (pid && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(w);
}
