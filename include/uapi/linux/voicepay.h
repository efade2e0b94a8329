/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * voicepay: payment codes and payment channels whose keys stay in the kernel.
 *
 * Two interfaces reach the module. This header is the first, /dev/voicepay,
 * for apps: ask for a code, look at a slot, give a TLS socket into keeping.
 * The second, the generic netlink family "voicepay", is for management
 * (provisioning, enrolment, wiping); <linux/voicepay_netlink.h> has its
 * numbers and Documentation/netlink/specs/voicepay.yaml its description.
 *
 * No call of either returns a key of a slot, a traffic secret or anything from
 * which one follows, to nobody, root included. VOICEPAY_IOC_TICKET gives what
 * one later TLS handshake needs, once, to who brought the session.
 *
 * Every ioctl takes a pointer to a structure whose first field, @size, is the
 * size the caller was compiled with. A newer kernel takes an older, shorter
 * structure and reads what is missing as zero. An older kernel takes a newer,
 * longer structure if the part that it does not know is zero, and answers
 * E2BIG otherwise. Structures only ever grow at the end, have no padding and
 * are the same for 32-bit and 64-bit callers.
 *
 * Errors that any ioctl can give:
 *
 *	ENOTTY		no such ioctl in this kernel
 *	EFAULT		the structure cannot be read or written
 *	EINVAL		@size is below the size of the first version of the
 *			structure or above a page; an output field that must
 *			be zero is not
 *	E2BIG		@size is beyond what this kernel knows, and what lies
 *			beyond is not zero
 *	EOPNOTSUPP	a flag, or a mode, that this kernel does not know
 *	ENOMEM		no memory for it; nothing has changed, but that a payment
 *			code may have been drawn: ask again, without
 *			VOICEPAY_CODE_NEW
 */
#ifndef _UAPI_LINUX_VOICEPAY_H
#define _UAPI_LINUX_VOICEPAY_H

#include <linux/types.h>
#include <linux/ioctl.h>

/* One version for the module, the library and the programs. */
#define VOICEPAY_VERSION_STRING	"0.1.0"

#define VOICEPAY_DEVICE		"/dev/voicepay"

#define VOICEPAY_IOC_TYPE	0xBF

/* Digits of a payment code, without the terminating NUL. */
#define VOICEPAY_CODE_DIGITS	24
/* Seconds for which one time step, and with it one code, lasts. */
#define VOICEPAY_CODE_STEP	30

/**
 * enum voicepay_mode - V of a payment code (Documentation/pc1.md)
 * @VOICEPAY_MODE_PLAIN: any till
 * @VOICEPAY_MODE_AMOUNT: bound to currency and amount
 * @VOICEPAY_MODE_MERCHANT: bound to a merchant and its challenge
 * @VOICEPAY_MODE_BOUND: bound to all of these
 * @VOICEPAY_MODE_SHOWN: plain, its digits shown or spoken
 * @VOICEPAY_MODE_PLAIN_512: plain, with HMAC-SHA-512
 * @VOICEPAY_MODE_POOL: from the pool (netlink, pool-put); needs no clock
 */
enum voicepay_mode {
	VOICEPAY_MODE_PLAIN	= 1,
	VOICEPAY_MODE_AMOUNT	= 2,
	VOICEPAY_MODE_MERCHANT	= 3,
	VOICEPAY_MODE_BOUND	= 4,
	VOICEPAY_MODE_SHOWN	= 5,
	VOICEPAY_MODE_PLAIN_512	= 6,
	VOICEPAY_MODE_POOL	= 8,
};

/**
 * enum voicepay_slot_kind - what a slot holds
 * @VOICEPAY_SLOT_NOTHING: nothing yet
 * @VOICEPAY_SLOT_PAYMENT: a key that was agreed on with the gateway
 * @VOICEPAY_SLOT_AUTHENTICATOR: a secret for one-time passwords (netlink, otp-put)
 */
enum voicepay_slot_kind {
	VOICEPAY_SLOT_NOTHING		= 0,
	VOICEPAY_SLOT_PAYMENT		= 1,
	VOICEPAY_SLOT_AUTHENTICATOR	= 2,
};

/* The hash of an authenticator. */
enum voicepay_otp_algorithm {
	VOICEPAY_OTP_SHA1	= 1,
	VOICEPAY_OTP_SHA256	= 2,
	VOICEPAY_OTP_SHA512	= 3,
};

/**
 * enum voicepay_slot_state - life of a payment identity
 * @VOICEPAY_SLOT_EMPTY: made, but holds no key
 * @VOICEPAY_SLOT_ENROLLING: message 1 was given out, message 2 is awaited;
 *	a key held before goes on serving codes, and then the state is ACTIVE
 * @VOICEPAY_SLOT_ACTIVE: holds a key and issues codes
 * @VOICEPAY_SLOT_EXPIRED: holds a key past its last day; enrol again online
 */
enum voicepay_slot_state {
	VOICEPAY_SLOT_EMPTY	= 0,
	VOICEPAY_SLOT_ENROLLING	= 1,
	VOICEPAY_SLOT_ACTIVE	= 2,
	VOICEPAY_SLOT_EXPIRED	= 3,
};

/*
 * Rights to a slot. The administrator (CAP_SYS_ADMIN in the initial user
 * namespace) grants them to one user and one group (netlink, slot-set), and has
 * all of them himself. Whoever makes a call and whoever opened the descriptor
 * that it is made through must both have the right.
 */
#define VOICEPAY_RIGHT_SEE		(1U << 0)	/* VOICEPAY_IOC_STATUS, slot-get */
#define VOICEPAY_RIGHT_CODE		(1U << 1)	/* VOICEPAY_IOC_CODE, code-get; _OTP */
#define VOICEPAY_RIGHT_AUTHORISE	(1U << 2)	/* VOICEPAY_IOC_AUTHORISE */
#define VOICEPAY_RIGHT_MANAGE		(1U << 3)	/* slot-lock, slot-unlock */
#define VOICEPAY_RIGHTS_ALL		0xfU

/* Who locked a slot. */
#define VOICEPAY_LOCKED_BY_OWNER	(1U << 0)	/* who has the right to manage it */
#define VOICEPAY_LOCKED_BY_ADMIN	(1U << 1)	/* only the administrator unlocks it */

/**
 * enum voicepay_presence - must a person press a button for a code?
 * @VOICEPAY_PRESENCE_NEVER: no
 * @VOICEPAY_PRESENCE_CACHED: one press is good for any number of codes, for
 *	presence-seconds
 * @VOICEPAY_PRESENCE_ALWAYS: each time a code is given out costs a press that
 *	is no older than presence-seconds
 */
enum voicepay_presence {
	VOICEPAY_PRESENCE_NEVER		= 0,
	VOICEPAY_PRESENCE_CACHED	= 1,
	VOICEPAY_PRESENCE_ALWAYS	= 2,
};

/* presence-seconds of a new slot, and the most that can be set. */
#define VOICEPAY_PRESENCE_SECONDS	30
#define VOICEPAY_PRESENCE_SECONDS_MAX	3600

/**
 * enum voicepay_event - what happened (netlink multicast group "events",
 *	tracepoint voicepay:voicepay_event, audit records)
 * @VOICEPAY_EVENT_CODE: a code was given out, or refused (with an error)
 * @VOICEPAY_EVENT_ENROL: a slot got a new key, or did not (with an error)
 * @VOICEPAY_EVENT_SLOT_NEW: a slot was made
 * @VOICEPAY_EVENT_SLOT_DEL: a slot was wiped and removed
 * @VOICEPAY_EVENT_SLOT_SET: a slot's rights or policy were changed, or not
 * @VOICEPAY_EVENT_LOCK: a slot was locked
 * @VOICEPAY_EVENT_UNLOCK: a slot was unlocked, or not (with an error)
 * @VOICEPAY_EVENT_LOCKOUT: a caller was refused too often and is locked out
 * @VOICEPAY_EVENT_CLOCK: the gateway's time is further from the device's than a
 *	clock can drift; with an error if it was not taken
 * @VOICEPAY_EVENT_WIPE: all keys were wiped
 * @VOICEPAY_EVENT_DENIED: a request was refused for want of a right
 * @VOICEPAY_EVENT_SEAL: a slot was given out as a blob, or not (with an error)
 * @VOICEPAY_EVENT_RESTORE: a slot was restored from a blob, or the blob refused
 *	(with an error)
 * @VOICEPAY_EVENT_SEALER: the sealing key was made or unwrapped; with an error,
 *	there is none until the next boot
 * @VOICEPAY_EVENT_ROTATE: a slot's key was exchanged without a ticket, or not
 *	(with an error)
 * @VOICEPAY_EVENT_AUTHORISE: an order was authorised, or refused (with an error)
 * @VOICEPAY_EVENT_POOL: a pool was taken, or refused (with an error)
 * @VOICEPAY_EVENT_OTP_PUT: a slot became an authenticator, or did not (with an error)
 * @VOICEPAY_EVENT_OTP: a one-time password was given out, or refused (with an error)
 */
enum voicepay_event {
	VOICEPAY_EVENT_CODE	= 1,
	VOICEPAY_EVENT_ENROL	= 2,
	VOICEPAY_EVENT_SLOT_NEW	= 3,
	VOICEPAY_EVENT_SLOT_DEL	= 4,
	VOICEPAY_EVENT_SLOT_SET	= 5,
	VOICEPAY_EVENT_LOCK	= 6,
	VOICEPAY_EVENT_UNLOCK	= 7,
	VOICEPAY_EVENT_LOCKOUT	= 8,
	VOICEPAY_EVENT_CLOCK	= 9,
	VOICEPAY_EVENT_WIPE	= 10,
	VOICEPAY_EVENT_DENIED	= 11,
	VOICEPAY_EVENT_SEAL	= 12,
	VOICEPAY_EVENT_RESTORE	= 13,
	VOICEPAY_EVENT_SEALER	= 14,
	VOICEPAY_EVENT_ROTATE	= 15,
	VOICEPAY_EVENT_AUTHORISE = 16,
	VOICEPAY_EVENT_POOL	= 17,
	VOICEPAY_EVENT_OTP_PUT	= 18,
	VOICEPAY_EVENT_OTP	= 19,
};

/**
 * enum voicepay_vault - where the module keeps keys; a higher number is better
 * @VOICEPAY_VAULT_NONE: nowhere: what vault_required names is not there
 * @VOICEPAY_VAULT_SPLIT: ordinary memory, in two masked shares
 * @VOICEPAY_VAULT_SECRETMEM: pages of memfd_secret(2), masked, not in the
 *	kernel's direct map
 * @VOICEPAY_VAULT_RESERVED: memory that the kernel was told to leave alone
 */
enum voicepay_vault {
	VOICEPAY_VAULT_NONE		= 0,
	VOICEPAY_VAULT_SPLIT		= 1,
	VOICEPAY_VAULT_SECRETMEM	= 2,
	VOICEPAY_VAULT_RESERVED		= 3,
};

/* The module holds no key in a weaker back end than its parameter vault= names */
#define VOICEPAY_VAULT_REQUIRED		(1U << 0)
/* A memfd_secret would improve matters: VOICEPAY_IOC_VAULT */
#define VOICEPAY_VAULT_WANTED		(1U << 1)

/**
 * enum voicepay_sealer_state - can slots outlive a reboot?
 * @VOICEPAY_SEALER_NONE: no: the machine has nothing that keeps a sealing key
 * @VOICEPAY_SEALER_WAITING: not yet: the sealing key is to be given (netlink,
 *	sealer-put) or made (sealer-get)
 * @VOICEPAY_SEALER_READY: yes
 * @VOICEPAY_SEALER_CLOSED: not in this boot: the sealing key was not unwrapped,
 *	and there is one try in a boot
 */
enum voicepay_sealer_state {
	VOICEPAY_SEALER_NONE	= 0,
	VOICEPAY_SEALER_WAITING	= 1,
	VOICEPAY_SEALER_READY	= 2,
	VOICEPAY_SEALER_CLOSED	= 3,
};

/**
 * struct voicepay_info - what this module is and can do
 * @size: sizeof(struct voicepay_info)
 * @flags: must be 0
 * @version: out: the module's version, NUL-terminated ASCII
 * @features: out: VOICEPAY_FEATURE_* bits
 * @max_slots: out: how many slots may exist at once
 * @slots: out: how many exist now
 * @vault: out: enum voicepay_vault: the weakest back end that holds a secret,
 *	or the one that will be used if none does
 * @vault_flags: out: VOICEPAY_VAULT_REQUIRED, VOICEPAY_VAULT_WANTED
 */
struct voicepay_info {
	__u32 size;
	__u32 flags;
	__u8  version[16];
	__aligned_u64 features;
	__u32 max_slots;
	__u32 slots;
	__u32 vault;
	__u32 vault_flags;
};

/* Codes of PC1, V=1 */
#define VOICEPAY_FEATURE_PC1_PLAIN	(1ULL << 0)
/* VOICEPAY_IOC_SEAL */
#define VOICEPAY_FEATURE_SEAL		(1ULL << 1)
/* A KeyUpdate from the gateway is honoured, if VOICEPAY_IOC_SEAL got the secrets */
#define VOICEPAY_FEATURE_KEYUPDATE	(1ULL << 2)
/* Codes of all of enum voicepay_mode, as far as they were agreed on; rotation */
#define VOICEPAY_FEATURE_PC1_MODES	(1ULL << 3)
/* VOICEPAY_IOC_AUTHORISE */
#define VOICEPAY_FEATURE_AUTHORISE	(1ULL << 4)
/* VOICEPAY_IOC_OTP */
#define VOICEPAY_FEATURE_OTP		(1ULL << 5)
/* VOICEPAY_IOC_TICKET: tickets of channels that were sealed with secrets are kept */
#define VOICEPAY_FEATURE_TICKET		(1ULL << 6)

/* Slots can be sealed now; enum voicepay_sealer_state, which dev-get gives, says why not */
#define VOICEPAY_FEATURE_SEALER		(1ULL << 8)
/* A sealed slot that was replaced since is told from a new one */
#define VOICEPAY_FEATURE_ROLLBACK	(1ULL << 9)

/**
 * VOICEPAY_IOC_INFO - describe the module
 *
 * Anyone who may open the device may ask.
 */
#define VOICEPAY_IOC_INFO	_IO(VOICEPAY_IOC_TYPE, 0)

/**
 * struct voicepay_status - state of one slot
 * @size: sizeof(struct voicepay_status)
 * @flags: must be 0
 * @slot: in: slot number
 * @state: out: enum voicepay_slot_state
 * @epoch: out: epoch of the key, 0 if there is none
 * @now: out: the module's own time, seconds since 1970; 0 before it has one
 * @rotate_after: out: when the key should be renewed, seconds since 1970
 * @not_after: out: when the key stops issuing codes, seconds since 1970
 * @codes_issued: out: codes issued under this key
 * @codes_left: out: codes that the key's budget still allows, ~0 if unlimited
 * @aliases: out: aliases in the key's ring, one a day
 * @reserved: out: 0
 * @rights: out: VOICEPAY_RIGHT_* that the caller has
 * @locked: out: VOICEPAY_LOCKED_*
 * @presence: out: enum voicepay_presence
 * @presence_seconds: out: for how long a press counts
 * @kind: out: enum voicepay_slot_kind
 * @modes: out: modes that the key may issue, bit enum voicepay_mode each
 * @pool_left: out: codes left in the pool
 * @reserved2: out: 0
 *
 * Times and counts are 0 while the slot holds no key; all but @codes_issued are
 * for an authenticator.
 */
struct voicepay_status {
	__u32 size;
	__u32 flags;
	__u32 slot;
	__u32 state;
	__aligned_u64 epoch;
	__aligned_u64 now;
	__aligned_u64 rotate_after;
	__aligned_u64 not_after;
	__aligned_u64 codes_issued;
	__aligned_u64 codes_left;
	__u32 aliases;
	__u32 reserved;
	__u32 rights;
	__u32 locked;
	__u32 presence;
	__u32 presence_seconds;
	__u32 kind;
	__u32 modes;
	__u32 pool_left;
	__u32 reserved2;
};

/**
 * VOICEPAY_IOC_STATUS - look at one slot
 *
 *	ENOENT		no such slot
 *	EACCES		the caller has no right to see it
 */
#define VOICEPAY_IOC_STATUS	_IO(VOICEPAY_IOC_TYPE, 1)

/**
 * struct voicepay_code - a payment code
 * @size: sizeof(struct voicepay_code)
 * @flags: VOICEPAY_CODE_NEW or 0
 * @slot: in: slot number
 * @mode: in: the code's V, enum voicepay_mode; 0 for plain with the strongest
 *	MAC that was agreed on. out: the V it has
 * @digits: out: VOICEPAY_CODE_DIGITS ASCII digits, zero-filled
 * @valid_ms: out: milliseconds until the time step of this code ends. The
 *	gateway takes the code for one more step to allow for clocks that differ.
 *	A pool's code lasts until the pool's deadline, by the gateway's clock; for
 *	it this is 0.
 * @reserved: must be 0
 * @amount: in: in minor units, 1 to 2^63 - 1
 * @currency: in: three letters A-Z and a NUL
 * @reserved2: must be 0
 * @merchant: in: the merchant's id at the gateway, of A-Za-z0-9._-
 * @challenge: in: what the merchant's till asks for, 0x21 to 0x7e; may be empty
 *
 * @amount and @currency are for modes 2 and 4, @merchant and @challenge for 3
 * and 4; all else must be zero. A string is filled up with NUL; one that fills
 * its field has none.
 */
struct voicepay_code {
	__u32 size;
	__u32 flags;
	__u32 slot;
	__u32 mode;
	__u8  digits[32];
	__u32 valid_ms;
	__u32 reserved;
	__aligned_u64 amount;
	__u8  currency[4];
	__u32 reserved2;
	__u8  merchant[64];
	__u8  challenge[32];
};

/* A fresh code, even if the last one of this time step has not been used. */
#define VOICEPAY_CODE_NEW	(1U << 0)

/**
 * VOICEPAY_IOC_CODE - issue a payment code
 *
 * Within one time step the same code comes back each time, unless
 * VOICEPAY_CODE_NEW, another mode or other terms ask for the next one; a step
 * holds ten. From the pool the same code comes back until VOICEPAY_CODE_NEW.
 *
 *	EINVAL		not the terms that the mode is bound to
 *	ENOENT		no such slot
 *	EACCES		the caller has no right to this slot's codes
 *	EKEYREVOKED	the slot is locked
 *	EKEYREJECTED	the caller was refused too often and is locked out
 *	EINPROGRESS	a person must press a button first: ask again then
 *	ENOKEY		the slot is not enrolled, or an oops of the kernel made
 *			the module forget its keys: enrol
 *	EMEDIUMTYPE	the slot is an authenticator
 *	EKEYEXPIRED	the key's last day, or the pool's, is past: go online
 *	EAGAIN		all ten codes of this step are out: ask again when
 *			the step is over, at most 30 s from now
 *	EXFULL		the key's budget for this hour is used up
 *	ENOSR		the key's budget for this day is used up
 *	ENOSPC		the key's budget is used up: go online
 *	EDQUOT		the caller's own budget for this hour is used up
 *	ENODATA		the pool is empty, or there is none: go online
 *	ECANCELED	the module's clock stands before the key's first day
 *	ETIME		the module has no time that it can trust: go online
 *	ESTALE		the slot's sealed blob must be renewed first (netlink,
 *			blob-get): voicepay-store does
 *	EOPNOTSUPP	a mode that was not agreed on, or is unknown; an
 *			unknown flag
 */
#define VOICEPAY_IOC_CODE	_IO(VOICEPAY_IOC_TYPE, 2)

/* Room for a traffic secret, or a PSK: SHA-384. */
#define VOICEPAY_SECRET_MAX		48
/* Bytes of what a ticket is bound to. */
#define VOICEPAY_BINDING_LEN		32
/* Most bytes that are kept with a ticket. */
#define VOICEPAY_TICKET_CONTEXT_MAX	16384
/* A longer ticket is not kept. */
#define VOICEPAY_TICKET_MAX		16384

/**
 * struct voicepay_seal - give a TLS socket into the kernel's keeping
 * @size: sizeof(struct voicepay_seal)
 * @flags: must be 0
 * @sock_fd: in: a connected TCP socket on which kernel TLS is engaged in both
 *	directions (setsockopt TCP_ULP "tls", then SOL_TLS TLS_TX and TLS_RX)
 * @channel_fd: out: the channel socket, close-on-exec; must be 0 on entry
 * @secret_len: in: 0 if no secrets are given, and then all that follows is
 *	zero; else the length of each: 32, or 48 for TLS_AES_256_GCM_SHA384
 * @context_len: in: bytes at @context, at most VOICEPAY_TICKET_CONTEXT_MAX
 * @context: in: pointer to bytes that are kept with each ticket that arrives,
 *	and given back with it as they are; 0 if @context_len is 0
 * @tx_secret: in: client_application_traffic_secret_0 of RFC 8446, 7.1
 * @rx_secret: in: server_application_traffic_secret_0. With the two the channel
 *	follows a KeyUpdate; both may be all zero, and then it does not
 * @resumption_secret: in: resumption_master_secret. With it tickets are kept
 *	for VOICEPAY_IOC_TICKET; all zero, and they are absorbed, as they are if
 *	another user than the caller opened the device
 * @binding: in: what tickets are bound to; its owner chooses, a hash say
 *
 * A secret is filled up with zero. When the call succeeds the three of them are
 * zero on return: they have one owner, the kernel.
 */
struct voicepay_seal {
	__u32 size;
	__u32 flags;
	__s32 sock_fd;
	__s32 channel_fd;
	__u32 secret_len;
	__u32 context_len;
	__aligned_u64 context;
	__u8  tx_secret[VOICEPAY_SECRET_MAX];
	__u8  rx_secret[VOICEPAY_SECRET_MAX];
	__u8  resumption_secret[VOICEPAY_SECRET_MAX];
	__u8  binding[VOICEPAY_BINDING_LEN];
};

/**
 * VOICEPAY_IOC_SEAL - turn a kernel TLS socket into a channel socket
 *
 * The caller must hold the only descriptor of @sock_fd. That descriptor is
 * closed by the call, and what comes back is a stream socket with ordinary
 * semantics: data is data, the peer's close_notify is end of file, and no
 * socket option reaches the TLS layer, so that the traffic keys can be read
 * by nobody from then on.
 *
 * Secrets that the vault cannot hold (it is full, or the machine goes to sleep)
 * are no reason to fail: the channel is then one without them.
 *
 *	EINVAL		@secret_len, or @context_len, is out of range; a field
 *			is not zero that must be; one of @tx_secret and
 *			@rx_secret is given without the other; the session is
 *			not TLS 1.3, or its cipher has secrets of another length
 *	EBADF		@sock_fd is no open descriptor
 *	ENOTSOCK	@sock_fd is not a socket
 *	EPROTONOSUPPORT	not a TCP socket
 *	ENOTCONN	not connected
 *	EUNATCH		kernel TLS is not engaged in both directions
 *	EBUSY		another descriptor, process or ring still holds the
 *			socket; @sock_fd may be closed already when this
 *			comes back, so do not use it again
 *	EMFILE, ENFILE, ENOMEM	as for socket(2)
 */
#define VOICEPAY_IOC_SEAL	_IO(VOICEPAY_IOC_TYPE, 3)

/* A donation has at most so many pages. */
#define VOICEPAY_VAULT_PAGES_MAX	1024

/**
 * struct voicepay_donation - memory for the vault
 * @size: sizeof(struct voicepay_donation)
 * @flags: must be 0
 * @memfd: in: a memfd_secret(2) of 1 to VOICEPAY_VAULT_PAGES_MAX whole pages,
 *	each of which was written to, mapped nowhere any more
 * @pages: out: how many pages were taken; must be 0 on entry
 */
struct voicepay_donation {
	__u32 size;
	__u32 flags;
	__s32 memfd;
	__u32 pages;
};

/**
 * VOICEPAY_IOC_VAULT - give the module pages that the direct map does not have
 *
 * The caller must hold the only descriptor of @memfd. What the module keeps moves
 * there from a weaker back end. From then on until the module is unloaded the
 * kernel refuses to hibernate.
 *
 * Success closes @memfd. These errors, and those of every request, leave it open:
 *
 *	EPERM		the caller, or whoever opened the device, lacks
 *			CAP_SYS_ADMIN in the initial user namespace
 *	EEXIST		a back end as good is in use, or the module's
 *			parameter vault= does not want this one
 *	EBADF		@memfd is no open descriptor
 *	EMEDIUMTYPE	it is not a memfd_secret
 *	EBUSY		somebody else holds or maps it; closed if that somebody
 *			came during the call
 *
 * and with these it is closed:
 *
 *	EFBIG		empty, not of whole pages, or too large
 *	ENODATA		a page was never written to
 *	ENOMEM		too little memory to note the pages, or as below
 *	ENOSPC, ENOMEM, ENOKEY	it was taken, but not all keys could be moved
 *			there: those stay where they were
 */
#define VOICEPAY_IOC_VAULT	_IO(VOICEPAY_IOC_TYPE, 4)

/**
 * enum voicepay_purpose - what is authorised
 * @VOICEPAY_PURPOSE_VOICE_PAY: a voice order; order: its order id
 * @VOICEPAY_PURPOSE_PAY_ORDER: a merchant's order that was scanned; order: its pay id
 * @VOICEPAY_PURPOSE_CONFIRM: a payment that waits for its owner; order: the confirm id
 * @VOICEPAY_PURPOSE_DENY: the same, refused
 * @VOICEPAY_PURPOSE_ONLINE_CODE: a code from the gateway
 * @VOICEPAY_PURPOSE_POOL: a pool
 * @VOICEPAY_PURPOSE_LIMITS: a limit; amount: the limit, order: "per_payment" or
 *	"per_day"
 */
enum voicepay_purpose {
	VOICEPAY_PURPOSE_VOICE_PAY	= 1,
	VOICEPAY_PURPOSE_PAY_ORDER	= 2,
	VOICEPAY_PURPOSE_CONFIRM	= 3,
	VOICEPAY_PURPOSE_DENY		= 4,
	VOICEPAY_PURPOSE_ONLINE_CODE	= 5,
	VOICEPAY_PURPOSE_POOL		= 6,
	VOICEPAY_PURPOSE_LIMITS		= 7,
};

/**
 * struct voicepay_authorise - authorise an order to the gateway
 * @size: sizeof(struct voicepay_authorise)
 * @flags: must be 0
 * @slot: in: slot number
 * @purpose: in: enum voicepay_purpose
 * @amount: in: in minor units; 0 if there is none
 * @currency: in: three letters A-Z and a NUL, or all zero
 * @reserved: must be 0
 * @order: in: what names the order at the gateway; see enum voicepay_purpose
 * @payee: in: to whom, in UTF-8
 * @epoch: out: of the key that authorises
 * @time: out: the module's own time, seconds since 1970
 * @mac: out: HMAC-SHA-256 over all of this (Documentation/pc1.md)
 *
 * A string is filled up with NUL; one that fills its field has none.
 */
struct voicepay_authorise {
	__u32 size;
	__u32 flags;
	__u32 slot;
	__u32 purpose;
	__aligned_u64 amount;
	__u8  currency[4];
	__u32 reserved;
	__u8  order[64];
	__u8  payee[256];
	__aligned_u64 epoch;
	__aligned_u64 time;
	__u8  mac[32];
};

/**
 * VOICEPAY_IOC_AUTHORISE - authorise an order to the gateway
 *
 * The gateway makes the same bytes from the request that the order comes in, and
 * compares. The slot's policy of presence holds for it, with these exceptions: to
 * deny, and to ask for a pool, nobody has to press anything; nor for purposes 1
 * to 3 up to the amount presence-above (netlink, slot-set), if there is an amount.
 *
 *	EINVAL		currency or a string is malformed
 *	ENOENT		no such slot
 *	EACCES		the caller has no right to authorise with this slot
 *	EKEYREVOKED	the slot is locked
 *	EKEYREJECTED	the caller was refused too often and is locked out
 *	EINPROGRESS	a person must press a button first: ask again then
 *	ENOKEY		the slot is not enrolled, or an oops of the kernel made
 *			the module forget its keys: enrol
 *	EMEDIUMTYPE	the slot is an authenticator
 *	EKEYEXPIRED	the key's last day is past: enrol again
 *	EDQUOT		the caller's own budget for this hour is used up
 *	ECANCELED	the module's clock stands before the key's first day
 *	ETIME		the module has no time that it can trust: enrol again
 *	EOPNOTSUPP	unknown purpose or flag
 */
#define VOICEPAY_IOC_AUTHORISE	_IO(VOICEPAY_IOC_TYPE, 5)

/**
 * struct voicepay_otp - a one-time password
 * @size: sizeof(struct voicepay_otp)
 * @flags: must be 0
 * @slot: in: slot number
 * @n_digits: out: 6 to 8
 * @digits: out: so many ASCII digits, zero-filled
 * @valid_ms: out: milliseconds until the time step ends, at most 2^32 - 1; 0 for
 *	a password by counter
 * @reserved: must be 0
 * @counter: out: the counter, or the number of the time step, that it is of
 */
struct voicepay_otp {
	__u32 size;
	__u32 flags;
	__u32 slot;
	__u32 n_digits;
	__u8  digits[16];
	__u32 valid_ms;
	__u32 reserved;
	__aligned_u64 counter;
};

/**
 * VOICEPAY_IOC_OTP - one-time password of an authenticator slot
 *
 * By time (RFC 6238) or by counter (RFC 4226), as the secret was imported. By
 * counter each call uses one up.
 *
 *	ENOENT		no such slot
 *	EACCES		the caller has no right to this slot's codes
 *	EKEYREVOKED	the slot is locked
 *	EKEYREJECTED	the caller was refused too often and is locked out
 *	EINPROGRESS	a person must press a button first: ask again then
 *	ENOKEY		the slot is empty, or an oops of the kernel made the
 *			module forget its secrets: import it again
 *	EMEDIUMTYPE	the slot is for payments
 *	EDQUOT		the caller's own budget for this hour is used up
 *	ETIME		the module has no time that it can trust: go online
 *	ESTALE		the slot's sealed blob must be renewed first (netlink,
 *			blob-get): voicepay-store does
 *	EOVERFLOW	the counter is at its end
 */
#define VOICEPAY_IOC_OTP	_IO(VOICEPAY_IOC_TYPE, 6)

/**
 * struct voicepay_ticket - what resumes a TLS 1.3 session
 * @size: sizeof(struct voicepay_ticket)
 * @flags: must be 0
 * @binding: in: as given to VOICEPAY_IOC_SEAL
 * @ticket_len: in: room at @ticket; out: the ticket's length, 1 to
 *	VOICEPAY_TICKET_MAX
 * @context_len: in: room at @context; out: the context's length, 0 to
 *	VOICEPAY_TICKET_CONTEXT_MAX
 * @ticket: in: pointer to where the ticket goes
 * @context: in: pointer to where the context goes that was given to
 *	VOICEPAY_IOC_SEAL; may be 0 if @context_len is 0
 * @psk_len: out: bytes of @psk: 32 or 48
 * @cipher_suite: out: the suite of the session that the ticket came in, as in
 *	RFC 8446, B.4; the PSK is for its hash
 * @lifetime: out: for how many seconds from @received it is good, at most 7 days
 * @age_add: out: the ticket_age_add that came with it
 * @received: out: when it came, seconds since 1970 by the system's clock
 * @age_ms: out: milliseconds since, which no setting of that clock changes; it
 *	counts while the machine sleeps, too
 * @psk: out: the pre-shared key, zero-filled
 * @left: out: how many more there are with this binding
 * @reserved: must be 0; out: 0
 */
struct voicepay_ticket {
	__u32 size;
	__u32 flags;
	__u8  binding[VOICEPAY_BINDING_LEN];
	__u32 ticket_len;
	__u32 context_len;
	__aligned_u64 ticket;
	__aligned_u64 context;
	__u32 psk_len;
	__u32 cipher_suite;
	__u32 lifetime;
	__u32 age_add;
	__aligned_u64 received;
	__aligned_u64 age_ms;
	__u8  psk[VOICEPAY_SECRET_MAX];
	__u32 left;
	__u32 reserved;
};

/**
 * VOICEPAY_IOC_TICKET - take a ticket out, the newest, for good
 *
 * Nobody gets the same one again: a ticket is for one handshake. It is only
 * for the user who sealed the channel that it came in: who calls and who opened
 * the device must both have his effective user id. The superuser is nobody
 * special here.
 *
 * All output fields but @ticket_len and @context_len are ignored on entry.
 *
 *	EINVAL		@reserved is not 0
 *	ENOENT		no ticket that is still good, with this binding, for
 *			this user
 *	EMSGSIZE	not room enough: @ticket_len and @context_len say what
 *			is needed, and the ticket stays
 *	EFAULT		@ticket or @context cannot be written; the ticket stays
 *	ENOMEM		the ticket stays
 */
#define VOICEPAY_IOC_TICKET	_IO(VOICEPAY_IOC_TYPE, 7)

#endif /* _UAPI_LINUX_VOICEPAY_H */
