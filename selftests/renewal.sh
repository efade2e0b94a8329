#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ktap: timeout=240
#
# A key's life: renewed under itself, renewed again when answers get lost, kept
# through weeks without a network, ended, and begun anew with a ticket. The
# module's clock is moved as a gateway moves it: by an enrolment.

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/helpers/town.sh
. "$(dirname "$0")/town.sh"
# shellcheck source=selftests/helpers/steps.sh
. "$(dirname "$0")/steps.sh"

DAY=86400

epoch() { voicepay status --slot "$1" --json | jq -r '.slots[0].epoch'; }
state() { voicepay status --slot "$1" --json | jq -r '.slots[0].state'; }
code() { voicepay code --slot 0 --json --payload --new | jq -r .payload; }
charged() { # ORDER-NO
	charge --code "$(code)" --amount 1.00 --order-no "$1"
	equals "$RC" 0 && equals "$(jq -r .state "$TOWN/charge")" SUCCESS
}

# The gateway's clock is the machine's; the module follows with its next enrolment.
days_go_by() { date -s "@$(($(date +%s) + $1 * DAY))" >/dev/null; }
module_learns_the_time() { # SLOT
	voicepay enrol --slot "$1" --ticket "$(ticket)" --accept-time >"$TOWN/enrol" 2>&1
}

# Between nginx and the gateway, loses as many answers as $TOWN/lose says.
lossy_up() {
	echo 0 >"$TOWN/lose"
	ip netns exec gw "$TOWN_BIN/lossy" "$TOWN/lossy.sock" "$TOWN/gateway.sock" "$TOWN/lose" \
		>>"$TOWN/lossy.log" 2>&1 &
	LOSSY=$!
	wait_for 10 test -S "$TOWN/lossy.sock" || return
	echo "server unix:$TOWN/lossy.sock max_fails=0;" >"$TOWN/nginx/voicepay-upstream.conf"
	in_gw nginx -c "$TOWN/nginx/nginx.conf" -s reload && sleep 0.5
}

ktap_plan 7
# The certificates must be good on all the days to come.
days_go_by -100
town_up || { echo "Bail out! the town cannot be set up"; exit 1; }
trap 'kill $LOSSY; town_down' EXIT
lossy_up || { echo "Bail out! no lossy relay"; exit 1; }
voicepay enrol --ticket "$(ticket)" --slot 0 --accept-time >"$TOWN/enrol" 2>&1 || { echo "Bail out! $(cat "$TOWN/enrol")"; exit 1; }

step "renewed under its own key, without a ticket"
OLD=$(code)
must "nothing is due yet" sh -c "voicepay rotate --due --json | jq -e '.slots == []'"
must "the epoch" equals "$(epoch 0)" 1
voicepay rotate --json >"$TOWN/rotate" 2>"$TOWN/rotate.err"
must "rotated: $(tr '\n' ' ' <"$TOWN/rotate")" sh -c "jq -e '.slots == [.slots[0]] and .slots[0].rotated' $TOWN/rotate"
must "the epoch rose" equals "$(epoch 0)" 2
must "it pays" charged renewed-1
charge --code "$OLD" --amount 1.00 --order-no renewed-2
must "the old key goes on for five minutes: its code is behind the new one's" test "$RC" -le 1
voicepay rotate --slot 7 >"$TOWN/rotate" 2>&1
must "a slot that is not there" equals $? 1
end_step "the key that was there vouched for the next one; no codes were missed"

step "an answer that gets lost is asked for again, and is the same"
echo 1 >"$TOWN/lose"
voicepay rotate >"$TOWN/rotate" 2>&1
rc=$?
must "rotated: $(tr '\n' ' ' <"$TOWN/rotate")" equals $rc 0
must "it was lost" equals "$(cat "$TOWN/lose")" 0
must "one epoch, not two" equals "$(epoch 0)" 3
must "it pays" charged lost-1
end_step "the gateway had made the key; the second asking got its first answer"

step "all answers lost: the old key goes on, and the next try takes another"
echo 9 >"$TOWN/lose"
voicepay rotate >"$TOWN/rotate" 2>&1
must "told" equals $? 3
must "what to do" grep -q "run this again" "$TOWN/rotate"
must "the epoch stays" equals "$(epoch 0)" 3
must "it pays with the key that it has" charged lost-2
echo 0 >"$TOWN/lose"
voicepay rotate >"$TOWN/rotate" 2>&1
rc=$?
must "then it works: $(tr '\n' ' ' <"$TOWN/rotate")" equals $rc 0
must "the epoch rose" test "$(epoch 0)" -gt 3
must "it pays" charged lost-3
end_step "a key that nobody heard of was overtaken by the next; nothing was harmed"

step "three weeks offline: codes go on, and the timer renews when the network is back"
days_go_by 21
must "the module learns: $(tr '\n' ' ' <"$TOWN/enrol")" module_learns_the_time 1
cut_device_network
must "a code, offline" charged weeks-1
voicepay rotate --due >"$TOWN/rotate" 2>&1
must "no network" equals $? 3
must "it pays still" charged weeks-2
mend_device_network
BEFORE=$(epoch 0)
voicepay rotate --due --jitter 1 --json >"$TOWN/rotate" 2>"$TOWN/rotate.err"
must "slot 0 is due, slot 1 is not: $(tr '\n' ' ' <"$TOWN/rotate")" sh -c "jq -e '[.slots[].slot] == [0]' $TOWN/rotate"
must "the epoch rose" test "$(epoch 0)" -gt "$BEFORE"
must "nothing is due any more" sh -c "voicepay rotate --due --json | jq -e '.slots == []'"
must "it pays" charged weeks-3
end_step "a week is when to renew, and five are how long it may take"

step "six weeks offline: the key has ended, and each command says what to do"
days_go_by 42
must "the module learns: $(tr '\n' ' ' <"$TOWN/enrol")" module_learns_the_time 2
must "expired" equals "$(state 0)" expired
voicepay code --slot 0 --once >"$TOWN/out" 2>&1
must "no code" equals $? 1
must "go online" grep -q "go online" "$TOWN/out"
BEFORE=$(epoch 0)
voicepay rotate --due --json >"$TOWN/rotate" 2>"$TOWN/out"
must "not renewed" equals $? 1
must "both that ended are told" sh -c "jq -e '[.slots[] | select(.error == \"EKEYEXPIRED\") | .slot] == [0, 1]' $TOWN/rotate"
must "with a ticket" grep -q "enrol again with a ticket: voicepay enrol --slot 0" "$TOWN/out"
must "nothing changed" equals "$(epoch 0)" "$BEFORE"
end_step "$(head -n 1 "$TOWN/out")"

step "a ticket begins it anew, in the same slot"
voicepay enrol --slot 0 --ticket "$(ticket)" >"$TOWN/enrol" 2>&1
rc=$?
must "enrolled: $(tr '\n' ' ' <"$TOWN/enrol")" equals $rc 0
must "active" equals "$(state 0)" active
must "the epoch rose" test "$(epoch 0)" -gt "$BEFORE"
must "it pays" charged anew-1
must "and can be renewed" voicepay rotate --slot 0
must "it pays" charged anew-2
end_step "the device's own static key and a fresh ticket; the epoch went on rising"

step "who may not manage the module renews nothing"
BEFORE=$(epoch 0)
setpriv --reuid 65534 --clear-groups voicepay rotate >"$TOWN/rotate" 2>&1
must "refused" test $? -ne 0
must "nothing changed" equals "$(epoch 0)" "$BEFORE"
must "the ledger's sum" equals "$(ledger_sum)" 0
end_step "and after all of it the sum is zero"
ktap_end
