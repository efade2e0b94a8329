#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ktap: timeout=240
#
# Every kind of payment code, from the device's display to the gateway's ledger:
# bound to an amount, to a merchant and its challenge, shown, drawn online, from
# the pool. Each is good for what it says and for nothing else.

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/helpers/town.sh
. "$(dirname "$0")/town.sh"
# shellcheck source=selftests/helpers/steps.sh
. "$(dirname "$0")/steps.sh"

# code OPTION..: a code into $CODE, its V into $V
code() {
	voicepay code --json --payload "$@" >"$TOWN/code" 2>"$TOWN/code.err" || return
	CODE=$(jq -r .payload "$TOWN/code")
	V=$(jq -r .version "$TOWN/code")
	equals ${#CODE} 24 && equals "${CODE:2:1}" "$V"
}

# paid: the last charge went through, and $PAYMENTS counts it
paid() {
	equals "$RC" 0 && equals "$(jq -r .state "$TOWN/charge")" SUCCESS || return
	PAYMENTS=$((PAYMENTS + 1))
	equals "$(payments)" "$PAYMENTS"
}

waiting() { voicepay confirm --json | jq -e 'length == 1'; }
# asked AMOUNT ORDER-NO: a till charges a shown code and waits; $ID is what the device is asked
asked() {
	code --reveal --new
	charge --code "$CODE" --amount "$1" --order-no "$2" &
	TILL=$!
	must "the device is asked" wait_for 20 waiting
	ID=$(voicepay confirm --json | jq -r '.[0].confirm_id')
}
answered() {
	wait $TILL
	[ "$(jq -r .state "$TOWN/charge")" = SUCCESS ]
	RC=$?
}

no_digits() { ! grep -qE '[0-9]{24}|([0-9]{4} ){5}[0-9]{4}' "$1"; }

ktap_plan 10
town_up || { echo "Bail out! the town cannot be set up"; exit 1; }
trap town_down EXIT
voicepay enrol --ticket "$(ticket)" --slot 0 >"$TOWN/enrol" 2>&1 || { echo "Bail out! $(cat "$TOWN/enrol")"; exit 1; }
PAYMENTS=0

step "plain: the strongest MAC that both sides know"
must "a code" code
must "V is 6, HMAC-SHA-512" equals "$V" 6
must "both modes were granted" sh -c "voicepay status --json | jq -e '.slots[0].modes | contains([1,6])'"
charge --code "$CODE" --amount 1.00 --order-no plain-1
must "paid" paid
end_step "a device whose kernel can do better than V=1 does, without a setting"

step "the digits are hidden: neither on the terminal nor in JSON"
voicepay code --once >"$TOWN/shown" 2>&1
must "shown" equals $? 0
must "no digits in the text" no_digits "$TOWN/shown"
voicepay code --json >"$TOWN/json" 2>&1
must "no digits in the JSON" no_digits "$TOWN/json"
must "it says so" sh -c "jq -e '.revealed == false and has(\"digits\") == false and has(\"payload\") == false' $TOWN/json"
# Somebody who types nothing: an end of input is typed as Ctrl-D, and ends what is looked at.
[ -e "$TOWN/silence" ] || mkfifo "$TOWN/silence"
script -qefc "voicepay code" "$TOWN/typescript.log" <>"$TOWN/silence" >/dev/null 2>&1 &
must "it is drawn on a terminal" wait_for 10 grep -qE "seconds? left" "$TOWN/typescript.log"
pkill -TERM -x voicepay
wait $!
must "no digits on the terminal" no_digits "$TOWN/typescript.log"
must "the terminal's own screen is back" sh -c "tr -d '\\r\\n' <$TOWN/typescript.log | grep -q '\\[?1049l'"
end_step "what cannot be seen cannot be dictated to a swindler"

step "bound to an amount: another amount is refused, this one is paid"
must "a code" code --amount 12.00
must "V" equals "$V" 2
charge --code "$CODE" --amount 12.01 --order-no amount-1
must "another amount" refused_with CODE_EXPIRED
charge --code "$CODE" --amount 12.00 --order-no amount-2
must "this amount" paid
end_step "a merchant who types more than the customer saw gets nothing"

step "bound to a merchant and its challenge: another till's is refused"
must "a code" code --merchant corner-shop --challenge till-7
must "V" equals "$V" 3
charge --code "$CODE" --amount 2.00 --order-no challenge-1
must "without the challenge" refused_with CODE_EXPIRED
charge --code "$CODE" --amount 2.00 --order-no challenge-2 --challenge till-8
must "with another" refused_with CODE_EXPIRED
charge --code "$CODE" --amount 2.00 --order-no challenge-3 --challenge till-7
must "with this" paid
must "a code for somebody else" code --merchant other-shop --challenge till-7
charge --code "$CODE" --amount 2.00 --order-no challenge-4 --challenge till-7
must "somebody else's" refused_with CODE_EXPIRED
end_step "a code that was photographed is worth nothing at any other till"

step "bound to all of it"
must "a code" code --amount 3.00 --merchant corner-shop --challenge till-7
must "V" equals "$V" 4
charge --code "$CODE" --amount 3.01 --order-no all-1 --challenge till-7
must "another amount" refused_with CODE_EXPIRED
charge --code "$CODE" --amount 3.00 --order-no all-2 --challenge till-8
must "another challenge" refused_with CODE_EXPIRED
charge --code "$CODE" --amount 3.00 --order-no all-3 --challenge till-7
must "all of it" paid
end_step "and with a Q of its own, as the step has had other codes"

step "shown: the gateway asks the owner, who says yes or no on the device"
must "a code" code --reveal
must "V" equals "$V" 5
must "its digits are told" equals "$(jq -r .digits "$TOWN/code")" "$CODE"
voicepay code --reveal --once --plain >"$TOWN/shown"
must "in groups" sh -c "head -n 1 $TOWN/shown | grep -qxE '715[0-9] ([0-9]{4} ){4}[0-9]{4}'"
asked 4.00 shown-1
voicepay confirm "$ID" --yes --json >"$TOWN/confirm" 2>&1
must "confirmed: $(tr '\n' ' ' <"$TOWN/confirm")" equals "$(jq -r .state "$TOWN/confirm")" SUCCESS
answered
must "paid" paid
asked 4.00 shown-2
voicepay confirm "$ID" --no --json >"$TOWN/confirm" 2>&1
must "denied: $(tr '\n' ' ' <"$TOWN/confirm")" equals "$(jq -r .state "$TOWN/confirm")" DENIED
answered
must "refused" refused_with DENIED
end_step "digits that were dictated to a swindler still need the device"

step "online: drawn by the gateway, good once"
must "a code" code --online
must "V" equals "$V" 9
charge --code "$CODE" --amount 5.00 --order-no online-1
must "paid" paid
charge --code "$CODE" --amount 5.00 --order-no online-2
must "once" test "$RC" -ne 0
must "nothing moved" equals "$(payments)" "$PAYMENTS"
must "two within a second" code --online
must "two within a second" code --online
end_step "no clock is involved, and no key of the device's but the one that authorises the request"

step "the pool: fifteen codes in advance, which need neither clock nor network"
must "none yet" sh -c "! voicepay code --pool --once"
voicepay pool --json >"$TOWN/pool" 2>&1
must "granted: $(tr '\n' ' ' <"$TOWN/pool")" equals "$(jq -r .pool_left "$TOWN/pool")" 15
cut_device_network
must "a code" code --pool
must "V" equals "$V" 8
FIRST=$CODE
must "again" code --pool
must "the same one" equals "$CODE" "$FIRST"
charge --code "$CODE" --amount 6.00 --order-no pool-1
must "paid" paid
charge --code "$CODE" --amount 6.00 --order-no pool-2
must "each is good once" refused_with CODE_USED
must "the next" code --pool --new
must "is another one" test "$CODE" != "$FIRST"
charge --code "$CODE" --amount 6.00 --order-no pool-3
must "paid, too" paid
for i in $(seq 13); do code --pool --new || break; done
must "fifteen" equals "$i" 13
must "are all" sh -c "! voicepay code --pool --new --once 2>$TOWN/empty"
must "and it says what to do" grep -q "voicepay pool" "$TOWN/empty"
mend_device_network
voicepay pool --due >"$TOWN/pool" 2>&1
must "refilled" sh -c "voicepay status --json | jq -e '.slots[0].pool_left == 15'"
end_step "a device whose clock cannot be trusted pays all the same, fifteen times"

step "what does not fit is refused before anybody is asked"
for options in "--merchant bad/id" "--challenge x" "--currency CNY" "--reveal --amount 1.00" "--online --pool" "--plain"; do
	# shellcheck disable=SC2086 # words
	voicepay code --once $options >"$TOWN/out" 2>&1
	rc=$?
	must "$options: $(tr '\n' ' ' <"$TOWN/out")" equals $rc 2
done
end_step "exit status 2, and a sentence"

step "after all of it the sum is zero, and no code is in a log"
must "sum" equals "$(ledger_sum)" 0
must "no code in a log" sh -c "! grep -rqE '71[0-9]{22}' $TOWN/gateway.log $TOWN/voicepayd.log $TOWN/nginx/"
end_step "$PAYMENTS payments"
ktap_end
