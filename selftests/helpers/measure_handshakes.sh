#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# measure_handshakes.sh COUNT: the guest's side of selftests/vm/handshake-cost. One
# nginx, which staples; channels of each kind, and curl, with the same checks.
# Prints a line for each: its name, and what handshake_cost says.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/helpers/device_side.sh
. "$here/device_side.sh"
T=$(mktemp -d /run/cost.XXXXXX)
chmod 755 "$T"
CONF=$T/voicepay.conf
URL=https://pay.voicepay.test:8443/v1/time

die() { echo "measure_handshakes: $*" >&2; cat "$T"/*.log "$T"/nginx/*.log >&2; exit 1; }

modprobe -a voicepay tls aesni_intel 2>/dev/null
modprobe -a voicepay tls || die "no module"
"$here/make-pki" "$T/pki" >"$T/pki.log" 2>&1 || die "no certificates"
cd "$T/pki" || exit
serial=$(openssl x509 -in server.pem -noout -serial | cut -d= -f2)
printf 'V\t491231235959Z\t\t%s\tunknown\t/CN=voicepay gateway\n' "$serial" >"$T/index"
openssl ocsp -index "$T/index" -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem -cert server.pem \
	-ndays 5 -noverify -respout "$T/staple.der" >"$T/ocsp.log" 2>&1 || die "no staple"
# curl finds the CA that the staple is from in what the server sends, and nowhere else.
CHAIN=$T/chain.pem
cat server.pem ca.pem >"$CHAIN"
nginx_up 'ssl_stapling on;' "ssl_stapling_file $T/staple.der;" 'access_log off;' \
	"location = /v1/time { return 200 '{}'; }" || die "no nginx"
TLS='staple = required'
configure
pins=$(sed 's,^sha256/,sha256//,' pins | paste -sd ';')
curl=(/usr/bin/curl --silent --show-error --fail --output /dev/null --tlsv1.3 --cacert ca.pem --cert device.pem --key device.key
	--pinnedpubkey "$pins" --cert-status --resolve pay.voicepay.test:8443:127.0.0.1 "$URL")
"${curl[@]}" 2>"$T/curl.log" || die "curl is refused"

cost() { # NAME WHAT ARG..
	echo "$1 $("$here/handshake_cost" "$2" "$COUNT" "${@:3}" 2>>"$T/cost.log" || echo failed)"
}
COUNT=$1
cost cold cold "$CONF"
cost curl run "${curl[@]}"
cost resumed resumed "$CONF"
daemon_start || die "no voicepayd"
cost warm warm - "$T/sock"
daemon_stop
grep -h "^handshake_cost" "$T/cost.log" >&2
exit 0
