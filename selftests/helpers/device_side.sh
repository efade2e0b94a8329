# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # those who source it set T and CONF, and read DAEMON
#
# The device's machine, for tests (sourced): voicepayd with settings of its own,
# and servers made of openssl. T is their directory, with make-pki's in T/pki; CONF the
# settings. What runs is ended, and T removed, when the test ends.

PIDS=

finish() {
	local p
	# Its master alone must not be killed: the workers would keep the port.
	if [ -s "$T/nginx.pid" ]; then
		p=$(cat "$T/nginx.pid")
		kill -TERM "$p" 2>/dev/null
		wait_for 50 sh -c "! kill -0 $p" || :
	fi
	for p in $PIDS $(cat "$T"/*.pid 2>/dev/null); do kill -KILL "$p" 2>/dev/null; done
	wait 2>/dev/null
	rm -rf "$T"
}
trap finish EXIT

wait_for() { # TENTHS COMMAND..
	local n=$1
	shift
	until "$@" >/dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.1
	done
}

configure() { # [PORT [LINE-FOR-DAEMON..]]
	local port=${1:-8443} line
	[ $# = 0 ] || shift
	{
		printf '[gateway]\nhost = pay.voicepay.test\naddress = 127.0.0.1\nport = %s\n' "$port"
		printf '[tls]\nca = %s/pki/ca.pem\ncert = %s/pki/device.pem\nkey = %s/pki/device.key\n' \
			"$T" "$T" "$T"
		while read -r line; do echo "pin = $line"; done <"${PINS:-$T/pki/pins}"
		[ -z "${TLS-}" ] || echo "$TLS"
		printf '[daemon]\nsocket = %s/sock\ntimeout = %s\n' "$T" "${TIMEOUT:-10}"
		for line; do echo "$line"; done
	} >"$CONF"
}

daemon_start() {
	# Not the output of the test, which would not end before the daemon does.
	voicepayd --config "$CONF" >/dev/null 2>>"$T/daemon.log" &
	DAEMON=$!
	echo $DAEMON >"$T/daemon.pid"
	wait_for 50 test -S "$T/sock"
}

daemon_stop() {
	kill "$DAEMON"
	wait "$DAEMON"
}

daemon_again() { configure "$@" && daemon_stop && daemon_start; }

# server NAME PORT ARG..: what arrives inside its TLS goes to $T/got.NAME
server() {
	local name=$1 port=$2
	shift 2
	[ -e "$T/silence" ] || mkfifo "$T/silence"
	openssl s_server -accept "127.0.0.1:$port" -quiet -CAfile "$T/pki/ca.pem" "$@" \
		<>"$T/silence" >"$T/got.$name" 2>"$T/$name.log" &
	echo $! >"$T/$name.pid"
	PIDS="$PIDS $!"
	wait_for 50 sh -c "ss -Hltn 'src 127.0.0.1:$port' | grep -q ."
}
