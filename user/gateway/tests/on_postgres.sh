#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# on_postgres.sh [TEST..]: the gateway's unit tests once more, on PostgreSQL: one server for
# all of them. Whoever calls has them on the PATH.

here=$(cd "$(dirname "$0")" && pwd)

if [ -z "${VPG_TEST_DB-}" ]; then
	if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
		echo "1..0 # SKIP PostgreSQL's server is not installed (package postgresql)"
		exit 0
	fi
	exec "$here/postgres.sh" "$0" "$@"
fi
[ $# -gt 0 ] || set -- charge refund enrol confirm own modes jwt api http certify move db key_cache
exec "$here/again.sh" "$@"
