// SPDX-License-Identifier: GPL-2.0-or-later

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "keyuri.h"

#define LOWER	"abcdefghijklmnopqrstuvwxyz0123456789"

/* The path of a PKCS#11 URI (RFC 7512) has an attribute @name, and it is not empty. */
static bool has_attribute(const char *path, const char *name)
{
	size_t len = strlen(name);

	for (;;) {
		if (!strncmp(path, name, len) && path[len] == '=' && path[len + 1] && path[len + 1] != ';')
			return true;
		path += strcspn(path, ";");
		if (!*path++)
			return false;
	}
}

bool keyuri_good(const char *uri)
{
	size_t scheme = strspn(uri, LOWER), i;
	const char *path = uri + scheme + 1;

	if (!scheme || isdigit((unsigned char)uri[0]) || uri[scheme] != ':' || !*path)
		return false;
	for (i = 0; uri[i]; i++)
		if (!isgraph((unsigned char)uri[i]))
			return false;
	/* Everybody may read the settings: the PIN has a file of its own. */
	if (strchr(uri, '?') || strstr(uri, "pin-value") || strstr(uri, "pin-source"))
		return false;
	/* Without a token's name the PIN would be tried on every token there is. */
	if (!strncmp(uri, "pkcs11:", 7))
		return (has_attribute(path, "token") || has_attribute(path, "serial")) &&
		       (has_attribute(path, "object") || has_attribute(path, "id"));
	if (!strncmp(uri, "file:", 5))
		return *path == '/';
	return true;
}

bool keyuri_provider_good(const char *name)
{
	return *name && !name[strspn(name, LOWER "_-")];
}

const char *keyuri_provider(const char *uri)
{
	if (!strncmp(uri, "pkcs11:", 7))
		return "pkcs11";
	if (!strncmp(uri, "handle:", 7))
		return "tpm2";
	return NULL;
}
