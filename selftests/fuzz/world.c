// SPDX-License-Identifier: GPL-2.0-or-later
/* What a program runs in. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "world.h"

__thread struct lane *this_lane;

void world_fresh(struct world *w)
{
	struct genl nl;

	pthread_mutex_init(&w->lock, NULL);
	if (genl_open(&nl)) {
		fprintf(stderr, "no netlink family voicepay\n");
		exit(1);
	}
	w->family = nl.family;
	test_fresh_device(&nl, &w->gw, 2);
	genl_close(&nl);
	memset(w->thing, 0, sizeof(w->thing));
	keep(w, S_DEVICE, w->gw.device, sizeof(w->gw.device));
	keep(w, S_GATEWAY, w->gw.s_pub, sizeof(w->gw.s_pub));
	keep(w, S_TICKET, w->gw.ticket, sizeof(w->gw.ticket));
}

void world_take(struct world *w)
{
	unsigned int i;

	for (i = 0; i < REGISTERS; i++)
		w->reg[i] = -1;
}

int reg_get(struct world *w, uint64_t reg)
{
	return w->reg[reg % REGISTERS];
}

void reg_put(struct world *w, uint64_t reg, int fd)
{
	int was = atomic_exchange(&w->reg[reg % REGISTERS], fd);

	if (was >= 0)
		close(was);
}

void keep(struct world *w, enum source what, const void *bytes, size_t len)
{
	struct thing *t = &w->thing[what];

	if (!bytes || len > sizeof(t->bytes))
		return;
	pthread_mutex_lock(&w->lock);
	memcpy(t->bytes, bytes, len);
	t->len = len;
	pthread_mutex_unlock(&w->lock);
}

size_t bytes_of(struct world *w, const struct param *p, const struct value *v, uint8_t *out, size_t room)
{
	size_t len = v->len, i;

	pthread_mutex_lock(&w->lock);
	if (v->source == LITERAL) {
		if (len == 0xffff || len > room)
			len = v->n_literal > room ? room : v->n_literal;
		for (i = 0; i < len; i++)
			out[i] = v->n_literal ? v->literal[i % v->n_literal] : 0;
	} else {
		const struct thing *t = &w->thing[v->source];

		if (len > t->len)
			len = t->len;
		if (len > room)
			len = room;
		memcpy(out, t->bytes, len);
	}
	pthread_mutex_unlock(&w->lock);
	for (i = 0; i < v->n_patches; i++)
		if (v->patch[i].at < len)
			out[v->patch[i].at] = v->patch[i].is;
	return len;
}

/* Structures are built as the table says; what lies behind them is a known byte. */
void run_ioctl(struct world *w, const struct call *c)
{
	union {
		uint8_t bytes[8192];
		uint64_t aligned;
	} req = {};
	uint8_t *buffer[MAX_PARAMS] = {};
	const struct op *op = c->op;
	int fd = reg_get(w, number_of(c, "fd"));
	unsigned int i;

	for (i = 0; i < op->n_params; i++) {
		const struct param *p = &op->param[i];
		const struct value *v = &c->value[i];
		uint64_t number = v->number;

		if (p->at == NOWHERE)
			continue;
		if (p->kind == P_SIZE && !v->there) {
			number = op->size;
		} else if (p->kind == P_PTR && v->there) {
			buffer[i] = malloc(MAX_BYTES);
			if (buffer[i])
				bytes_of(w, p, v, buffer[i], MAX_BYTES);
			number = (uintptr_t)buffer[i];
		} else if (p->kind == P_BYTES && v->there) {
			bytes_of(w, p, v, req.bytes + p->at, p->len);
			continue;
		} else if (p->kind == P_REG) {
			number = reg_get(w, number);
		} else if (!v->there || p->kind == P_OUT) {
			continue;
		}
		memcpy(req.bytes + p->at, &number, p->len);
	}
	if (!ioctl(fd, op->number, req.bytes))
		for (i = 0; i < op->n_params; i++)
			if (op->param[i].kind == P_OUT) {
				int out;

				memcpy(&out, req.bytes + op->param[i].at, sizeof(out));
				reg_put(w, c->value[i].number, out);
			}
	for (i = 0; i < op->n_params; i++)
		free(buffer[i]);
}

int lane_call(struct world *w, struct genl_msg *msg)
{
	struct genl g = { .fd = this_lane->sock, .family = w->family, .seq = this_lane->seq };
	int err = genl_call(&g, msg);

	this_lane->seq = g.seq;
	return err;
}

/* What a later call can make use of. */
static void learn(struct world *w, uint8_t cmd, const struct genl_msg *msg)
{
	uint8_t msg2[VP_MSG2_MAX];
	const void *p;
	size_t len;
	int n;

	switch (cmd) {
	case VOICEPAY_CMD_ENROL_BEGIN:
		p = genl_attr(msg, VOICEPAY_A_ENROL_MESSAGE, &len);
		if (!p)
			break;
		pthread_mutex_lock(&w->lock);
		w->gw.grant.epoch++;
		n = test_gateway_answer(&w->gw, p, len, msg2);
		pthread_mutex_unlock(&w->lock);
		if (n > 0)
			keep(w, S_ANSWER, msg2, n);
		break;
	case VOICEPAY_CMD_BLOB_GET:
		p = genl_attr(msg, VOICEPAY_A_BLOB_BLOB, &len);
		keep(w, S_BLOB, p, p ? len : 0);
		break;
	case VOICEPAY_CMD_SEALER_GET:
		p = genl_attr(msg, VOICEPAY_A_SEALER_WRAPPED_KEY, &len);
		keep(w, S_WRAPPED, p, p ? len : 0);
		break;
	}
}

static void dump(struct world *w, struct genl_msg *msg)
{
	uint8_t buf[4096];

	/* Half of a dump at most is read: the rest goes with the socket, or is in the way. */
	msg->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	msg->nlh.nlmsg_len = msg->len;
	if (send(this_lane->sock, msg->bytes, msg->len, MSG_DONTWAIT) > 0)
		recv(this_lane->sock, buf, sizeof(buf), MSG_DONTWAIT);
}

void run_netlink(struct world *w, const struct call *c)
{
	struct genl g = { .family = w->family };
	const struct op *op = c->op;
	static __thread uint8_t buf[4096];
	struct genl_msg msg;
	unsigned int i;
	size_t len;

	genl_begin(&g, &msg, op->number);
	for (i = 0; i < op->n_params; i++) {
		const struct param *p = &op->param[i];
		const struct value *v = &c->value[i];

		if (p->at == NOWHERE || !v->there)
			continue;
		switch (p->kind) {
		case P_VOID:
			genl_put(&msg, p->at, NULL, 0);
			break;
		case P_INT:
			genl_put(&msg, p->at, &v->number, p->len);
			break;
		default:
			len = bytes_of(w, p, v, buf, sizeof(buf) - 1);
			if (p->kind == P_STRING)
				buf[len++] = '\0';
			if (msg.len + len + 8 < sizeof(msg.bytes))
				genl_put(&msg, p->at, buf, len);
		}
	}
	switch (number_of(c, "how")) {
	case 1:
		dump(w, &msg);
		break;
	case 2:		/* nobody reads the answer */
		msg.nlh.nlmsg_flags = NLM_F_REQUEST;
		msg.nlh.nlmsg_len = msg.len;
		send(this_lane->sock, msg.bytes, msg.len, MSG_DONTWAIT);
		break;
	default:
		if (!lane_call(w, &msg))
			learn(w, op->number, &msg);
	}
}
