// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../common/manage.h"
#include "command.h"
#include "netlink.h"
#include "newslot.h"
#include "otpauth.h"
#include "otpimport.h"
#include "pskcfile.h"

/* What a secret passes through; neither swapped nor dumped, and wiped in the end. */
static struct {
	char text[PSKC_MAX + 1];
	struct otp_key key;
} secret;

/* libxml2 and libpskc make copies and free them: what is freed is overwritten. */
static void guard(void)
{
	struct rlimit none = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	mallopt(M_PERTURB, 0xa5);
	mlock(&secret, sizeof(secret));
}

/* Not by stdio, whose buffer would be one more copy. */
static int read_file(const char *path, size_t max, size_t *len)
{
	bool input = !strcmp(path, "-");
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	const char *name = input ? "standard input" : path;
	ssize_t n = 1;

	if (fd < 0)
		return tell_error(STATUS_USAGE, "USAGE", "%s: %s", name, strerror(errno));
	for (*len = 0; n > 0 && *len <= max; *len += n > 0 ? n : 0) {
		n = read(fd, secret.text + *len, max + 1 - *len);
		if (n < 0 && errno == EINTR)
			n = 1, *len -= 1;
	}
	if (!input)
		close(fd);
	if (n < 0)
		return tell_error(STATUS_USAGE, "USAGE", "%s: %s", name, strerror(errno));
	if (*len > max)
		return tell_error(STATUS_USAGE, "USAGE", "%s is too large: it may have %zu bytes", name, max);
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int parse_uri(const char *path)
{
	const char *from = secret.text, *why = "";
	size_t len = 0;
	int status = read_file(path, OTPAUTH_MAX, &len);

	if (status)
		return status;
	for (; len && is_blank(*from); from++)
		len--;
	while (len && is_blank(from[len - 1]))
		len--;
	if (otpauth_parse(&secret.key, from, len, &why))
		return tell_error(STATUS_USAGE, "OTPAUTH", "the URI cannot be imported: %s", why);
	return 0;
}

static int parse_pskc(const char *path, const char *id)
{
	const char *why = "";
	size_t len = 0;
	int status = read_file(path, PSKC_MAX, &len);

	if (!status && pskc_import(&secret.key, secret.text, len, id, &why))
		status = tell_error(STATUS_USAGE, "PSKC", "%s cannot be imported: %s", path, why);
	return status;
}

static int tell_success(uint32_t slot)
{
	static const char *const hashes[] = { [OTP_SHA1] = "SHA1", [OTP_SHA256] = "SHA256", [OTP_SHA512] = "SHA512" };
	const struct otp_key *key = &secret.key;
	json_t *o;

	if (options.json) {
		o = json_pack("{s:i, s:s, s:s, s:i}", "slot", slot, "kind", key->period ? "totp" : "hotp",
			      "algorithm", hashes[key->algorithm], "digits", key->digits);
		if (key->period)
			json_object_set_new(o, "period", json_integer(key->period));
		else
			json_object_set_new(o, "counter", json_integer(key->counter));
		/* A name that is no UTF-8 is none. */
		json_object_set_new(o, "name", json_string(key->name));
		return tell_json(o);
	}
	printf("Slot %u is an authenticator%s%s: %s, %u digits", slot, *key->name ? " for " : "", key->name,
	       hashes[key->algorithm], key->digits);
	if (key->period)
		printf(", %u s", key->period);
	printf(".\nIts key cannot be read back, so erase where it came from. \"voicepay otp --slot %u\" shows a code.\n",
	       slot);
	return STATUS_OK;
}

static int put(int64_t slot)
{
	const struct manage_otp otp = {
		.secret = secret.key.secret, .secret_len = secret.key.secret_len,
		.algorithm = secret.key.algorithm, .digits = secret.key.digits,
		.period = secret.key.period, .counter = secret.key.counter,
	};
	int64_t asked = slot;
	struct manage m;
	bool made;
	int err = manage_open(&m), status = 0;

	if (err)
		return manage_tell(&m, err);
	err = manage_slot_new(&m, &slot);
	made = !err;
	/* A slot that is there will do if it is empty, which the module sees to. */
	if (err == -EEXIST && asked >= 0) {
		slot = asked;
		err = 0;
	}
	if (!err)
		err = manage_otp_put(&m, slot, &otp);
	if (err == -EEXIST)
		status = tell_error(STATUS_REFUSED, "EEXIST",
				    "slot %u holds a key already: give another --slot, or none", (unsigned int)slot);
	else if (err)
		status = manage_tell(&m, err);
	else if (made)
		status = give_to_group(&m, slot, VOICEPAY_RIGHT_SEE | VOICEPAY_RIGHT_CODE);
	if (status && made)
		manage_slot_del(&m, slot);
	manage_close(&m);
	return status ? status : tell_success(slot);
}

int otp_import(const struct otp_source *source, int64_t slot)
{
	int status;

	guard();
	status = source->uri ? parse_uri(source->uri) : parse_pskc(source->pskc, source->key_id);
	if (!status)
		status = put(slot);
	explicit_bzero(&secret, sizeof(secret));
	return status;
}
