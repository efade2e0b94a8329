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

# on_each COMMAND FILE..: a result for each file of the tree, ok if COMMAND, which has it
# as $1, succeeds and says nothing. All in one visit to the root; a file that is not told
# of there was not looked at.
on_each() {
	local cmd=$1 log f said
	log=$BUILD/static/$(basename "$0").log
	shift
	mkdir -p "$BUILD/static"
	# shellcheck disable=SC2016 # expanded in there
	printf '%s\n' "$@" | in_root "${EACH_OPTS[@]}" -b "$TOP:/top" env COMMAND="$cmd" sh -c '
		cd /top && exec xargs -d "\n" -P "$(nproc)" -n 1 sh -c "
			said=\$(eval \"\$COMMAND\" 2>&1 </dev/null); rc=\$?
			printf \"=== %s %s\n%s\n\" \$rc \"\$1\" \"\$said\"" each' >"$log" 2>&1
	ktap_plan $#
	for f; do
		said=$(awk -v f="$f" '/^=== [0-9]+ / { on = substr($0, 6 + length($2)) == f; if (on) print "exit code", $2; next }
			on && NF' "$log")
		if [ "$said" = "exit code 0" ]; then
			ktap_ok "$f"
		else
			sed 's/^/# /' <<<"${said:-not looked at}"
			ktap_not_ok "$f"
		fi
	done
	ktap_end
}
EACH_OPTS=()
