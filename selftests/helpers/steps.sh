# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Stories told in steps (sourced by bash, after ktap.sh and town.sh). Each step
# asserts, and says in one line what happened and why it matters.
#
#	step NAME		what it is about, before it runs
#	must DESCRIPTION COMMAND..	the first that fails fails the step
#	end_step TEXT		what it came to
#	equals A B, contains TEXT PART
#	pos COMMAND ARG..	voicepay-pos at the shop
#	charge ARG..		pos charge; sets RC, the answer is in $TOWN/charge
#	refused_with ERROR	of the last charge, which left the ledger and $PAYMENTS alone

# In the demonstration the same results are told to a person.
if [ -n "${VOICEPAY_DEMO-}" ]; then
	# shellcheck disable=SC2034 # ktap_end, in ktap.sh, compares
	ktap_plan() { KTAP_PLAN=$1; }
	ktap_ok() { KTAP_N=$((KTAP_N + 1)); }
	ktap_not_ok() {
		KTAP_N=$((KTAP_N + 1))
		KTAP_FAILED=$((KTAP_FAILED + 1))
		printf '    \033[31mFAILED\033[0m: %s\n' "$2"
	}
fi

step() {
	STEP=$1
	WHY=
	[ -z "${VOICEPAY_DEMO-}" ] || printf '\n\033[1m%2d. %s\033[0m\n' $((KTAP_N + 1)) "$STEP"
}

tell() {
	if [ -n "${VOICEPAY_DEMO-}" ]; then
		printf '    %s\n' "$*"
	else
		ktap_diag "$*"
	fi
}

must() {
	local what=$1
	shift
	[ -z "$WHY" ] || return 0
	"$@" >"$TOWN/must" 2>&1 || WHY="$what; $* $(head -c 300 "$TOWN/must" | tr '\n' ' ')"
}

end_step() {
	if [ -z "$WHY" ]; then
		tell "$1"
		ktap_ok "$STEP"
	else
		ktap_not_ok "$STEP" "$WHY"
		tail -n 5 "$TOWN"/*.log "$TOWN"/nginx/*.log 2>/dev/null | sed 's/^/#   /'
	fi
}

equals() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }
contains() { case $1 in *"$2"*) ;; *) echo "\"$1\" does not say \"$2\""; return 1 ;; esac; }
refused_with() {
	equals "$RC" 1 && equals "$(jq -r .error "$TOWN/charge")" "$1" &&
		equals "$(payments)" "$PAYMENTS" && equals "$(ledger_sum)" 0
}

pos() {
	local command=$1
	shift
	in_shop voicepay-pos "$command" --json --gateway https://$GATEWAY_NAME --cacert "$TOWN/pki/ca.pem" \
		--cert "$TOWN/pki/merchant.pem" --key "$TOWN/pki/merchant.key" "$@"
}

charge() {
	pos charge "$@" >"$TOWN/charge" 2>"$TOWN/charge.err"
	RC=$?
}
