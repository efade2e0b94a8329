#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ktap: timeout=400
#
# The story: a speaker enrols, pays online by voice, loses its network, pays by a
# code that the till reads from a picture, and what attackers get. Each step
# asserts, and says in one line what happened and why it matters.

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/helpers/town.sh
. "$(dirname "$0")/town.sh"

# shellcheck source=selftests/helpers/steps.sh
. "$(dirname "$0")/steps.sh"

[ -z "${VOICEPAY_DEMO-}" ] || modprobe voicepay

# The digits of a code with one of them raised by one.
with_wrong_digit() { printf '%s%d%s\n' "${1:0:15}" $(((${1:15:1} + 1) % 10)) "${1:16}"; }

ktap_plan 11
[ -z "${VOICEPAY_DEMO-}" ] || echo "Setting up a gateway, a shop and a speaker, each with a network of its own."
town_up || { echo "Bail out! the town cannot be set up"; exit 1; }
trap town_down EXIT

step "enrol: speaker and gateway agree on a key, and none travels"
voicepay enrol --ticket "$(ticket)" --slot 0 --json >"$TOWN/enrol" 2>"$TOWN/enrol.err"
rc=$?
must "enrol failed: $(cat "$TOWN/enrol.err")" equals $rc 0
voicepay status --json >"$TOWN/status"
must "the slot is active" equals "$(jq -r '.slots[0].state' "$TOWN/status")" active
must "the slot has an epoch" equals "$(jq -r '.slots[0].epoch' "$TOWN/status")" 1
end_step "slot 0 is active; the ticket was good for this once, and the key exists in the kernel and in the gateway only"

step "online: \"transfer 500 to mama\" goes over the sealed channel, and the ledger moves once"
token mama 50000 >"$TOWN/token"
before=$(balance alice)
voicepay pay --to mama --amount 500.00 --user alice --voice-token "@$TOWN/token" --order-id story-1 --json \
	>"$TOWN/pay" 2>"$TOWN/pay.err"
rc=$?
must "pay failed: $(cat "$TOWN/pay.err")" equals $rc 0
must "state" equals "$(jq -r .state "$TOWN/pay")" SUCCESS
must "alice paid" equals "$(balance alice)" $((before - 50000))
must "mama got it" equals "$(balance mama)" 50000
voicepay pay --to mama --amount 500.00 --user alice --voice-token "@$TOWN/token" --order-id story-1 --json \
	>"$TOWN/pay2" 2>&1
must "asked again, the same payment" equals "$(jq -r .payment_id "$TOWN/pay2")" "$(jq -r .payment_id "$TOWN/pay")"
must "asked again, moved once" equals "$(balance mama)" 50000
must "one payment" equals "$(payments)" 1
must "the ledger's sum" equals "$(ledger_sum)" 0
end_step "alice -500.00, mama +500.00; sent twice, booked once; the traffic keys were never in the app's process"

step "offline: the speaker's network is cut, and it shows a code all the same"
cut_device_network
must "the network is cut" sh -c "! voicepay pay --to mama --amount 1.00 --user alice --voice-token @$TOWN/token"
voicepay code --slot 0 --json --payload --png-qr "$TOWN/qr.png" --png-barcode "$TOWN/bar.png" >"$TOWN/code" 2>"$TOWN/code.err"
rc=$?
must "code failed: $(cat "$TOWN/code.err")" equals $rc 0
CODE=$(jq -r .payload "$TOWN/code")
must "24 digits" equals ${#CODE} 24
must "scheme 71, and the version that was said" equals "${CODE:0:3}" "71$(jq -r .version "$TOWN/code")"
must "seconds left" sh -c "jq -e '.valid_ms > 0 and .valid_ms <= 30000' $TOWN/code"
[ -z "${VOICEPAY_DEMO-}" ] || voicepay code --slot 0 --once
end_step "the code is computed in the kernel, with a key that the command asking for it cannot see"

step "the till reads the picture and charges: the ledger moves once"
PAYMENTS=$(payments)
before=$(balance alice)
charge --image "$TOWN/bar.png" --amount 12.00 --order-no shop-1
must "charge failed: $(cat "$TOWN/charge.err")" equals $RC 0
must "state" equals "$(jq -r .state "$TOWN/charge")" SUCCESS
must "alice paid" equals "$(balance alice)" $((before - 1200))
must "the shop got it" equals "$(balance "Corner shop")" 1200
must "one payment more" equals "$(payments)" $((PAYMENTS + 1))
charge --image "$TOWN/qr.png" --amount 12.00 --order-no shop-1
must "the same order again gets the first answer" equals $RC 0
must "and moves nothing" equals "$(payments)" $((PAYMENTS + 1))
must "the QR code says the same digits" equals "$(zbarimg -q --raw --nodbus "$TOWN/qr.png")" "$CODE"
end_step "from the digits alone the gateway found the payer, checked and charged 12.00; the same order again is not charged again"
PAYMENTS=$(payments)

step "the same code for another order: CODE_USED"
charge --code "$CODE" --amount 12.00 --order-no shop-2
must "used" refused_with CODE_USED
end_step "a photographed code is worth nothing once it is spent"

step "a wrong digit: found by the check digit, without asking the gateway"
charge --code "$(with_wrong_digit "$CODE")" --amount 12.00 --order-no shop-3
must "misread, at the till" refused_with CODE_MISREAD
charge --code "$(with_wrong_digit "$CODE")" --amount 12.00 --order-no shop-3 --no-local-check
must "misread, at the gateway" refused_with CODE_MISREAD
end_step "a misheard digit cannot become somebody else's payment"

step "a code from an hour ago: CODE_EXPIRED"
OLD=$(voicepay code --slot 0 --new --json --payload | jq -r .payload)
must "a fresh code" equals ${#OLD} 24
date -s '+1 hour' >/dev/null
charge --code "$OLD" --amount 12.00 --order-no shop-4
NOW=$(voicepay status --json | jq -r .now)
LATER=$(date +%s)
date -s '-1 hour' >/dev/null
must "expired" refused_with CODE_EXPIRED
must "the kernel's own clock did not follow" test $((LATER - NOW)) -gt 3500
end_step "an hour later the code is dead; and the clock that moved was the system's: the module's own cannot be set"

step "a server with a certificate for fake-pay.com: refused before a byte of the order is sent"
mend_device_network
impostor_up fake
device_connects_to $IMPOSTOR_IP
voicepay pay --to mama --amount 500.00 --user alice --voice-token "@$TOWN/token" --order-id story-2 --json \
	>"$TOWN/pay" 2>"$TOWN/pay.err"
must "refused" test $? -ne 0
must "the host name is the reason" grep -q "$GATEWAY_NAME" "$TOWN/pay.err"
must "the server was really reached" wait_for 5 test -s "$TOWN/impostor.log"
must "it got nothing" test ! -s "$TOWN/impostor.got"
must "nothing moved" equals "$(payments)" "$PAYMENTS"
impostor_down
end_step "$(tail -n 1 "$TOWN/pay.err")"

step "the same from a CA that nobody trusts, and with a certificate that ended yesterday"
for c in untrusted:CA expired:expired; do
	reason=${c#*:}
	c=${c%:*}
	impostor_up $c
	voicepay pay --to mama --amount 500.00 --user alice --voice-token "@$TOWN/token" --order-id story-2 --json \
		>"$TOWN/pay" 2>"$TOWN/pay.err"
	must "$c refused" test $? -ne 0
	must "$c is the reason" grep -q "$reason" "$TOWN/pay.err"
	must "$c got nothing" test ! -s "$TOWN/impostor.got"
	impostor_down
	tell "$(tail -n 1 "$TOWN/pay.err")"
done
must "nothing moved" equals "$(payments)" "$PAYMENTS"
device_connects_to $GATEWAY_IP
end_step "each check has an error of its own, and none of them lets a byte through"

step "an app that holds a channel asks for its keys: refused"
"$(dirname "$0")/take_keys" "$TOWN/voicepayd.sock" >"$TOWN/keys" 2>&1
rc=$?
must "take_keys: $(tr '\n' ';' <"$TOWN/keys")" equals $rc 0
must "sixteen tries" equals "$(grep -c refused "$TOWN/keys")" 16
end_step "$(head -n 1 "$TOWN/keys")"

step "after all of it: each payment is there once, and the sum is zero"
must "payments" equals "$(payments)" 2
must "sum" equals "$(ledger_sum)" 0
must "alice" equals "$(balance alice)" 48800
must "no secret in a log" sh -c "! grep -rqE '$CODE|$(cat "$TOWN/token")' $TOWN/gateway.log $TOWN/voicepayd.log $TOWN/nginx/"
[ -z "${VOICEPAY_DEMO-}" ] || gateway_ctl ledger
end_step "alice 488.00, mama 500.00, the shop 12.00"

if [ -n "${VOICEPAY_DEMO-}" ]; then
	if [ "$KTAP_FAILED" = 0 ]; then
		printf '\nAll %d steps came out as they should.\n' "$KTAP_N"
	else
		printf '\n%d of %d steps FAILED.\n' "$KTAP_FAILED" "$KTAP_N"
	fi
fi
ktap_end
