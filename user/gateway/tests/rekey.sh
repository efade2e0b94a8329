#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The master key is changed while two gateways serve and tills charge. Whoever changes it is
# killed again and again on the way, a gateway is too, and tickets are made meanwhile: no till is
# told of it, and at the end nothing is left that the old key opens.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
# shellcheck source=selftests/ktap.sh
. "$top/selftests/ktap.sh"
# shellcheck source=user/gateway/tests/serving.sh
. "$here/serving.sh"
serving_dir vprk

gw() { voicepay-gateway --config "$tmp/conf" "$@"; }
watch() { curl -s --max-time 5 --unix-socket "$1.watch" "http://x$2"; } # NAME PATH
start() { # NAME
	voicepay-gateway --config "$tmp/conf" serve --socket "$tmp/$1" --metrics "$tmp/$1.watch" 2>>"$1.log" &
	echo $! >"$1.pid"
	pids="$pids $!"
	for _ in $(seq 100); do
		[ "$(watch "$1" /readyz)" != ready ] || return 0
		sleep 0.05
	done
	cat "$1.log"
	return 1
}
keys_held() { [ "$(watch "$1" /metrics | awk '$1 == "voicepay_master_keys" { print $2 }')" = "$2" ]; } # NAME N

set_up() {
	printf '[gateway]\nstate = %s/state\n' "$tmp" >conf
	gw init >key && cluster-clients fill conf town 1500 8 2>fill.log && start a && start b
}

under_load() {
	cp state/master.key old.key
	cluster-clients charge town 9000 2 8 0 record "$tmp/a" "$tmp/b" >came &
	tills=$!
	pids="$pids $tills"
	# Killed later each time, wherever it is then.
	cuts=0
	for ms in 0.05 0.2 0.6 1.2 1.8 2.2 2.3 2.4 2.5; do
		voicepay-gateway --config "$tmp/conf" rekey --online --gateways 2 >told 2>>progress &
		changer=$!
		sleep $ms
		if kill -KILL $changer 2>/dev/null; then cuts=$((cuts + 1)); fi
		wait $changer && break
		gw ticket --user user1 >>tickets || return 1
		# One of two: it comes again with both keys.
		if [ $ms = 0.6 ]; then
			kill -KILL "$(cat b.pid)"
			start b || return 1
		fi
	done
	echo "killed $cuts times"
	[ $cuts -ge 3 ] || return 1
	[ -s told ] || gw rekey --online --gateways 2 >told 2>>progress || { tail -n 3 progress a.log; return 1; }
	kill -0 $tills 2>/dev/null || echo "the tills had ended before"
	cat told
	wait $tills || { cat came; return 1; }
	cat came
	jq -e '.paid == 9000 and .other == 0 and .expired == 0' came && cluster-clients check conf record 2
}

# The old key opens nothing, the new one all of it; both gateways hold one key; they and new ones serve.
one_is_left() {
	[ ! -e state/master.key.new ] && ! cmp -s state/master.key old.key || return 1
	until_true 5 keys_held a 1 && until_true 5 keys_held b 1 && [ "$(watch a /readyz) $(watch b /readyz)" = "ready ready" ] || return 1
	mkdir old && cp state/ledger.db* state/gateway.key old/ && cp old.key old/master.key && chmod 700 old && chmod 600 old/* || return 1
	! voicepay-gateway --config conf --state "$tmp/old" ledger 2>err && grep "not the key that this database is sealed under" err || return 1
	[ "$(sqlite3 state/ledger.db "SELECT count(*) FROM meta WHERE name IN ('rekey-online', 'rekey-have', 'rekey-to', 'rekey-done')")" = 0 ] || return 1
	start c || return 1
	# CODE_USED is as good: the code was found genuine, and this step's had been spent.
	for g in a b c; do
		cluster-clients charge town 300 1 4 0 "" "$tmp/$g" >came && jq -e '.paid + .used == 300' came || return 1
	done
	# And once more, with three, in peace.
	gw rekey --online --gateways 3 --json >told && [ "$(jq .keys told)" = 1500 ] || return 1
	cluster-clients charge town 300 1 4 0 "" "$tmp/a" "$tmp/b" "$tmp/c" >came && jq -e '.paid + .used == 300' came
}

# A gateway that has not the key is not sent anybody, and says what it lacks.
one_lacks_it() {
	gw rekey --online --gateways 4 >told 2>&1 &
	changer=$!
	until_true 10 test -s state/master.key.new && until_true 10 keys_held a 2 || return 1
	kill -KILL $changer
	wait $changer
	mv state/master.key.new away
	kill -KILL "$(cat c.pid)"
	if start c >out 2>&1; then return 1; fi
	grep "copy it from the machine where" c.log || return 1
	mv away state/master.key.new
	start c && gw rekey --online --gateways 3 >told && until_true 5 keys_held c 1
}

ktap_plan 4
here_run "two gateways with a town come up" set_up
here_run "changed under load, killed on the way: no till is told of it" under_load
here_run "the old key opens nothing" one_is_left
here_run "a gateway without the key is not ready" one_lacks_it
ktap_end
