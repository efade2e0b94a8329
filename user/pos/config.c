// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ini.h>

#include "pos.h"

static int on_value(void *arg, const char *section, const char *name, const char *value)
{
	struct pos *pos = arg;
	const struct {
		const char *section, *name;
		char *field;
	} known[] = {
		{ "gateway", "url", pos->url },
		{ "gateway", "address", pos->address },
		{ "till", "journal", pos->journal },
		{ "tls", "ca", pos->ca },
		{ "tls", "cert", pos->cert },
		{ "tls", "key", pos->key },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(section, known[i].section) || strcmp(name, known[i].name))
			continue;
		if (strlen(value) >= POS_TEXT)
			return 0;
		strcpy(known[i].field, value);
		return 1;
	}
	return 0;
}

int pos_config(struct pos *pos, const char *path, bool must, char error[POS_ERROR])
{
	int rc;

	if (!must && access(path, F_OK))
		return 0;
	rc = ini_parse(path, on_value, pos);
	if (rc < 0)
		snprintf(error, POS_ERROR, "cannot read %s", path);
	else if (rc > 0)
		snprintf(error, POS_ERROR, "%s, line %d: not a setting that voicepay-pos(1) describes", path, rc);
	return rc ? -1 : 0;
}
