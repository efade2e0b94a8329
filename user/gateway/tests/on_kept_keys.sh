#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# on_kept_keys.sh [TEST..]: those of the gateway's unit tests that charge codes once more, by a
# gateway that keeps keys open ([keys] key-cache): all is as it is without. Whoever calls has
# them on the PATH.

export VPG_TEST_KEY_CACHE=64
[ $# -gt 0 ] || set -- charge refund enrol confirm own modes api certify
exec "$(dirname "$0")/again.sh" "$@"
