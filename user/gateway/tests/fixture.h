/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gateway in a directory of its own, for one test: real files, real database, a clock that the test moves. */
#ifndef VPG_TEST_FIXTURE_H
#define VPG_TEST_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <libpq-fe.h>

#include "device.h"
#include "gateway.h"
#include "route.h"

#define TEST_TIME	1700000000ULL
#define BALANCE		100000		/* of alice, in minor units */

struct world {
	char dir[80], voice_pem[96];
	char uri[256];			/* of its database, if that is PostgreSQL's */
	struct gateway gw;
	struct store *st;
	__u64 now;
	EVP_PKEY *voice;		/* the voice cloud's pair */
	struct account alice, mom;
	struct peer device_peer, shop_peer;
	struct test_device dev;
};

/* Is VPG_TEST_DB a server to run on? */
bool world_on_postgres(void);

/* cmocka's setup and teardown: users alice and mom, merchants shop and kiosk. */
int world_new(void **state);
int world_end(void **state);

/* A self-signed certificate as the header by which nginx names a peer, and that peer; 4096 bytes suffice. */
void world_cert(char *header, struct peer *peer);

/* Another connection, for another thread. */
struct store *world_store(struct world *w);

void world_ticket(struct world *w, __u8 ticket[VP_TICKET_LEN]);
/* Enrols w->dev as alice's. */
void world_enrol(struct world *w);
enum refusal world_send_msg1(struct world *w, const struct peer *peer, const __u8 *msg1, size_t len,
			     __u8 *msg2, size_t *msg2_len);

/* One request as nginx would pass it on; returns the status. @body NULL: GET. */
int world_request(struct world *w, struct store *st, const struct peer *peer, const char *path,
		  const char *body, json_t **answer);
/* The same; returns the error's or state's name. */
const char *world_ask(struct world *w, struct store *st, const struct peer *peer, const char *path,
		      const char *body, json_t **answer);
/* The same for a charge; returns the error's or state's name. */
const char *world_charge(struct world *w, struct store *st, const char *order, const char *code,
			 long long amount, json_t **answer);

/* ',"authorisation":{…}', as w->dev's kernel makes it now, for the end of a body. */
const char *world_auth(struct world *w, enum vp_purpose purpose, long long amount, const char *order, const char *payee);
/* The same of any device. */
const char *world_auth_of(const struct test_device *dev, __u64 time, const struct test_order *o);
/* Rotates, or enrols with a ticket of alice's; on RF_OK the device holds the new keys. */
enum refusal world_rotate(struct world *w, const struct peer *peer, struct test_device *dev);
enum refusal world_enrol_as(struct world *w, const struct peer *peer, struct test_device *dev);

long long world_balance(struct world *w, const char *name);
/* Sum zero, balances right, no transfer that is not a payment, a refund or the opening; returns the number of payments. */
long world_payments(struct world *w);

/* Where another database of this kind can be made, or of the other: a file, if not @server. */
void world_other(struct world *w, bool server, char where[256]);
void world_other_end(const char *where);

/* SQL behind the store's back; false if the database does not take it. */
bool world_sql(struct world *w, const char *sql);
/* A connection of somebody whom no constraint stops, PostgreSQL's. */
PGconn *world_superuser(struct world *w);
/* The same by somebody whom no trigger and no constraint stops, where there is one. */
void world_force(struct world *w, const char *sql);
long long world_number(struct world *w, const char *sql);

/* A token of the voice cloud; @patch is a JSON object that is laid over the claims. */
char *world_token(EVP_PKEY *key, const char *header, __u64 now, const char *patch);

#endif /* VPG_TEST_FIXTURE_H */
