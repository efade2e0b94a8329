#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ktap: timeout=240
#
# What the owner of a device does beside paying by code: pays an order that was
# scanned, reads the statement, is told what happens, sets limits, and keeps
# authenticators for other services.

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/helpers/town.sh
. "$(dirname "$0")/town.sh"
# shellcheck source=selftests/helpers/steps.sh
. "$(dirname "$0")/steps.sh"

# order ORDER-NO: a till makes an order of 7.00 and waits; $ID is what it shows
order() {
	pos order --order-no "$1" --amount 7.00 >"$TOWN/order" 2>"$TOWN/order.err" &
	TILL=$!
	wait_for 10 grep -q "^pay-id" "$TOWN/order.err"
	ID=$(sed -n 's/^pay-id //p' "$TOWN/order.err")
}

code() { voicepay code --json --payload --new | jq -r .payload; }

# same_as_oathtool SLOT BASE32 DIGITS ALGORITHM PERIOD: the slot's code is oathtool's,
# for the step that it is of; PERIOD 0: for the counter
same_as_oathtool() {
	local ours theirs at
	voicepay otp --slot "$1" --json >"$TOWN/otp" || return
	ours=$(jq -r .digits "$TOWN/otp")
	at=$(jq -r .counter "$TOWN/otp")
	if [ "$5" = 0 ]; then
		# oathtool counts with SHA-1 only; steps of a second from 1970 count likewise
		theirs=$(oathtool --totp="$4" -b -d "$3" -s 1s -N "@$at" "$2")
	else
		theirs=$(oathtool --totp="$4" -b -d "$3" -s "$5s" -N "@$((at * $5))" "$2")
		# and the step is that of the module's clock
		local now
		now=$(voicepay status --slot "$1" --json | jq -r .now)
		[ $((now / $5 - at)) -le 1 ] || { echo "step $at at $now"; return 1; }
	fi
	equals "$ours" "$theirs"
}

base32_of() { head -c "$1" /dev/urandom | base32 -w 0; }

ktap_plan 8
town_up || { echo "Bail out! the town cannot be set up"; exit 1; }
trap town_down EXIT
voicepay enrol --ticket "$(ticket)" --slot 0 >"$TOWN/enrol" 2>&1 || { echo "Bail out! $(cat "$TOWN/enrol")"; exit 1; }

step "a merchant's order, scanned: shown, agreed to, paid once"
order scan-1
must "an order: $(cat "$TOWN/order.err")" equals ${#ID} 32
voicepay pay --order "$ID" >"$TOWN/pay" 2>"$TOWN/pay.err" </dev/null
must "without a yes" equals $? 1
must "it says what it would be" grep -q "7.00 CNY to Corner shop" "$TOWN/pay.err"
must "nothing moved" equals "$(payments)" 0
voicepay pay --order "$ID" --yes --json >"$TOWN/pay" 2>"$TOWN/pay.err"
must "paid: $(cat "$TOWN/pay.err")" equals "$(jq -r .state "$TOWN/pay")" SUCCESS
voicepay pay --order "$ID" --yes --json >"$TOWN/pay2" 2>"$TOWN/pay2.err"
must "the till learns it" wait $TILL
must "again, the same payment" equals "$(jq -r .payment_id "$TOWN/pay2")" "$(jq -r .payment_id "$TOWN/pay")"
must "once" equals "$(payments)" 1
end_step "7.00 to the shop, with the kernel's word for this order, payee and amount"

step "without the kernel's word nothing is paid"
order scan-2
voicepay lock --slot 0 >/dev/null
voicepay pay --order "$ID" --yes --json >"$TOWN/pay" 2>"$TOWN/pay.err"
must "refused" equals $? 1
must "by the module" equals "$(jq -r .error "$TOWN/pay")" EKEYREVOKED
voicepay unlock --slot 0 >/dev/null
kill $TILL
must "nothing moved" equals "$(payments)" 1
end_step "$(tail -n 1 "$TOWN/pay.err")"

step "told as it happens, and what was missed later"
voicepay notifications --json >"$TOWN/notes" 2>"$TOWN/notes.err"
must "the payment is told: $(cat "$TOWN/notes.err")" sh -c "jq -e '.[-1] | .kind == \"paid\" and .amount == 700' $TOWN/notes"
LAST=$(jq -r '.[-1].number' "$TOWN/notes")
voicepay notifications --json --follow --since "$LAST" >"$TOWN/follow" 2>"$TOWN/follow.err" &
FOLLOW=$!
sleep 1
charge --code "$(code)" --amount 8.00 --order-no follow-1
must "charged" equals $RC 0
must "told within seconds" wait_for 5 grep -q '"amount":800' "$TOWN/follow"
kill $FOLLOW
wait $FOLLOW
must "one line each" sh -c "jq -es 'length == 1' $TOWN/follow"
must "nothing twice" sh -c "voicepay notifications --json --since $LAST | jq -e 'length == 1'"
end_step "by a question that the gateway keeps open until there is something to say"

step "the statement, newest first"
pos refund --order-no follow-1 --refund-no follow-1-r --amount 3.00 >"$TOWN/refund" 2>"$TOWN/refund.err"
must "refunded: $(cat "$TOWN/refund.err")" equals "$(jq -r .state "$TOWN/refund")" REFUND
voicepay statement --json >"$TOWN/statement" 2>"$TOWN/statement.err"
must "three entries: $(cat "$TOWN/statement.err")" sh -c "jq -e '[.[] | \"\(.kind) \(.amount)\"] == [\"refund 300\", \"payment 800\", \"payment 700\"]' $TOWN/statement"
voicepay statement --limit 2 >"$TOWN/page" 2>&1
must "a page says how to go on" grep -q -- "--before $(jq -r '.[1].id' "$TOWN/statement")" "$TOWN/page"
must "and that goes on" sh -c "voicepay statement --json --before $(jq -r '.[1].id' "$TOWN/statement") | jq -e 'length == 1 and .[0].amount == 700'"
end_step "amounts in minor units for programs, as 7.00 CNY for people"

step "limits that the owner sets: a code above them does not pay"
voicepay limits --per-payment 9.00 --confirm-above 5.00 --json >"$TOWN/limits" 2>"$TOWN/limits.err"
must "set: $(cat "$TOWN/limits.err")" sh -c "jq -e '.per_payment == 900 and .confirm_above == 500' $TOWN/limits"
must "shown" sh -c "voicepay limits | grep -q '9.00 CNY'"
charge --code "$(code)" --amount 9.01 --order-no limit-1
must "above one payment" equals "$(jq -r .error "$TOWN/charge")" OVER_LIMIT
charge --code "$(code)" --amount 5.01 --order-no limit-2 --wait 1
must "above, the device is asked, and nobody answers" test "$RC" -ne 0
must "nothing was paid" sh -c "voicepay statement --json | jq -e '[.[].amount] | index(501) == null'"
charge --code "$(code)" --amount 5.00 --order-no limit-3
must "below, it is paid" equals "$(jq -r .state "$TOWN/charge")" SUCCESS
end_step "and the kernel's word is needed to change them"

step "authenticators by time: twelve random keys give oathtool's codes"
for i in $(seq 12); do
	SECRET=$(base32_of $((10 + RANDOM % 54)))
	DIGITS=$((6 + RANDOM % 3))
	HASH=$(shuf -n 1 -e SHA1 SHA256 SHA512)
	PERIOD=$((5 + RANDOM % 86))
	printf 'otpauth://totp/Example:alice?secret=%s&algorithm=%s&digits=%d&period=%d\n' "$SECRET" "$HASH" $DIGITS \
		$PERIOD | voicepay otp add --uri - --slot $((20 + i)) >"$TOWN/add" 2>&1
	rc=$?
	must "imported: $(cat "$TOWN/add")" equals $rc 0
	must "slot $((20 + i)), $HASH, $DIGITS digits, $PERIOD s, $SECRET" \
		same_as_oathtool $((20 + i)) "$SECRET" $DIGITS "$HASH" $PERIOD
done
end_step "parsed in userspace, computed in the kernel, compared with another implementation"

step "and by counter: each call takes the next number"
for HASH in SHA1 SHA256 SHA512; do
	SECRET=$(base32_of 20)
	printf 'otpauth://hotp/x?secret=%s&algorithm=%s&counter=41&digits=7' "${SECRET,,}" $HASH >"$TOWN/uri"
	voicepay otp add --uri "$TOWN/uri" --json >"$TOWN/add" 2>"$TOWN/add.err"
	rc=$?
	must "imported: $(cat "$TOWN/add")" equals $rc 0
	SLOT=$(jq -r .slot "$TOWN/add")
	for n in 41 42 43; do
		must "number $n" same_as_oathtool "$SLOT" "$SECRET" 7 $HASH 0
		must "number $n" equals "$(jq -r .counter "$TOWN/otp")" $n
	done
done
cat >"$TOWN/key.xml" <<-'END'
	<?xml version="1.0" encoding="UTF-8"?>
	<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"><KeyPackage>
	<Key Id="token-1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp"><Issuer>Bank</Issuer>
	<AlgorithmParameters><ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters>
	<Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>
	<Counter><PlainValue>0</PlainValue></Counter></Data></Key></KeyPackage></KeyContainer>
END
voicepay otp add --pskc "$TOWN/key.xml" --slot 60 >"$TOWN/add" 2>&1
rc=$?
must "a PSKC file: $(cat "$TOWN/add")" equals $rc 0
# RFC 4226, appendix D
for want in 755224 287082 359152; do
	must "RFC 4226's $want" equals "$(voicepay otp --slot 60 --json | jq -r .digits)" $want
done
end_step "three hashes, and RFC 4226's own vectors from a PSKC file"

step "what went in does not come out, and goes in once"
printf 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' >"$TOWN/uri"
voicepay otp add --uri "$TOWN/uri" --slot 60 >"$TOWN/add" 2>&1
must "a slot with a key" equals $? 1
must "it says so" grep -q "holds a key already" "$TOWN/add"
voicepay otp add --uri "$TOWN/uri" --slot 0 >"$TOWN/add" 2>&1
must "a payment slot" equals $? 1
must "still pays" equals "$(code | tr -d '\n' | wc -c)" 24
must "an authenticator pays nothing" sh -c "! voicepay code --slot 60 --once"
must "a payment slot is no authenticator" sh -c "! voicepay otp --slot 0 --once"
printf 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1' >"$TOWN/uri"
voicepay otp add --uri "$TOWN/uri" --slot 61 >"$TOWN/add" 2>&1
must "a secret with a 1" equals $? 2
must "no slot is left behind" sh -c "! voicepay status --slot 61 >/dev/null 2>&1"
must "no secret in the message" sh -c "! grep -q GEZDG $TOWN/add"
must "not from the command line" sh -c "! voicepay otp add --uri otpauth://totp/x?secret=GEZDGNBV 2>/dev/null"
end_step "and nothing of it is on a command line, in a message or in a status"
ktap_end
