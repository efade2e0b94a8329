// SPDX-License-Identifier: GPL-2.0-or-later

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pskc/pskc.h>
#include <stdbool.h>
#include <string.h>

#include "../common/base64.h"
#include "pskcfile.h"

#define NAMESPACE	"urn:ietf:params:xml:ns:keyprov:pskc:"

/*
 * From the base64: libpskc 2.6.12 decodes it, too, but says that the result has
 * no bytes. White space is what XML allows between the letters.
 */
static int take_secret(struct otp_key *key, pskc_key_t *from, const char **why)
{
	char letters[BASE64_SIZE(OTP_SECRET_MAX)];
	const char *text = pskc_get_key_data_b64secret(from);
	size_t n = 0;
	ssize_t len;

	*why = "it holds no key in the clear";
	if (!text)
		return -1;
	for (; *text; text++) {
		if (strchr(" \t\r\n", *text))
			continue;
		if (n == sizeof(letters)) {
			*why = "its key is longer than any authenticator takes";
			explicit_bzero(letters, sizeof(letters));
			return -1;
		}
		letters[n++] = *text;
	}
	len = base64_decode(key->secret, sizeof(key->secret), letters, n);
	explicit_bzero(letters, sizeof(letters));
	if (len <= 0) {
		*why = "its key is empty, too long or no base64";
		return -1;
	}
	key->secret_len = len;
	return 0;
}

/* libpskc keeps two copies; they are its memory, and it does not wipe. */
static void forget(pskc_t *container)
{
	pskc_key_t *key;
	size_t i;

	for (i = 0; (key = pskc_get_keypackage(container, i)); i++) {
		char *secret = (char *)pskc_get_key_data_secret(key, NULL);
		char *text = (char *)pskc_get_key_data_b64secret(key);
		size_t len = text ? strlen(text) : 0, letters = 0;

		/* As many bytes as its letters come to, and not what it says. */
		for (; text && *text; text++)
			letters += !strchr(" \t\r\n=", *text);
		if (secret)
			explicit_bzero(secret, letters * 3 / 4);
		if (len)
			explicit_bzero(text - len, len);
	}
	pskc_done(container);
}

/* RFC 6030 §5: who cannot keep to a key's policy must not use the key. */
static int check_policy(pskc_key_t *from, const char **why)
{
	int usages, has_usages, pin[4], encoding, uses;

	usages = pskc_get_key_policy_keyusages(from, &has_usages);
	pskc_get_key_policy_pinusagemode(from, &pin[0]);
	pskc_get_key_policy_pinmaxfailedattempts(from, &pin[1]);
	pskc_get_key_policy_pinminlength(from, &pin[2]);
	pskc_get_key_policy_pinmaxlength(from, &pin[3]);
	pskc_get_key_policy_pinencoding(from, &encoding);
	pskc_get_key_policy_numberoftransactions(from, &uses);
	if (has_usages && !(usages & PSKC_KEYUSAGE_OTP))
		*why = "its key is not for one-time passwords";
	else if (pin[0] || pin[1] || pin[2] || pin[3] || encoding || pskc_get_key_policy_pinkeyid(from))
		*why = "its key wants a PIN, which this device does not ask for";
	else if (pskc_get_key_policy_startdate(from) || pskc_get_key_policy_expirydate(from) || uses)
		*why = "its key has dates or a number of uses, to which this device would not keep";
	else
		return 0;
	return -1;
}

static int take_algorithm(struct otp_key *key, pskc_key_t *from, const char **why)
{
	const char *suite = pskc_get_key_algparm_suite(from);

	if (!suite || !strcmp(suite, "HMAC-SHA1") || !strcmp(suite, "SHA1"))
		key->algorithm = OTP_SHA1;
	else if (!strcmp(suite, "HMAC-SHA256") || !strcmp(suite, "SHA256"))
		key->algorithm = OTP_SHA256;
	else if (!strcmp(suite, "HMAC-SHA512") || !strcmp(suite, "SHA512"))
		key->algorithm = OTP_SHA512;
	else {
		*why = "its algorithm's suite is not HMAC-SHA1, HMAC-SHA256 or HMAC-SHA512";
		return -1;
	}
	return 0;
}

static int take_terms(struct otp_key *key, pskc_key_t *from, const char **why)
{
	const char *algorithm = pskc_get_key_algorithm(from);
	int has_encoding, has_length, has_check, has_interval, has_counter, has_start;
	pskc_valueformat encoding = pskc_get_key_algparm_resp_encoding(from, &has_encoding);
	uint32_t length = pskc_get_key_algparm_resp_length(from, &has_length);
	int check = pskc_get_key_algparm_resp_checkdigits(from, &has_check);
	uint32_t interval = pskc_get_key_data_timeinterval(from, &has_interval);
	uint32_t start = pskc_get_key_data_time(from, &has_start);
	uint64_t counter = pskc_get_key_data_counter(from, &has_counter);

	if (take_algorithm(key, from, why))
		return -1;
	if (has_encoding && encoding != PSKC_VALUEFORMAT_DECIMAL) {
		*why = "its passwords are not decimal digits";
		return -1;
	}
	if (has_check && check) {
		*why = "its passwords have a check digit, which this device does not make";
		return -1;
	}
	key->digits = has_length ? length : 6;
	if (key->digits < 6 || key->digits > 8) {
		*why = "its passwords do not have 6, 7 or 8 digits";
		return -1;
	}
	if (algorithm && !strcmp(algorithm, NAMESPACE "totp")) {
		key->period = has_interval ? interval : 30;
		if (!key->period || (has_start && start)) {
			*why = key->period ? "its time steps do not count from 1970" : "its time step is 0 s";
			return -1;
		}
	} else if (algorithm && !strcmp(algorithm, NAMESPACE "hotp")) {
		key->counter = has_counter ? counter : 0;
	} else {
		*why = "its key is neither a hotp nor a totp one";
		return -1;
	}
	return 0;
}

static void take_name(struct otp_key *key, pskc_key_t *from)
{
	const char *name = pskc_get_key_friendlyname(from);
	size_t n = 0;

	if (!name)
		name = pskc_get_key_id(from);
	for (; name && *name && n + 1 < sizeof(key->name); name++)
		if ((unsigned char)*name >= 0x20 && *name != 0x7f)
			key->name[n++] = *name;
	key->name[n] = 0;
}

static pskc_key_t *find(pskc_t *container, const char *id, const char **why)
{
	pskc_key_t *key, *found = NULL;
	size_t i;

	for (i = 0; (key = pskc_get_keypackage(container, i)); i++) {
		const char *name = pskc_get_key_id(key);

		if (id && (!name || strcmp(name, id)))
			continue;
		if (found) {
			*why = id ? "it has two keys of that id" : "it has more than one key: say which with --key-id";
			return NULL;
		}
		found = key;
	}
	if (!found)
		*why = id ? "it has no key of that id" : "it has no key";
	return found;
}

/* libpskc does not read encrypted keys, and says so here only. */
static bool encrypted;

static void on_log(const char *text)
{
	if (strstr(text, "<EncryptedValue>"))
		encrypted = true;
}

/*
 * What libpskc 2.6.12 takes for the text of these is that of the first thing in
 * them, and it falls over a NULL pointer if there is none.
 */
static bool wants_text(const xmlNode *node)
{
	static const char *const names[] = {
		"StartDate", "ExpiryDate", "KeyUsage", "NumberOfTransactions", "PlainValue",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp((const char *)node->name, names[i]))
			return true;
	return false;
}

static bool has_text(const xmlNode *node)
{
	return node->children && node->children->type == XML_TEXT_NODE && node->children->content;
}

/* The element that comes next in the document, @node's children first. */
static xmlNode *next_node(xmlNode *node)
{
	if (node->children && node->type == XML_ELEMENT_NODE)
		return node->children;
	while (node && !node->next)
		node = node->parent;
	return node ? node->next : NULL;
}

static bool is_readable(const char *xml, size_t len)
{
	xmlDoc *doc = xmlReadMemory(xml, len, NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlNode *node = doc ? xmlDocGetRootElement(doc) : NULL;
	bool readable = node;

	for (; node; node = next_node(node)) {
		if (node->type == XML_ELEMENT_NODE && wants_text(node) && !has_text(node))
			readable = false;
		/* One of them is the key. */
		if (node->type == XML_TEXT_NODE && node->content)
			explicit_bzero(node->content, strlen((char *)node->content));
	}
	xmlFreeDoc(doc);
	return readable;
}

/* What libxml2 would print of a broken file is a part of it, and may be the key. */
static void say_nothing(void *arg, const char *fmt, ...)
{
}

int pskc_import(struct otp_key *key, const char *xml, size_t len, const char *id, const char **why)
{
	pskc_key_t *from = NULL;
	pskc_t *container;
	int ret = -1;

	memset(key, 0, sizeof(*key));
	if (len > PSKC_MAX) {
		*why = "it is larger than 64 KiB";
		return -1;
	}
	*why = "there is no memory to read it";
	if (pskc_global_init() || pskc_init(&container))
		return -1;
	encrypted = false;
	xmlSetGenericErrorFunc(NULL, say_nothing);
	pskc_global_log(on_log);
	if (!is_readable(xml, len))
		*why = "it is no PSKC file, or has an element without its value";
	else if (pskc_parse_from_memory(container, len, xml))
		*why = encrypted ? "its keys are encrypted: have them decrypted first, by who has made the file" : "it is no PSKC file, or has parts that libpskc does not know";
	else
		from = find(container, id, why);
	if (from && !check_policy(from, why) && !take_terms(key, from, why) && !take_secret(key, from, why)) {
		take_name(key, from);
		ret = 0;
	}
	forget(container);
	xmlSetGenericErrorFunc(NULL, NULL);
	if (ret)
		explicit_bzero(key, sizeof(*key));
	return ret;
}
