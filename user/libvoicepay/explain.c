// SPDX-License-Identifier: LGPL-2.1-or-later
/* Errors as sentences that say what to do. */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "export.h"

static const char *const check_names[] = {
	[VOICEPAY_CHECK_OK]		= "ok",
	[VOICEPAY_CHECK_DAEMON]		= "daemon",
	[VOICEPAY_CHECK_PEER]		= "peer",
	[VOICEPAY_CHECK_BUSY]		= "busy",
	[VOICEPAY_CHECK_CONFIG]		= "config",
	[VOICEPAY_CHECK_DEVICE]		= "device-certificate",
	[VOICEPAY_CHECK_RESOLVE]	= "resolve",
	[VOICEPAY_CHECK_CONNECT]	= "connect",
	[VOICEPAY_CHECK_TIMEOUT]	= "timeout",
	[VOICEPAY_CHECK_PROFILE]	= "profile",
	[VOICEPAY_CHECK_TLS]		= "tls",
	[VOICEPAY_CHECK_CA]		= "ca",
	[VOICEPAY_CHECK_SIGNATURE]	= "signature",
	[VOICEPAY_CHECK_HOST]		= "host",
	[VOICEPAY_CHECK_DATES]		= "dates",
	[VOICEPAY_CHECK_PURPOSE]	= "purpose",
	[VOICEPAY_CHECK_PIN]		= "pin",
	[VOICEPAY_CHECK_MUTUAL]		= "mutual",
	[VOICEPAY_CHECK_KTLS]		= "ktls",
	[VOICEPAY_CHECK_SEAL]		= "seal",
	[VOICEPAY_CHECK_HELPER]		= "helper",
	[VOICEPAY_CHECK_REVOCATION]	= "revocation",
	[VOICEPAY_CHECK_CERTIFICATE]	= "certificate",
	[VOICEPAY_CHECK_CONSTRAINTS]	= "constraints",
	[VOICEPAY_CHECK_BUNDLE]		= "bundle",
};

VP_EXPORT const char *voicepay_check_name(unsigned int check)
{
	if (check >= sizeof(check_names) / sizeof(check_names[0]) || !check_names[check])
		return "unknown";
	return check_names[check];
}

#define ANY_CALL ((enum voicepay_call)-1)

static const struct {
	enum voicepay_call call;
	int err;
	const char *sentence;
} sentences[] = {
	{ VOICEPAY_CALL_OPEN, ENOENT,
	  "there is no voicepay device: load the module (modprobe voicepay)" },
	{ VOICEPAY_CALL_OPEN, ENXIO,
	  "the device node is there but the module is not: load it (modprobe voicepay)" },
	{ VOICEPAY_CALL_OPEN, ENODEV,
	  "the device node is there but the module is not: load it (modprobe voicepay)" },
	{ VOICEPAY_CALL_OPEN, EACCES,
	  "this user may not use the voicepay device: add it to the group voicepay and log in again" },
	{ VOICEPAY_CALL_OPEN, EPERM,
	  "this user may not use the voicepay device: add it to the group voicepay and log in again" },
	{ VOICEPAY_CALL_OPEN, ENOTTY,
	  "this is not a voicepay device: give the path of one, or none" },

	{ VOICEPAY_CALL_STATUS, ENOENT,
	  "there is no such slot: enrol one (voicepay enrol), or list those there are (voicepay status)" },

	{ VOICEPAY_CALL_STATUS, EACCES,
	  "this user has no right to see this slot: the administrator can grant it (voicepay slot)" },

	{ VOICEPAY_CALL_CODE, EACCES,
	  "this user has no right to this slot's codes: the administrator can grant it (voicepay slot)" },
	{ VOICEPAY_CALL_CODE, EKEYREVOKED,
	  "the slot is locked: unlock it (voicepay unlock)" },
	{ VOICEPAY_CALL_CODE, EKEYREJECTED,
	  "this user was refused too often and is locked out: wait five minutes, or have the administrator unlock the slot (voicepay unlock)" },
	{ VOICEPAY_CALL_CODE, EINPROGRESS,
	  "a person must press the device's button first: press it and ask again" },
	{ VOICEPAY_CALL_CODE, ENOENT,
	  "there is no such slot: enrol one (voicepay enrol), or list those there are (voicepay status)" },
	{ VOICEPAY_CALL_CODE, ENOKEY,
	  "the slot is not enrolled: get a ticket from the gateway and enrol it (voicepay enrol)" },
	{ VOICEPAY_CALL_CODE, EKEYEXPIRED,
	  "the slot's key, or its pool of codes, is past its last day: go online and enrol again with a new ticket (voicepay enrol)" },
	{ VOICEPAY_CALL_CODE, EAGAIN,
	  "all ten codes of this half minute are out: ask again when it is over, in at most 30 seconds" },
	{ VOICEPAY_CALL_CODE, EINVAL,
	  "these are not the terms that a code of this mode is bound to: give amount and currency, or the merchant's id and challenge, as the mode asks" },
	{ VOICEPAY_CALL_CODE, EOPNOTSUPP,
	  "the gateway has not granted codes of this mode: take another, or go online and renew the key (voicepay rotate)" },
	{ VOICEPAY_CALL_CODE, EMEDIUMTYPE,
	  "the slot is an authenticator: ask it for a one-time password (voicepay otp)" },
	{ VOICEPAY_CALL_CODE, EXFULL,
	  "the key's budget of codes for this hour is used up: wait for the next hour" },
	{ VOICEPAY_CALL_CODE, ENOSR,
	  "the key's budget of codes for this day is used up: wait until midnight UTC" },
	{ VOICEPAY_CALL_CODE, ENOSPC,
	  "the key's budget of codes is used up: go online and renew the key (voicepay rotate)" },
	{ VOICEPAY_CALL_CODE, EDQUOT,
	  "this user's own budget of codes for this hour is used up: wait, or have the administrator raise it (voicepay slot)" },
	{ VOICEPAY_CALL_CODE, ENODATA,
	  "the pool of codes is empty: go online and fetch another (voicepay pool)" },
	{ VOICEPAY_CALL_CODE, ECANCELED,
	  "the module's time lies before the key's first day: go online and enrol again, which sets it (voicepay enrol)" },
	{ VOICEPAY_CALL_CODE, ETIME,
	  "the module has no time that it can trust since it was started: go online and enrol again, which sets it (voicepay enrol)" },
	{ VOICEPAY_CALL_CODE, ESTALE,
	  "the slot's sealed copy must be renewed first: see that voicepay-store runs, and that its disk is not full" },

	{ VOICEPAY_CALL_AUTHORISE, EINVAL,
	  "the order cannot be authorised as it stands: a currency is three capital letters, an order's name has at most 64 bytes, a payee 256" },
	{ VOICEPAY_CALL_AUTHORISE, ENOENT,
	  "there is no such slot: enrol one (voicepay enrol), or list those there are (voicepay status)" },
	{ VOICEPAY_CALL_AUTHORISE, EACCES,
	  "this user has no right to authorise orders with this slot: the administrator can grant it (voicepay slot)" },
	{ VOICEPAY_CALL_AUTHORISE, EKEYREVOKED,
	  "the slot is locked: unlock it (voicepay unlock)" },
	{ VOICEPAY_CALL_AUTHORISE, EKEYREJECTED,
	  "this user was refused too often and is locked out: wait five minutes, or have the administrator unlock the slot (voicepay unlock)" },
	{ VOICEPAY_CALL_AUTHORISE, EINPROGRESS,
	  "a person must press the device's button first: press it and ask again" },
	{ VOICEPAY_CALL_AUTHORISE, EDQUOT,
	  "this user's own budget for this hour is used up: wait, or have the administrator raise it (voicepay slot)" },
	{ VOICEPAY_CALL_AUTHORISE, ENOKEY,
	  "the slot is not enrolled: get a ticket from the gateway and enrol it (voicepay enrol)" },
	{ VOICEPAY_CALL_AUTHORISE, EMEDIUMTYPE,
	  "the slot is an authenticator and pays nothing: take another slot" },
	{ VOICEPAY_CALL_AUTHORISE, EKEYEXPIRED,
	  "the slot's key is past its last day: go online and enrol again with a new ticket (voicepay enrol)" },
	{ VOICEPAY_CALL_AUTHORISE, ECANCELED,
	  "the module's time lies before the key's first day: go online and enrol again, which sets it (voicepay enrol)" },
	{ VOICEPAY_CALL_AUTHORISE, ETIME,
	  "the module has no time that it can trust since it was started: renew the key, which sets it (voicepay rotate)" },

	{ VOICEPAY_CALL_OTP, ENOENT,
	  "there is no such slot: list those there are (voicepay status)" },
	{ VOICEPAY_CALL_OTP, EACCES,
	  "this user has no right to this slot's passwords: the administrator can grant it (voicepay slot)" },
	{ VOICEPAY_CALL_OTP, EKEYREVOKED,
	  "the slot is locked: unlock it (voicepay unlock)" },
	{ VOICEPAY_CALL_OTP, EKEYREJECTED,
	  "this user was refused too often and is locked out: wait five minutes, or have the administrator unlock the slot (voicepay unlock)" },
	{ VOICEPAY_CALL_OTP, EINPROGRESS,
	  "a person must press the device's button first: press it and ask again" },
	{ VOICEPAY_CALL_OTP, EDQUOT,
	  "this user's own budget for this hour is used up: wait, or have the administrator raise it (voicepay slot)" },
	{ VOICEPAY_CALL_OTP, ENOKEY,
	  "the slot is empty: import a secret into it (voicepay otp)" },
	{ VOICEPAY_CALL_OTP, EMEDIUMTYPE,
	  "the slot is for payments: ask it for a code (voicepay code)" },
	{ VOICEPAY_CALL_OTP, ETIME,
	  "the module has no time that it can trust since it was started: go online and enrol or renew a payment slot, which sets it (voicepay rotate)" },
	{ VOICEPAY_CALL_OTP, ESTALE,
	  "the slot's sealed copy must be renewed first: see that voicepay-store runs, and that its disk is not full" },
	{ VOICEPAY_CALL_OTP, EOVERFLOW,
	  "the counter is at its end: import another secret" },

	{ VOICEPAY_CALL_SEAL, EBADF,
	  "what was given is not an open descriptor" },
	{ VOICEPAY_CALL_SEAL, ENOTSOCK,
	  "what was given is not a socket" },
	{ VOICEPAY_CALL_SEAL, EPROTONOSUPPORT,
	  "what was given is not a TCP socket" },
	{ VOICEPAY_CALL_SEAL, ENOTCONN,
	  "the connection ended before the kernel could take it: try again" },
	{ VOICEPAY_CALL_SEAL, EUNATCH,
	  "kernel TLS is not engaged in both directions: load the module tls and the cipher's (modprobe tls)" },
	{ VOICEPAY_CALL_SEAL, EBUSY,
	  "another descriptor, process or ring still holds the socket: make the connection anew and share it with nobody" },

	{ VOICEPAY_CALL_CHANNEL, ECONNRESET,
	  "the connection was cut without the end that TLS demands, so what came may be incomplete: open a new channel" },
	{ VOICEPAY_CALL_CHANNEL, ECONNABORTED,
	  "the gateway ended the channel with a TLS alert, often because it does not know this device's certificate: have it registered" },
	{ VOICEPAY_CALL_CHANNEL, EPIPE,
	  "the channel has ended: open a new one" },
	{ VOICEPAY_CALL_CHANNEL, EBADMSG,
	  "a record did not decrypt: it was damaged on the way, or somebody tampered with it; open a new channel" },
	{ VOICEPAY_CALL_CHANNEL, EKEYEXPIRED,
	  "the gateway changed its key, which this kernel cannot follow: open a new channel" },
	{ VOICEPAY_CALL_CHANNEL, EPROTO,
	  "the gateway sent what the TLS protocol does not allow here: open a new channel; if it happens again, tell the gateway's operator" },
	{ VOICEPAY_CALL_CHANNEL, ENOPROTOOPT,
	  "a channel has no such socket option: those of the TLS layer can be neither read nor set" },

	{ ANY_CALL, ENOTTY,
	  "the module does not know this call: module and library are of different versions; install matching ones" },
	{ ANY_CALL, E2BIG,
	  "the module is older than this program: install matching versions" },
	{ ANY_CALL, EOPNOTSUPP,
	  "the module does not know this flag or mode: install matching versions" },
	{ ANY_CALL, EBADF,
	  "the device is not open" },
};

VP_EXPORT const char *voicepay_explain(enum voicepay_call call, int err)
{
	const char *text;
	size_t i;

	err = err < 0 ? -err : err;
	for (i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (sentences[i].err == err &&
		    (sentences[i].call == call || sentences[i].call == ANY_CALL))
			return sentences[i].sentence;
	/* strerror()'s buffer is reused for numbers nobody knows; this one is not. */
	text = strerrordesc_np(err);
	return text ? text : "an error without a name";
}
