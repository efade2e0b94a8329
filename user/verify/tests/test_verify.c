// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates that are right, and certificates that are wrong in one respect
 * each. A row is a chain: root, up to three CAs, server; what it leaves out is
 * as it should be. test_paths.c and test_status.c have what is no such row.
 */

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../verify.h"
#include "make.h"

#define OK		VOICEPAY_CHECK_OK
#define CHAIN		VOICEPAY_CHECK_CA
#define SIGNATURE	VOICEPAY_CHECK_SIGNATURE
#define HOST		VOICEPAY_CHECK_HOST
#define DATES		VOICEPAY_CHECK_DATES
#define PURPOSE		VOICEPAY_CHECK_PURPOSE
#define CERT		VOICEPAY_CHECK_CERTIFICATE
#define NAMES		VOICEPAY_CHECK_CONSTRAINTS

struct row {
	const char *name;
	enum voicepay_check check;
	const char *says;
	struct spec leaf, root, ca[3];
	int cas;
	const char *host;
	int depth;		/* --max-depth plus one */
	int at;			/* index of the certificate that is refused */
};

/* --- what X509V3_EXT_conf() cannot make --- */

static void serial_negative(X509 *c) { ASN1_INTEGER_set(X509_get_serialNumber(c), -5); }

static void set_time(ASN1_TIME *t, int type, const char *text)
{
	ASN1_STRING_set(t, text, -1);
	t->type = type;
}

static void early_generalized(X509 *c) { set_time(X509_getm_notBefore(c), V_ASN1_GENERALIZEDTIME, "20200101000000Z"); }
static void late_utc(X509 *c) { set_time(X509_getm_notAfter(c), V_ASN1_GENERALIZEDTIME, "20491231235959Z"); }
static void year_2050(X509 *c) { set_time(X509_getm_notAfter(c), V_ASN1_GENERALIZEDTIME, "20500101000000Z"); }
static void year_9999(X509 *c) { set_time(X509_getm_notAfter(c), V_ASN1_GENERALIZEDTIME, "99991231235959Z"); }
static void with_offset(X509 *c) { set_time(X509_getm_notBefore(c), V_ASN1_UTCTIME, "200101000000+0100"); }
static void with_fraction(X509 *c) { set_time(X509_getm_notAfter(c), V_ASN1_GENERALIZEDTIME, "20600101000000.5Z"); }
static void no_such_day(X509 *c) { set_time(X509_getm_notBefore(c), V_ASN1_UTCTIME, "200230000000Z"); }
static void ends_first(X509 *c)
{
	X509_time_adj_ex(X509_getm_notBefore(c), 5, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(c), -5, 0, NULL);
}

static void twice(X509 *c, int nid)
{
	X509_EXTENSION *ext = X509_EXTENSION_dup(X509_get_ext(c, X509_get_ext_by_NID(c, nid, -1)));

	X509_add_ext(c, ext, -1);
	X509_EXTENSION_free(ext);
}

static void san_twice(X509 *c) { twice(c, NID_subject_alt_name); }
static void bc_twice(X509 *c) { twice(c, NID_basic_constraints); }

static void nul_in_cn(X509 *c)
{
	X509_NAME *n = X509_get_subject_name(c);

	X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, (const void *)"a\0b", 3, -1, 0);
}

static void find_and_set(unsigned char *der, int len, const char *what, size_t n, size_t at, unsigned char to,
			 bool last)
{
	unsigned char *p = der, *found = NULL;

	while ((p = memmem(p, der + len - p, what, n))) {
		found = p++;
		if (!last)
			break;
	}
	if (found)
		found[at] = to;
}

#define ECDSA256 "\x2a\x86\x48\xce\x3d\x04\x03\x02"

static void outer_differs(unsigned char *der, int len) { find_and_set(der, len, ECDSA256, 8, 7, 3, true); }
static void inner_differs(unsigned char *der, int len) { find_and_set(der, len, ECDSA256, 8, 7, 3, false); }
static void both_md5ish(unsigned char *der, int len)
{
	find_and_set(der, len, ECDSA256, 8, 7, 9, true);
	find_and_set(der, len, ECDSA256, 8, 7, 9, false);
}
static void last_byte(unsigned char *der, int len) { der[len - 1] ^= 1; }
/* pay.example.com becomes pby.example.com after it was signed */
static void name_changed(unsigned char *der, int len) { find_and_set(der, len, "pay.example", 11, 1, 'b', true); }
static void version_is(unsigned char *der, int len, int n) { find_and_set(der, len, "\xa0\x03\x02\x01\x02", 5, 4, n, false); }
static void version_1(unsigned char *der, int len) { version_is(der, len, 0); }
static void version_2(unsigned char *der, int len) { version_is(der, len, 1); }
static void version_8(unsigned char *der, int len) { version_is(der, len, 7); }

static void no_extensions(X509 *c)
{
	while (X509_get_ext_count(c))
		X509_EXTENSION_free(X509_delete_ext(c, 0));
}

#define H100 "a23456789.a23456789.a23456789.a23456789.a23456789.a23456789.a23456789.a23456789.a23456789.a23456789."
#define LABEL64 "a234567890123456789012345678901234567890123456789012345678901234"

static const struct row rows[] = {
	/* right */
	{ "server below a root", OK },
	{ "one CA in between", OK, .cas = 1 },
	{ "three CAs in between", OK, .cas = 3 },
	{ "no subject, critical names", OK, .leaf = { .subject = "", .san = "critical,DNS:pay.example.com" } },
	{ "no key usage at the server", OK, .leaf = { .ku = "" } },
	{ "no basic constraints at the server", OK, .leaf = { .bc = "" } },
	{ "key usage not critical", OK, .leaf = { .ku = "digitalSignature" }, .root = { .ku = "keyCertSign" } },
	{ "more key usages", OK, .leaf = { .ku = "critical,digitalSignature,keyEncipherment,keyAgreement" } },
	{ "server and client", OK, .leaf = { .eku = "serverAuth,clientAuth" } },
	{ "a thousand years (private CAs may)", OK, .leaf = { .until = 365000 } },
	{ "RSA 2048", OK, .leaf = { .key = KEY_RSA2048 } },
	{ "RSA 2056", OK, .leaf = { .key = KEY_RSA2056 } },
	{ "P-384", OK, .leaf = { .key = KEY_P384 } },
	{ "P-521", OK, .leaf = { .key = KEY_P521 } },
	{ "SHA-384", OK, .leaf = { .hash = "SHA384" } },
	{ "SHA-512", OK, .leaf = { .hash = "SHA512" } },
	{ "signed by RSA", OK, .root = { .key = KEY_RSA2048 }, .leaf = { .by = KEY_RSA2048 } },
	{ "signed by RSA-PSS", OK, .root = { .key = KEY_RSA2048 }, .leaf = { .by = KEY_RSA2048, .pss = 32 } },
	{ "serial of 20 octets", OK, .leaf = { .serial = "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" } },
	{ "until 2050", OK, .leaf = { .tweak = year_2050 } },
	{ "until 9999", OK, .leaf = { .tweak = year_9999 } },
	{ "a root that is signed by SHA-1", OK, .root = { .hash = "SHA1" } },
	{ "a root with the serial number zero", OK, .root = { .serial = "0" } },
	{ "a root with its own key identifier", OK, .root = { .aki = "keyid:always" } },
	{ "unknown extension, not critical", OK, .leaf = { .ext = { "1.2.3.4=DER:05:00" } } },
	{ "AIA", OK, .leaf = { .ext = { "authorityInfoAccess=caIssuers;URI:http://ca.example/ca.der" } } },
	{ "CRL distribution point", OK, .leaf = { .ext = { "crlDistributionPoints=URI:http://ca.example/c.crl" } } },
	{ "a policy", OK, .leaf = { .ext = { "certificatePolicies=2.23.140.1.2.1" } } },
	{ "a CA for servers", OK, .cas = 1, .ca = { { .eku = "serverAuth,clientAuth" } } },
	{ "a CA that may also be used for OCSP", OK, .cas = 1, .ca = { { .ku = "critical,keyCertSign,cRLSign,digitalSignature" } } },

	/* names */
	{ "exact name", OK, .leaf = { .san = "DNS:a.example,DNS:pay.example.com" } },
	{ "case does not count", OK, .leaf = { .san = "DNS:PAY.Example.COM" } },
	{ "case does not count, the other way", OK, .host = "PAY.EXAMPLE.COM" },
	{ "wildcard", OK, .leaf = { .san = "DNS:*.example.com" } },
	{ "one label", OK, .leaf = { .san = "DNS:localhost" }, .host = "localhost" },
	{ "A-labels", OK, .leaf = { .san = "DNS:xn--bcher-kva.example" }, .host = "xn--bcher-kva.example" },
	{ "wildcard above an A-label", OK, .leaf = { .san = "DNS:*.xn--bcher-kva.example" }, .host = "a.xn--bcher-kva.example" },
	{ "IPv4 address", OK, .leaf = { .san = "IP:192.0.2.1" }, .host = "192.0.2.1" },
	{ "IPv6 address", OK, .leaf = { .san = "IP:2001:db8::1" }, .host = "2001:db8:0::0:1" },
	{ "a label of 63", OK, .leaf = { .san = "DNS:a23456789012345678901234567890123456789012345678901234567890123.example" },
	  .host = "a23456789012345678901234567890123456789012345678901234567890123.example" },
	{ "another name", HOST, "is for other.example, not for pay.example.com", .leaf = { .san = "DNS:other.example" } },
	{ "a subdomain", HOST, "is for", .leaf = { .san = "DNS:a.pay.example.com" } },
	{ "the parent", HOST, "is for", .leaf = { .san = "DNS:example.com" } },
	{ "a suffix that is no label", HOST, "is for", .leaf = { .san = "DNS:y.example.com" } },
	{ "the CN alone", HOST, "is for no name", .leaf = { .subject = "CN=pay.example.com", .san = "" } },
	{ "the CN does not help", HOST, "is for", .leaf = { .subject = "CN=pay.example.com", .san = "DNS:other.example" } },
	{ "wildcard and two labels", HOST, "is for", .leaf = { .san = "DNS:*.example.com" }, .host = "a.pay.example.com" },
	{ "wildcard and none", HOST, "is for", .leaf = { .san = "DNS:*.pay.example.com" } },
	{ "wildcard for a top level", HOST, "top level", .leaf = { .san = "DNS:*.com" }, .host = "example.com" },
	{ "nothing but a wildcard", HOST, "malformed", .leaf = { .san = "DNS:*" } },
	{ "wildcard within a label", HOST, "malformed", .leaf = { .san = "DNS:p*.example.com" } },
	{ "wildcard at a label's end", HOST, "malformed", .leaf = { .san = "DNS:*y.example.com" } },
	{ "wildcard in the middle", HOST, "malformed", .leaf = { .san = "DNS:pay.*.com" } },
	{ "two wildcards", HOST, "malformed", .leaf = { .san = "DNS:*.*.com" } },
	{ "wildcard within an A-label", HOST, "malformed", .leaf = { .san = "DNS:xn--*-1b3c148a.example.com" } },
	{ "one bad name beside the good one", HOST, "malformed", .leaf = { .san = "DNS:pay.example.com,DNS:*.*.example.com" } },
	{ "leading dot", HOST, "malformed", .leaf = { .san = "DNS:.example.com,DNS:pay.example.com" } },
	{ "final dot", HOST, "malformed", .leaf = { .san = "DNS:pay.example.com." } },
	{ "empty label", HOST, "malformed", .leaf = { .san = "DNS:pay..example.com" } },
	{ "underscore", HOST, "malformed", .leaf = { .san = "DNS:pay_1.example.com,DNS:pay.example.com" } },
	{ "hyphen in front", HOST, "malformed", .leaf = { .san = "DNS:-pay.example.com,DNS:pay.example.com" } },
	{ "hyphen at the end", HOST, "malformed", .leaf = { .san = "DNS:pay-.example.com,DNS:pay.example.com" } },
	{ "a blank", HOST, "malformed", .leaf = { .san = "DNS:pay.example.com x" } },
	{ "an empty name", HOST, "malformed", .leaf = { .san = "DER:30:02:82:00" } },
	{ "NUL in a name", HOST, "malformed", .leaf = { .san = "DER:30:14:82:12:70:61:79:2e:65:78:61:6d:70:6c:65:2e:63:6f:6d:00:2e:78" } },
	{ "U-label", HOST, "malformed", .leaf = { .san = "DER:30:0e:82:0c:62:c3:bc:63:68:65:72:2e:63:6f:6d:6d" } },
	{ "hyphens in third place", HOST, "malformed", .leaf = { .san = "DNS:ab--cd.example.com,DNS:pay.example.com" } },
	{ "xn-- and nothing", HOST, "malformed", .leaf = { .san = "DNS:xn--.example.com,DNS:pay.example.com" } },
	{ "a label of 64", HOST, "malformed", .leaf = { .san = "DNS:" LABEL64 ".example" } },
	{ "a name of more than 253", HOST, "malformed", .leaf = { .san = "DNS:" H100 H100 H100 "example" } },
	{ "an address as a name", HOST, "malformed", .leaf = { .san = "DNS:192.0.2.1" }, .host = "192.0.2.1" },
	{ "an address in the CN", HOST, "is for other.example", .leaf = { .subject = "CN=192.0.2.1", .san = "DNS:other.example" }, .host = "192.0.2.1" },
	{ "another address", HOST, "is for 192.0.2.2", .leaf = { .san = "IP:192.0.2.2" }, .host = "192.0.2.1" },
	{ "an address of five bytes", HOST, "5 bytes", .leaf = { .san = "DER:30:07:87:05:c0:00:02:01:00" }, .host = "192.0.2.1" },
	{ "an address with its mask", HOST, "8 bytes", .leaf = { .san = "DER:30:0a:87:08:c0:00:02:00:ff:ff:ff:00" }, .host = "192.0.2.1" },
	{ "IPv4 in IPv6 is another", HOST, "is for", .leaf = { .san = "IP:::ffff:192.0.2.1" }, .host = "192.0.2.1" },
	{ "name where an address is wanted", HOST, "is for", .host = "192.0.2.1" },
	{ "address where a name is wanted", HOST, "is for", .leaf = { .san = "IP:192.0.2.1" } },
	{ "e-mail only", HOST, "is for no name", .leaf = { .san = "email:a@pay.example.com" } },
	{ "URI only", HOST, "is for no name", .leaf = { .san = "URI:https://pay.example.com/" } },
	{ "malformed e-mail beside the name", HOST, "e-mail", .leaf = { .san = "DNS:pay.example.com,email:a@b@pay.example.com" } },
	{ "SAN that is no DER", HOST, "decoded", .leaf = { .san = "DER:65:78:61:6d:70:6c:65" } },
	{ "SAN with bytes after it", HOST, "decoded", .leaf = { .san = "DER:30:0b:82:09:61:2e:65:78:61:6d:70:6c:65:00" } },
	{ "empty SAN", HOST, "nothing in it", .leaf = { .san = "DER:30:00" } },
	{ "CN in another case", HOST, "spells", .leaf = { .subject = "CN=Pay.example.com" } },
	{ "CN with zeros", HOST, "spells", .leaf = { .subject = "CN=192.000.002.001", .san = "IP:192.0.2.1" }, .host = "192.0.2.1" },
	{ "CN in hex", HOST, "spells", .leaf = { .subject = "CN=0xC0000201", .san = "IP:192.0.2.1" }, .host = "192.0.2.1" },
	{ "CN with IPv6 in capitals", HOST, "spells", .leaf = { .subject = "CN=2001:DB8::1", .san = "IP:2001:db8::1" }, .host = "2001:db8::1" },
	{ "CN of another name is read by nobody", OK, .leaf = { .subject = "CN=other.example" } },
	{ "no subject, names not critical", CERT, "alternative names critical", .leaf = { .subject = "" } },
	{ "subject, and names critical", CERT, "BR 7.1.2.7.12", .leaf = { .san = "critical,DNS:pay.example.com" } },

	/* dates */
	{ "expired", DATES, "expired on 20", .leaf = { .from = -30, .until = -1 } },
	{ "not yet valid", DATES, "only from 20", .leaf = { .from = 1 } },
	{ "the CA expired", DATES, "expired on", .cas = 1, .ca = { { .from = -30, .until = -1 } }, .at = 1 },
	{ "the CA is not valid yet", DATES, "only from", .cas = 1, .ca = { { .from = 1 } }, .at = 1 },
	{ "the root expired", DATES, "expired on", .root = { .from = -30, .until = -1 }, .at = 1 },
	{ "ends before it begins", DATES, "before", .leaf = { .tweak = ends_first } },
	{ "GeneralizedTime before 2050", DATES, "form", .leaf = { .tweak = early_generalized } },
	{ "GeneralizedTime for 2049", DATES, "form", .leaf = { .tweak = late_utc } },
	{ "UTCTime with an offset", DATES, "form", .leaf = { .tweak = with_offset } },
	{ "a fraction of a second", DATES, "form", .leaf = { .tweak = with_fraction } },
	{ "30 February", DATES, "form", .leaf = { .tweak = no_such_day } },
	{ "GeneralizedTime before 2050 in a CA", DATES, "form", .cas = 1, .ca = { { .tweak = early_generalized } }, .at = 1 },

	/* who signed */
	{ "self-signed", CHAIN, "self-signed", .leaf = { .issuer = "CN=gateway", .by = KEY_LEAF } },
	{ "another key than the CA's", SIGNATURE, "did not make", .leaf = { .by = KEY_OTHER } },
	{ "last byte", SIGNATURE, "did not make", .leaf = { .damage = last_byte } },
	{ "a name changed afterwards", SIGNATURE, "did not make", .leaf = { .damage = name_changed }, .host = "pby.example.com" },
	{ "another issuer's name", CHAIN, "does not lead", .leaf = { .issuer = "CN=nobody" } },
	{ "no issuer", CERT, "name its issuer", .leaf = { .issuer = "" } },
	{ "another algorithm outside", SIGNATURE, "inside", .leaf = { .damage = outer_differs } },
	{ "another algorithm inside", SIGNATURE, "inside", .leaf = { .damage = inner_differs } },
	{ "another algorithm outside, in the root", SIGNATURE, "inside", .root = { .damage = outer_differs }, .at = 1 },
	{ "an unknown algorithm", SIGNATURE, "not allowed", .leaf = { .damage = both_md5ish } },
	{ "SHA-1", SIGNATURE, "SHA-1", .leaf = { .hash = "SHA1" } },
	{ "SHA-1 in the CA", SIGNATURE, "SHA-1", .cas = 1, .ca = { { .hash = "SHA1" } }, .at = 1 },
	{ "SHA-224", SIGNATURE, "not allowed", .leaf = { .hash = "SHA224" } },
	{ "RSA and SHA-1", SIGNATURE, "SHA-1", .root = { .key = KEY_RSA2048 }, .leaf = { .by = KEY_RSA2048, .hash = "SHA1" } },
	{ "RSA and MD5", SIGNATURE, "MD5", .root = { .key = KEY_RSA2048 }, .leaf = { .by = KEY_RSA2048, .hash = "MD5" } },
	{ "PSS and SHA-1", SIGNATURE, "PSS", .root = { .key = KEY_RSA2048 }, .leaf = { .by = KEY_RSA2048, .hash = "SHA1", .pss = 20 } },
	{ "PSS with a short salt", SIGNATURE, "PSS", .root = { .key = KEY_RSA2048 }, .leaf = { .by = KEY_RSA2048, .pss = 8 } },
	{ "PSS with a long salt", SIGNATURE, "PSS", .root = { .key = KEY_RSA2048 }, .leaf = { .by = KEY_RSA2048, .pss = 64 } },
	{ "SHA3", SIGNATURE, "not allowed", .leaf = { .hash = "SHA3-256" } },

	/* keys */
	{ "RSA 1024", SIGNATURE, "1024 bits", .leaf = { .key = KEY_RSA1024 } },
	{ "RSA 1024 in the CA", SIGNATURE, "1024 bits", .cas = 1, .ca = { { .key = KEY_RSA1024 } }, .leaf = { .by = KEY_RSA1024 }, .at = 1 },
	{ "RSA 1024 in the root", SIGNATURE, "1024 bits", .root = { .key = KEY_RSA1024 }, .leaf = { .by = KEY_RSA1024 }, .at = 1 },
	{ "RSA 2047", SIGNATURE, "2047 bits", .leaf = { .key = KEY_RSA2047 } },
	{ "RSA 2050", SIGNATURE, "multiples of 8", .leaf = { .key = KEY_RSA2050 } },
	{ "RSA with exponent 3", SIGNATURE, "exponent", .leaf = { .key = KEY_RSA_E3 } },
	{ "RSA-PSS key", SIGNATURE, "not allowed", .leaf = { .key = KEY_RSA_PSS } },
	{ "P-224", SIGNATURE, "curve", .leaf = { .key = KEY_P224 } },
	{ "secp256k1", SIGNATURE, "curve", .leaf = { .key = KEY_K256 } },
	{ "curve written out", SIGNATURE, "curve", .leaf = { .key = KEY_P256_EXPLICIT } },
	{ "curve written out in the root", SIGNATURE, "curve", .root = { .key = KEY_P256_EXPLICIT }, .leaf = { .by = KEY_P256_EXPLICIT }, .at = 1 },
	{ "Ed25519", SIGNATURE, "not allowed", .leaf = { .key = KEY_ED25519 } },
	{ "Ed448", SIGNATURE, "not allowed", .leaf = { .key = KEY_ED448 } },
	{ "DSA", SIGNATURE, "not allowed", .leaf = { .key = KEY_DSA } },
	{ "DSA in the root", SIGNATURE, "not allowed", .root = { .key = KEY_DSA }, .leaf = { .by = KEY_DSA } },
	{ "signed by Ed25519", SIGNATURE, "not allowed", .root = { .key = KEY_ED25519 }, .leaf = { .by = KEY_ED25519 } },

	/* form */
	{ "version 1", CERT, "version 3", .leaf = { .version = 1, .tweak = no_extensions } },
	{ "version 1 with extensions", CERT, "version 3", .leaf = { .damage = version_1 } },
	{ "version 2", CERT, "version 3", .leaf = { .damage = version_2 } },
	{ "version 8", CERT, "version 3", .leaf = { .damage = version_8 } },
	{ "version 1 in the root", CERT, "version 3", .root = { .version = 1, .tweak = no_extensions }, .leaf = { .aki = "" , .ext = { "2.5.29.35=DER:30:04:80:02:01:02" } }, .at = 1 },
	{ "serial number zero", CERT, "zero", .leaf = { .serial = "0" } },
	{ "negative serial number", CERT, "negative", .leaf = { .tweak = serial_negative } },
	{ "serial number of 21 octets", CERT, "20 octets", .leaf = { .serial = "010203040506070809101112131415161718192021" } },
	{ "serial number of 20 octets and a sign", CERT, "20 octets", .leaf = { .serial = "FF02030405060708091011121314151617181920" } },
	{ "serial number of 22 octets in the CA", CERT, "20 octets", .cas = 1, .ca = { { .serial = "01020304050607080910111213141516171819202122" } }, .at = 1 },
	{ "an extension twice", CERT, "twice", .leaf = { .tweak = san_twice } },
	{ "an extension twice in the CA", CERT, "twice", .cas = 1, .ca = { { .tweak = bc_twice } }, .at = 1 },
	{ "unknown critical extension", PURPOSE, "not known", .leaf = { .ext = { "1.2.3.4=critical,DER:05:00" } } },
	{ "unknown critical extension in the CA", PURPOSE, "not known", .cas = 1, .ca = { { .ext = { "1.2.3.4=critical,DER:05:00" } } }, .at = 1 },
	{ "unknown critical extension in the root", PURPOSE, "not known", .root = { .ext = { "1.2.3.4=critical,DER:05:00" } }, .at = 1 },
	{ "precertificate", PURPOSE, "precertificate", .leaf = { .ext = { "1.3.6.1.4.1.11129.2.4.3=critical,DER:05:00" } } },
	{ "NUL in the subject", CERT, "NUL", .leaf = { .tweak = nul_in_cn } },
	{ "a CA without a name", CERT, "name its issuer", .root = { .subject = "" }, .leaf = { .issuer = "" }, .at = 0 },
	{ "critical AIA", CERT, "must not be", .leaf = { .ext = { "authorityInfoAccess=critical,caIssuers;URI:http://ca.example/" } } },
	{ "malformed AIA", CERT, "decoded", .leaf = { .ext = { "authorityInfoAccess=DER:6d:61" } } },
	{ "empty AIA", CERT, "nothing in it", .leaf = { .ext = { "authorityInfoAccess=DER:30:00" } } },
	{ "malformed key usage", CERT, "decoded", .leaf = { .ku = "DER:04:01:00" } },
	{ "empty key usage", PURPOSE, "nothing in it", .leaf = { .ku = "critical,DER:03:01:00" } },
	{ "empty extended key usage", CERT, "nothing in it", .leaf = { .eku = "DER:30:00" } },
	{ "distribution point by name", CERT, "distribution point", .leaf = { .ext = { "crlDistributionPoints=DNS:ca.example" } } },
	{ "a policy twice", CERT, "twice", .leaf = { .ext = { "certificatePolicies=DER:30:10:30:06:06:04:2a:03:04:05:30:06:06:04:2a:03:04:05" } } },
	{ "policy constraints, not critical", CERT, "critical that must be", .cas = 1, .ca = { { .ext = { "policyConstraints=requireExplicitPolicy:3" } } }, .at = 1 },
	{ "empty policy constraints", CERT, "nothing in it", .cas = 1, .ca = { { .ext = { "policyConstraints=critical,DER:30:00" } } }, .at = 1 },

	/* policies */
	{ "a policy is demanded and there", OK, .cas = 1,
	  .ca = { { .ext = { "policyConstraints=critical,requireExplicitPolicy:0", "certificatePolicies=1.2.3.4" } } },
	  .leaf = { .ext = { "certificatePolicies=1.2.3.4" } } },
	{ "a policy is demanded and none there", NAMES, "explicit policy", .cas = 1,
	  .ca = { { .ext = { "policyConstraints=critical,requireExplicitPolicy:0", "certificatePolicies=1.2.3.4" } } } },
	{ "a policy is demanded and another there", NAMES, "explicit policy", .cas = 1,
	  .ca = { { .ext = { "policyConstraints=critical,requireExplicitPolicy:0", "certificatePolicies=1.2.3.4" } } },
	  .leaf = { .ext = { "certificatePolicies=1.2.3.5" } } },
	{ "any policy, inhibited", NAMES, "explicit policy", .cas = 1,
	  .ca = { { .ext = { "policyConstraints=critical,requireExplicitPolicy:0", "certificatePolicies=1.2.3.4",
			     "inhibitAnyPolicy=critical,0" } } },
	  .leaf = { .ext = { "certificatePolicies=2.5.29.32.0" } } },

	/* what it is for */
	{ "clients", PURPOSE, "serverAuth", .leaf = { .eku = "clientAuth" } },
	{ "nothing in particular", PURPOSE, "serverAuth", .leaf = { .eku = "" } },
	{ "anything", PURPOSE, "serverAuth", .leaf = { .eku = "anyExtendedKeyUsage" } },
	{ "servers and anything", PURPOSE, "anything", .leaf = { .eku = "serverAuth,anyExtendedKeyUsage" } },
	{ "servers and code", PURPOSE, "code", .leaf = { .eku = "serverAuth,codeSigning" } },
	{ "servers and e-mail", PURPOSE, "e-mail", .leaf = { .eku = "serverAuth,emailProtection" } },
	{ "servers and time stamps", PURPOSE, "time stamps", .leaf = { .eku = "serverAuth,timeStamping" } },
	{ "servers and OCSP", PURPOSE, "OCSP", .leaf = { .eku = "serverAuth,OCSPSigning" } },
	{ "servers and precertificates", PURPOSE, "precertificates", .leaf = { .eku = "serverAuth,1.3.6.1.4.1.11129.2.4.4" } },
	{ "critical extended key usage", PURPOSE, "BR 7.1.2.7.6", .leaf = { .eku = "critical,serverAuth" } },
	{ "key not for signatures", PURPOSE, "not for signatures", .leaf = { .ku = "critical,keyEncipherment" } },
	{ "key that signs certificates", PURPOSE, "as a CA's", .leaf = { .ku = "critical,digitalSignature,keyCertSign" } },
	{ "key that signs CRLs", PURPOSE, "as a CA's", .leaf = { .ku = "critical,digitalSignature,cRLSign" } },
	{ "a CA as a server", PURPOSE, "is a CA's", .leaf = { .bc = "critical,CA:TRUE" } },
	{ "a path length without a CA", CERT, "path length", .leaf = { .bc = "critical,DER:30:06:01:01:00:02:01:00" } },
	{ "name constraints in a server's", CERT, "for CAs", .leaf = { .nc = "critical,permitted;DNS:example.com" } },
	{ "no authority key identifier", CERT, "authorityKeyIdentifier", .leaf = { .aki = "" } },
	{ "one with issuer and serial number", CERT, "BR 7.1.2.11.1", .leaf = { .aki = "keyid:always,issuer:always" } },
	{ "one without a key's", CERT, "without a key's", .leaf = { .aki = "DER:30:00" } },
	{ "a critical one", CERT, "must not be", .leaf = { .aki = "critical,DER:30:06:80:04:01:02:03:04" } },
	{ "one of another key", CHAIN, "another key", .leaf = { .aki = "DER:30:06:80:04:01:02:03:04" } },

	/* CAs */
	{ "a CA without basic constraints", CHAIN, "not a CA's", .cas = 1, .ca = { { .bc = "" } }, .at = 1 },
	{ "a CA that is none", CHAIN, "not a CA's", .cas = 1, .ca = { { .bc = "critical,CA:FALSE" } }, .at = 1 },
	{ "basic constraints not critical", CERT, "critical", .cas = 1, .ca = { { .bc = "CA:TRUE" } }, .at = 1 },
	{ "a root without basic constraints", CHAIN, "not a CA's", .root = { .bc = "" }, .at = 1 },
	{ "a root with them not critical", CERT, "critical", .root = { .bc = "CA:TRUE" }, .at = 1 },
	{ "a CA without key usage", PURPOSE, "no key usage", .cas = 1, .ca = { { .ku = "" } }, .at = 1 },
	{ "a CA that may not sign", PURPOSE, "not for signing", .cas = 1, .ca = { { .ku = "critical,cRLSign" } }, .at = 1 },
	{ "a root that may not sign", PURPOSE, "not for signing", .root = { .ku = "critical,digitalSignature" }, .at = 1 },
	{ "a CA without subject key identifier", CERT, "subjectKeyIdentifier", .cas = 1, .ca = { { .ski = "" } }, .leaf = { .aki = "DER:30:06:80:04:01:02:03:04" }, .at = 1 },
	{ "a root without it", CERT, "subjectKeyIdentifier", .root = { .ski = "" }, .leaf = { .aki = "DER:30:06:80:04:01:02:03:04" }, .at = 1 },
	{ "a critical one of a CA", CERT, "must not be", .cas = 1, .ca = { { .ski = "critical,hash" } }, .at = 1 },
	{ "a CA without authority key identifier", CERT, "authorityKeyIdentifier", .cas = 1, .ca = { { .aki = "" } }, .at = 1 },
	{ "a root whose two differ", CERT, "differ", .root = { .aki = "DER:30:06:80:04:01:02:03:04" }, .at = 1 },
	{ "a root's without a key's", CERT, "without a key's", .root = { .aki = "DER:30:00" }, .at = 1 },
	{ "a root's with its issuer", CERT, "BR 7.1.2.11.1", .root = { .aki = "keyid:always,issuer:always" }, .at = 1 },
	{ "a root for servers", PURPOSE, "BR 7.1.2.1.2", .root = { .eku = "serverAuth" }, .at = 1 },
	{ "a CA for e-mail", PURPOSE, "serverAuth", .cas = 1, .ca = { { .eku = "emailProtection" } }, .at = 1 },
	{ "a CA for clients", PURPOSE, "serverAuth", .cas = 1, .ca = { { .eku = "clientAuth" } }, .at = 1 },
	{ "a CA two above for e-mail", PURPOSE, "serverAuth", .cas = 2, .ca = { { .eku = "emailProtection" } }, .at = 2 },

	/* length */
	{ "path length 0", OK, .cas = 1, .ca = { { .bc = "critical,CA:TRUE,pathlen:0" } } },
	{ "path length 0 and a CA below", CHAIN, "allows 0", .cas = 2, .ca = { { .bc = "critical,CA:TRUE,pathlen:0" } }, .at = 2 },
	{ "path length 1 and one below", OK, .cas = 2, .ca = { { .bc = "critical,CA:TRUE,pathlen:1" } } },
	{ "path length may grow", OK, .cas = 2, .ca = { { .bc = "critical,CA:TRUE,pathlen:1" }, { .bc = "critical,CA:TRUE,pathlen:7" } } },
	{ "path length 1 and two below", CHAIN, "allows 1", .cas = 3, .ca = { { .bc = "critical,CA:TRUE,pathlen:1" } }, .at = 3 },
	{ "the root's path length", CHAIN, "allows 0", .root = { .bc = "critical,CA:TRUE,pathlen:0" }, .cas = 1, .at = 2 },
	{ "negative path length", CERT, "path length", .cas = 1, .ca = { { .bc = "critical,DER:30:06:01:01:ff:02:01:ff" } }, .at = 1 },
	{ "--max-depth 0", OK, .depth = 1 },
	{ "--max-depth 0 and a CA", CHAIN, "too long", .cas = 1, .depth = 1, .at = 1 },
	{ "--max-depth 2 and two", OK, .cas = 2, .depth = 3 },
	{ "--max-depth 2 and three", CHAIN, "too long", .cas = 3, .depth = 3, .at = 3 },

	/* name constraints */
	{ "permitted name", OK, .cas = 1, .ca = { { .nc = "critical,permitted;DNS:example.com" } } },
	{ "permitted, exact", OK, .cas = 1, .ca = { { .nc = "critical,permitted;DNS:pay.example.com" } } },
	{ "permitted, in capitals", OK, .cas = 1, .ca = { { .nc = "critical,permitted;DNS:EXAMPLE.com" } } },
	{ "permitted by the root", OK, .root = { .nc = "critical,permitted;DNS:example.com" } },
	{ "not critical (BR allows)", OK, .cas = 1, .ca = { { .nc = "permitted;DNS:example.com" } } },
	{ "not critical counts, too", NAMES, "not permit", .cas = 1, .ca = { { .nc = "permitted;DNS:example.org" } } },
	{ "not permitted", NAMES, "not permit", .cas = 1, .ca = { { .nc = "critical,permitted;DNS:example.org" } } },
	{ "not permitted: no label", NAMES, "not permit", .cas = 1, .ca = { { .nc = "critical,permitted;DNS:xample.com" } } },
	{ "not permitted by the root", NAMES, "not permit", .root = { .nc = "critical,permitted;DNS:example.org" } },
	{ "one of two is not permitted", NAMES, "not permit", .cas = 1, .leaf = { .san = "DNS:pay.example.com,DNS:a.example.org" },
	  .ca = { { .nc = "critical,permitted;DNS:example.com" } } },
	{ "excluded", NAMES, "excludes", .cas = 1, .ca = { { .nc = "critical,excluded;DNS:example.com" } } },
	{ "excluded, another", OK, .cas = 1, .ca = { { .nc = "critical,excluded;DNS:a.example.com" } } },
	{ "permitted and excluded", NAMES, "excludes", .cas = 1, .ca = { { .nc = "critical,permitted;DNS:example.com,excluded;DNS:pay.example.com" } } },
	{ "all DNS names excluded", NAMES, "excludes", .cas = 1, .ca = { { .nc = "critical,DER:30:06:a1:04:30:02:82:00" } } },
	{ "narrowed below", NAMES, "not permit", .cas = 2, .ca = { { .nc = "critical,permitted;DNS:example.com" }, { .nc = "critical,permitted;DNS:a.example.com" } } },
	{ "not to be widened below", NAMES, "not permit", .cas = 2, .ca = { { .nc = "critical,permitted;DNS:a.example.com" }, { .nc = "critical,permitted;DNS:example.com" } } },
	{ "a wildcard in what is permitted", OK, .cas = 1, .leaf = { .san = "DNS:*.example.com" }, .ca = { { .nc = "critical,permitted;DNS:example.com" } } },
	{ "a wildcard that stands for more", NAMES, "not permit", .cas = 1, .leaf = { .san = "DNS:*.example.com" }, .ca = { { .nc = "critical,permitted;DNS:pay.example.com" } } },
	{ "a wildcard that stands for what is excluded", NAMES, "excludes", .cas = 1, .leaf = { .san = "DNS:*.example.com" },
	  .ca = { { .nc = "critical,permitted;DNS:example.com,excluded;DNS:bad.example.com" } } },
	{ "a wildcard that does not reach it", OK, .cas = 1, .leaf = { .san = "DNS:*.example.com" }, .ca = { { .nc = "critical,excluded;DNS:a.bad.example.com" } } },
	{ "another kind of name", OK, .cas = 1, .ca = { { .nc = "critical,permitted;IP:192.0.2.0/255.255.255.0" } } },
	{ "permitted address", OK, .cas = 1, .leaf = { .san = "IP:192.0.2.1" }, .host = "192.0.2.1", .ca = { { .nc = "critical,permitted;IP:192.0.2.0/255.255.255.0" } } },
	{ "address not permitted", NAMES, "not permit", .cas = 1, .leaf = { .san = "IP:192.0.3.1" }, .host = "192.0.3.1",
	  .ca = { { .nc = "critical,permitted;IP:192.0.2.0/255.255.255.0" } } },
	{ "address excluded", NAMES, "excludes", .cas = 1, .leaf = { .san = "IP:2001:db8::1" }, .host = "2001:db8::1",
	  .ca = { { .nc = "critical,excluded;IP:2001:db8::/ffff:ffff::" } } },
	{ "IPv6 where IPv4 is permitted", NAMES, "not permit", .cas = 1, .leaf = { .san = "IP:2001:db8::1" }, .host = "2001:db8::1",
	  .ca = { { .nc = "critical,permitted;IP:192.0.2.0/255.255.255.0" } } },
	{ "an address beside the name is not permitted", NAMES, "IP address", .cas = 1, .leaf = { .san = "DNS:pay.example.com,IP:198.51.100.1" },
	  .ca = { { .nc = "critical,permitted;DNS:example.com,permitted;IP:192.0.2.0/255.255.255.0" } } },
	{ "permitted subject", OK, .cas = 1, .leaf = { .subject = "C=CN/O=Pay/CN=x" }, .ca = { { .subject = "C=CN/CN=m", .nc = "critical,permitted;dirName:pay" } } },
	{ "permitted subject, other case and blanks", OK, .cas = 1, .leaf = { .subject = "C=CN/O=  PAY /CN=x" }, .ca = { { .nc = "critical,permitted;dirName:pay" } } },
	{ "subject not permitted", NAMES, "directory name", .cas = 1, .leaf = { .subject = "C=CN/O=Evil/CN=x" }, .ca = { { .nc = "critical,permitted;dirName:pay" } } },
	{ "subject too short", NAMES, "directory name", .cas = 1, .leaf = { .subject = "C=CN" }, .ca = { { .nc = "critical,permitted;dirName:pay" } } },
	{ "subject excluded", NAMES, "directory name", .cas = 1, .leaf = { .subject = "C=CN/O=Other/CN=x" }, .ca = { { .nc = "critical,permitted;dirName:china,excluded;dirName:other" } } },
	{ "no subject is no breach", OK, .cas = 1, .leaf = { .subject = "", .san = "critical,DNS:pay.example.com" }, .ca = { { .nc = "critical,permitted;dirName:pay" } } },
	{ "directory name among the others not permitted", NAMES, "directory name", .cas = 1, .leaf = { .subject = "C=CN/O=Pay/CN=x", .san = "DNS:pay.example.com,dirName:other" },
	  .ca = { { .nc = "critical,permitted;dirName:pay" } } },
	{ "permitted e-mail host", OK, .cas = 1, .leaf = { .san = "DNS:pay.example.com,email:a@example.com" }, .ca = { { .nc = "critical,permitted;email:example.com" } } },
	{ "permitted mailbox", OK, .cas = 1, .leaf = { .san = "DNS:pay.example.com,email:a@example.com" }, .ca = { { .nc = "critical,permitted;email:a@example.com" } } },
	{ "permitted e-mail domain", OK, .cas = 1, .leaf = { .san = "DNS:pay.example.com,email:a@b.example.com" }, .ca = { { .nc = "critical,permitted;email:.example.com" } } },
	{ "an e-mail host is no domain", NAMES, "e-mail", .cas = 1, .leaf = { .san = "DNS:pay.example.com,email:a@b.example.com" }, .ca = { { .nc = "critical,permitted;email:example.com" } } },
	{ "an e-mail domain is no host", NAMES, "e-mail", .cas = 1, .leaf = { .san = "DNS:pay.example.com,email:a@example.com" }, .ca = { { .nc = "critical,permitted;email:.example.com" } } },
	{ "another mailbox", NAMES, "e-mail", .cas = 1, .leaf = { .san = "DNS:pay.example.com,email:b@example.com" }, .ca = { { .nc = "critical,permitted;email:a@example.com" } } },
	{ "e-mail in the subject", NAMES, "e-mail", .cas = 1, .leaf = { .subject = "CN=x/emailAddress=a@evil.example" }, .ca = { { .nc = "critical,permitted;email:example.com" } } },
	{ "permitted URI", OK, .cas = 1, .leaf = { .san = "DNS:pay.example.com,URI:https://a@b.example.com:8443/x" }, .ca = { { .nc = "critical,permitted;URI:.example.com" } } },
	{ "URI not permitted", NAMES, "URI", .cas = 1, .leaf = { .san = "DNS:pay.example.com,URI:https://example.org/" }, .ca = { { .nc = "critical,permitted;URI:example.com" } } },
	{ "URI with another's user", NAMES, "URI", .cas = 1, .leaf = { .san = "DNS:pay.example.com,URI:https://example.com@evil.example/" }, .ca = { { .nc = "critical,permitted;URI:example.com" } } },
	{ "URI without a host", NAMES, "URI", .cas = 1, .leaf = { .san = "DNS:pay.example.com,URI:urn:x:y" }, .ca = { { .nc = "critical,excluded;URI:example.com" } } },
	{ "URI of an address", NAMES, "URI", .cas = 1, .leaf = { .san = "DNS:pay.example.com,URI:https://192.0.2.1/" }, .ca = { { .nc = "critical,permitted;URI:example.com" } } },
	{ "a kind of name that nobody knows", NAMES, "other name", .cas = 1, .leaf = { .san = "DNS:pay.example.com,otherName:1.2.3.4;UTF8:x" },
	  .ca = { { .nc = "critical,excluded;otherName:1.2.3.4;UTF8:x" } } },
	{ "the same, where there is none", OK, .cas = 1, .ca = { { .nc = "critical,excluded;otherName:1.2.3.4;UTF8:x" } } },
	{ "a registered ID", NAMES, "registered ID", .cas = 1, .leaf = { .san = "DNS:pay.example.com,RID:1.2.3.4" }, .ca = { { .nc = "critical,permitted;RID:1.2.3.4" } } },
	{ "a CA's own name counts", NAMES, "DNS name", .cas = 2, .ca = { { .nc = "critical,permitted;DNS:example.com" }, { .san = "DNS:evil.example" } }, .at = 1 },
	{ "unless it issues itself", OK, .cas = 2, .ca = { { .nc = "critical,permitted;DNS:example.com", .san = "" }, { .subject = "CN=middle", .san = "DNS:evil.example" } } },
	{ "a host in the CN does not escape", NAMES, "DNS name", .cas = 1, .leaf = { .subject = "CN=evil.example", .san = "IP:192.0.2.1" }, .host = "192.0.2.1",
	  .ca = { { .nc = "critical,permitted;DNS:example.com" } } },
	{ "a leading dot in a constraint", NAMES, "malformed", .cas = 1, .ca = { { .nc = "critical,permitted;DNS:.example.com" } }, .at = 1 },
	{ "a wildcard in a constraint", NAMES, "malformed", .cas = 1, .ca = { { .nc = "critical,permitted;DNS:*.example.com" } }, .at = 1 },
	{ "an address without its mask", NAMES, "malformed", .cas = 1, .ca = { { .nc = "critical,DER:30:0a:a0:08:30:06:87:04:c0:00:02:00" } }, .at = 1 },
	{ "a mask with a hole", NAMES, "malformed", .cas = 1, .ca = { { .nc = "critical,permitted;IP:192.0.2.0/255.0.255.0" } }, .at = 1 },
	{ "a malformed e-mail constraint", NAMES, "malformed", .cas = 1, .ca = { { .nc = "critical,permitted;email:a@b@example.com" } }, .at = 1 },
	{ "no constraint in it", NAMES, "nothing in", .cas = 1, .ca = { { .nc = "critical,DER:30:00" } }, .at = 1 },
	{ "two empty lists in it", NAMES, "nothing in", .cas = 1, .ca = { { .nc = "critical,DER:30:04:a0:00:a1:00" } }, .at = 1 },
	{ "a minimum", NAMES, "malformed", .cas = 1, .ca = { { .nc = "critical,DER:30:0f:a0:0d:30:0b:82:06:61:2e:63:6f:6d:6d:80:01:01" } }, .at = 1 },
	{ "constraints that are no DER", CERT, "decoded", .cas = 1, .ca = { { .nc = "critical,DER:31:00" } }, .at = 1 },
};

static void run(const struct row *r)
{
	static const enum key ca_keys[] = { KEY_CA1, KEY_CA2, KEY_CA3 };
	static const char *const ca_names[] = { "CN=middle", "CN=lower", "CN=lowest" };
	enum key by = r->root.key ? r->root.key : KEY_ROOT;
	X509 *root = make_cert(&r->root, ROOT, KEY_ROOT, NULL, 0), *issuer = root, *leaf;
	STACK_OF(X509) *trusted = sk_X509_new_null(), *sent = sk_X509_new_null();
	struct verify_result result;
	struct verify_policy policy = {
		.trusted = trusted, .host = r->host ? r->host : "pay.example.com", .any_key = true,
		.max_depth = r->depth - 1,
	};
	const char *host = policy.host;
	int i;

	policy.host_is_ip = strchr(host, ':') || !strncmp(host, "192.", 4);
	sk_X509_push(trusted, root);
	assert_true(r->cas <= (int)(sizeof(ca_keys) / sizeof(ca_keys[0])));
	for (i = 0; i < r->cas; i++) {
		struct spec s = r->ca[i];

		if (!s.subject)
			s.subject = ca_names[i];
		issuer = make_cert(&s, CA, ca_keys[i], issuer, by);
		by = s.key ? s.key : ca_keys[i];
		sk_X509_push(sent, issuer);
	}
	leaf = make_cert(&r->leaf, LEAF, KEY_LEAF, issuer, by);

	verify_server(&policy, leaf, sent, &result);
	if (result.check != r->check || (r->says && !strstr(result.reason, r->says)) ||
	    (r->check != OK && result.index != r->at))
		fail_msg("%s: expected %s at %d (%s), got %s at %d (%s): %s", r->name, voicepay_check_name(r->check),
			 r->at, r->says ? r->says : "", voicepay_check_name(result.check), result.index,
			 result.subject, result.reason);
	assert_int_equal(sk_X509_num(result.path), r->check == OK ? r->cas + 2 : -1);
	verify_clear(&result);
	X509_free(leaf);
	sk_X509_pop_free(sent, X509_free);
	sk_X509_pop_free(trusted, X509_free);
}

static void one_row(void **state)
{
	run(*state);
}

#define NROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
	static struct CMUnitTest tests[NROWS];
	size_t i;

	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	for (i = 0; i < NROWS; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name, .test_func = one_row,
						.initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("certificates", tests, NULL, NULL);
}
