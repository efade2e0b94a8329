#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# [tls] ocsp-query: real handshakes, and openssl's responder, which is asked
# only if it is needed, and whose answer is held to what a staple is held to.
# Responders that are down, silent, lie, send us elsewhere or do not end.

if [ -z "${VOICEPAY_NETNS-}" ]; then
	[ "$(id -u)" = 0 ] || VOICEPAY_NETNS=1 exec unshare --user --map-root-user --net "$0" "$@"
	VOICEPAY_NETNS=1 exec unshare --net "$0" "$@"
fi
ip link set lo up
# An address that is not this machine's own to a certificate.
ip addr add 10.99.0.1/32 dev lo

. "$VOICEPAY_TOP/selftests/ktap.sh"
needs_channels
T=$(mktemp -d)
chmod 755 "$T"
PIDS=()
finish() {
	for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null; done
	rm -rf "$T"
}
trap finish EXIT
bail() { echo "Bail out! $*"; exit 1; }

"$VOICEPAY_TOP/selftests/pki/make-pki" "$T/pki" >"$T/log" 2>&1 || bail "no certificates"
P=$T/pki
HELPER=$(dirname "$(command -v handshake-unlocked)")/handshake-unlocked

# Gateways: aia names a responder, here does it too, but on this machine itself.
named() { # NAME URL
	openssl req -new -key "$P/server.key" -subj "/CN=voicepay gateway" -out "$T/csr" 2>"$T/log" &&
	openssl x509 -req -in "$T/csr" -CA "$P/ca.pem" -CAkey "$P/ca.key" -days 9 -out "$P/$1.pem" -extfile <(
		echo "basicConstraints=critical,CA:FALSE"
		echo "keyUsage=critical,digitalSignature"
		echo "extendedKeyUsage=serverAuth"
		echo "subjectAltName=DNS:pay.voicepay.test"
		echo "subjectKeyIdentifier=hash"
		echo "authorityKeyIdentifier=keyid"
		echo "authorityInfoAccess=OCSP;URI:$2") 2>"$T/log" || bail "$(cat "$T/log")"
}
named aia http://10.99.0.1:8081/ocsp
named here http://127.0.0.1:8081/ocsp
named secure https://10.99.0.1:8081/ocsp

serial() { openssl x509 -in "$P/$1.pem" -noout -serial | cut -d= -f2; }
index() { # V or R for each
	local n
	for n in aia here server; do
		if [ "$1" = R ]; then
			printf 'R\t391231235959Z\t250101000000Z,keyCompromise\t%s\tunknown\t/CN=voicepay gateway\n' "$(serial $n)"
		else
			printf 'V\t391231235959Z\t\t%s\tunknown\t/CN=voicepay gateway\n' "$(serial $n)"
		fi
	done >"$T/index.$1"
	echo "unique_subject = no" >"$T/index.$1.attr"
}
index V
index R
listens() { for _ in $(seq 100); do ss -Hltn "sport = :$1" | grep -q . && return; sleep 0.1; done; bail "nothing on port $1: $(cat "$T/responder.$1" "$T/gateway.$1" 2>/dev/null)"; }
responder() { # PORT INDEX
	openssl ocsp -port "$1" -index "$T/index.$2" -CA "$P/ca.pem" -rsigner "$P/ca.pem" -rkey "$P/ca.key" -ndays 1 \
		>"$T/responder.$1" 2>&1 &
	PIDS+=($!)
	listens "$1"
}
responder 8081 V
responder 8082 R
# liar PORT COMMAND: what it says to whoever asks, once the question has come
cat >"$T/listen" <<'END'
length=0
while IFS= read -r line && line=${line%$'\r'} && [ -n "$line" ]; do
	case $line in Content-Length:*) length=${line##* } ;; esac
done
head -c "$length" >/dev/null
END
liar() {
	printf '#!/bin/bash\n. %s\n%s\n' "$T/listen" "$2" >"$T/liar.$1"
	chmod +x "$T/liar.$1"
	socat "TCP-LISTEN:$1,fork,reuseaddr" "EXEC:$T/liar.$1" 2>/dev/null &
	PIDS+=($!)
	listens "$1"
}
head -c 40000 /dev/zero >"$T/huge"
openssl ocsp -issuer "$P/ca.pem" -cert "$P/server.pem" -index "$T/index.V" -CA "$P/ca.pem" -rsigner "$P/ca.pem" -rkey "$P/ca.key" \
	-ndays 1 -reqout "$T/ocsp.req" -no_nonce -respout "$T/plain.der" >"$T/log" 2>&1
openssl ocsp -issuer "$P/ca.pem" -cert "$P/server.pem" -url http://127.0.0.1:8081/ -nonce -noverify -respout "$T/nonce.der" >"$T/log" 2>&1
[ -s "$T/plain.der" ] && [ -s "$T/nonce.der" ] || bail "no answers to lie with: $(cat "$T/log")"
say() { # FILE: as an OCSP answer
	echo "printf 'HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: $(stat -c %s "$1")\r\n\r\n'; cat $1"
}
liar 8083 'echo "HTTP/1.0 200 OK"'
liar 8084 'sleep 60'
liar 8085 "printf 'HTTP/1.0 302 Found\r\nLocation: http://10.99.0.1:8081/\r\n\r\n'"
liar 8086 "$(say "$T/huge")"
liar 8087 "$(say "$T/nonce.der")"
liar 8088 "$(say "$T/plain.der")"

gateway() { # PORT CERT [ARG..]
	local port=$1 cert=$2
	shift 2
	openssl s_server -accept "127.0.0.1:$port" -cert "$P/$cert.pem" -key "$P/server.key" -CAfile "$P/ca.pem" \
		-Verify 2 -verify_return_error -tls1_3 -www "$@" >"$T/gateway.$port" 2>&1 &
	PIDS+=($!)
	listens "$port"
}
gateway 9001 server
gateway 9002 aia
gateway 9003 here
gateway 9004 secure
gateway 9005 server -status_file "$T/plain.der"

CHECKS=revocation
. "$VOICEPAY_TOP/user/voicepayd/tests/handshakes.sh"
shake_with() { # PORT [SETTING..]
	local port=$1
	shift
	handshake "$port" device "$P/device.key" "$@"
}
at() { echo "ocsp-responder = http://127.0.0.1:$1/"; }
ASK='ocsp-query = yes'

ktap_plan 17
ktap_run "nobody is asked unless it is configured" good 9001 "$(at 8082)"
ktap_run "good" good 9001 "$ASK" "$(at 8081)"
ktap_run "revoked" bad "was revoked" 9001 "$ASK" "$(at 8082)"
ktap_run "the responder that the certificate names" good 9002 "$ASK"
ktap_run "the settings' one goes first" bad "was revoked" 9002 "$ASK" "$(at 8082)"
ktap_run "a certificate does not send us to this machine" bad "does not answer" 9003 "$ASK"
ktap_run "nor to anything but http" bad "names no OCSP responder" 9004 "$ASK"
ktap_run "no responder at all" bad "names no OCSP responder" 9001 "$ASK"
ktap_run "one that is down" bad "does not answer" 9001 "$ASK" "$(at 8099)"
ktap_run "one that talks nonsense" bad "does not answer" 9001 "$ASK" "$(at 8083)"
# Filters of process PID beyond our own.
filters() { awk '/^Seccomp_filters:/ { n = $2 - n } END { print n }' /proc/self/status "/proc/$1/status" 2>/dev/null; }
silent() {
	local began=$SECONDS shut_in='' shaking p
	bad "does not answer" 9001 "$ASK" "$(at 8084)" &
	shaking=$!
	# One waits for the responder's words, with the filter of the resolver and one that is stricter.
	while [ -z "$shut_in" ] && kill -0 $shaking 2>/dev/null; do
		for p in $(grep -ls '^Name:.handshake-' /proc/[0-9]*/status); do
			p=${p%/status}
			[ "$(filters "${p#/proc/}")" != 2 ] || shut_in=yes
		done
		sleep 0.1
	done
	wait $shaking && [ $((SECONDS - began)) -le 12 ] && [ "$shut_in" ]
}
ktap_run "one that says nothing, in bounded time, and is listened to shut in" silent
ktap_run "one that sends us elsewhere" bad "does not answer" 9001 "$ASK" "$(at 8085)"
ktap_run "one that does not end" bad "does not answer" 9001 "$ASK" "$(at 8086)"
ktap_run "an answer to somebody else's question" bad "another's nonce" 9001 "$ASK" "$(at 8087)"
ktap_run "an answer without a nonce, in date" good 9001 "$ASK" "$(at 8088)"
ktap_run "a good staple: nobody is asked" good 9005 "$ASK" "$(at 8099)"
ktap_run "a CRL that says it: nobody is asked" good 9001 "$ASK" "$(at 8099)" "crl = $P/ca.crl"
ktap_end
