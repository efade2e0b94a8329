/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the gateway keeps, behind one interface, in SQLite or PostgreSQL (db.h).
 * A struct store is one connection and belongs to one thread at a time.
 *
 * Functions that write must be called between store_begin() and
 * store_commit(); store_begin() waits until this connection is the only
 * writer, so that what was read after it stays true until the commit. What a
 * commit has returned STORE_OK for survives a crash of the process and of the
 * machine.
 */
#ifndef VPG_STORE_H
#define VPG_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "agreement.h"

enum store_result {
	STORE_OK = 0,
	STORE_NONE,	/* no such row, or the condition does not hold */
	STORE_TAKEN,	/* a row with this identity is there already */
	STORE_POOR,	/* the balance does not cover it */
	STORE_BUSY,	/* another writer for too long, or nobody knows whether it was done: ask again */
	STORE_AGAIN,	/* nothing was done, as somebody else came between: run all of it again */
	STORE_FAILED,	/* told to the log */
};

#define STORE_NAME_MAX		260	/* bytes of 64 characters, with NUL */
#define STORE_CURRENCY_LEN	3
#define STORE_PAYMENT_LEN	32
#define STORE_REF_LEN		32
#define STORE_ORDER_MAX		64
#define STORE_AMOUNT_MAX	1000000000000LL
#define STORE_ANSWER_MAX	VP_MSG2_MAX
#define STORE_SEALED_MAX	256
#define STORE_SALT	16	/* bytes of a sealed value that no other one begins with */
#define STORE_MERCHANT_ID_MAX	64
#define STORE_TICKET_HASH	32

struct store;

/*
 * @path is a file of SQLite's or a URI, postgresql://. With @create, makes a database
 * that must not be there yet, or the tables in an empty one. STORE_AGAIN: the server
 * cannot be reached now.
 */
enum store_result store_open(struct store **st, const char *path, bool create);
/*
 * This connection answers calls, whose transactions are small, and is to make no file for what it puts
 * aside of them. One that goes through whole tables is left as it was opened: a file takes what memory may not.
 */
enum store_result store_for_calls(struct store *st);
/*
 * Writes what is in the database at @path, of any earlier version, to a new one
 * at @to, which it makes, and checks that nothing was lost. @version is what
 * @path had; STORE_NONE if it is this program's own, and then nothing is made.
 * Whoever calls holds the state directory alone.
 */
enum store_result store_migrate(const char *path, const char *to, int *version);
void store_close(struct store *st);

/* Once @ending is true, this connection waits for a server no more: STORE_AGAIN. Of no effect on a file. */
void store_until(struct store *st, const atomic_bool *ending);

/*
 * What is read from now on is of one moment, so that a file is made sure of once and not for each question, until it is said that
 * nobody is @looking, or a transaction begins. Not while anything is waited for: a file's log cannot be done with meanwhile.
 */
void store_look(struct store *st, bool looking);

enum store_result store_begin(struct store *st);
/*
 * The same, and nothing that is read in it, nor that which is not there, changes before
 * the commit; which may fail for that, with STORE_AGAIN. Not for what moves
 * money: it would never end where the same accounts are busy all the time.
 */
enum store_result store_begin_alone(struct store *st);
enum store_result store_commit(struct store *st);
void store_rollback(struct store *st);	/* does nothing outside a transaction */

/*
 * From here to store_ahead_end() the functions below only ask the database, and return
 * STORE_NONE, which means nothing; each that is called again with the same arguments, once, has
 * the answer that is under way by then. So those that do not wait for each other's answers take
 * one round trip. False, and nothing is changed: here it would gain nothing.
 *
 * What was asked in a transaction is done in it whether it is called again or not; so a
 * transaction that lacks a second call is not committed. What was asked before a transaction
 * is no answer in it, and none from then on.
 */
bool store_ahead(struct store *st);
void store_ahead_end(struct store *st);
/* Nobody wants the answers any more: a request that ends must not leave them to the next one. */
void store_ahead_forget(struct store *st);

/*
 * Drops what has outlived its use: keys past their time die and their aliases
 * rest for @rest seconds, rested aliases are free again and the keys they
 * pointed to are wiped, spent tokens and stale tickets go.
 */
enum store_result store_sweep(struct store *st, __u64 now, __u64 rest);

/* Of all gateways at one database one sweeps within an hour: STORE_OK, it is this one. STORE_NONE: another did. */
enum store_result store_sweep_turn(struct store *st, __u64 now);

/* What the database needs as time goes on: room for what comes in the next months. */
enum store_result store_partitions(struct store *st, __u64 now);

/* Everything into the database's file, and nothing of it left in a log beside it. */
enum store_result store_flush(struct store *st);

/* What the database says about itself; STORE_NONE if it says nothing. */
enum store_result store_meta(struct store *st, const char *name, char *value, size_t size);
/* NULL takes it away. */
enum store_result store_meta_set(struct store *st, const char *name, const char *value);

/* --- parties and the ledger --- */

enum party_kind { PARTY_USER, PARTY_MERCHANT, PARTY_EQUITY };

struct account {
	long long id, party;
	enum party_kind kind;
	char name[STORE_NAME_MAX];
	char currency[STORE_CURRENCY_LEN + 1];
	long long balance;
	/* The owner's limits; below 0: the gateway's. */
	long long confirm_above, per_day, per_payment;
	bool revoked;		/* a merchant whose key has been */
	long long spent;	/* what went out of it, if it was read by store_account_hold() */
};

enum store_result store_party_add(struct store *st, enum party_kind kind, const char *name,
				  const char *currency, struct account *acc);
enum store_result store_account_by_name(struct store *st, const char *name, const char *currency,
					struct account *acc);
enum store_result store_account_of(struct store *st, long long party, const char *currency,
				   struct account *acc);
/*
 * The same, with what went out of it after @since; and in a transaction nobody else changes it or
 * decides by it until the end. @other, unless it is NULL, is @other_party's, and is not held: two
 * of them in the time of one.
 */
enum store_result store_account_hold(struct store *st, long long party, const char *currency, __u64 since,
				     struct account *acc, long long other_party, struct account *other);
enum store_result store_account_hold_one(struct store *st, long long account);
struct merchant {
	long long party;
	__u8 spki[32];
	char id[STORE_MERCHANT_ID_MAX + 1];	/* what its codes are bound to */
};

/* Without an id it gets one that follows from its key; @m has it afterwards. */
enum store_result store_merchant_add(struct store *st, struct merchant *m);
enum store_result store_merchant_find(struct store *st, const __u8 spki[32], struct merchant *m);

/* What is below 0 is the gateway's from now on. */
enum store_result store_account_limits(struct store *st, const struct account *acc);

enum store_result store_transfer(struct store *st, long long debit, long long credit,
				 long long amount, __u64 now, long long *id);

struct audit {
	long long sum;		/* over all entries; must be 0 */
	long long accounts, transfers, entries;
	long long wrong;	/* accounts whose balance is not their entries' sum, odd transfers */
};

enum store_result store_each_account(struct store *st,
				     void (*fn)(void *arg, const struct account *acc), void *arg);
/* All of it: takes longer with every payment. */
enum store_result store_audit(struct store *st, struct audit *audit);
/* The newest @transfers only: what a crash or an unfinished write could have touched. */
enum store_result store_audit_newest(struct store *st, long long transfers, struct audit *audit);

/* --- tickets --- */

struct ticket {
	__u8 id[STORE_TICKET_HASH];	/* a hash of the ticket's own */
	long long party;
	__u8 sealed[STORE_SEALED_MAX];
	size_t sealed_len;
	__u64 expires;
	bool used;
};

enum store_result store_ticket_add(struct store *st, const struct ticket *t);
enum store_result store_ticket_find(struct store *st, const __u8 id[STORE_TICKET_HASH],
				    struct ticket *t);
/* STORE_NONE if it was used or has expired. */
enum store_result store_ticket_use(struct store *st, const __u8 id[STORE_TICKET_HASH], __u64 now);
/* The first whose id follows on @id; for whoever seals all of them anew. */
enum store_result store_ticket_after(struct store *st, const __u8 id[STORE_TICKET_HASH], struct ticket *t);
enum store_result store_ticket_seal(struct store *st, const struct ticket *t);

/* --- device keys and their aliases --- */

enum key_state { KEY_NEXT, KEY_CURRENT, KEY_OLD, KEY_DEAD };

struct device_key {
	long long id;
	__u8 device[VP_DEVICE_ID_LEN];
	__u32 slot;
	__u64 epoch;
	long long party;
	enum key_state state;
	__u8 sealed[STORE_SEALED_MAX];
	size_t sealed_len;
	__u64 watermark, created, not_after, old_until;
	__u32 modes;			/* granted: bit V of each */
};

/* How a key was agreed on. */
struct agreement {
	__u8 d_pub[VP_KEY_LEN];
	__u8 nonce[VP_NONCE_LEN];
	__u8 asked[VP_HASH_LEN];	/* SHA-256 of message 1 */
	__u8 answer[STORE_ANSWER_MAX];	/* message 2 */
	size_t answer_len;
};

/* As 'next', without its root keys; sets key->id. STORE_TAKEN for an epoch that was there. */
enum store_result store_key_add(struct store *st, struct device_key *key);
/* Completes it in the same transaction. STORE_TAKEN for a nonce that was there. */
enum store_result store_key_complete(struct store *st, const struct device_key *key,
				     const struct agreement *agr);
/* The device's key that was agreed on by message 1 of that hash. */
enum store_result store_key_asked(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				  const __u8 asked[VP_HASH_LEN], struct device_key *key);
enum store_result store_agreement(struct store *st, long long key, struct agreement *agr);
enum store_result store_key_epoch(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				  __u32 slot, __u64 epoch, struct device_key *key);
enum store_result store_key_alias(struct store *st, const char alias[VP_ALIAS_DIGITS],
				  struct device_key *key);
enum store_result store_key_by_id(struct store *st, long long id, struct device_key *key);
/* The first above @id that has root keys; for whoever seals all of them anew. */
enum store_result store_key_after(struct store *st, long long id, struct device_key *key);
enum store_result store_key_seal(struct store *st, const struct device_key *key);
/* STORE_NONE, and nothing changed, if its sealed keys are not @was any more. */
enum store_result store_key_reseal(struct store *st, const struct device_key *key, const __u8 *was, size_t was_len);
enum store_result store_keys_total(struct store *st, long long *n);
/* The slot's newest key that lives. */
enum store_result store_key_of_slot(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				    __u32 slot, __u64 now, struct device_key *key);
/* Highest epoch ever granted to the slot; 0: none. */
enum store_result store_key_top_epoch(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				      __u32 slot, __u64 *epoch);
/* Keys granted to the device, whatever became of them, later than @since. */
enum store_result store_key_count(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				  __u64 since, __u64 *n);
enum store_result store_device_known(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				     __u64 now);
/*
 * What is done to a device is done one after the other: from here to the end of the
 * transaction it is this one's turn. Before any key's or account's row is touched.
 */
enum store_result store_device_turn(struct store *st, const __u8 device[VP_DEVICE_ID_LEN]);
/*
 * Makes way for a new 'next' of @party: a 'next' that nobody used dies, and so
 * does every key of another party; their aliases rest.
 */
enum store_result store_key_make_way(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
				     __u32 slot, long long party, __u64 rest_until);
/*
 * 'next' becomes 'current', the former 'current' 'old' until @old_until.
 * STORE_NONE, and nothing changed, if it is 'next' no more.
 */
enum store_result store_key_promote(struct store *st, const struct device_key *key,
				    __u64 old_until);
/*
 * Compare and set; STORE_NONE if the watermark is not below @ordinal, or the key no longer lives, or its device is
 * revoked; or if @salt is given, STORE_SALT bytes, and its keys are not those that were sealed with it.
 */
enum store_result store_key_accept(struct store *st, long long key, __u64 ordinal, __u64 now, const __u8 *salt);
/* STORE_OK if it serves at @now. */
enum store_result store_key_alive(struct store *st, long long key, __u64 now);
enum store_result store_alias_add(struct store *st, const char alias[VP_ALIAS_DIGITS],
				  long long key);
/* One of the key's aliases; @which counts round. */
enum store_result store_alias_of(struct store *st, long long key, __u64 which, char alias[VP_ALIAS_DIGITS]);

/* --- codes that are not of a time step --- */

#define POOL_CODES	15

struct pool {
	__u64 serial;
	long long key;
	__u64 not_after;
	__u32 used;	/* bit index of each */
};

/* In place of the one that the key had; sets pool->serial, which only rises. */
enum store_result store_pool_put(struct store *st, struct pool *pool);
enum store_result store_pool_of(struct store *st, long long key, struct pool *pool);
/* Compare and set; STORE_NONE if it was used, or another pool has come. */
enum store_result store_pool_use(struct store *st, const struct pool *pool, unsigned int index, __u64 now);

struct online_code {
	long long number, key;
	__u8 mac[VP_HASH_LEN];
	__u64 expires;
	bool used;
};

/* In place of the one that the key had; sets oc->number. */
enum store_result store_online_put(struct store *st, struct online_code *oc);
enum store_result store_online_of(struct store *st, long long key, struct online_code *oc);
/* Compare and set; STORE_NONE if it was used or overtaken, or has expired. */
enum store_result store_online_use(struct store *st, const struct online_code *oc, __u64 now);
/* None is good any more: they were kept under another master key. */
enum store_result store_online_drop(struct store *st);

/*
 * Adds to a leaky bucket that all gateways of the database share, after it has drained and got
 * @credit; @level is what is in it then. STORE_NONE: this database has one gateway, whose own
 * will do.
 */
enum store_result store_ration(struct store *st, long long bucket, long long add, long long per_second,
			       long long credit, __u64 now, long long *level);

/* STORE_TAKEN if this authorisation has been seen. */
enum store_result store_authorisation_use(struct store *st, const __u8 mac[VP_HASH_LEN], __u64 expires);

/* --- alarms, notifications, the statement --- */

struct alarm {
	long long id;
	const char *kind;
	long long key, merchant;	/* merchant 0: none */
	/* Filled in when read. */
	struct device_key of;		/* device, slot, epoch and party only */
	char user[STORE_NAME_MAX], merchant_name[STORE_NAME_MAX];
	__u64 first, last, count;
};

/* Another of those that there are, or the first. */
enum store_result store_alarm_raise(struct store *st, const struct alarm *al, __u64 now);
enum store_result store_each_alarm(struct store *st, __u64 since,
				   void (*fn)(void *arg, const struct alarm *al), void *arg);

struct notification {
	long long number;
	__u8 device[VP_DEVICE_ID_LEN];
	long long party;
	__u32 slot;
	__u64 time;
	const char *kind;
	char ref[STORE_REF_LEN + 1];
	char payee[STORE_NAME_MAX];
	long long amount;
	char currency[STORE_CURRENCY_LEN + 1];
	char reason[32];
	__u64 expires;
};

enum store_result store_notify(struct store *st, const struct notification *n);
/* Those above @since of a device, for parties that have a live key on it; at most @limit. */
enum store_result store_each_notification(struct store *st, const __u8 device[VP_DEVICE_ID_LEN],
					  __u64 now, long long since, int limit,
					  void (*fn)(void *arg, const struct notification *n), void *arg);
/* The highest number ever given. */
enum store_result store_notification_top(struct store *st, long long *top);
/* The highest of this device's. */
enum store_result store_notification_of(struct store *st, const __u8 device[VP_DEVICE_ID_LEN], long long *top);
/* How far below the highest there may be numbers that appear only later, of transactions that took longer. */
long long store_notification_late(struct store *st);
/* Devices that were told something above @since, and the highest number of each. */
enum store_result store_each_notified(struct store *st, long long since,
				      void (*fn)(void *arg, const __u8 device[VP_DEVICE_ID_LEN], long long number), void *arg);

struct statement_entry {
	long long id;
	bool refund;
	char ref[STORE_PAYMENT_LEN + 1], payment[STORE_PAYMENT_LEN + 1];
	char payee[STORE_NAME_MAX];
	long long amount;
	char currency[STORE_CURRENCY_LEN + 1];
	__u64 time;
};

/*
 * What this device has paid, and what came back of it, for parties that have a
 * live key on it: the newest below @before, at most @limit.
 */
enum store_result store_statement(struct store *st, const __u8 device[VP_DEVICE_ID_LEN], __u64 now,
				  long long before, int limit,
				  void (*fn)(void *arg, const struct statement_entry *e), void *arg);

/* --- payments --- */

enum payment_kind { PAYMENT_CODE, PAYMENT_VOICE, PAYMENT_ORDER };

struct payment {
	char id[STORE_PAYMENT_LEN + 1];
	enum payment_kind kind;
	long long transfer;
	long long key;		/* PAYMENT_CODE, PAYMENT_ORDER */
	__u64 ordinal;
	/* Filled in when read. */
	long long debit, credit, refunded;
	char payer[STORE_NAME_MAX], payee[STORE_NAME_MAX];
	char currency[STORE_CURRENCY_LEN + 1];
	long long amount;
	__u64 time;
	char order[STORE_NAME_MAX];
};

/*
 * The transfer and its payment. STORE_TAKEN, here or from the commit: this code has paid
 * before.
 */
enum store_result store_pay(struct store *st, long long debit, long long credit, long long amount, __u64 now,
			    const struct payment *p);
enum store_result store_payment_find(struct store *st, const char *id, struct payment *p);
enum store_result store_each_payment(struct store *st,
				     void (*fn)(void *arg, const struct payment *p), void *arg);

/* --- orders --- */

enum order_kind {
	ORDER_NONE,	/* reversed before anything else was heard of it */
	ORDER_CODE,	/* charged by the payer's code */
	ORDER_SCAN,	/* made by the merchant, paid by the device that scans it */
};

enum order_state {
	ORDER_NOTPAY, ORDER_USERPAYING, ORDER_SUCCESS, ORDER_PAYERROR, ORDER_REVOKED,
	ORDER_CLOSED,	/* NOTPAY for too long; never written */
};

struct merchant_order {
	long long merchant;
	char order_no[STORE_ORDER_MAX + 1];
	enum order_kind kind;
	long long amount;
	char currency[STORE_CURRENCY_LEN + 1];
	__u8 code[VP_HASH_LEN];		/* ORDER_CODE */
	enum order_state state;
	char reason[32];		/* ORDER_PAYERROR: a refusal's code */
	char payment[STORE_PAYMENT_LEN + 1];
	__u64 time;
	char ref[STORE_REF_LEN + 1];	/* what the payer's device calls it */
	__u64 expires;			/* ORDER_NOTPAY, ORDER_USERPAYING */
	long long key;			/* ORDER_USERPAYING: whose code it was */
	__u64 ordinal;
	long long refunded;		/* filled in when read */
	bool there;			/* was read: there is a row */
};

/* Reads the order that @o names by merchant and order_no. */
enum store_result store_order_find(struct store *st, struct merchant_order *o);
/* The same by order_no and who asks, before it is known which merchant that is; holds nothing. */
enum store_result store_order_of_peer(struct store *st, const __u8 spki[VP_HASH_LEN], struct merchant_order *o);
enum store_result store_order_by_ref(struct store *st, const char *ref, struct merchant_order *o);
/* Those that wait for a word of this device, oldest first. */
enum store_result store_each_waiting(struct store *st, const __u8 device[VP_DEVICE_ID_LEN], __u64 now,
				     void (*fn)(void *arg, const struct merchant_order *o, const char *merchant),
				     void *arg);
/*
 * Writes it, over the one that was read in this transaction if it was ->there. What
 * the schema calls final stays: STORE_FAILED. STORE_AGAIN, here or from the commit: somebody
 * else has written an order of this number meanwhile.
 */
enum store_result store_order_put(struct store *st, const struct merchant_order *o);

/* --- refunds --- */

struct refund {
	char id[STORE_PAYMENT_LEN + 1];
	char payment[STORE_PAYMENT_LEN + 1];
	long long merchant, transfer;
	char refund_no[STORE_ORDER_MAX + 1];	/* empty: the order was reversed */
	/* Filled in when read. */
	char order_no[STORE_ORDER_MAX + 1];
	long long amount, total;		/* of this payment, with this refund and those before */
	char currency[STORE_CURRENCY_LEN + 1];
	__u64 time;
};

enum store_result store_refund_add(struct store *st, const struct refund *b);
/* Reads the refund that @b names by merchant and refund_no. */
enum store_result store_refund_find(struct store *st, struct refund *b);

struct voice_order {
	const __u8 *device;
	const char *order_id;
	__u8 content[VP_HASH_LEN];
	char payment[STORE_PAYMENT_LEN + 1];
	__u64 time;
	long long key;
};

enum store_result store_voice_find(struct store *st, struct voice_order *o);
/* The key that authorised the payment, if it is a voice order's. */
enum store_result store_voice_key(struct store *st, const char *payment, struct device_key *key);
enum store_result store_voice_put(struct store *st, const struct voice_order *o);
/* STORE_TAKEN if it was used before. */
enum store_result store_token_use(struct store *st, const char *jti, __u64 expires);

#endif /* VPG_STORE_H */
