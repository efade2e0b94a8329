/* SPDX-License-Identifier: GPL-2.0-or-later */
/* voicepay.conf, read by voicepayd, its handshake process and voicepay. */
#ifndef VP_CONFIG_H
#define VP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "pin.h"

#define CONFIG_PATH	VOICEPAY_SYSCONFDIR "/voicepay/voicepay.conf"

#define CONFIG_PINS	16
#define CONFIG_ALLOWED	16
#define CONFIG_CRLS	8
#define CONFIG_BUNDLE_KEYS 4
#define CONFIG_KEY_ENV	4
#define CONFIG_WARM	16
#define CONFIG_NAME	64
#define CONFIG_FILE	160
#define CONFIG_ERROR	512

struct config {
	char path[256];			/* of the file itself, for messages */

	/* [gateway] */
	char host[254];			/* lower case; a DNS name or an address literal */
	bool host_is_ip;
	char port[6];
	char address[64];		/* "": resolve host */
	uint8_t gateway_key[32];
	bool has_gateway_key;

	/* [tls] */
	char ca[CONFIG_FILE];
	char cert[CONFIG_FILE];
	char key[CONFIG_FILE];		/* a path, or the URI of a key that OpenSSL's provider has */
	char key_provider[CONFIG_NAME];	/* "": what the URI's scheme says */
	char key_pin_file[CONFIG_FILE];	/* "": none */
	char key_pin_state[CONFIG_FILE];
	char pkcs11_module[CONFIG_FILE];
	char tpm[CONFIG_FILE];		/* TCTI */
	char key_env[CONFIG_KEY_ENV][CONFIG_FILE];
	size_t key_env_count;
	struct pin pins[CONFIG_PINS];
	size_t pin_count;
	char crls[CONFIG_CRLS][CONFIG_FILE];
	size_t crl_count;
	char crl_urls[CONFIG_CRLS][CONFIG_FILE];	/* the first is of the first CRL, and so on */
	size_t crl_url_count;
	unsigned long crl_max_age;	/* seconds; 0: what the CRL itself says */
	bool staple_required;
	unsigned long staple_max_age;	/* seconds */
	bool ocsp_query;
	char ocsp_responder[CONFIG_FILE];	/* "": whom the certificate names */
	bool resume;			/* sessions are continued */

	/* [bundle] */
	char bundle[CONFIG_FILE];	/* "": there is none */
	uint8_t bundle_keys[CONFIG_BUNDLE_KEYS][32];
	size_t bundle_key_count;

	/* [daemon] */
	char socket[108];
	char device[CONFIG_FILE];
	char user[CONFIG_NAME];		/* whom the handshake process becomes; "": see config(5) */
	char groups[CONFIG_ALLOWED][CONFIG_NAME];
	size_t group_count;
	char users[CONFIG_ALLOWED][CONFIG_NAME];
	size_t user_count;
	unsigned int max_handshakes;
	unsigned int timeout;		/* seconds */
	unsigned int warm_max;		/* channels that may wait for an app; at most CONFIG_WARM */
	unsigned int warm_age;		/* seconds that one may wait */
	unsigned int warm_time;		/* seconds that a request for some counts */
};

/*
 * Fills @config from @path, and with defaults where the file is silent.
 * Returns 0, or -1 with @error saying file, line and what is expected.
 */
int config_read(struct config *config, const char *path, char error[CONFIG_ERROR]);

/* The same from a string; @path is for messages only. */
int config_parse(struct config *config, const char *path, const char *text,
		 char error[CONFIG_ERROR]);

/* All that a handshake needs is there. 0, or -1 with @error. */
int config_need_tls(const struct config *config, char error[CONFIG_ERROR]);

/* A DNS name in ASCII (A-labels), not an address. */
bool config_is_host_name(const char *name);

#endif
