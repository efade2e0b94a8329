-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The gateway's database, version 4. What must never happen is forbidden here,
-- by constraint or trigger, and not only by the program that writes: money
-- without a counter-entry, an overdrawn customer, a code booked twice, an
-- alias with two keys, an order number with two outcomes.

CREATE TABLE meta (
	name	TEXT PRIMARY KEY,
	value	TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', '4');

-- Who can own an account. Names are unique over all kinds: a payee is a name.
CREATE TABLE party (
	id	INTEGER PRIMARY KEY,
	kind	TEXT NOT NULL CHECK (kind IN ('user', 'merchant', 'equity')),
	name	TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64)
) STRICT;

CREATE TABLE merchant (
	party	INTEGER PRIMARY KEY REFERENCES party,
	spki	BLOB NOT NULL UNIQUE CHECK (length(spki) = 32),
	-- What codes that are bound to a merchant are bound to.
	id	TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64 AND id NOT GLOB '*[^A-Za-z0-9._-]*')
) STRICT;

-- The ledger. A transfer is one row with one amount; a trigger writes its two
-- entries and moves the two balances, so that the sum over all entries is zero
-- by construction. Nothing is ever changed or taken back: a refund is another
-- transfer.
CREATE TABLE account (
	id	INTEGER PRIMARY KEY,
	party	INTEGER NOT NULL REFERENCES party,
	currency TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
	overdraft INTEGER NOT NULL DEFAULT 0 CHECK (overdraft IN (0, 1)),
	balance	INTEGER NOT NULL DEFAULT 0,	-- minor units
	confirm_above INTEGER CHECK (confirm_above >= 0),	-- the owner's limits; NULL: the gateway's
	per_day	INTEGER CHECK (per_day >= 0),
	per_payment INTEGER CHECK (per_payment >= 0),
	UNIQUE (party, currency),
	CONSTRAINT not_enough CHECK (overdraft OR balance >= 0)
) STRICT;

CREATE TABLE transfer (
	id	INTEGER PRIMARY KEY AUTOINCREMENT,
	debit	INTEGER NOT NULL REFERENCES account,
	credit	INTEGER NOT NULL REFERENCES account,
	amount	INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
	time	INTEGER NOT NULL,
	CHECK (debit <> credit)
) STRICT;

CREATE INDEX transfer_debit ON transfer (debit, time);

CREATE TABLE entry (
	transfer INTEGER NOT NULL REFERENCES transfer,
	account	INTEGER NOT NULL REFERENCES account,
	amount	INTEGER NOT NULL CHECK (amount <> 0),
	PRIMARY KEY (transfer, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_account ON entry (account);

CREATE TRIGGER transfer_currency BEFORE INSERT ON transfer
WHEN (SELECT currency FROM account WHERE id = NEW.debit) IS NOT
     (SELECT currency FROM account WHERE id = NEW.credit)
BEGIN SELECT RAISE(ABORT, 'accounts of two currencies'); END;

CREATE TRIGGER transfer_post AFTER INSERT ON transfer
BEGIN
	INSERT INTO entry VALUES
		(NEW.id, NEW.debit, -NEW.amount), (NEW.id, NEW.credit, NEW.amount);
END;

CREATE TRIGGER entry_of_transfer BEFORE INSERT ON entry
WHEN NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.transfer AND
	((t.debit = NEW.account AND NEW.amount = -t.amount) OR
	 (t.credit = NEW.account AND NEW.amount = t.amount)))
BEGIN SELECT RAISE(ABORT, 'an entry without its transfer'); END;

CREATE TRIGGER entry_balance AFTER INSERT ON entry
BEGIN UPDATE account SET balance = balance + NEW.amount WHERE id = NEW.account; END;

CREATE TRIGGER transfer_keep BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER transfer_stay BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER entry_keep BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER entry_stay BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;

-- A one-time ticket. The secret itself is not kept: what the handshake needs
-- of it is sealed under the master key. Nor is the id, but a hash of it: with
-- the id alone, out of a copy of this file, a ticket could be used up.
CREATE TABLE ticket (
	id	BLOB PRIMARY KEY CHECK (length(id) = 32),
	party	INTEGER NOT NULL REFERENCES party,
	sealed	BLOB NOT NULL,
	expires	INTEGER NOT NULL,
	used	INTEGER			-- when
) STRICT, WITHOUT ROWID;

-- A device's key. 'next' was granted, not yet seen in use; 'current' has been
-- used; 'old' was overtaken and lives until old_until; 'dead' serves no more.
-- Each payment reads one of these rows, from anywhere in a table that may be far
-- larger than memory's caches: only what a payment needs is in it.
CREATE TABLE device_key (
	id	INTEGER PRIMARY KEY,
	device	BLOB NOT NULL CHECK (length(device) = 16),
	slot	INTEGER NOT NULL,
	epoch	INTEGER NOT NULL CHECK (epoch > 0),
	party	INTEGER NOT NULL REFERENCES party,
	state	TEXT NOT NULL CHECK (state IN ('next', 'current', 'old', 'dead')),
	sealed	BLOB NOT NULL,		-- root keys, under the master key
	watermark INTEGER NOT NULL DEFAULT 0,	-- ordinal of the last accepted code
	created	INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	old_until INTEGER,
	modes	INTEGER NOT NULL DEFAULT 2,	-- granted: bit V of each
	UNIQUE (device, slot, epoch),
	CHECK ((state = 'old') <= (old_until IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX device_key_next ON device_key (device, slot) WHERE state = 'next';
CREATE UNIQUE INDEX device_key_current ON device_key (device, slot) WHERE state = 'current';
CREATE INDEX device_key_old ON device_key (old_until) WHERE state = 'old';
CREATE INDEX device_key_ends ON device_key (not_after) WHERE state <> 'dead';

-- How a key was agreed on: what the next agreement is held against.
CREATE TABLE agreement (
	key	INTEGER PRIMARY KEY REFERENCES device_key,
	device	BLOB NOT NULL CHECK (length(device) = 16),
	static	BLOB NOT NULL CHECK (length(static) = 32),	-- the device's D
	nonce	BLOB NOT NULL CHECK (length(nonce) = 16),
	asked	BLOB NOT NULL CHECK (length(asked) = 32),	-- SHA-256 of message 1
	answer	BLOB NOT NULL,		-- message 2, for whoever lost it
	UNIQUE (device, nonce)
) STRICT;

-- One alias, one key, whether it lives or rests. Ten digits are a number, which
-- is what SQLite finds a row by in the fewest steps.
CREATE TABLE alias (
	alias	INTEGER PRIMARY KEY CHECK (alias BETWEEN 0 AND 9999999999),
	key	INTEGER NOT NULL REFERENCES device_key,
	rests_until INTEGER		-- NULL while its key lives
) STRICT;
CREATE INDEX alias_key ON alias (key);
CREATE INDEX alias_rest ON alias (rests_until) WHERE rests_until IS NOT NULL;

-- A code's ordinal is step * 10 + Q. A code of a pool has -(serial * 16 + index)
-- and an online code -2^62 - number, so that no two codes of a key share one.
CREATE TABLE payment (
	id	TEXT PRIMARY KEY CHECK (length(id) = 32),
	kind	TEXT NOT NULL CHECK (kind IN ('code', 'voice', 'order')),
	transfer INTEGER NOT NULL UNIQUE REFERENCES transfer,
	key	INTEGER REFERENCES device_key,
	ordinal	INTEGER,
	UNIQUE (key, ordinal),		-- single use, once more
	CHECK ((kind = 'code') = (ordinal IS NOT NULL)),
	CHECK ((kind = 'voice') = (key IS NULL))
) STRICT, WITHOUT ROWID;

-- What a merchant's order number came to. Kind 'none' is a number that was
-- reversed before anything else was heard of it: a charge that comes later,
-- having been on its way, finds it taken.
CREATE TABLE merchant_order (
	merchant INTEGER NOT NULL REFERENCES merchant,
	order_no TEXT NOT NULL CHECK (length(order_no) BETWEEN 1 AND 64),
	kind	TEXT NOT NULL CHECK (kind IN ('none', 'code', 'scan')),
	amount	INTEGER NOT NULL,
	currency TEXT NOT NULL,
	code	BLOB CHECK (length(code) = 32),			-- SHA-256 of the code
	state	TEXT NOT NULL CHECK (state IN ('NOTPAY', 'USERPAYING', 'SUCCESS', 'PAYERROR', 'REVOKED')),
	reason	TEXT,
	payment	TEXT UNIQUE REFERENCES payment,
	time	INTEGER NOT NULL,
	-- What the payer's device calls it, and until when it may be paid.
	ref	TEXT UNIQUE CHECK (length(ref) = 32),
	expires	INTEGER,
	-- The code that was good and waits for its owner's word.
	key	INTEGER REFERENCES device_key,
	ordinal	INTEGER,
	PRIMARY KEY (merchant, order_no),
	CHECK (state <> 'NOTPAY' OR kind = 'scan'),
	CHECK (kind <> 'scan' OR (ref IS NOT NULL AND expires IS NOT NULL)),
	CHECK (state <> 'USERPAYING' OR (kind = 'code' AND ref IS NOT NULL AND expires IS NOT NULL AND
					 key IS NOT NULL AND ordinal IS NOT NULL)),
	CHECK (kind = 'none' OR amount > 0),
	CHECK (kind <> 'none' OR (state = 'REVOKED' AND amount = 0 AND payment IS NULL)),
	CHECK ((kind = 'code') = (code IS NOT NULL)),
	CHECK (state = 'REVOKED' OR (state = 'SUCCESS') = (payment IS NOT NULL)),
	CHECK ((state = 'PAYERROR') = (reason IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX merchant_order_waiting ON merchant_order (key) WHERE state = 'USERPAYING';
CREATE INDEX merchant_order_waits ON merchant_order (expires) WHERE state = 'USERPAYING';
CREATE TRIGGER merchant_order_final BEFORE UPDATE ON merchant_order
WHEN OLD.state = 'REVOKED' OR
     (OLD.state = 'SUCCESS' AND NOT (NEW.state = 'REVOKED' AND NEW.payment IS OLD.payment))
BEGIN SELECT RAISE(ABORT, 'a paid order stays as it is or is reversed, a reversed one stays'); END;
CREATE TRIGGER merchant_order_stay BEFORE DELETE ON merchant_order
BEGIN SELECT RAISE(ABORT, 'an order number is never free again'); END;

-- Money that went back to the payer, as a transfer of its own. Without a
-- number of the merchant's it is the reversal of its order.
CREATE TABLE refund (
	id	TEXT PRIMARY KEY CHECK (length(id) = 32),
	payment	TEXT NOT NULL REFERENCES payment,
	transfer INTEGER NOT NULL UNIQUE REFERENCES transfer,
	merchant INTEGER NOT NULL REFERENCES merchant,
	refund_no TEXT CHECK (length(refund_no) BETWEEN 1 AND 64),
	UNIQUE (merchant, refund_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_payment ON refund (payment);

CREATE TRIGGER refund_mirror BEFORE INSERT ON refund
WHEN NOT EXISTS (SELECT 1 FROM payment p JOIN transfer t ON t.id = p.transfer JOIN transfer b ON b.id = NEW.transfer
	JOIN account a ON a.id = t.credit
	WHERE p.id = NEW.payment AND a.party = NEW.merchant AND b.debit = t.credit AND b.credit = t.debit)
BEGIN SELECT RAISE(ABORT, 'a refund goes back the way the payment came'); END;
CREATE TRIGGER refund_total AFTER INSERT ON refund
WHEN (SELECT sum(b.amount) FROM refund r JOIN transfer b ON b.id = r.transfer WHERE r.payment = NEW.payment) >
     (SELECT t.amount FROM payment p JOIN transfer t ON t.id = p.transfer WHERE p.id = NEW.payment)
BEGIN SELECT RAISE(ABORT, 'more given back than was paid'); END;
CREATE TRIGGER refund_keep BEFORE UPDATE ON refund
BEGIN SELECT RAISE(ABORT, 'refunds are only added'); END;
CREATE TRIGGER refund_stay BEFORE DELETE ON refund
BEGIN SELECT RAISE(ABORT, 'refunds are only added'); END;

CREATE TABLE voice_order (
	device	BLOB NOT NULL CHECK (length(device) = 16),
	order_id TEXT NOT NULL CHECK (length(order_id) BETWEEN 1 AND 64),
	content	BLOB NOT NULL CHECK (length(content) = 32),
	payment	TEXT NOT NULL UNIQUE REFERENCES payment,
	time	INTEGER NOT NULL,
	key	INTEGER REFERENCES device_key,	-- that authorised it; NULL: before any did
	PRIMARY KEY (device, order_id)
) STRICT, WITHOUT ROWID;

-- Voice tokens that have paid. A row may go once its token would be refused
-- for its age.
CREATE TABLE voice_token (
	jti	TEXT PRIMARY KEY,
	expires	INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX voice_token_expires ON voice_token (expires);

-- Codes fetched in advance: at most one pool a key is alive, and each code in it
-- is good once, in any order. Serials rise and never come again.
CREATE TABLE pool (
	serial	INTEGER PRIMARY KEY AUTOINCREMENT,
	key	INTEGER NOT NULL UNIQUE REFERENCES device_key,
	not_after INTEGER NOT NULL,
	used	INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND 0x7fff)	-- bit index of each
) STRICT;

-- A code drawn at random by the gateway: an HMAC of it, never the code.
CREATE TABLE online_code (
	number	INTEGER PRIMARY KEY AUTOINCREMENT,
	key	INTEGER NOT NULL UNIQUE REFERENCES device_key,
	mac	BLOB NOT NULL CHECK (length(mac) = 32),
	expires	INTEGER NOT NULL,
	used	INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
) STRICT;

-- Authorisations of calls that are not told apart by a number of their own:
-- seen once, good once. Too old, they are refused for their age.
CREATE TABLE authorisation (
	mac	BLOB PRIMARY KEY CHECK (length(mac) = 32),
	expires	INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX authorisation_expires ON authorisation (expires);

-- What should not happen, and for what a person has to look: once for each
-- key and merchant, with a count, so that nobody can fill the disk with them.
CREATE TABLE alarm (
	id	INTEGER PRIMARY KEY AUTOINCREMENT,
	kind	TEXT NOT NULL CHECK (kind IN ('old-key', 'expired-key', 'old-authorisation')),
	key	INTEGER NOT NULL REFERENCES device_key,
	merchant INTEGER REFERENCES merchant,
	first	INTEGER NOT NULL,
	last	INTEGER NOT NULL,
	count	INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX alarm_one ON alarm (kind, key, coalesce(merchant, 0));

-- What a device is told when it asks. For the party whose key it was: one that
-- a device is given to later does not see them.
CREATE TABLE notification (
	number	INTEGER PRIMARY KEY AUTOINCREMENT,
	device	BLOB NOT NULL CHECK (length(device) = 16),
	party	INTEGER NOT NULL REFERENCES party,
	slot	INTEGER NOT NULL,
	time	INTEGER NOT NULL,
	kind	TEXT NOT NULL CHECK (kind IN ('confirm', 'paid', 'not-paid', 'refunded', 'reversed')),
	ref	TEXT NOT NULL,		-- of a payment, a refund, or what waits
	payee	TEXT NOT NULL,
	amount	INTEGER NOT NULL,
	currency TEXT NOT NULL,
	reason	TEXT,
	expires	INTEGER
) STRICT;
CREATE INDEX notification_device ON notification (device, number);
CREATE INDEX notification_time ON notification (time);

-- Certificates that this gateway's CA made, so that a CRL can name them and a
-- lost answer be given again. One of another maker that was revoked here is in
-- it, too, without its content.
CREATE TABLE certificate (
	serial	BLOB PRIMARY KEY CHECK (length(serial) BETWEEN 1 AND 20),
	spki	BLOB NOT NULL CHECK (length(spki) = 32),
	made	INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	der	BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_spki ON certificate (spki, not_after);
CREATE INDEX certificate_ends ON certificate (not_after);

-- Devices and merchants that are not let in any more: the first bytes of their
-- key's hash, whatever certificates it has or gets.
CREATE TABLE revoked (
	peer	BLOB PRIMARY KEY CHECK (length(peer) = 16),
	since	INTEGER NOT NULL,
	reason	INTEGER NOT NULL		-- RFC 5280 5.3.1
) STRICT, WITHOUT ROWID;
CREATE TRIGGER revoked_keep BEFORE UPDATE ON revoked
BEGIN SELECT RAISE(ABORT, 'a revocation stays'); END;
CREATE TRIGGER revoked_stay BEFORE DELETE ON revoked
BEGIN SELECT RAISE(ABORT, 'a revocation stays'); END;
