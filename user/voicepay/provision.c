// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay provision: which gateway this device belongs to. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "identity.h"
#include "netlink.h"
#include "provision.h"

static bool set;

static const struct argp_option argp_options[] = {
	{ "set", 'S', NULL, 0, "Tie the device to the gateway and certificate of the settings" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	if (key != 'S')
		return ARGP_ERR_UNKNOWN;
	set = true;
	return 0;
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Shows which gateway this device belongs to, or ties it to one. That can be done once; "
	"\"voicepay wipe\" undoes it. \"voicepay enrol\" does it by itself.", common_options
};

static void to_hex(char *out, const uint8_t *in, size_t len)
{
	for (; len; len--, out += 2)
		sprintf(out, "%02x", *in++);
}

static int show(struct manage *m)
{
	char id[2 * VOICEPAY_DEVICE_ID_LEN + 1], key[2 * VOICEPAY_GATEWAY_KEY_LEN + 1];
	struct manage_device d;
	int err = manage_dev_get(m, &d);

	if (err)
		return manage_tell(m, err);
	to_hex(id, d.device_id, sizeof(d.device_id));
	to_hex(key, d.gateway_key, sizeof(d.gateway_key));
	if (options.json) {
		if (!d.provisioned)
			return tell_json(json_pack("{s:b}", "provisioned", 0));
		return tell_json(json_pack("{s:b, s:s, s:s}", "provisioned", 1, "device_id", id,
					   "gateway_key", key));
	}
	if (d.provisioned)
		printf("device id    %s\ngateway key  %s\n", id, key);
	else
		printf("Not provisioned yet: voicepay provision --set, or voicepay enrol, does it.\n");
	return STATUS_OK;
}

int provision_device(struct manage *m, const struct config *config)
{
	uint8_t id[VOICEPAY_DEVICE_ID_LEN];
	int err;

	if (!config->has_gateway_key)
		return tell_error(STATUS_ENVIRONMENT, "CONFIG",
				  "%s: [gateway] key is missing: the gateway's operator tells it",
				  config->path);
	errno = 0;
	if (identity_of(config->cert, id)) {
		if (errno == EACCES)
			return manage_tell(m, -EPERM);
		return tell_error(STATUS_ENVIRONMENT, "CONFIG",
				  "%s: [tls] cert: %s holds no certificate that can be read",
				  config->path, config->cert);
	}
	err = manage_dev_set(m, id, config->gateway_key);
	return err ? manage_tell(m, err) : 0;
}

static int tie(struct manage *m)
{
	static struct config config;
	int status = load_config(&config);

	return status ? status : provision_device(m, &config);
}

int cmd_provision(int argc, char **argv)
{
	struct manage m;
	int err, status = 0;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	err = manage_open(&m);
	if (err)
		return manage_tell(&m, err);
	if (set)
		status = tie(&m);
	if (!status)
		status = show(&m);
	manage_close(&m);
	return status;
}
