#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# voicepayd and its handshake process with the real module and real servers:
# what is good works, what is bad is refused by the right check before a byte
# of an order has left, and nobody can wear the daemon out.
#
# ktap: timeout=400

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/ktap.sh
. "$here/ktap.sh"
# shellcheck source=selftests/helpers/device_side.sh
. "$here/device_side.sh"

T=$(mktemp -d /run/handshake.XXXXXX)
chmod 755 "$T"
CONF=$T/voicepay.conf
TOKEN=$(printf '{"alg":"ES256"}' | base64 -w0 | tr -d =).$(printf '{"sub":"alice"}' | base64 -w0 | tr -d =).c2ln
pay() { # ORDER-ID
	voicepay --config "$CONF" pay --to mama --amount 500 --voice-token "$TOKEN" --order-id "$1"
}

# says STATUS TEXT COMMAND..: exits so, and its output holds the text
says() {
	local want=$1 text=$2 out rc=0
	shift 2
	out=$("$@" 2>&1) || rc=$?
	echo "$out"
	[ $rc = "$want" ] || { echo "exit status $rc instead of $want"; return 1; }
	case $out in *"$text"*) ;; *) echo "does not say: $text"; return 1 ;; esac
}

# refused NAME CHECK: the order is refused by that check, and the server saw none of it
refused() {
	says 3 'nothing was sent' pay "order-$1" && says "${3:-1}" "(check: $2)" voicepay --config "$CONF" check &&
		! [ -s "$T/got.$1" ]
}

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
as_group() { setpriv --reuid 65534 --regid 65534 --groups "$@"; }

handshakes() { pgrep -x -P "$DAEMON" voicepay-handsh; }
no_handshakes() { ! handshakes; }

paid_over_the_channel() {
	says 0 'Paid 500.00 CNY to mama' pay good && wait_for 20 grep -q 'SUCCESS POST /v1/voice-pay' "$T/nginx/access.log"
}

shut_in() {
	# The process waits for a server that says nothing: look at it.
	local pid st
	voicepay --config "$CONF" check >/dev/null 2>&1 &
	wait_for 50 handshakes || return
	pid=$(handshakes)
	wait_for 50 grep -q '^Seccomp:	2' "/proc/$pid/status" || { cat "/proc/$pid/status"; return 1; }
	st=$(cat "/proc/$pid/status")
	echo "$st"
	for want in 'NoNewPrivs:	1' 'Uid:	65534	65534	65534	65534' 'Gid:	65534' 'CapEff:	0000000000000000'; do
		case $st in *"$want"*) ;; *) echo "not: $want"; return 1 ;; esac
	done
	grep -q 'VmLck:.* 0 kB' "/proc/$pid/status" && return 1
	grep -Eq 'Max core file size +0 +0' "/proc/$pid/limits" || return
	# Not dumpable: not even its own user may look.
	! as_nobody cat "/proc/$pid/environ" >/dev/null 2>&1 || return
	# nothing but the app, the device, the gateway and the log
	[ "$(find "/proc/$pid/fd" -type l | wc -l)" -le 6 ]
}

killed_helper() {
	local out
	voicepay --config "$CONF" check >"$T/out" 2>&1 &
	out=$!
	wait_for 50 handshakes && kill -KILL "$(handshakes)" || return
	wait $out
	cat "$T/out"
	grep -q 'ended by signal 9.*check: helper' "$T/out"
}

killed_client() {
	voicepay --config "$CONF" check >/dev/null 2>&1 &
	local app=$!
	wait_for 50 handshakes || return
	kill -KILL $app
	wait_for 30 no_handshakes
}

one_too_many() {
	voicepay --config "$CONF" check >/dev/null 2>&1 &
	wait_for 50 handshakes || return
	says 3 'check: busy' voicepay --config "$CONF" check
}

nonsense() {
	printf 'nonsense' | timeout 10 socat -t 2 - "UNIX-CONNECT:$T/sock,type=5" >"$T/out" || return
	grep -aq 'does not understand' "$T/out"
}

nothing_kept() {
	# no TCP socket, no app: signals, listener and the standard three
	ls -l "/proc/$DAEMON/fd"
	[ "$(find "/proc/$DAEMON/fd" -type l | wc -l)" -le 6 ] && ! ss -Htnp | grep -q voicepayd
}

# By this shell itself, whose child the daemon is: ktap_run's is another.
stop_in_the_middle() {
	local app
	voicepay --config "$CONF" check >"$T/out" 2>&1 &
	app=$!
	wait_for 50 handshakes && daemon_stop && wait_for 20 no_handshakes
	STOPPED=$?
	wait $app
}

stopped_with() { # TEXT
	cat "$T/out"
	[ "$STOPPED" = 0 ] && ! [ -e "$T/sock" ] && case $(cat "$T/out") in *"$1"*) ;; *) return 1 ;; esac
}

# As under systemd: the socket is made by another, and passed.
activated() {
	local pid rc=0
	systemd-socket-activate --seqpacket -l "$T/passed" voicepayd --config "$CONF" 2>>"$T/daemon.log" &
	pid=$!
	sed "s,^socket = .*,socket = $T/passed," "$CONF" >"$T/passed.conf"
	wait_for 50 test -S "$T/passed" &&
		says 0 'passed every check' voicepay --config "$T/passed.conf" check || rc=1
	# it became voicepayd, which leaves alone what it did not make
	kill $pid
	wait $pid || rc=1
	[ -S "$T/passed" ] && [ $rc = 0 ]
}

bail() { echo "Bail out! $*"; exit 1; }
modprobe -a voicepay tls || bail "no module"
"$here/make-pki" "$T/pki" >"$T/pki.log" 2>&1 || bail "no certificates: $(tail -n 1 "$T/pki.log")"
nginx_up || bail "no nginx"
# An order goes out only with the word of a slot's key.
"$here/ask" enrol 0 || bail "no slot"
configure
daemon_start || bail "voicepayd does not start: $(cat "$T/daemon.log")"

# Debian 12's OpenSSL knows no way to hand over what it receives. Who tries is told what
# is needed, before anything is sent, and gets no channel.
if ! openssl_hands_over; then
	too_old="cannot hand TLS 1.3 over to the kernel: 3.2 or later is needed"
	ktap_plan 5
	ktap_run "the settings are good" voicepayd --config "$CONF" --check-config
	ktap_run "an OpenSSL that is too old: check says what is needed" says 3 "$too_old" voicepay --config "$CONF" check
	ktap_run "an order is not paid, and why" says 3 "nothing was sent: this OpenSSL" pay old
	ktap_run "no app has a channel" says 3 "$too_old" "$here/take_keys" "$T/sock"
	ktap_run "voicepayd keeps nothing of it" nothing_kept
	ktap_end
fi

ktap_plan 36
ktap_run "the settings are good" voicepayd --config "$CONF" --check-config
ktap_run "a gateway that is right passes every check" \
	says 0 'TLSv1.3, X25519MLKEM768, TLS_AES_256_GCM_SHA384' voicepay --config "$CONF" check
ktap_run "libcurl pays over the channel, with the device's certificate" paid_over_the_channel
ktap_run "an answer to another order is no success" says 3 'not be paid twice' pay other
ktap_run "the channel gives no key away" says 0 refused "$here/take_keys" "$T/sock"
ktap_run "voicepayd keeps nothing of it" nothing_kept

server fake 8450 -cert "$T/pki/fake.pem" -key "$T/pki/fake.key" -Verify 1
daemon_again 8450
ktap_run "a server of another name is refused before a byte of the order" refused fake host
server cn 8451 -cert "$T/pki/cn-only.pem" -key "$T/pki/cn-only.key" -Verify 1
daemon_again 8451
ktap_run "a name in the CN does not count" refused cn host
server untrusted 8452 -cert "$T/pki/untrusted.pem" -key "$T/pki/untrusted.key" -Verify 1
daemon_again 8452
ktap_run "a CA that is not trusted" refused untrusted ca
server expired 8453 -cert "$T/pki/expired.pem" -key "$T/pki/expired.key" -Verify 1
daemon_again 8453
ktap_run "a certificate that has expired" refused expired dates
server anyone 8454 -cert "$T/pki/server.pem" -key "$T/pki/server.key"
daemon_again 8454
ktap_run "a server that takes anybody" refused anyone mutual
server old 8455 -cert "$T/pki/server.pem" -key "$T/pki/server.key" -Verify 1 -tls1_2
daemon_again 8455
ktap_run "a server that has TLS 1.2 only" refused old profile
sed 's,sha256/....,sha256/AAAA,' "$T/pki/pins" >"$T/pins.wrong"
PINS=$T/pins.wrong daemon_again 8443
ktap_run "a key that is not pinned" says 1 'check: pin' voicepay --config "$CONF" check
TLS="crl = $T/pki/ca.crl" daemon_again 8443
ktap_run "a CRL that the gateway is not on" says 0 'passed every check' voicepay --config "$CONF" check
TLS="crl = $T/pki/revoked.crl" daemon_again 8443
ktap_run "a gateway that was revoked" says 1 'check: revocation' voicepay --config "$CONF" check
TLS="staple = required" daemon_again 8443
ktap_run "a gateway without a staple that is required" says 1 'check: revocation' voicepay --config "$CONF" check
daemon_again 8499
ktap_run "nobody listens" refused nobody connect 3
configure 8443
sed -i 's,device.key,device2.key,' "$CONF"
daemon_stop
daemon_start
ktap_run "a key that is not the certificate's" refused nobody device-certificate 3

configure 8443
sed -i 's,device\.,stranger.,' "$CONF"
daemon_stop
daemon_start
ktap_run "a gateway that answers but does not know the device" says 1 "does it know this device's certificate" pay x
server picky 8456 -cert "$T/pki/server.pem" -key "$T/pki/server.key" -Verify 1 -verify_return_error
configure 8456
sed -i 's,device\.,stranger.,' "$CONF"
daemon_stop
daemon_start
ktap_run "a gateway that turns the device away by an alert" says 3 'with a TLS alert' pay x

daemon_again 8443
chmod 644 "$CONF"
ktap_run "a user in no group of the settings" says 1 'check: peer' as_nobody voicepay --config "$CONF" check
daemon_again 8443 "allow-group = audio"
ktap_run "a user in such a group" says 0 'passed every check' as_group audio voicepay --config "$CONF" check
ktap_run "one in another group" says 1 'check: peer' as_group video voicepay --config "$CONF" check
daemon_again 8443 "allow-user = 65534"
ktap_run "a user whom they name" says 0 'passed every check' as_nobody voicepay --config "$CONF" check
ktap_run "nonsense on the socket" nonsense

# A server that accepts and says nothing.
socat -u TCP-LISTEN:8460,bind=127.0.0.1,fork,reuseaddr OPEN:/dev/null 2>/dev/null &
PIDS="$PIDS $!"
wait_for 50 sh -c "ss -Hltn 'src 127.0.0.1:8460' | grep -q ."
TIMEOUT=$((4 * ${SLOWER:-1})) daemon_again 8460
ktap_run "the handshake process is shut in" shut_in
wait_for 200 no_handshakes
ktap_run "an app hears of a handshake process that was killed" killed_helper
ktap_run "a handshake that nobody waits for is ended" killed_client
TIMEOUT=2 daemon_again 8460
ktap_run "a server that says nothing is given up" says 3 'check: timeout' voicepay --config "$CONF" check
TIMEOUT=$((4 * ${SLOWER:-1})) daemon_again 8460 "max-handshakes = 1"
ktap_run "no more handshakes than the settings allow" one_too_many
wait_for 200 no_handshakes
stop_in_the_middle
ktap_run "the daemon ends with an answer for everybody" stopped_with 'voicepayd is stopping'
configure 8443
daemon_start
ktap_run "after all of this it still serves" says 0 'passed every check' voicepay --config "$CONF" check
ktap_run "a socket that systemd passes is used" activated
name="a kernel without TLS gives no channel"
echo 'install tls /bin/false' >/etc/modprobe.d/no-tls.conf
if rmmod tls 2>/dev/null; then
	ktap_run "$name" says 3 'check: ktls' voicepay --config "$CONF" check
else
	ktap_skip "$name" "the module is in use"
fi
rm /etc/modprobe.d/no-tls.conf
modprobe tls
sed -i 's,^pin.*,,' "$CONF"
ktap_run "settings without pins are refused" says 3 'at least two' voicepayd --config "$CONF" --check-config
daemon_stop
STOPPED=$?
: >"$T/out"
ktap_run "it ends cleanly" stopped_with ''
ktap_end
