#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# test_gateway_lookup on PostgreSQL: with LONG=1 ten million keys, ten gigabytes below
# VPG_TEST_DIR, which are gone afterwards.
VPG_TEST_BUFFERS=${VPG_TEST_BUFFERS:-2GB} exec "$(dirname "$0")/on_postgres.sh" lookup
