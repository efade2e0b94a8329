# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# The gateway's machine, for tests (sourced, ktap.sh too): settings and nginx's side of it.
#
#	gateway_conf STATE SOCKET PKI	prints gateway.conf; PKI is make-pki's directory
#	nginx_conf DIR CONF ADDRESS:PORT NAME SOCKET PKI
#					fills DIR so that "nginx -c DIR/nginx.conf" serves;
#					CONF is the voicepay.conf that is installed for nginx

gateway_conf() {
	printf '[gateway]\nstate = %s\nsocket = %s\n[voice]\nkey = %s/voice.pub\n' "$1" "$2" "$3"
}

nginx_conf() {
	mkdir -p "$1" || return
	cp "$2" "$1/voicepay.conf" || return
	openssl_has_hybrid || sed -i 's/X25519MLKEM768://' "$1/voicepay.conf" || return
	echo "server unix:$5 max_fails=0;" >"$1/voicepay-upstream.conf"
	cat >"$1/voicepay-site.conf" <<-END
		listen $3 ssl;
		server_name $4;
		ssl_certificate $6/server.pem;
		ssl_certificate_key $6/server.key;
		ssl_client_certificate $6/ca.pem;
	END
	# One machine plays several: what runs as www-data elsewhere is root here.
	cat >"$1/nginx.conf" <<-END
		user root;
		worker_processes 1;
		pid $1/pid;
		error_log $1/error.log;
		events { worker_connections 256; }
		http {
			access_log $1/access.log;
			client_body_temp_path $1/body;
			proxy_temp_path $1/proxy;
			fastcgi_temp_path $1/fastcgi;
			uwsgi_temp_path $1/uwsgi;
			scgi_temp_path $1/scgi;
			include voicepay.conf;
		}
	END
}
