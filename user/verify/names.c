// SPDX-License-Identifier: GPL-2.0-or-later
/* Names: what one may look like, and whether one is the gateway's. Never the CN. */

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "internal.h"

#define NAME_MAX_LEN	253
#define LABEL_MAX_LEN	63

static bool is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool same_ascii(const unsigned char *a, const unsigned char *b, size_t len)
{
	while (len--)
		if (lower(*a++) != lower(*b++))
			return false;
	return true;
}

/* Letters, digits, hyphens; "--" in third place is for A-labels alone (RFC 5890). */
static bool is_label(const unsigned char *p, size_t len)
{
	size_t i;

	if (!len || len > LABEL_MAX_LEN || p[0] == '-' || p[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++)
		if (!is_alnum(p[i]) && p[i] != '-')
			return false;
	if (len >= 4 && p[2] == '-' && p[3] == '-')
		return len > 4 && same_ascii(p, (const unsigned char *)"xn", 2);
	return true;
}

bool is_dns_name(const unsigned char *name, size_t len)
{
	const unsigned char *p = name, *end = name + len, *dot;
	bool digits = true;

	if (!len || len > NAME_MAX_LEN)
		return false;
	for (;;) {
		dot = memchr(p, '.', end - p) ?: end;
		if (!is_label(p, dot - p))
			return false;
		if (dot == end)
			break;
		p = dot + 1;
	}
	/* An address written as a name is neither. */
	for (; p < end; p++)
		digits &= *p >= '0' && *p <= '9';
	return !digits;
}

static const unsigned char *wildcard_base(const unsigned char *name, size_t len)
{
	return len > 2 && name[0] == '*' && name[1] == '.' ? name + 2 : NULL;
}

static int check_dns(const struct subject *s, const ASN1_IA5STRING *value)
{
	const unsigned char *name = ASN1_STRING_get0_data(value), *base;
	size_t len = ASN1_STRING_length(value);
	char shown[64];

	base = wildcard_base(name, len);
	if (base ? is_dns_name(base, len - 2) : is_dns_name(name, len)) {
		/* One label is a registry's, not a server owner's. */
		if (base && !memchr(base, '.', len - 2))
			return refuse_it(s, VOICEPAY_CHECK_HOST, "has a wildcard for a whole top level: %s",
					 verify_quote(shown, sizeof(shown), name, len));
		return 0;
	}
	return refuse_it(s, VOICEPAY_CHECK_HOST, "has a DNS name that is malformed: %s",
			 verify_quote(shown, sizeof(shown), name, len));
}

static bool is_ascii(const ASN1_STRING *value)
{
	const unsigned char *p = ASN1_STRING_get0_data(value);
	int len = ASN1_STRING_length(value);

	for (; len > 0; len--, p++)
		if (*p < 0x20 || *p > 0x7e)
			return false;
	return true;
}

static int check_name(const struct subject *s, const GENERAL_NAME *name)
{
	const unsigned char *p;
	int len;

	switch (name->type) {
	case GEN_DNS:
		return check_dns(s, name->d.dNSName);
	case GEN_IPADD:
		len = ASN1_STRING_length(name->d.iPAddress);
		if (len != 4 && len != 16)
			return refuse_it(s, VOICEPAY_CHECK_HOST, "has an IP address of %d bytes", len);
		return 0;
	case GEN_EMAIL:
		p = ASN1_STRING_get0_data(name->d.rfc822Name);
		len = ASN1_STRING_length(name->d.rfc822Name);
		/* One @, something before it, a host after it. */
		if (is_ascii(name->d.rfc822Name) && memchr(p, '@', len)) {
			const unsigned char *at = memchr(p, '@', len);

			if (at > p && is_dns_name(at + 1, p + len - at - 1))
				return 0;
		}
		return refuse_it(s, VOICEPAY_CHECK_HOST, "has an e-mail address that is malformed");
	case GEN_URI:
		if (!is_ascii(name->d.uniformResourceIdentifier) ||
		    !ASN1_STRING_length(name->d.uniformResourceIdentifier))
			return refuse_it(s, VOICEPAY_CHECK_HOST, "has a URI that is malformed");
		return 0;
	default:
		return 0;
	}
}

/* The text of the common name, if there is one: not to be taken for an identity. */
static char *common_name(X509 *cert, int *len)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text = NULL;

	*len = at < 0 ? -1 : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	return (char *)text;
}

/*
 * BR 7.1.4.3: a copy, character for character, of one of the other names. What
 * is none of them at all is not refused, as it is read by nobody here; what
 * names the same host in another spelling is made to be misread.
 */
static bool misspells(const char *cn, int len, const GENERAL_NAMES *names)
{
	unsigned char address[16];
	bool v4 = inet_pton(AF_INET, cn, address) == 1, v6 = inet_pton(AF_INET6, cn, address) == 1;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *value;
		const unsigned char *p;
		char text[INET6_ADDRSTRLEN];
		struct in_addr loose;

		if (name->type != GEN_DNS && name->type != GEN_IPADD)
			continue;
		value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
		p = ASN1_STRING_get0_data(value);
		if (name->type == GEN_DNS) {
			if (ASN1_STRING_length(value) == len && same_ascii(p, (const void *)cn, len))
				return memcmp(p, cn, len);
		} else if (ASN1_STRING_length(value) == 16) {
			if (v6 && !memcmp(p, address, 16))
				return strcmp(cn, inet_ntop(AF_INET6, p, text, sizeof(text)));
		} else if (v4 ? !memcmp(p, address, 4) : (inet_aton(cn, &loose) && !memcmp(p, &loose, 4))) {
			return !v4;
		}
	}
	return false;
}

static int check_common_name(const struct subject *s, const GENERAL_NAMES *names)
{
	char shown[64];
	int len;
	char *cn = common_name(s->cert, &len);
	bool bad = len > 0 && misspells(cn, len, names);

	if (bad)
		refuse_it(s, VOICEPAY_CHECK_HOST, "spells one of its names differently in its CN: %s",
			  verify_quote(shown, sizeof(shown), cn, len));
	OPENSSL_free(cn);
	return bad ? -1 : 0;
}

int check_names(const struct subject *s)
{
	bool nameless = !X509_NAME_entry_count(X509_get_subject_name(s->cert));
	int at = X509_get_ext_by_NID(s->cert, NID_subject_alt_name, -1), i, ret = 0;
	GENERAL_NAMES *names;
	bool critical;

	/* That there is one at all is for check_host() to say, which knows the name. */
	if (at < 0)
		return 0;
	critical = X509_EXTENSION_get_critical(X509_get_ext(s->cert, at));
	if (nameless && !critical)
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
				 "has no subject, but does not mark its alternative names critical");
	if (s->role == ROLE_SERVER && !nameless && critical)
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
				 "has a subject, and marks its alternative names critical, which BR 7.1.2.7.12 forbids");
	names = read_extension(X509_get0_extensions(s->cert), NID_subject_alt_name);
	for (i = 0; !ret && i < sk_GENERAL_NAME_num(names); i++)
		ret = check_name(s, sk_GENERAL_NAME_value(names, i));
	if (!ret && s->role == ROLE_SERVER)
		ret = check_common_name(s, names);
	GENERAL_NAMES_free(names);
	return ret;
}

static bool is_for_host(const ASN1_STRING *value, const unsigned char *host, size_t len)
{
	const unsigned char *name = ASN1_STRING_get0_data(value), *dot;
	size_t name_len = ASN1_STRING_length(value);

	if (name_len == len && same_ascii(name, host, len))
		return true;
	/* A wildcard is for one label, the whole of it. */
	dot = memchr(host, '.', len);
	if (!wildcard_base(name, name_len) || !dot)
		return false;
	len -= dot - host;
	return name_len - 1 == len && same_ascii(name + 1, dot, len);
}

/* Some of the names, for a message. */
static void list_names(const GENERAL_NAMES *names, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = 0;
	int i, shown = 0;

	*buf = 0;
	for (i = 0; i < sk_GENERAL_NAME_num(names) && shown < 3 && n + 8 < size; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const void *p;
		size_t len;

		if (name->type == GEN_DNS) {
			p = ASN1_STRING_get0_data(name->d.dNSName);
			len = ASN1_STRING_length(name->d.dNSName);
		} else if (name->type == GEN_IPADD) {
			len = ASN1_STRING_length(name->d.iPAddress);
			p = inet_ntop(len == 4 ? AF_INET : AF_INET6,
				      ASN1_STRING_get0_data(name->d.iPAddress), text, sizeof(text));
			len = p ? strlen(p) : 0;
		} else {
			continue;
		}
		if (shown++) {
			memcpy(buf + n, ", ", 3);
			n += 2;
		}
		verify_quote(buf + n, size - n, p, len);
		n += strlen(buf + n);
	}
	if (!shown)
		strcpy(buf, "no name");
}

int check_host(const struct subject *s, const struct verify_policy *policy)
{
	GENERAL_NAMES *names = read_extension(X509_get0_extensions(s->cert), NID_subject_alt_name);
	unsigned char address[16];
	size_t len = 0;
	bool found = false;
	char shown[96];
	int i;

	if (policy->any_host) {
		found = sk_GENERAL_NAME_num(names) > 0;
		if (!found)
			refuse_it(s, VOICEPAY_CHECK_HOST, "is for no name: it has no subjectAltName");
		goto out;
	}
	if (!policy->host || !*policy->host) {
		refuse_it(s, VOICEPAY_CHECK_HOST, "cannot be compared: there is no host name to compare with");
		goto out;
	}
	if (policy->host_is_ip)
		len = inet_pton(AF_INET, policy->host, address) == 1 ? 4 :
		      inet_pton(AF_INET6, policy->host, address) == 1 ? 16 : 0;
	for (i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (policy->host_is_ip)
			found = name->type == GEN_IPADD && len &&
				(size_t)ASN1_STRING_length(name->d.iPAddress) == len &&
				!memcmp(ASN1_STRING_get0_data(name->d.iPAddress), address, len);
		else
			found = name->type == GEN_DNS &&
				is_for_host(name->d.dNSName, (const void *)policy->host, strlen(policy->host));
	}
	if (!found) {
		list_names(names, shown, sizeof(shown));
		refuse_it(s, VOICEPAY_CHECK_HOST, "is for %s, not for %.80s", shown, policy->host);
	}
out:
	GENERAL_NAMES_free(names);
	return found ? 0 : -1;
}
