/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves money, within the caller's transaction. */
#ifndef VPG_LEDGER_H
#define VPG_LEDGER_H

#include "gateway.h"

/*
 * The account of @party in @payee's currency, held: whoever pays or decides by its balance and its
 * limits next waits until this transaction has ended.
 */
enum store_result ledger_hold(struct call *c, long long party, const struct account *payee, struct account *payer);

/* The same, and @payee's, a merchant's, in one go. */
enum store_result ledger_hold_for(struct call *c, long long party, long long merchant, const char *currency,
				  struct account *payee, struct account *payer);

/*
 * Pays @amount from @payer to @payee and fills @p in; its kind, key and
 * ordinal are the caller's to set before. What ledger_refuses() leaves the
 * transaction usable. RF_PAYEE_UNKNOWN: a merchant whose key has been revoked.
 */
enum refusal ledger_pay(struct call *c, const struct account *payer, const struct account *payee,
			long long amount, struct payment *p);

/* What the commit of a payment came to. */
enum refusal ledger_committed(enum store_result r);

/* A payment's money, or part of it, the way it came: fills @b's id, transfer and time. */
enum refusal ledger_give_back(struct call *c, struct refund *b);

/* Of ledger_pay()'s answers: the payer cannot or may not pay this much. */
bool ledger_refuses(enum refusal r);

/* Is this more than the owner lets a code alone pay, or one whose digits were @shown? */
bool ledger_needs_owner(const struct call *c, const struct account *payer, long long amount, bool shown);

/* May this amount be paid at all, whoever pays? */
enum refusal ledger_allows(const struct call *c, long long amount, const char *currency);

/* Opening balance: from the equity account, made on first use. */
enum store_result ledger_open_account(struct store *st, enum party_kind kind, const char *name,
				      const char *currency, long long balance, __u64 now,
				      struct account *acc);

#endif /* VPG_LEDGER_H */
