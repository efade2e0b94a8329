# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# For tests around gateways that serve; sourced, after ktap.sh.
#
#	own_network "$@"		the whole test once more in a network of its own, unless it is in one
#	serving_dir PREFIX		a directory that is $tmp and the current one; it goes at the end, and what is in $pids, and nginx
#	until_true SECONDS COMMAND..
#	here_run NAME FUNCTION		like ktap_run, but not in a subshell, which would have the gateways that it starts

# So that two runs on one machine do not share a port.
own_network() {
	if [ -z "${VOICEPAY_NETNS-}" ]; then
		if [ "$(id -u)" = 0 ]; then VOICEPAY_NETNS=1 exec unshare --net "$0" "$@"; fi
		VOICEPAY_NETNS=1 exec unshare --user --map-root-user --net "$0" "$@"
	fi
	ip link set lo up
}

serving_dir() {
	pids=
	tmp=$(mktemp -d "/tmp/$1.XXXXXX")
	cd "$tmp" || exit 1
	trap serving_end EXIT
	trap 'exit 1' INT TERM
}

serving_end() {
	# shellcheck disable=SC2086 # a list
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
	[ ! -s nginx/pid ] || kill "$(cat nginx/pid)" 2>/dev/null
	wait
	rm -rf "$tmp"
}

until_true() {
	n=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.05
	done
}

here_run() {
	if "$2" >out.log 2>&1; then
		ktap_ok "$1"
	else
		awk '{ print "# " $0 }' out.log
		ktap_not_ok "$1"
	fi
}
