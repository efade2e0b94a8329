#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# postgres.sh COMMAND [ARG..]: runs COMMAND with VPG_TEST_DB naming a PostgreSQL server
# that is made for it in memory, on a unix socket in a directory of its own, and gone
# afterwards. fsync is on, as the gateway wants no server without. With VPG_TEST_PLAIN=1 it
# looks like one of those that speak PostgreSQL's protocol and have no partitions.

set -eu

[ $# -gt 0 ] || { echo "usage: postgres.sh COMMAND [ARG..]" >&2; exit 2; }
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "postgres.sh: PostgreSQL's server is not installed (package postgresql)" >&2; exit 3; }

dir=$(mktemp -d "${VPG_TEST_DIR:-/tmp}/vpg-pg.XXXXXX")
as() { # as the user who may run the server
	if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --init-groups "$@"; else "$@"; fi
}
[ "$(id -u)" != 0 ] || chown postgres: "$dir"
finish() {
	local rc=$?
	trap - EXIT
	as "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || :
	rm -rf "$dir"
	exit $rc
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

cd /
as "$bin/initdb" -D "$dir/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-instructions >"$dir/log" 2>&1 ||
	{ cat "$dir/log" >&2; exit 3; }
as tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
max_connections = 200
max_prepared_transactions = 0
shared_buffers = ${VPG_TEST_BUFFERS:-128MB}
log_min_messages = fatal
autovacuum = ${VPG_TEST_AUTOVACUUM:-on}
CONF
as "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 start >/dev/null || { cat "$dir/log" "$dir/server.log" >&2; exit 3; }
# Without sight of this table the gateway takes it for a server that has no partitions.
[ -z "${VPG_TEST_PLAIN-}" ] || as psql -qX -h "$dir" -U postgres -c 'REVOKE ALL ON pg_catalog.pg_partitioned_table FROM PUBLIC' template1
# The gateway's role owns its tables and is nobody else.
as psql -qX -h "$dir" -U postgres -c 'CREATE ROLE voicepay LOGIN CREATEDB' -c 'CREATE DATABASE voicepay OWNER voicepay' postgres
VPG_TEST_DB="postgresql://voicepay@/voicepay?host=$dir" VPG_TEST_PG_DIR=$dir "$@"
