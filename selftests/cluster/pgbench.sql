-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What a charge writes, and nothing of what it reads: the watermark, the transfer with both
-- balances, the payment, the code's row, the order, the notice; in one transaction and, as the
-- gateway sends it, without waiting in between. Numbers rise with each client, as the
-- gateway's do with time. The watermark stays what it is, or the next round's codes were used: a row is written all the same.
\set n :n + 1
\set key random(:key_low, :key_high)
\set debit random(:debit_low, :debit_high)
\set credit 1 + :client_id
\set ordinal :n * 100 + :client_id
\startpipeline
BEGIN ISOLATION LEVEL READ COMMITTED;
UPDATE device_key SET watermark = watermark WHERE id = :key;
WITH t AS (INSERT INTO transfer (id, debit, credit, currency, amount, time)
	SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT) * 2097152 + nextval('transfer_number') % 2097152,
		:debit, :credit, a.currency, 1, extract(epoch FROM now())::bigint FROM account a WHERE a.id = :debit RETURNING id),
b AS (UPDATE account SET balance = balance + CASE WHEN id = :debit THEN -1 ELSE 1 END WHERE id IN (:debit, :credit)),
s AS (INSERT INTO spent (key, ordinal) VALUES (:key, :ordinal))
INSERT INTO payment (id, kind, transfer, key, ordinal)
	SELECT :prefix::text || lpad(:client_id::text, 4, '0') || lpad(:n::text, 20, '0'), 'code', t.id, :key, :ordinal FROM t;
INSERT INTO merchant_order (merchant, order_no, kind, amount, currency, code, state, payment, time)
	VALUES (:credit, 'b' || :client_id::text || '-' || :n::text, 'code', 1, 'CNY', sha256(:n::text::bytea), 'SUCCESS',
		:prefix::text || lpad(:client_id::text, 4, '0') || lpad(:n::text, 20, '0'), extract(epoch FROM now())::bigint);
INSERT INTO notification (device, party, slot, time, kind, ref, payee, amount, currency)
	VALUES (substr(sha256(:key::text::bytea), 1, 16), :debit, 0, extract(epoch FROM now())::bigint, 'paid',
		:prefix::text || lpad(:client_id::text, 4, '0') || lpad(:n::text, 20, '0'), 'shop', 1, 'CNY');
COMMIT;
\endpipeline
