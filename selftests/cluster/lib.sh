# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Two PostgreSQL servers, of which one is a synchronous standby, and three gateways, each
# in a network namespace of its own on one bridge. Sourced by those who run inside the root,
# in a network namespace that has nothing else in it: no packet leaves the machine.
#
#	cluster_network N		the bridge and N namespaces, gw1 .. gwN
#	primary_start, standby_start	10.77.0.11 and 10.77.0.12
#	standby_promote
#	gateway_start I, gateway_kill I, gateway_cut I, gateway_mend I
#	front_start I			nginx in the namespace: ADDRESS:8080 to the gateway's socket
#	here_run NAME FUNCTION
#	cluster_end

NET=10.77.0
PORT=5432
PG_BIN=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -n 1)
DIR=${CLUSTER_DIR:-/build/cluster}
RUN=/tmp/cluster
URI="postgresql://voicepay@$NET.11:$PORT,$NET.12:$PORT/voicepay?sslmode=disable"

say() { echo "# $*"; }

as_postgres() { runuser -u postgres -- "$@"; }

cluster_network() { # N
	local i
	ip link set lo up
	ip link add vpbr type bridge
	ip addr add $NET.1/24 dev vpbr
	ip addr add $NET.11/24 dev vpbr
	ip addr add $NET.12/24 dev vpbr
	ip link set vpbr up
	mkdir -p /run/netns "$RUN"
	for i in $(seq "$1"); do
		ip netns add "gw$i"
		ip link add "veth$i" type veth peer name eth0 netns "gw$i"
		ip link set "veth$i" master vpbr up
		ip -n "gw$i" addr add "$NET.2$i/24" dev eth0
		ip -n "gw$i" link set eth0 up
		ip -n "gw$i" link set lo up
	done
}

# Durable: what is acknowledged is on the disk of both. The rest is what one would
# set on any small server; the same for whoever is measured on it.
server() { # NAME ADDRESS [OPTION..]
	local name=$1 address=$2
	shift 2
	# A session of its own, so that all of its processes can be killed at once.
	setsid runuser -u postgres -- "$PG_BIN/postgres" -D "$DIR/$name" -c listen_addresses="$address" -c port=$PORT \
		-c unix_socket_directories= -c shared_buffers=256MB -c max_connections=120 \
		-c fsync=on -c full_page_writes=on -c synchronous_commit=on -c wal_level=replica -c max_wal_senders=4 \
		-c max_wal_size=4GB -c wal_keep_size=512MB -c hot_standby=on -c log_min_messages=warning "$@" >>"$RUN/$name.log" 2>&1 &
	echo $! >"$RUN/$name.pid"
	disown	# it is killed, and bash need not say so
}

server_ready() { # ADDRESS
	local i
	for i in $(seq 200); do
		! as_postgres "$PG_BIN/pg_isready" -q -h "$1" -p $PORT || return 0
		sleep 0.1
	done
	tail -n 20 "$RUN"/*.log
	return 1
}

sql() { as_postgres psql -qAtX -v ON_ERROR_STOP=1 -h "${SQL_HOST:-$NET.11}" -p $PORT -U postgres "$@"; }

primary_start() {
	rm -rf "${DIR:?}"
	mkdir -p "$DIR"
	chown postgres "$DIR"
	as_postgres "$PG_BIN/initdb" -D "$DIR/pg1" -A trust -U postgres --no-sync >"$RUN/initdb.log" 2>&1 || { cat "$RUN/initdb.log"; return 1; }
	# Anybody on the bridge, which is ours alone.
	echo "host all all $NET.0/24 trust
host replication all $NET.0/24 trust" >>"$DIR/pg1/pg_hba.conf"
	server pg1 $NET.11 "$@"
	server_ready $NET.11 && sql -c "CREATE ROLE voicepay LOGIN" -c "CREATE DATABASE voicepay OWNER voicepay"
}

# From now on each commit waits until this one has it on its disk.
standby_start() {
	as_postgres "$PG_BIN/pg_basebackup" -h $NET.11 -p $PORT -U postgres -D "$DIR/pg2" -R -X stream -c fast || return 1
	server pg2 $NET.12 -c primary_conninfo="host=$NET.11 port=$PORT user=postgres application_name=s2" -c synchronous_standby_names=
	server_ready $NET.12 && sql -c "ALTER SYSTEM SET synchronous_standby_names = 's2'" -c "SELECT pg_reload_conf()" >/dev/null || return 1
	for _ in $(seq 100); do
		[ "$(sql -c "SELECT sync_state FROM pg_stat_replication")" != sync ] || return 0
		sleep 0.1
	done
	return 1
}

primary_kill() { kill -KILL -- "-$(cat "$RUN/pg1.pid")"; }
standby_promote() { SQL_HOST=$NET.12 sql -c "SELECT pg_promote(true, 60)" >/dev/null; }

gateway_conf() { # prints it
	printf '[gateway]\nstate = %s/state\ndb = %s\nthreads = %s\nlog = json\n' "$RUN" "$URI" "${THREADS:-8}"
}

gateway_start() { # I
	local state=$RUN/state
	[ ! -d "$RUN/state$1" ] || state=$RUN/state$1
	ip netns exec "gw$1" voicepay-gateway --config "$RUN/gateway.conf" --state "$state" serve --socket "$RUN/gw$1.sock" --metrics "$RUN/gw$1.watch" \
		2>>"$RUN/gw$1.log" &
	echo $! >"$RUN/gw$1.pid"
	disown
	local i
	for i in $(seq 200); do
		[ "$(curl -s --max-time 2 --unix-socket "$RUN/gw$1.watch" http://x/readyz)" != ready ] || return 0
		sleep 0.05
	done
	tail -n 5 "$RUN/gw$1.log"
	return 1
}

gateway_kill() { # I [SIGNAL]
	kill "-${2-KILL}" "$(cat "$RUN/gw$1.pid")"
	while kill -0 "$(cat "$RUN/gw$1.pid")" 2>/dev/null; do sleep 0.02; done
}
# No packet in or out, and nobody is told: what a pulled plug looks like.
gateway_cut() { ip link set "veth$1" down; }
gateway_mend() { ip link set "veth$1" up; }

front_start() { # I
	mkdir -p "$RUN/front$1"
	cat >"$RUN/front$1/nginx.conf" <<-END
		user root;
		worker_processes 1;
		pid $RUN/front$1/pid;
		error_log $RUN/front$1/error.log;
		events { worker_connections 512; }
		http {
			access_log off;
			client_body_temp_path $RUN/front$1/body;
			proxy_temp_path $RUN/front$1/proxy;
			fastcgi_temp_path $RUN/front$1/fastcgi;
			uwsgi_temp_path $RUN/front$1/uwsgi;
			scgi_temp_path $RUN/front$1/scgi;
			upstream gateway { server unix:$RUN/gw$1.sock max_fails=0; keepalive 32; }
			server {
				listen $NET.2$1:8080;
				large_client_header_buffers 4 8k;
				keepalive_requests 1000000;
				location / {
					proxy_http_version 1.1;
					proxy_set_header Connection "";
					proxy_pass http://gateway;
				}
			}
		}
	END
	ip netns exec "gw$1" nginx -e "$RUN/front$1/error.log" -c "$RUN/front$1/nginx.conf"
}

# Like ktap_run, and not in a subshell, which would have the processes that it starts.
here_run() {
	if "$2" >"$RUN.out" 2>&1; then
		ktap_ok "$1"
	else
		awk '{ print "# " $0 }' "$RUN.out"
		ktap_not_ok "$1"
	fi
}

cluster_end() {
	local f
	for f in "$RUN"/gw*.pid; do [ ! -s "$f" ] || kill -KILL "$(cat "$f")" 2>/dev/null; done
	for f in "$RUN"/front*/pid; do [ ! -s "$f" ] || kill "$(cat "$f")" 2>/dev/null; done
	for f in "$RUN"/pg?.pid; do [ ! -s "$f" ] || kill -KILL -- "-$(cat "$f")" 2>/dev/null; done
	sleep 0.2
	rm -rf "${DIR:?}"
}
