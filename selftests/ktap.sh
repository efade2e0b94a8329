# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# KTAP for test scripts (POSIX sh):
#
#	. "$(dirname "$0")/ktap.sh"
#	ktap_plan 3
#	ktap_run "the device is there" test -c /dev/voicepay
#	ktap_ok "said in words"			# or ktap_not_ok "name" "why"
#	ktap_skip "a name" "needs two machines"
#	ktap_end				# exits: 0 all well, 1 not
#
# ktap_run's command runs in a subshell; what it prints becomes diagnostics.

KTAP_N=0
KTAP_FAILED=0
KTAP_PLAN=0

ktap_plan() {
	KTAP_PLAN=$1
	echo "KTAP version 1"
	echo "1..$1"
}

# ktap_skip_all REASON: nothing here can run on this machine.
ktap_skip_all() {
	echo "KTAP version 1"
	echo "1..0 # SKIP $*"
	exit 4
}

# Whether OpenSSL can hand both directions of TLS 1.3 over to the kernel: 3.2 and later.
openssl_hands_over() {
	case $(openssl version) in "OpenSSL 3."[01].*) return 1 ;; esac
}
# Whether it has X25519MLKEM768: 3.5 and later.
openssl_has_hybrid() {
	case $(openssl version) in "OpenSSL 3."[0-4].*) return 1 ;; esac
}
# For tests that cannot do without channels. That they are refused clearly is looked at by handshake.sh.
needs_channels() {
	openssl_hands_over || ktap_skip_all "$(openssl version | cut -d' ' -f1,2) cannot hand TLS 1.3 over to the kernel"
}

ktap_diag() { echo "# $*"; }

ktap_ok() {
	KTAP_N=$((KTAP_N + 1))
	echo "ok $KTAP_N $1"
}

ktap_not_ok() {
	KTAP_N=$((KTAP_N + 1))
	KTAP_FAILED=$((KTAP_FAILED + 1))
	[ -z "${2-}" ] || echo "# $2"
	echo "not ok $KTAP_N $1"
}

ktap_skip() {
	KTAP_N=$((KTAP_N + 1))
	echo "ok $KTAP_N $1 # SKIP $2"
}

# ktap_run NAME COMMAND [ARG..]
ktap_run() {
	ktap_name=$1
	shift
	if ktap_out=$("$@" 2>&1); then
		ktap_ok "$ktap_name"
	else
		ktap_rc=$?
		[ -z "$ktap_out" ] || echo "$ktap_out" | sed 's/^/# /'
		ktap_not_ok "$ktap_name" "exit code $ktap_rc: $*"
	fi
}

ktap_end() {
	if [ "$KTAP_N" != "$KTAP_PLAN" ]; then
		echo "# planned $KTAP_PLAN, ran $KTAP_N"
		exit 1
	fi
	[ "$KTAP_FAILED" = 0 ]
	exit
}
