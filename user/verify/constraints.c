// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Name constraints, RFC 5280 4.2.1.10. OpenSSL applies them too, but takes a
 * leading dot for a DNS name's, and a wildcard for a name like others.
 */

#include <openssl/x509v3.h>
#include <string.h>

#include "internal.h"

/* Names times constraints: a CA and a server could else keep us busy for minutes. */
#define WORK_MAX	(1 << 16)

struct text {
	const unsigned char *p;
	size_t len;
};

static struct text text_of(const ASN1_STRING *s)
{
	return (struct text){ ASN1_STRING_get0_data(s), ASN1_STRING_length(s) };
}

static bool same(struct text a, struct text b)
{
	return a.len == b.len && same_ascii(a.p, b.p, a.len);
}

/* @name is @base, or ends with a dot and it. */
static bool within(struct text name, struct text base)
{
	if (!base.len || same(name, base))
		return true;
	return name.len > base.len && name.p[name.len - base.len - 1] == '.' &&
	       same_ascii(name.p + name.len - base.len, base.p, base.len);
}

static struct text after(struct text t, size_t n)
{
	return (struct text){ t.p + n, t.len - n };
}

static bool dns_within(struct text name, struct text base, bool excluded)
{
	if (name.len > 2 && name.p[0] == '*' && name.p[1] == '.') {
		struct text rest = after(name, 2);
		const unsigned char *dot = base.len ? memchr(base.p, '.', base.len) : NULL;

		if (within(rest, base))
			return true;
		/* It stands for a name in there, too (CVE-2025-61727). */
		return excluded && dot && same(rest, after(base, dot + 1 - base.p));
	}
	return within(name, base);
}

static bool email_within(struct text name, struct text base)
{
	const unsigned char *at = memchr(name.p, '@', name.len);
	struct text host;

	if (!at)
		return false;
	host = after(name, at + 1 - name.p);
	if (memchr(base.p, '@', base.len)) {
		const unsigned char *base_at = memchr(base.p, '@', base.len);
		size_t local = at - name.p;

		/* The part before the @ is case-sensitive. */
		return (size_t)(base_at - base.p) == local && !memcmp(name.p, base.p, local) &&
		       same(host, after(base, local + 1));
	}
	if (base.len && base.p[0] == '.')
		return host.len > base.len && same_ascii(host.p + host.len - base.len, base.p, base.len);
	return !base.len || same(host, base);
}

/* The host of a URI: NULL text if it has none that is a DNS name. */
static struct text uri_host(struct text uri)
{
	struct text none = { NULL, 0 }, host;
	const unsigned char *p = memmem(uri.p, uri.len, "://", 3), *end;
	size_t i;

	if (!p)
		return none;
	host = after(uri, p + 3 - uri.p);
	for (i = 0; i < host.len && !memchr("/?#", host.p[i], 3); i++)
		;
	host.len = i;
	end = memrchr(host.p, '@', host.len);
	if (end)
		host = after(host, end + 1 - host.p);
	end = memchr(host.p, ':', host.len);
	if (end)
		host.len = end - host.p;
	return is_dns_name(host.p, host.len) ? host : none;
}

static bool uri_within(struct text host, struct text base)
{
	if (base.len && base.p[0] == '.')
		return host.len > base.len && same_ascii(host.p + host.len - base.len, base.p, base.len);
	return !base.len || same(host, base);
}

static bool address_within(struct text ip, struct text base)
{
	size_t i;

	if (base.len != 2 * ip.len)
		return false;
	for (i = 0; i < ip.len; i++)
		if ((ip.p[i] ^ base.p[i]) & base.p[i + ip.len])
			return false;
	return true;
}

/* The RDNs of @base are the first of @name. */
static bool directory_within(X509_NAME *name, X509_NAME *base)
{
	int i, n = X509_NAME_entry_count(base);
	X509_NAME *head = X509_NAME_new();
	bool ok = head && n <= X509_NAME_entry_count(name);

	/* Half of an RDN is not that RDN. */
	if (ok && n && n < X509_NAME_entry_count(name))
		ok = X509_NAME_ENTRY_set(X509_NAME_get_entry(name, n)) !=
		     X509_NAME_ENTRY_set(X509_NAME_get_entry(name, n - 1));

	for (i = 0; ok && i < n; i++) {
		X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		int set = X509_NAME_ENTRY_set(e);

		/* Attributes of one RDN stay together. */
		ok = X509_NAME_add_entry(head, e, -1,
					 i && set == X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i - 1)) ? -1 : 0);
	}
	/* A comparison of canonical forms: case and blanks do not count. */
	ok = ok && !X509_NAME_cmp(head, base);
	X509_NAME_free(head);
	return ok;
}

static bool is_within(const GENERAL_NAME *name, const GENERAL_NAME *base, bool excluded)
{
	struct text host;

	switch (name->type) {
	case GEN_DNS:
		return dns_within(text_of(name->d.dNSName), text_of(base->d.dNSName), excluded);
	case GEN_EMAIL:
		return email_within(text_of(name->d.rfc822Name), text_of(base->d.rfc822Name));
	case GEN_URI:
		host = uri_host(text_of(name->d.uniformResourceIdentifier));
		/* Without one it is in no permitted place, and in every excluded one. */
		if (!host.p)
			return excluded;
		return uri_within(host, text_of(base->d.uniformResourceIdentifier));
	case GEN_IPADD:
		return address_within(text_of(name->d.iPAddress), text_of(base->d.iPAddress));
	case GEN_DIRNAME:
		return directory_within(name->d.directoryName, base->d.directoryName);
	default:
		/* A kind that nobody here understands: the safe answer. */
		return excluded;
	}
}

static bool base_is_well_formed(const GENERAL_NAME *base)
{
	struct text t;
	size_t i, half;
	bool ended = false;

	switch (base->type) {
	case GEN_DNS:
		t = text_of(base->d.dNSName);
		return !t.len || is_dns_name(t.p, t.len);
	case GEN_EMAIL:
		t = text_of(base->d.rfc822Name);
		if (t.len && memchr(t.p, '@', t.len)) {
			size_t at = (const unsigned char *)memchr(t.p, '@', t.len) - t.p;

			return at && is_dns_name(t.p + at + 1, t.len - at - 1);
		}
		/* fall through */
	case GEN_URI:
		t = text_of(base->d.ia5);
		if (t.len > 1 && t.p[0] == '.')
			t = after(t, 1);
		return !t.len || is_dns_name(t.p, t.len);
	case GEN_IPADD:
		t = text_of(base->d.iPAddress);
		if (t.len != 8 && t.len != 32)
			return false;
		half = t.len / 2;
		/* A mask of ones and then zeros (RFC 4632). */
		for (i = 0; i < half * 8; i++) {
			bool bit = t.p[half + i / 8] >> (7 - i % 8) & 1;

			if (bit && ended)
				return false;
			ended |= !bit;
		}
		return true;
	default:
		return true;
	}
}

static bool trees_are_well_formed(const STACK_OF(GENERAL_SUBTREE) *trees)
{
	int i;

	for (i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
		const GENERAL_SUBTREE *tree = sk_GENERAL_SUBTREE_value(trees, i);

		if ((tree->minimum && ASN1_INTEGER_get(tree->minimum)) || tree->maximum ||
		    !base_is_well_formed(tree->base))
			return false;
	}
	return true;
}

int check_constraint_form(const struct subject *s)
{
	int at = X509_get_ext_by_NID(s->cert, NID_name_constraints, -1), ret = 0;
	NAME_CONSTRAINTS *nc;

	if (at < 0)
		return 0;
	nc = read_extension(X509_get0_extensions(s->cert), NID_name_constraints);
	if (!nc || (sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) < 1 &&
		    sk_GENERAL_SUBTREE_num(nc->excludedSubtrees) < 1))
		ret = refuse_it(s, VOICEPAY_CHECK_CONSTRAINTS, "has name constraints with nothing in them");
	else if (!trees_are_well_formed(nc->permittedSubtrees) ||
		 !trees_are_well_formed(nc->excludedSubtrees))
		ret = refuse_it(s, VOICEPAY_CHECK_CONSTRAINTS,
				"has name constraints that are malformed: DNS names without a leading dot or wildcard, addresses with their mask, no minimum or maximum");
	NAME_CONSTRAINTS_free(nc);
	return ret;
}

/* 0, or what is violated. */
static const char *violation(const NAME_CONSTRAINTS *nc, const GENERAL_NAME *name)
{
	bool constrained = false, permitted = false;
	int i;

	for (i = 0; i < sk_GENERAL_SUBTREE_num(nc->excludedSubtrees); i++) {
		const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(nc->excludedSubtrees, i)->base;

		if (base->type == name->type && is_within(name, base, true))
			return "excludes";
	}
	for (i = 0; i < sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) && !permitted; i++) {
		const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(nc->permittedSubtrees, i)->base;

		if (base->type != name->type)
			continue;
		constrained = true;
		permitted = is_within(name, base, false);
	}
	return constrained && !permitted ? "does not permit" : NULL;
}

/* Every name of a certificate that a constraint could be about. */
static GENERAL_NAMES *all_names(X509 *cert, bool server)
{
	GENERAL_NAMES *names = read_extension(X509_get0_extensions(cert), NID_subject_alt_name);
	X509_NAME *subject = X509_get_subject_name(cert);
	bool has_dns = false;
	int i, at = -1;

	if (!names)
		names = GENERAL_NAMES_new();
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++)
		has_dns |= sk_GENERAL_NAME_value(names, i)->type == GEN_DNS;
	if (X509_NAME_entry_count(subject)) {
		GENERAL_NAME *name = GENERAL_NAME_new();

		GENERAL_NAME_set0_value(name, GEN_DIRNAME, X509_NAME_dup(subject));
		sk_GENERAL_NAME_push(names, name);
	}
	for (at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_pkcs9_emailAddress, at)) >= 0;) {
		ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
		GENERAL_NAME *name = GENERAL_NAME_new();

		GENERAL_NAME_set0_value(name, GEN_EMAIL, ASN1_STRING_dup(value));
		sk_GENERAL_NAME_push(names, name);
	}
	/* No host is taken from the CN here, but somewhere else one might be. */
	for (at = -1; server && !has_dns &&
	     (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
		unsigned char *text = NULL;
		int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));

		if (len > 0 && memchr(text, '.', len) && is_dns_name(text, len)) {
			GENERAL_NAME *name = GENERAL_NAME_new();
			ASN1_IA5STRING *ia5 = ASN1_IA5STRING_new();

			ASN1_STRING_set(ia5, text, len);
			GENERAL_NAME_set0_value(name, GEN_DNS, ia5);
			sk_GENERAL_NAME_push(names, name);
		}
		OPENSSL_free(text);
	}
	return names;
}

static int apply(const NAME_CONSTRAINTS *nc, X509 *cert, int index,
		 struct verify_result *result)
{
	GENERAL_NAMES *names = all_names(cert, !index);
	long work = (long)sk_GENERAL_NAME_num(names) *
		    (sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) + sk_GENERAL_SUBTREE_num(nc->excludedSubtrees) + 2);
	const char *what;
	int i, ret = 0;

	if (work > WORK_MAX)
		ret = verify_refuse(result, VOICEPAY_CHECK_CONSTRAINTS, index, cert,
				    "has more names than can be compared with the constraints of its CA");
	for (i = 0; !ret && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		static const char *const kinds[] = {
			"other name", "e-mail address", "DNS name", "X.400 name", "directory name",
			"EDI name", "URI", "IP address", "registered ID",
		};

		what = violation(nc, name);
		if (!what)
			continue;
		ret = verify_refuse(result, VOICEPAY_CHECK_CONSTRAINTS, index, cert,
				    "has a name (%s) that the CA above it %s", kinds[name->type], what);
	}
	GENERAL_NAMES_free(names);
	return ret;
}

int check_constraints(const STACK_OF(X509) *path, struct verify_result *result)
{
	int i, j, n = sk_X509_num(path), ret = 0;

	for (i = n - 1; i > 0 && !ret; i--) {
		X509 *ca = sk_X509_value(path, i);
		NAME_CONSTRAINTS *nc = read_extension(X509_get0_extensions(ca), NID_name_constraints);

		for (j = i - 1; nc && j >= 0 && !ret; j--) {
			X509 *cert = sk_X509_value(path, j);

			/* For a change of a CA's key, unless it is the last. */
			if (j && is_self_issued(cert))
				continue;
			ret = apply(nc, cert, j, result);
		}
		NAME_CONSTRAINTS_free(nc);
	}
	return ret;
}
