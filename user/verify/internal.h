/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room say to each other, and nobody else uses. */
#ifndef VP_VERIFY_INTERNAL_H
#define VP_VERIFY_INTERNAL_H

#include <openssl/x509v3.h>

#include "verify.h"

/* A responder's or a CA's clock may be a little ahead of ours. */
#define CLOCK_SKEW	300

enum role {
	ROLE_SERVER,
	ROLE_CA,	/* between the server and the trust */
	ROLE_TRUSTED,
};

/* One certificate under examination, and where its refusal goes. */
struct subject {
	X509 *cert;
	enum role role;
	int index;
	time_t now;
	struct verify_result *result;
};

/* Notes a refusal unless there is one. Returns -1. */
int verify_refuse(struct verify_result *result, enum voicepay_check check, int index, X509 *cert,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The same for what a struct subject is about. */
#define refuse_it(s, check, ...) \
	verify_refuse((s)->result, check, (s)->index, (s)->cert, __VA_ARGS__)

/* Text that a stranger chose, cut and made fit for a terminal. */
const char *verify_quote(char *buf, size_t size, const void *text, size_t len);

/* form.c: what holds for every certificate, whoever it belongs to. */
int check_form(const struct subject *s);
/* Encoded as RFC 5280 demands, and a date that exists. 0 and the time, or -1. */
int read_time(const ASN1_TIME *t, time_t *out);
/* GeneralizedTime of any year, as OCSP has it. */
int read_generalized_time(const ASN1_GENERALIZEDTIME *t, time_t *out);
void write_time(time_t t, char buf[32]);
/* Decodes to the last byte; NULL if not, or if there is none. */
void *read_extension(const STACK_OF(X509_EXTENSION) *exts, int nid);

/* algorithms.c */
int check_key(const struct subject *s);
/* NULL, or what is wrong with an algorithm that something is signed by. */
const char *signature_problem(const X509_ALGOR *alg);

/* usage.c: that the certificate may do what it does here. */
int check_usage(const struct subject *s);
bool is_self_issued(X509 *cert);
bool is_self_signed(X509 *cert);
bool must_staple(X509 *cert);

/* names.c */
int check_names(const struct subject *s);
int check_host(const struct subject *s, const struct verify_policy *policy);
/* A DNS name in ASCII without wildcard or final dot. */
bool is_dns_name(const unsigned char *name, size_t len);
bool same_ascii(const unsigned char *a, const unsigned char *b, size_t len);

/* constraints.c */
int check_constraint_form(const struct subject *s);
/* All the names of @path are where all its name constraints want them. */
int check_constraints(const STACK_OF(X509) *path, struct verify_result *result);

/* path.c: finds a chain, checks it, and puts it in @result. */
int find_path(const struct verify_policy *policy, X509 *leaf, const STACK_OF(X509) *sent,
	      time_t now, struct verify_result *result);

/* revocation.c, crl.c, ocsp.c */
int check_revocation(const struct verify_policy *policy, time_t now, struct verify_result *result);

enum status {
	STATUS_GOOD,
	STATUS_REVOKED,
	STATUS_UNKNOWN,		/* nothing that says it and can be believed */
};

struct finding {
	enum status status;
	char reason[200];
};

void crl_status(const STACK_OF(X509_CRL) *crls, X509 *cert, X509 *issuer, time_t now,
		unsigned long max_age, struct finding *finding);
void ocsp_status(const unsigned char *der, size_t len, X509 *cert, X509 *issuer, time_t now,
		 unsigned long max_age, struct finding *finding);
/* query.c: the same of an answer that was asked for; a good one is put in @result. */
void query_status(const struct verify_policy *policy, X509 *cert, X509 *issuer, time_t now,
		  struct verify_result *result, struct finding *finding);
void note(struct finding *finding, enum status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Window of thisUpdate and nextUpdate. 0, or -1 after note(). */
int check_window(const ASN1_TIME *from, const ASN1_TIME *until,
		 int (*read)(const ASN1_TIME *t, time_t *out), time_t now, unsigned long max_age,
		 const char *what, struct finding *finding);
const char *reason_name(long reason);

#endif
