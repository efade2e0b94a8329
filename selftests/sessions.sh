#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sessions that are continued and channels that are warm, with the real module,
# voicepayd and nginx: each saves time and nothing else, and what is found out about
# a gateway meanwhile counts.
#
# ktap: timeout=400

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/ktap.sh
. "$here/ktap.sh"
needs_channels
# shellcheck source=selftests/helpers/device_side.sh
. "$here/device_side.sh"

T=$(mktemp -d /run/sessions.XXXXXX)
chmod 755 "$T"
CONF=$T/voicepay.conf
TOKEN=$(printf '{"alg":"ES256"}' | base64 -w0 | tr -d =).$(printf '{"sub":"alice"}' | base64 -w0 | tr -d =).c2ln

# An order, whose answer comes after the tickets.
pay() {
	voicepay --config "$CONF" pay --to mama --amount 500 --voice-token "$TOKEN" --order-id good
}

# What nginx said of the last order: "r" for a session that was continued, or "."
paid() { # r|.
	local out
	: >"$T/nginx/access.log"
	out=$(pay 2>&1) || { echo "$out"; return 1; }
	wait_for 20 test -s "$T/nginx/access.log"
	cat "$T/nginx/access.log"
	[ "$(cat "$T/nginx/access.log")" = "$1 SUCCESS POST /v1/voice-pay HTTP/1.1" ]
}

check() { voicepay --config "$CONF" --json check; }

says() { # TEXT COMMAND..
	local text=$1 out
	shift
	out=$("$@" 2>&1)
	echo "$out"
	case $out in *"$text"*) ;; *) echo "does not say: $text"; return 1 ;; esac
}

# In the shell of a test, whose child the daemon is not.
daemon() { cat "$T/daemon.pid"; }
again() { # [PORT [LINE-FOR-DAEMON..]]
	configure "$@" && kill "$(daemon)" && wait_for 50 sh -c "! [ -e $T/sock ]" && daemon_start
}

both() { "$1" "$2" && "$1" "$3"; }

warm() { voicepay --config "$CONF" --json warm "$@"; }
ready() { warm --channels 0 | tr -d '\n' | grep -Eq "\"ready\": $1,.*\"coming\": 0,"; }
hot() { # N: so many channels wait
	warm --channels "$1" >/dev/null && wait_for 100 ready "$1" || { warm --channels 0; tail -n 5 "$T/daemon.log"; return 1; }
}
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

first_then_continued() { paid . && paid r && paid r; }

# A ticket that comes when nobody reads is kept, too.
ticket_of_a_channel_nobody_read() {
	again 8443 && hot 1 && again 8443 && says '"resumed": true' check
}

with_s_server() { # PORT: in full, then continued; a channel says nothing, so the tickets wait for its reader
	again "$1" && hot 1 && says '"resumed": false' check && hot 1 && says '"resumed": true' check
}

no_tickets() {
	again 8472 && hot 1 && check >/dev/null && hot 1 && says '"resumed": false' check
}

other_device() {
	paid r && sed -i 's,device\.,device2.,' "$CONF" && kill -HUP "$(daemon)" && paid . &&
		sed -i 's,device2\.,device.,' "$CONF" && kill -HUP "$(daemon)" && paid r
}

more_cas() {
	cp "$T/pki/ca.pem" "$T/cas.pem"
	sed -i "s,^ca = .*,ca = $T/cas.pem," "$CONF"
	paid r && cat "$T/pki/rogue.pem" >>"$T/cas.pem" && paid .
}

revoked_meanwhile() {
	cp "$T/pki/ca.crl" "$T/now.crl"
	# Which CRLs there are is not what a session is bound to: they are looked at each time.
	TLS="crl = $T/now.crl" again 8443 && pay && paid r || return
	: >"$T/nginx/access.log"
	cp "$T/pki/revoked.crl" "$T/now.crl"
	says 'check: revocation' voicepay --config "$CONF" check && ! [ -s "$T/nginx/access.log" ]
}

warm_is_used() {
	hot 1 && says '"warm": true' check && wait_for 100 ready 1 && says '"warm": true' check
}

pays_over_a_warm_one() {
	hot 1 || return
	: >"$T/daemon.log"
	: >"$T/nginx/access.log"
	pay && wait_for 20 grep -q 'SUCCESS POST' "$T/nginx/access.log" && grep -q 'ok, warm' "$T/daemon.log"
}

dead_ones_go() {
	hot 2 && nginx_stop && wait_for 20 ready 0 && grep -q 'ended by the gateway' "$T/daemon.log" && nginx_up
}

too_many() {
	hot 2 && warm --channels 16 && sleep 1 && ready 2 && [ "$(ss -Htn 'dst 127.0.0.1:8443' | grep -c ESTAB)" = 2 ]
}

sighup_drops_them() {
	hot 1 && sed -i 's,^pin = .*,,' "$CONF" && sed 's,sha256/....,sha256/AAAA,;s/^/pin = /' "$T/pki/pins" >"$T/wrong" &&
		sed -i "/^\[tls\]/r $T/wrong" "$CONF" && kill -HUP "$(daemon)" && says 'check: pin' voicepay --config "$CONF" check
}

crl_drops_them() {
	cp "$T/pki/ca.crl" "$T/now.crl"
	TLS="crl = $T/now.crl" again 8443 && hot 1 || return
	cp "$T/pki/revoked.crl" "$T/new.crl"
	mv "$T/new.crl" "$T/now.crl"
	says 'check: revocation' voicepay --config "$CONF" check
}

old_ones_go() {
	again 8443 'warm-age = 3' 'warm-time = 1' && hot 1 && sleep 4.5 && ready 0 && says '"warm": false' check
}

# Asks all the time, and takes none.
greedy() {
	local n=0
	again 8443 "warm-age = ${SLOWER:-1}" 'allow-user = 65534' || return
	while [ $n -lt 40 ]; do
		as_nobody voicepay --config "$CONF" warm --channels 2 >"$T/out" 2>&1 || break
		sleep 0.5
		n=$((n + 1))
	done
	cat "$T/out"
	grep -q 'nobody took' "$T/out" && hot 1
}

not_for_strangers() {
	says 'check: peer' as_nobody voicepay --config "$CONF" warm
}

# It lives long: what it cannot do it cannot do wrong.
no_tls_in_the_daemon() {
	local me
	me=/proc/$(daemon)
	# the two channels, signals, the listener and the standard three
	hot 2 && grep -q voicepayd "$me/maps" && ! grep -Eq 'libssl|libcrypto' "$me/maps" &&
		[ "$(find "$me/fd" -type l | wc -l)" -le 8 ]
}

bail() { echo "Bail out! $*"; exit 1; }
modprobe -a voicepay tls || bail "no module"
"$here/make-pki" "$T/pki" >"$T/pki.log" 2>&1 || bail "no certificates: $(tail -n 1 "$T/pki.log")"
nginx_up || bail "no nginx: $(cat "$T/nginx/start.log")"
"$here/ask" enrol 0 || bail "no slot"
configure
chmod 644 "$CONF"	# it stays so when it is written anew
daemon_start || bail "voicepayd does not start: $(cat "$T/daemon.log")"

ktap_plan 21
ktap_run "a session is continued, with the device's certificate" first_then_continued
nginx_up || bail "no nginx"
ktap_run "a gateway that has forgotten it makes a full handshake" both paid . r
ktap_run "another device, another session" other_device
ktap_run "other CAs, another session" more_cas
TLS="resume = no" again 8443
ktap_run "the settings may forbid it" both paid . .
ktap_run "a gateway that was revoked since is refused" revoked_meanwhile
again 8443
nginx_up 'ssl_session_tickets off;' 'ssl_session_cache shared:s:1m;' || bail "no nginx"
ktap_run "sessions that the gateway keeps itself" both paid . r
nginx_up 'ssl_session_tickets off;' 'ssl_session_cache none;' || bail "no nginx"
ktap_run "a gateway that keeps none" both paid . .
nginx_up || bail "no nginx"
ktap_run "a ticket that nobody has read is there" ticket_of_a_channel_nobody_read
server full 8471 -cert "$T/pki/server.pem" -key "$T/pki/server.key" -Verify 1
ktap_run "openssl's server" with_s_server 8471
server none 8472 -cert "$T/pki/server.pem" -key "$T/pki/server.key" -Verify 1 -num_tickets 0
ktap_run "openssl's server without tickets" no_tickets

again 8443
ktap_run "a warm channel is used, and replaced" warm_is_used
ktap_run "an order goes over a warm channel" pays_over_a_warm_one
ktap_run "voicepayd has no TLS, and holds descriptors only" no_tls_in_the_daemon
ktap_run "a gateway that goes takes its channels along" dead_ones_go
ktap_run "no more than the settings allow" too_many
ktap_run "new settings, new channels" sighup_drops_them
ktap_run "a new CRL, new channels" crl_drops_them
ktap_run "they do not wait for ever" old_ones_go
ktap_run "who takes none gets no more" greedy
again 8443
ktap_run "strangers cannot have any" not_for_strangers
ktap_end
