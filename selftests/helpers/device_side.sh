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
	local n=$(($1 * ${SLOWER:-1}))
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

# A gateway of nginx alone, which says yes to the order "good". CHAIN: what it sends besides its
# certificate is in that file, too.
nginx_conf() { # LINE..: into the server's block
	cat <<-END
		user root;
		worker_processes 1;
		pid $T/nginx.pid;
		error_log $T/nginx/error.log;
		events { }
		http {
			log_format who '\$ssl_session_reused \$ssl_client_verify \$request';
			access_log $T/nginx/access.log who;
			client_body_temp_path $T/nginx/body;
			proxy_temp_path $T/nginx/proxy;
			fastcgi_temp_path $T/nginx/fastcgi;
			uwsgi_temp_path $T/nginx/uwsgi;
			scgi_temp_path $T/nginx/scgi;
			server {
				listen 127.0.0.1:8443 ssl;
				ssl_protocols TLSv1.3;
				ssl_certificate ${CHAIN:-$T/pki/server.pem};
				ssl_certificate_key $T/pki/server.key;
				ssl_client_certificate $T/pki/ca.pem;
				ssl_verify_client on;
				$(printf '%s\n' "$@")
				default_type application/json;
				location = /v1/voice-pay {
					return 200 '{"state":"SUCCESS","payment_id":"p1","order_id":"good","amount":50000,"currency":"CNY","payee":"mama","time":1}';
				}
			}
		}
	END
}

nginx_stop() {
	[ -s "$T/nginx.pid" ] || return 0
	kill "$(cat "$T/nginx.pid")"
	wait_for 50 sh -c "! ss -Hltn 'src 127.0.0.1:8443' | grep -q ."
}

nginx_up() {
	nginx_stop
	mkdir -p "$T/nginx"
	nginx_conf "$@" >"$T/nginx/nginx.conf"
	nginx -c "$T/nginx/nginx.conf" 2>"$T/nginx/start.log"
}
