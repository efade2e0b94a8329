#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Gateways that are killed, or that meet each other, on PostgreSQL.
exec "$(dirname "$0")/on_postgres.sh" fleet kill double
