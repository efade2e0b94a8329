#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# on_plain_postgres.sh [TEST..]: those of the gateway's unit tests that book, export and import once
# more, on a server without partitions, which some of those that speak PostgreSQL's protocol are:
# there is one table each of what otherwise has one a month.

export VPG_TEST_PLAIN=1
[ $# -gt 0 ] || set -- charge refund confirm move db
exec "$(dirname "$0")/on_postgres.sh" "$@"
