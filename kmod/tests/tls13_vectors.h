/* SPDX-License-Identifier: GPL-2.0 */
/* Tickets of TLS 1.3, and what comes of secrets: by RFC 8448, or by hand. */
#ifndef VP_TLS13_VECTORS_H
#define VP_TLS13_VECTORS_H

/* The smallest ticket that is one: 18 bytes, here and below cut in two. */
#define TICKET_HEAD	4, 0, 0, 14, 0, 0, 0, 9, 1, 2
#define TICKET_TAIL	3, 4, 0, 0, 1, 7, 0, 0
#define TICKET		TICKET_HEAD, TICKET_TAIL

/* RFC 8448, 3: the body of the server's NewSessionTicket. */
static const char ticket_hex[] __maybe_unused =
	"0000001efad6aac502000000b22c035d829359ee5ff7af4ec900000000262a6494"
	"dc486d2c8a34cb33fa90bf1b0070ad3c498883c9367c09a2be785abc55cd226097"
	"a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce145077"
	"d454a3664d4e6da4d29ee03725a6a4dafcd0fc67d2aea70529513e3da2677fa590"
	"6c5b3f7d8f92f228bda40dda721470f9fbf297b5aea617646fac5c03272e970727"
	"c621a79141ef5f7de6505e5bfbc388e93343694093934ae4d3570008002a000400"
	"000400";
#define TICKET_BODY	(sizeof(ticket_hex) / 2)
#define TICKET_AT	13	/* behind life time, age_add, a nonce of two bytes and its length */
#define TICKET_LEN	178

/* Of the secret 00 01 .. 2f, with SHA-384: the next one; the PSK of the nonce 00 01 .. 07. */
static const char next384_hex[] __maybe_unused =
	"401331b63e9d59f202e8f041042d9516f4cd7fa2e2ee1463"
	"1d3b49fc340d7af37fc2c0c9f252d8036f81ec5b85cbe5db";
static const char psk384_hex[] __maybe_unused =
	"24d01fab0269a6fd5d6613f2d656bbeee52e2c58b2b366e9"
	"ba3ae00919410d6d27a42018934acd19a41f47ce85645515";

#define HEAD	0, 0, 0, 9, 1, 2, 3, 4	/* life time and age_add */

static const struct {
	const char *name;
	u8 alert;
	u8 len;
	u8 bytes[100];
} bodies[] __maybe_unused = {
	{ "no nonce", VP_ALERT_NONE, 14, { HEAD, 0, 0, 1, 7, 0, 0 } },
	{ "no ticket", VP_ALERT_DECODE, 13, { HEAD, 0, 0, 0, 0, 0 } },
	{ "nonce beyond the end", VP_ALERT_DECODE, 14, { HEAD, 5, 0, 1, 7, 0, 0 } },
	{ "ticket beyond the end", VP_ALERT_DECODE, 14, { HEAD, 0, 1, 1, 7, 0, 0 } },
	{ "extensions beyond the end", VP_ALERT_DECODE, 14, { HEAD, 0, 0, 1, 7, 0, 4 } },
	{ "extensions longer than allowed", VP_ALERT_DECODE, 14, { HEAD, 0, 0, 1, 7, 255, 255 } },
	{ "half an extension's head", VP_ALERT_DECODE, 17, { HEAD, 0, 0, 1, 7, 0, 3, 0, 42, 0 } },
	{ "an extension beyond them", VP_ALERT_DECODE, 18,
	  { HEAD, 0, 0, 1, 7, 0, 4, 10, 10, 0, 1 } },
	{ "early data", VP_ALERT_NONE, 22, { HEAD, 0, 0, 1, 7, 0, 8, 0, 42, 0, 4, 0, 0, 4, 0 } },
	{ "early data, too short", VP_ALERT_DECODE, 21, { HEAD, 0, 0, 1, 7, 0, 7, 0, 42, 0, 3 } },
	{ "early data twice", VP_ALERT_ILLEGAL, 30,
	  { HEAD, 0, 0, 1, 7, 0, 16, 0, 42, 0, 4, 0, 0, 4, 0, 0, 42, 0, 4 } },
	{ "two unknown", VP_ALERT_NONE, 23, { HEAD, 0, 0, 1, 7, 0, 9, 10, 10, 0, 1, 0, 10, 11 } },
	{ "unknown twice", VP_ALERT_ILLEGAL, 22, { HEAD, 0, 0, 1, 7, 0, 8, 10, 10, 0, 0, 10, 10 } },
	{ "more than anybody sends", VP_ALERT_ILLEGAL, 82,
	  { HEAD, 0, 0, 1, 7, 0, 68,
	    1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0,
	    8, 0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0, 11, 0, 0, 0, 12, 0, 0, 0, 13, 0, 0, 0, 14, 0, 0, 0,
	    15, 0, 0, 0, 16, 0, 0, 0, 17, 0, 0, 0 } },
	{ "a byte too many", VP_ALERT_DECODE, 15, { HEAD, 0, 0, 1, 7, 0, 0, 0 } },
};

#endif /* VP_TLS13_VECTORS_H */
