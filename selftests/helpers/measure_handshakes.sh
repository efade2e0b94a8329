#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# measure_handshakes.sh COUNT: the guest's side of selftests/vm/handshake-cost. One
# nginx, which staples; channels of each kind, and curl, with the same checks.
# Prints a line for each: its name, and what handshake_cost says.

here=$(cd "$(dirname "$0")" && pwd)
T=$(mktemp -d /run/cost.XXXXXX)
chmod 755 "$T"
URL=https://pay.voicepay.test:8443/v1/time

die() { echo "measure_handshakes: $*" >&2; cat "$T"/*.log >&2; exit 1; }

modprobe -a voicepay tls aesni_intel 2>/dev/null
modprobe -a voicepay tls || die "no module"
"$here/make-pki" "$T/pki" >"$T/pki.log" 2>&1 || die "no certificates"
cd "$T/pki" || exit
serial=$(openssl x509 -in server.pem -noout -serial | cut -d= -f2)
printf 'V\t491231235959Z\t\t%s\tunknown\t/CN=voicepay gateway\n' "$serial" >"$T/index"
openssl ocsp -index "$T/index" -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem -cert server.pem \
	-ndays 5 -noverify -respout "$T/staple.der" >"$T/ocsp.log" 2>&1 || die "no staple"
# curl finds the CA that the staple is from in what the server sends, and nowhere else.
cat server.pem ca.pem >"$T/chain.pem"
mkdir "$T/nginx"
cat >"$T/nginx.conf" <<-END
	user root;
	worker_processes 1;
	pid $T/nginx.pid;
	error_log $T/nginx.log;
	events { }
	http {
		access_log off;
		client_body_temp_path $T/nginx/body;
		proxy_temp_path $T/nginx/proxy;
		fastcgi_temp_path $T/nginx/fastcgi;
		uwsgi_temp_path $T/nginx/uwsgi;
		scgi_temp_path $T/nginx/scgi;
		server {
			listen 127.0.0.1:8443 ssl;
			ssl_protocols TLSv1.3;
			ssl_certificate $T/chain.pem;
			ssl_certificate_key $T/pki/server.key;
			ssl_client_certificate $T/pki/ca.pem;
			ssl_verify_client on;
			ssl_stapling on;
			ssl_stapling_file $T/staple.der;
			location = /v1/time { return 200 '{}'; }
		}
	}
END
nginx -c "$T/nginx.conf" 2>"$T/nginx-start.log" || die "no nginx"
{
	printf '[gateway]\nhost = pay.voicepay.test\naddress = 127.0.0.1\nport = 8443\n'
	printf '[tls]\nca = %s/ca.pem\ncert = %s/device.pem\nkey = %s/device.key\nstaple = required\n' \
		"$T/pki" "$T/pki" "$T/pki"
	sed 's/^/pin = /' pins
	printf '[daemon]\nsocket = %s/sock\n' "$T"
} >"$T/voicepay.conf"
pins=$(sed 's,^sha256/,sha256//,' pins | paste -sd ';')
curl=(/usr/bin/curl --silent --show-error --fail --output /dev/null --tlsv1.3 --cacert ca.pem --cert device.pem --key device.key
	--pinnedpubkey "$pins" --cert-status --resolve pay.voicepay.test:8443:127.0.0.1 "$URL")
"${curl[@]}" 2>"$T/curl.log" || die "curl is refused"

cost() { # NAME WHAT ARG..
	echo "$1 $("$here/handshake_cost" "$2" "$COUNT" "${@:3}" 2>>"$T/cost.log" || echo failed)"
}
COUNT=$1
cost cold cold "$T/voicepay.conf"
cost curl run "${curl[@]}"
cost resumed resumed "$T/voicepay.conf"
voicepayd --config "$T/voicepay.conf" 2>"$T/voicepayd.log" &
until [ -S "$T/sock" ]; do sleep 0.1; done
cost warm warm - "$T/sock"
kill $!
grep -h "^handshake_cost" "$T/cost.log" >&2
nginx -c "$T/nginx.conf" -s stop 2>/dev/null
exit 0
