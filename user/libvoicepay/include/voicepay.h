/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvoicepay: payment codes and payment channels for apps.
 *
 * An app needs three things of voicepay: to show a payment code, to see
 * whether a slot can issue one, and a channel to the payment gateway. This
 * library is a thin and careful way to each. It holds no state of its own,
 * starts no thread, links nothing but libc, and may be used from any number
 * of threads at once.
 *
 *	int dev = voicepay_open(NULL);
 *	struct voicepay_code code;
 *	int err = dev < 0 ? dev : voicepay_code(dev, 0, 0, &code);
 *
 *	if (err)
 *		puts(voicepay_explain(dev < 0 ? VOICEPAY_CALL_OPEN : VOICEPAY_CALL_CODE, err));
 *	else
 *		printf("%s, good for %u ms\n", (char *)code.digits, code.valid_ms);
 *	voicepay_close(dev);
 *
 * Functions return 0 (or a descriptor) when they succeed and a negative errno
 * value when they do not; the global errno is not part of the interface. Every
 * descriptor that comes back is close-on-exec.
 *
 * No function returns a key, a traffic secret or anything from which one
 * follows: the module keeps them, and the library never had them.
 *
 * Build with `pkg-config --cflags --libs voicepay`.
 */
#ifndef VOICEPAY_H
#define VOICEPAY_H

#include <linux/voicepay.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * voicepay_version() - version of the library, e.g. "0.1.0"
 *
 * The version of the module can differ; voicepay_info() tells it.
 */
const char *voicepay_version(void);

/**
 * voicepay_open() - open the voicepay device
 * @path: a device node, or NULL for /dev/voicepay
 *
 * Return: a descriptor for the calls below, to be closed with
 * voicepay_close(); -ENOENT or -ENXIO if the module is not loaded, -EACCES if
 * the caller is neither root nor of the device's group, -ENOTTY if @path is
 * something else than a voicepay device.
 */
int voicepay_open(const char *path);

/**
 * voicepay_close() - close what voicepay_open() opened
 * @dev: the descriptor; a negative number is ignored
 */
void voicepay_close(int dev);

/**
 * voicepay_info() - what the module is and can do
 * @dev: from voicepay_open()
 * @info: is filled in; nothing need be set before
 *
 * Return: 0, or a negative errno value of VOICEPAY_IOC_INFO.
 */
int voicepay_info(int dev, struct voicepay_info *info);

/**
 * voicepay_status() - state of one slot
 * @dev: from voicepay_open()
 * @slot: slot number, 0 to voicepay_info.max_slots - 1
 * @status: is filled in; nothing need be set before. Times are seconds since
 *	1970 by the module's own clock.
 *
 * Return: 0, -ENOENT if there is no such slot, or another negative errno value.
 */
int voicepay_status(int dev, unsigned int slot, struct voicepay_status *status);

/**
 * voicepay_code() - issue a payment code
 * @dev: from voicepay_open()
 * @slot: slot number
 * @flags: 0 for the current code of this time step, which is the same one
 *	each time; VOICEPAY_CODE_NEW for a fresh one, as after a purchase
 * @code: is filled in: @digits is a NUL-terminated string of
 *	VOICEPAY_CODE_DIGITS digits, @valid_ms milliseconds remain of its step
 *
 * A code is worth money to whoever reads it within the next minute: show it,
 * do not log it.
 *
 * Return: 0, or a negative errno value of VOICEPAY_IOC_CODE, most of which the
 * user can do something about; voicepay_explain() says what.
 */
int voicepay_code(int dev, unsigned int slot, unsigned int flags, struct voicepay_code *code);

/**
 * voicepay_code_bound() - issue a payment code of any mode
 * @dev: from voicepay_open()
 * @slot: slot number
 * @flags: as for voicepay_code()
 * @mode: V, enum voicepay_mode; 0 for plain with the strongest MAC there is
 * @amount: for modes 2 and 4: what is to be paid, in minor units; else 0
 * @currency: for modes 2 and 4: three letters; else NULL
 * @merchant: for modes 3 and 4: the merchant's id at the gateway; else NULL
 * @challenge: for modes 3 and 4: what the merchant's till shows, or NULL
 * @code: is filled in, as by voicepay_code(); @mode is the V that the code has
 *
 * A bound code is worth nothing for another amount, or to another merchant.
 *
 * Return: 0; -EINVAL if a string is longer than its field in struct
 * voicepay_code, or the terms are not those of the mode; or another negative
 * errno value of VOICEPAY_IOC_CODE.
 */
int voicepay_code_bound(int dev, unsigned int slot, unsigned int flags, unsigned int mode,
			__u64 amount, const char *currency, const char *merchant,
			const char *challenge, struct voicepay_code *code);

/**
 * voicepay_authorise() - authorise an order to the gateway
 * @dev: from voicepay_open()
 * @slot: slot number
 * @purpose: enum voicepay_purpose
 * @amount: in minor units; 0 if there is none
 * @currency: three letters, or NULL
 * @order: what names the order at the gateway, or NULL
 * @payee: to whom, in UTF-8, or NULL
 * @authorise: is filled in: @epoch, @time and @mac go to the gateway with the order
 *
 * Return: 0; -EINVAL if a string is longer than its field in struct
 * voicepay_authorise, or the currency is none; or another negative errno value
 * of VOICEPAY_IOC_AUTHORISE.
 */
int voicepay_authorise(int dev, unsigned int slot, unsigned int purpose, __u64 amount,
		       const char *currency, const char *order, const char *payee,
		       struct voicepay_authorise *authorise);

/**
 * voicepay_otp() - one-time password of an authenticator slot
 * @dev: from voicepay_open()
 * @slot: slot number
 * @otp: is filled in: @digits is a NUL-terminated string
 *
 * By counter each call uses one up.
 *
 * Return: 0, or a negative errno value of VOICEPAY_IOC_OTP.
 */
int voicepay_otp(int dev, unsigned int slot, struct voicepay_otp *otp);

/**
 * enum voicepay_check - where the way to a channel ended
 *
 * The numbers are ABI; new ones are added at the end.
 */
enum voicepay_check {
	/* A channel was opened. */
	VOICEPAY_CHECK_OK		= 0,
	/* voicepayd is not there, or what answered did not speak its protocol. */
	VOICEPAY_CHECK_DAEMON		= 1,
	/* voicepayd does not serve this user. */
	VOICEPAY_CHECK_PEER		= 2,
	/* All of voicepayd's handshake places are taken. */
	VOICEPAY_CHECK_BUSY		= 3,
	/* voicepay.conf, or a file that it names, is wrong. */
	VOICEPAY_CHECK_CONFIG		= 4,
	/* The device's own certificate or key: missing, not a pair, out of date. */
	VOICEPAY_CHECK_DEVICE		= 5,
	/* The gateway's name does not resolve. */
	VOICEPAY_CHECK_RESOLVE		= 6,
	/* No TCP connection. */
	VOICEPAY_CHECK_CONNECT		= 7,
	/* A limit of time was reached. */
	VOICEPAY_CHECK_TIMEOUT		= 8,
	/* The server has no protocol version, group or cipher that is good enough. */
	VOICEPAY_CHECK_PROFILE		= 9,
	/* The TLS handshake broke in another way. */
	VOICEPAY_CHECK_TLS		= 10,
	/* The certificate does not lead to a trusted CA. */
	VOICEPAY_CHECK_CA		= 11,
	/* A signature in the chain is wrong, or too weak. */
	VOICEPAY_CHECK_SIGNATURE	= 12,
	/* The certificate is for another host. */
	VOICEPAY_CHECK_HOST		= 13,
	/* A certificate is not yet valid, or no longer. */
	VOICEPAY_CHECK_DATES		= 14,
	/* The certificate was not made for a server. */
	VOICEPAY_CHECK_PURPOSE		= 15,
	/* No certificate of the chain has a pinned key. */
	VOICEPAY_CHECK_PIN		= 16,
	/* The server did not ask for the device's certificate. */
	VOICEPAY_CHECK_MUTUAL		= 17,
	/* Kernel TLS did not engage in both directions. */
	VOICEPAY_CHECK_KTLS		= 18,
	/* The module would not take the connection, or is not loaded. */
	VOICEPAY_CHECK_SEAL		= 19,
	/* The handshake process ended without an answer. */
	VOICEPAY_CHECK_HELPER		= 20,
	/* A certificate was revoked, or whether it was cannot be told. */
	VOICEPAY_CHECK_REVOCATION	= 21,
	/* A certificate is malformed, or breaks the rules for certificates in another way. */
	VOICEPAY_CHECK_CERTIFICATE	= 22,
	/* A name or a policy that a CA of the chain is not allowed to vouch for. */
	VOICEPAY_CHECK_CONSTRAINTS	= 23,
	/* The signed bundle of CAs, pins and CRLs is missing, damaged or too old. */
	VOICEPAY_CHECK_BUNDLE		= 24,
};

/**
 * voicepay_check_name() - one word for a check, for logs and JSON
 * @check: enum voicepay_check; may come from a newer voicepayd
 *
 * Return: e.g. "host"; "unknown" for a number that this library does not know.
 */
const char *voicepay_check_name(unsigned int check);

/**
 * struct voicepay_channel - how opening a channel went
 * @size: in: sizeof(struct voicepay_channel), set by the caller, so that the
 *	structure can grow without breaking apps that were built before
 * @check: enum voicepay_check: VOICEPAY_CHECK_OK, or which check failed
 * @message: one sentence for a person: that all is well, or what failed and
 *	what to do about it. No secrets, no control characters, no newline.
 * @protocol: e.g. "TLSv1.3"; "" if there is no channel, as for the next ones
 * @cipher: e.g. "TLS_AES_256_GCM_SHA384"
 * @group: the key exchange, e.g. "X25519MLKEM768"
 * @host: the name that the server's certificate was checked against
 * @resumed: 1 if the TLS session is one that was begun earlier; the server was
 *	checked anew all the same
 * @warm: 1 if the channel had been open already (voicepay_warm())
 *
 * An app that was built before @resumed and @warm were there does not get them.
 */
struct voicepay_channel {
	__u32 size;
	__u32 check;
	char message[256];
	char protocol[16];
	char cipher[40];
	char group[40];
	char host[256];
	__u32 resumed;
	__u32 warm;
};

/**
 * voicepay_channel_open() - open a channel to the payment gateway
 * @path: voicepayd's socket, or NULL for /run/voicepay/voicepayd.sock
 * @timeout_ms: give up after so many milliseconds, 0 for 30,000; voicepayd has
 *	limits of its own that are usually shorter
 * @channel: @size must be set; the rest is filled in, whatever is returned
 *
 * voicepayd connects to the gateway that its configuration names, checks it
 * and hands over a connection whose TLS keys are in the kernel. Nothing has
 * been sent on it.
 *
 * The descriptor is a blocking stream socket: send(), recv(), poll(), libcurl
 * and the like work on it as on a TCP connection, and all of it is encrypted
 * and authenticated. End of file means that the gateway ended the conversation
 * properly; a connection that was cut is an error instead. A socket option of
 * the TLS layer is refused.
 *
 * There is no unsafe fallback: if any check fails there is no descriptor.
 *
 * Return: a descriptor, to be closed with close(); -EPROTO if a check failed,
 * which @channel tells more about; -ENOENT or -ECONNREFUSED if voicepayd is
 * not running; -EACCES if it does not serve the caller; -EAGAIN if it is busy;
 * -ETIMEDOUT; -EINVAL if @channel or its size is wrong.
 */
int voicepay_channel_open(const char *path, unsigned int timeout_ms,
			  struct voicepay_channel *channel);

/**
 * struct voicepay_warm - channels that wait for an app
 * @size: in: sizeof(struct voicepay_warm)
 * @check: enum voicepay_check: VOICEPAY_CHECK_OK, or why there will be none
 * @message: one sentence for a person
 * @ready: channels that are open and wait
 * @coming: those that are being opened
 * @seconds: for so long voicepayd keeps what is ready fresh, and replaces what
 *	is taken
 */
struct voicepay_warm {
	__u32 size;
	__u32 check;
	char message[256];
	__u32 ready;
	__u32 coming;
	__u32 seconds;
};

/**
 * voicepay_warm() - have channels opened before they are needed
 * @path: voicepayd's socket, or NULL for /run/voicepay/voicepayd.sock
 * @channels: how many this user wants ready; voicepayd has a limit, which is
 *	no error. 0: only tell what there is
 * @timeout_ms: for voicepayd's answer, as for voicepay_channel_open()
 * @warm: @size must be set; the rest is filled in, whatever is returned
 *
 * To be called as soon as a payment is likely: when the wake word is heard, or a
 * till is shown. It does not wait for the channels. The next
 * voicepay_channel_open() of any user whom voicepayd serves then takes one,
 * or opens its own as ever if none is ready: nothing but time depends on it.
 *
 * Return: 0; -EAGAIN if this user has had many opened that nobody took, or too
 * many users ask; -EPROTO if voicepayd keeps none (warm-max = 0); or as
 * voicepay_channel_open().
 */
int voicepay_warm(const char *path, unsigned int channels, unsigned int timeout_ms,
		  struct voicepay_warm *warm);

/**
 * enum voicepay_call - which call an error came from, for voicepay_explain()
 */
enum voicepay_call {
	VOICEPAY_CALL_OPEN	= 0,
	VOICEPAY_CALL_INFO	= 1,
	VOICEPAY_CALL_STATUS	= 2,
	VOICEPAY_CALL_CODE	= 3,
	VOICEPAY_CALL_SEAL	= 4,
	/* The channel socket itself: send(), recv() and the like. */
	VOICEPAY_CALL_CHANNEL	= 5,
	VOICEPAY_CALL_AUTHORISE	= 6,
	VOICEPAY_CALL_OTP	= 7,
};

/**
 * voicepay_explain() - an error as a sentence that says what to do
 * @call: the call that failed
 * @err: what it returned; the sign does not matter
 *
 * Return: a sentence in English that stays valid for ever; where the library
 * has nothing better to say it is strerror()'s.
 */
const char *voicepay_explain(enum voicepay_call call, int err);

#ifdef __cplusplus
}
#endif

#endif /* VOICEPAY_H */
