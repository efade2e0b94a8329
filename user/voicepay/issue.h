/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payment code, from the module or, for one that is drawn online, from the gateway. */
#ifndef VP_ISSUE_H
#define VP_ISSUE_H

#include <stdbool.h>
#include <stdint.h>
#include <voicepay.h>

#include "http.h"

/* V of a code that the gateway draws, beside enum voicepay_mode. */
#define ISSUE_ONLINE	9

struct issue_wanted {
	unsigned int slot;
	unsigned int mode;		/* enum voicepay_mode, ISSUE_ONLINE; 0: the best plain one */
	bool fresh;
	int64_t amount;			/* of VOICEPAY_MODE_AMOUNT, _BOUND */
	const char *currency;
	const char *merchant;		/* of VOICEPAY_MODE_MERCHANT, _BOUND */
	const char *challenge;		/* or NULL */
};

struct issued {
	char digits[VOICEPAY_CODE_DIGITS + 1];	/* worth money: wipe it */
	unsigned int version;			/* V */
	unsigned int valid_ms;			/* 0: no end of its own */
	bool shown;				/* its digits may be seen */
};

struct issue {
	int dev;
	struct config config;		/* of ISSUE_ONLINE */
	struct http_answer answer;	/* why there was no online code */
	enum http_outcome outcome;
	bool asked;
};

/* An exit status, after tell_error(). */
int issue_open(struct issue *issue, unsigned int mode);
void issue_close(struct issue *issue);

/* 0, or a negative errno value for issue_tell(). */
int issue_code(struct issue *issue, const struct issue_wanted *wanted, struct issued *code);

/* Tells why there is no code. Returns an exit status. */
int issue_tell(const struct issue *issue, int err);

/* A word for V. */
const char *issue_mode_name(unsigned int version);

#endif
