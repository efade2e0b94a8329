// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "filemode.h"
#include "gateway.h"
#include "jwt.h"
#include "log.h"

#define CLOCK_SLACK	60	/* seconds */

__u64 gateway_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

struct gateway_moment gateway_moment(void)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (struct gateway_moment){ real.tv_sec, boot.tv_sec };
}

bool gateway_clock_kept(const struct gateway_moment *from, const struct gateway_moment *to)
{
	long long off = (to->real - from->real) - (to->boot - from->boot);

	return off >= -CLOCK_SLACK && off <= CLOCK_SLACK;
}

int gateway_open(struct gateway *gw, const char *config, const char *state)
{
	char master[300], key[300];
	int ret;

	memset(gw, 0, sizeof(*gw));
	ret = settings_load(&gw->set, config);
	if (ret)
		return ret;
	if (state && strlen(state) > 200)
		return log_error("the path of the state directory is too long"), -ENAMETOOLONG;
	if (state)
		strcpy(gw->set.state, state);
	settings_path(&gw->set, "ledger.db", gw->db_path, sizeof(gw->db_path));
	settings_path(&gw->set, "master.key", master, sizeof(master));
	settings_path(&gw->set, "gateway.key", key, sizeof(key));
	ret = keystore_load(&gw->keys, master, key);
	if (ret)
		return ret;
	gw->throttle = throttle_new();
	if (!gw->throttle)
		ret = -ENOMEM;
	if (!ret && *gw->set.voice_key) {
		if (filemode_good(gw->set.voice_key, S_IWOTH))
			gw->voice_key = jwt_load_key(gw->set.voice_key);
		else
			ret = -EPERM;
		if (!ret && !gw->voice_key) {
			log_error("%s is not the PEM of a public P-256 key", gw->set.voice_key);
			ret = -EINVAL;
		}
	}
	if (ret)
		gateway_close(gw);
	return ret;
}

void gateway_close(struct gateway *gw)
{
	EVP_PKEY_free(gw->voice_key);
	throttle_free(gw->throttle);
	keystore_wipe(&gw->keys);
	memset(gw, 0, sizeof(*gw));
}

enum refusal refusal_of_store(enum store_result r)
{
	switch (r) {
	case STORE_OK:
		return RF_OK;
	case STORE_POOR:
		return RF_NOT_ENOUGH;
	case STORE_BUSY:
		return RF_BUSY;
	default:
		return RF_FAILED;
	}
}
