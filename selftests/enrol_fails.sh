#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Enrolments that fail, one way each: the slot must be as it was, a slot made
# for the enrolment must be gone again, and a key that was there must go on.
#
# ktap: timeout=180

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/ktap.sh
. "$here/ktap.sh"
# shellcheck source=selftests/helpers/town.sh
. "$here/town.sh"

modprobe voicepay || { echo "Bail out! no module"; exit 1; }
voicepay wipe --yes >/dev/null
town_up >&2 || { echo "Bail out! the town does not come up"; exit 1; }

BOGUS=000102030405060708090a0b0c0d0e0f1011121314151617

# What a failed enrolment must not change; the module's clock goes on.
slots() { voicepay status --json | jq -c .slots; }

# fails STATUS TEXT COMMAND..: says so, and the slots are as before
fails() {
	local want=$1 text=$2 before out rc=0
	shift 2
	before=$(slots)
	out=$("$@" 2>&1) || rc=$?
	echo "$out"
	[ "$rc" = "$want" ] || { echo "exit status $rc instead of $want"; return 1; }
	case $out in *"$text"*) ;; *) echo "does not say: $text"; return 1 ;; esac
	[ "$(slots)" = "$before" ] || { echo "was $before"; echo "is  $(slots)"; return 1; }
}

enrolled() { [ "$(voicepay status --slot "$1" --json | jq -r '.slots[0].state, .slots[0].epoch' | xargs)" = "active $2" ]; }
enrol_well() { voicepay enrol --ticket "$1" --slot 0 && enrolled 0 "$2"; }
serves() { voicepay code --slot 0 --once; }

# A gateway that gives message 1 of the slot to nobody: nginx without it.
lost_gateway() {
	gateway_stop
	fails 3 'try again with the same ticket' voicepay enrol --ticket "$TICKET" "$@"
	local rc=$?
	gateway_start
	return $rc
}

no_network() {
	cut_device_network
	fails 3 'no channel to the gateway' voicepay enrol --ticket "$TICKET" "$@"
	local rc=$?
	mend_device_network
	return $rc
}

TICKET=$(ticket)
ktap_plan 12
ktap_run "a ticket that nobody gave out" fails 1 'refused' voicepay enrol --ticket $BOGUS
ktap_run "the same for a slot by number" fails 1 'refused' voicepay enrol --ticket $BOGUS --slot 5
ktap_run "a slot number that is too high" fails 1 'there is no slot of this number' voicepay enrol --ticket "$TICKET" --slot 65535
ktap_run "not root" fails 1 'only root' setpriv --reuid 65534 --clear-groups voicepay enrol --ticket "$TICKET"
ktap_run "no network" no_network
ktap_run "a gateway that does not answer" lost_gateway
ktap_run "then it works, with the same ticket" enrol_well "$TICKET" 1
ktap_run "a ticket that is used up" fails 1 'refused' voicepay enrol --ticket "$TICKET" --slot 0
TICKET=$(ticket)
ktap_run "enrolled, and no network" no_network --slot 0
ktap_run "enrolled, and a gateway that does not answer" lost_gateway --slot 0
ktap_run "through all of this the key serves" serves
ktap_run "and can be renewed" enrol_well "$TICKET" 2
town_down >/dev/null 2>&1
ktap_end
