# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For the checks of the source: TAP, and a copy of the tree for each that builds.

# shellcheck source=selftests/vm/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"
# shellcheck source=selftests/ktap.sh
. "$TOP/selftests/ktap.sh"
set +e

in_root() { "$VM_DIR/in-root" "$@"; }

# tree NAME: a copy of the checkout, $BUILD/static/NAME, in the root /build/static/NAME.
tree() {
	mkdir -p "$BUILD/static"
	sync_src "$BUILD/static/$1"
}

# verdict NAME RC LOG [BAD]: ok if RC is 0 and no line of LOG matches BAD;
# else shows those lines, or the log's end.
verdict() {
	if [ "$2" = 0 ] && { [ -z "${4-}" ] || ! grep -qE "$4" "$3"; }; then
		ktap_ok "$1"
		return
	fi
	if [ -n "${4-}" ] && grep -qE "$4" "$3"; then
		grep -E -A 4 "$4" "$3" | head -n 80 | sed 's/^/# /'
	else
		tail -n 40 "$3" | sed 's/^/# /'
	fi
	ktap_not_ok "$1"
}
