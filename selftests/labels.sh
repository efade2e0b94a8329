#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A channel under a security module: AppArmor mediates it as a socket of the family
# kcm, by the policy of who uses it, whoever sealed it. A confined app with that family
# allowed pays; one without it does not get the channel, though all of TCP is
# allowed to it; and its policy binds it for the channel's file, however it came to it.
#
# ktap: timeout=180

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/ktap.sh
. "$here/ktap.sh"
needs_channels
# shellcheck source=selftests/helpers/device_side.sh
. "$here/device_side.sh"

T=$(mktemp -d /run/labels.XXXXXX)
chmod 755 "$T"
CONF=$T/voicepay.conf

bail() { echo "Bail out! $*"; exit 1; }
[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || ktap_skip_all "this kernel has no AppArmor"
command -v apparmor_parser >/dev/null || ktap_skip_all "apparmor_parser is not installed"
mountpoint -q /sys/kernel/security || mount -t securityfs securityfs /sys/kernel/security || bail "no securityfs"
modprobe -a voicepay tls || bail "no module"
"$here/make-pki" "$T/pki" >"$T/pki.log" 2>&1 || bail "no certificates: $(tail -n 1 "$T/pki.log")"

# confine NAME RULE..: $T/NAME is hold_channel under a profile with these network rules
confine() {
	local name=$1 rule
	shift
	cp "$here/hold_channel" "$T/$name"
	{
		echo "profile $name $T/$name {"
		echo "file,"
		echo "unix,"
		echo "signal,"
		for rule; do echo "$rule,"; done
		echo "}"
	} >"$T/$name.profile"
	apparmor_parser --replace --skip-cache "$T/$name.profile"
}

carries() {
	says 0 'got hello' "$1" "$T/sock" </dev/null
}

# says STATUS TEXT COMMAND..: exits so, and its output holds the text
says() {
	local want=$1 text=$2 out rc=0
	shift 2
	out=$(timeout 60 "$@" 2>&1) || rc=$?
	echo "$out"
	[ $rc = "$want" ] || { echo "exit status $rc instead of $want"; return 1; }
	case $out in *"$text"*) ;; *) echo "does not say: $text"; return 1 ;; esac
}

denied() { # NAME
	local rc=0 before
	before=$(dmesg | wc -l)
	timeout 60 "$T/$1" "$T/sock" </dev/null || rc=$?
	dmesg | tail -n +$((before + 1)) | grep 'apparmor="DENIED"' >"$T/denied" ||
		{ echo "nothing was denied, exit status $rc"; return 1; }
	cat "$T/denied"
	[ $rc != 0 ] && grep -q "profile=\"$1\".*family=\"kcm\"" "$T/denied"
}

lines_back() { # a server that answers each line
	"$here/keys_server" 8480 "$T/pki/server.pem" "$T/pki/server.key" "$T/pki/ca.pem" "$T/secrets" 2>"$T/server.log" &
	PIDS="$PIDS $!"
	wait_for 50 sh -c "ss -Hltn 'src 127.0.0.1:8480' | grep -q ."
}

TIMEOUT=30 configure 8480
lines_back || bail "no server: $(cat "$T/server.log")"
daemon_start || bail "voicepayd does not start: $(cat "$T/daemon.log")"
confine with-kcm "network unix" "network kcm stream" || bail "no profile"
confine without-kcm "network unix" "network inet stream" "network inet6 stream" || bail "no profile"

ktap_plan 4
ktap_run "an app that nothing confines pays" carries "$here/hold_channel"
ktap_run "one that may use the family kcm pays" carries "$T/with-kcm"
ktap_run "one that may use TCP alone does not, and it is told why" denied without-kcm
ktap_run "voicepayd goes on" carries "$here/hold_channel"
ktap_end
