# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Boots of the machine that the packages are installed on, as nested KTAP:
#
#	boots TEST..	one boot each, in which selftests/packages/guest runs TEST;
#			"prepare TEST" is called before it, if there is such a
#			function, and sets the array HARDWARE to QEMU's options

# shellcheck disable=SC2034 # for those who source this
KERNEL_ARGS="root=LABEL=voicepay-root rw console=ttyS0 quiet loglevel=5 panic=-1 secretmem.enable=1 mitigations=off no_timer_check"

tmp=$(mktemp -d)
job=
trap '[ -z "$job" ] || kill $job 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 143' INT TERM HUP

power_on() { # TEST
	local rc=0
	"$PKG/qemu" "$WORK/tpm" "$tmp/$1" "${HARDWARE[@]}" >"$tmp/$1.out" 2>&1 &
	job=$!
	wait $job || rc=$?
	job=
	for f in console journal; do cp "$tmp/$1/$f" "$WORK/$1.$f"; done
	# Firmware speaks on each line that it finds.
	tr -d '\r' <"$tmp/$1/out" | sed -n '/^KTAP version/,$p' | sed '/^guest: end/d'
	grep -q '^guest: end' "$tmp/$1/out" && return
	echo "# the guest did not come to its end ($rc); the console's last lines:"
	sed 's/^/# /' "$tmp/$1.out"
	tail -n 40 "$tmp/$1/console" | tr -d '\r' | sed 's/^/# /'
	echo "Bail out!"
}

boots() {
	local t n=0 failed=0
	echo "KTAP version 1"
	echo "1..$#"
	for t; do
		n=$((n + 1))
		echo "  KTAP version 1"
		echo "  # Subtest: $t"
		prepare "$t"
		power_on "$t" >"$tmp/tap"
		sed '/^KTAP version/d; s/^/  /' "$tmp/tap"
		if grep -qE '^(not ok|Bail out)' "$tmp/tap" || ! grep -q '^1\.\.' "$tmp/tap"; then
			echo "not ok $n $t"
			failed=1
		else
			echo "ok $n $t"
		fi
	done
	return $failed
}
