#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Keys go into the kernel and do not come back: once a channel has been handed over,
# no process's memory holds a secret of its session. All mappings of all processes
# are searched, by way of /proc/PID/mem, for what the server says that the secrets are;
# only the server itself is left out, which in the world is another machine. That the
# search finds what is there is shown while the handshake process lives.
#
# And nobody takes them on the way: not who holds the channel, by any way to it, and
# not who runs as the user that the handshake process runs as.
#
# ktap: timeout=300

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/ktap.sh
. "$here/ktap.sh"
needs_channels
# shellcheck source=selftests/helpers/device_side.sh
. "$here/device_side.sh"

T=$(mktemp -d /run/memory.XXXXXX)
chmod 755 "$T"
CONF=$T/voicepay.conf
HELD=/run/held_handshake

at_end() {
	mkdir -p "$HELD"
	touch "$HELD/go"
	finish
	rm -rf "$HELD"
}
trap at_end EXIT

# What is called out must be found, all of it, in the process of that number.
finds() { # PID NAME..
	local pid=$1 name
	shift
	sed -n 's/\(found [^ ]* [^ ]* [^ ]*\).*/\1/p' "$T/found" | sort | uniq -c
	for name; do
		grep -q "^found $name [^ ]* $pid " "$T/found" || { echo "not found: $name"; return 1; }
	done
}

search() { # [PID..]: beside the server
	"$here/search_processes" "$T/sought" "$SERVER" "$@" >"$T/found"
}

nothing() {
	grep -v 'unreadable.*\[v' "$T/found"
	# The kernel's own pages of time are nobody's memory; anything else must have been looked at.
	! grep '^unreadable' "$T/found" | grep -vE '\[(vvar|vvar_vclock|vsyscall)\]$' || return
	! grep -q '^found' "$T/found" && tail -n 1 "$T/found" | grep -q '^searched'
}

whole() { # all that the server can tell is there
	local name
	cut -d' ' -f1 "$T/sought" | tr '\n' ' '
	for name in CLIENT_HANDSHAKE_TRAFFIC_SECRET SERVER_HANDSHAKE_TRAFFIC_SECRET CLIENT_TRAFFIC_SECRET_0 \
		CLIENT_TRAFFIC_SECRET_0:key CLIENT_TRAFFIC_SECRET_0:iv SERVER_TRAFFIC_SECRET_0 \
		SERVER_TRAFFIC_SECRET_0:key SERVER_TRAFFIC_SECRET_0:iv EXPORTER_SECRET \
		RESUMPTION_MASTER_SECRET TICKET_PSK_0 TICKET_PSK_1; do
		grep -q "^$name " "$T/sought" || { echo "not there: $name"; return 1; }
	done
}

# A process of its own with a secret in its memory, so that each search shows that it works.
plant() {
	local text
	text=$(head -c 24 /dev/urandom | base64)
	echo "PLANTED $(printf %s "$text" | od -An -tx1 -v | tr -d ' \n')" >>"$T/sought"
	PLANTED=$text sleep 600 >/dev/null 2>&1 3>&- &
	PLANT=$!
	PIDS="$PIDS $PLANT"
}

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# The tries succeed with a process that hides nothing, but not with this one.
spied() { # PID
	local line want
	as_nobody "$here/spy" >"$T/open"
	as_nobody "$here/spy" "$1" >"$T/shut"
	cat "$T/shut"
	[ "$(wc -l <"$T/open")" = "$(wc -l <"$T/shut")" ] || return
	if grep -v ' succeeded$' "$T/open"; then return 1; fi
	while read -r line; do
		case $line in pidfd_getfd:* | process_vm_readv* | kcmp* | ptrace*) want=EPERM ;; *) want=EACCES ;; esac
		[ "${line##* }" = $want ] || { echo "not $want: $line"; return 1; }
	done <"$T/shut"
}

bail() { echo "Bail out! $*"; exit 1; }
modprobe -a voicepay tls || bail "no module"
"$here/make-pki" "$T/pki" >"$T/pki.log" 2>&1 || bail "no certificates: $(tail -n 1 "$T/pki.log")"
mkdir -p "$HELD"
TIMEOUT=$((60 * ${SLOWER:-1})) configure 8470
"$here/keys_server" 8470 "$T/pki/server.pem" "$T/pki/server.key" "$T/pki/ca.pem" "$T/secrets" 2>"$T/server.log" &
SERVER=$!
PIDS="$PIDS $SERVER"
voicepayd() { exec voicepayd --helper "$here/held_handshake" "$@"; }
daemon_start || bail "voicepayd does not start: $(cat "$T/daemon.log")"
mkfifo "$T/app.in"
"$here/hold_channel" "$T/sock" <"$T/app.in" >"$T/app.out" 2>&1 &
APP=$!
PIDS="$PIDS $APP"
exec 3>"$T/app.in"

ktap_plan 9
ktap_run "the handshake process is held with both keys in kernel TLS" wait_for 300 test -s "$HELD/held"
HELPER=$(cat "$HELD/held" 2>/dev/null)
wait_for 100 test -s "$T/secrets" || cat "$T/server.log"
cp "$T/secrets" "$T/sought" || bail "the server has no session: $(cat "$T/server.log")"
ktap_run "every secret of the session is known" whole
search
ktap_run "while it lives, the search finds them in it" finds "$HELPER" CLIENT_TRAFFIC_SECRET_0 SERVER_TRAFFIC_SECRET_0 \
	EXPORTER_SECRET RESUMPTION_MASTER_SECRET CLIENT_TRAFFIC_SECRET_0:key CLIENT_TRAFFIC_SECRET_0:iv

touch "$HELD/go"
ktap_run "the channel carries" wait_for 200 grep -qx 'got hello' "$T/app.out"
wait_for 100 sh -c "! [ -e /proc/$HELPER ]"
plant
search
ktap_run "after the hand-over the search still finds what is planted" finds "$PLANT" PLANTED
sed -i '/^PLANTED/d' "$T/sought"
search
ktap_run "and no process has any secret of the session" nothing
kill -0 $APP && kill -0 $DAEMON
ktap_run "with the app and voicepayd alive" test $? = 0
exec 3>&-
wait $APP
ktap_run "who holds a channel gets no key by it" "$here/take_keys" "$T/sock"
daemon_stop
unset -f voicepayd

# A server that accepts and says nothing: the handshake process waits, with the device's key.
socat -u TCP-LISTEN:8471,bind=127.0.0.1,fork,reuseaddr OPEN:/dev/null 2>/dev/null &
PIDS="$PIDS $!"
TIMEOUT=30 configure 8471
daemon_start
"$here/hold_channel" "$T/sock" </dev/null >/dev/null 2>&1 &
PIDS="$PIDS $!"
wait_for 100 sh -c "grep -q '^Seccomp:	2' /proc/\$(pgrep -x -P $DAEMON voicepay-handsh)/status"
ktap_run "nor who runs as its user by looking into the handshake process" spied "$(pgrep -x -P $DAEMON voicepay-handsh)"
ktap_end
