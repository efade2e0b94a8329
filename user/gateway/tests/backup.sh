#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rehearsal of a restore: copies are taken while tills charge; the gateway is then
# killed and its database lost, and a copy is put in its place. The clients are those of
# selftests/cluster.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
# shellcheck source=selftests/ktap.sh
. "$top/selftests/ktap.sh"
# shellcheck source=user/gateway/tests/serving.sh
. "$here/serving.sh"
serving_dir vpbk
pid=''

gw() { voicepay-gateway --config "$tmp/conf" "$@"; }
start() {
	voicepay-gateway --config "$tmp/conf" serve 2>>log &
	pid=$!
	pids="$pids $pid"
	for _ in $(seq 100); do
		[ "$(curl -s --unix-socket watch http://x/readyz)" != ready ] || return 0
		sleep 0.05
	done
	cat log
	return 1
}
stop() {
	kill "-${1-TERM}" "$pid"
	wait "$pid"
	pid=
}
sum_is_zero() { [ "$(gw ledger --json | jq .sum)" = 0 ]; }
refused() { # CODE TEXT COMMAND..
	want=$1 text=$2
	shift 2
	got=$("$@" 2>&1)
	rc=$?
	[ $rc = "$want" ] || { echo "exit code $rc, not $want: $got"; return 1; }
	case $got in *"$text"*) ;; *) echo "no \"$text\" in: $got"; return 1 ;; esac
}

set_up() {
	printf '[gateway]\nstate = %s/state\nsocket = %s/sock\nmetrics = %s/watch\nlog-requests = none\n' "$tmp" "$tmp" "$tmp" >conf
	gw init >key && cluster-clients fill conf town 300 8 2>fill.log && start
}

# What was acknowledged before the copy was begun is in it; it adds up; nobody had to wait for it.
while_tills_charge() {
	cluster-clients charge town 2500 2 8 0 record "$tmp/sock" >came &
	tills=$!
	n=0
	while kill -0 $tills 2>/dev/null && [ $n -lt 5 ]; do
		curl -s --unix-socket watch http://x/metrics | awk '$1 == "voicepay_payments_booked_total" { print $2 }' >"before.$n"
		gw backup --json "copy.$n" >"told.$n" || return 1
		n=$((n + 1))
	done
	wait $tills || return 1
	cat came
	jq -e '.paid == 2500 and .resent == 0' came || return 1
	[ $n -ge 3 ] || { echo "only $n copies"; return 1; }
	i=0
	while [ $i -lt $n ]; do
		[ "$(stat -c %a "copy.$i")" = 600 ] && mkdir "old.$i" && cp "copy.$i" "old.$i/ledger.db" && cp state/*.key "old.$i/" &&
		chmod 700 "old.$i" && has=$(voicepay-gateway --config conf --state "$tmp/old.$i" payments --json | jq length) &&
		[ "$has" -ge "$(cat "before.$i")" ] || { echo "copy $i: $has of $(cat "before.$i") payments"; return 1; }
		[ "$(voicepay-gateway --config conf --state "$tmp/old.$i" ledger --json | jq .sum)" = 0 ] || return 1
		i=$((i + 1))
	done
	refused 1 "another name" gw backup copy.0
}

# Killed while it checks the copy, with a log beside it: the next one of that name is not damaged by it, and nothing is left.
killed() {
	for n in 1 2 3 4 5 6 7 8 9 10; do
		voicepay-gateway --config "$tmp/conf" backup cut >/dev/null 2>&1 &
		b=$!
		while [ ! -e cut.part-wal ] && kill -0 $b 2>/dev/null; do :; done
		kill -KILL $b 2>/dev/null
		wait $b
		[ ! -e cut.part-wal ] || break
		rm -f cut
	done
	[ -e cut.part ] && [ -e cut.part-wal ] || { echo "never caught at it"; return 1; }
	# Of this very moment: a log that holds a page of another file.
	head -c 4096 /dev/urandom >>cut.part-wal
	gw backup cut >told && sqlite3 cut 'PRAGMA integrity_check' | grep -q '^ok$' || { cat told; return 1; }
	! ls cut.* 2>/dev/null
}

# What is refused, and changes nothing.
not_this_one() {
	refused 3 "in use" gw restore --replace copy.0 || return 1
	stop KILL
	refused 1 "--replace" gw restore copy.0 || return 1
	head -c 30000 copy.0 >short.db
	refused 3 "" gw restore --replace short.db && echo nonsense >junk && refused 3 "" gw restore --replace junk || return 1
	# Somebody has made a payer rich.
	cp copy.0 forged && sqlite3 forged "UPDATE account SET balance = balance + 1 WHERE id = 20" &&
	refused 3 "does not add up" gw restore --replace forged || return 1
	mkdir other && voicepay-gateway --config conf --state "$tmp/other" init >/dev/null && chmod 700 other || return 1
	refused 3 "master.key is not the key" voicepay-gateway --config conf --state "$tmp/other" restore --replace copy.0 &&
	sum_is_zero && [ "$(gw payments --json | jq length)" = 2500 ]
}

# The newest copy is lost, an old one is put back; what was used since is not good again.
used_codes_stay_used() {
	start || return 1
	gw backup last >/dev/null || return 1
	gw ticket --user user1 >ticket
	# Codes of this step and, as its clock may be ahead, of the next, spent after the copy.
	# Not near its end; nor at its beginning, as the next test waits for it.
	while [ $(($(date +%s) % 30)) -lt 12 ] || [ $(($(date +%s) % 30)) -gt 20 ]; do sleep 1; done
	cluster-clients codes town 20 20 0 >codes && cluster-clients codes town 40 20 30 >>codes || return 1
	cluster-clients spend town after "$tmp/sock" <codes >spent || return 1
	[ "$(grep -c SUCCESS spent)" = 40 ] || { cat spent; return 1; }
	gw device revoke --device "$(cluster-clients device town 7)" --reason key-compromise >/dev/null || return 1
	stop KILL
	cp -a state killed
	# Of a restore that was cut short.
	for end in '' -wal -shm -journal; do head -c 4096 /dev/urandom >"state/ledger.db.restoring$end"; done
	gw restore --replace last >told || { cat told; return 1; }
	cat told
	! ls state/*restoring* 2>/dev/null && grep -q "1 revocations were taken over" told && sum_is_zero && [ "$(gw payments --json | jq length)" = 2500 ] || return 1
	start || return 1
	# By the same shop under new numbers, and by another: each of them is refused.
	cluster-clients spend town again "$tmp/sock" <codes >spent || return 1
	[ "$(grep -c CODE_USED spent)" = 40 ] || { echo "good again:"; sort spent | uniq -c; return 1; }
	[ "$(sqlite3 state/ledger.db 'SELECT count(*) FROM ticket WHERE used IS NULL')" = 0 ] &&
	[ "$(sqlite3 state/ledger.db 'SELECT count(*) FROM revoked')" = 1 ] &&
	[ "$(sqlite3 state/ledger.db "SELECT min(seq) >= 1000000000 FROM sqlite_sequence WHERE name IN ('pool', 'online_code', 'notification')")" = 1 ]
}

# And then it goes on: the next time steps' codes are good.
goes_on() {
	cluster-clients codes town 20 20 60 >codes && sleep $((31 - $(date +%s) % 30)) &&
	cluster-clients spend town on "$tmp/sock" <codes >spent || return 1
	[ "$(grep -c SUCCESS spent)" = 20 ] || { sort spent | uniq -c; return 1; }
	sum_is_zero && [ "$(gw payments --json | jq length)" = 2520 ] && stop
}

# ledger.db alone is lost after a kill, and not the log beside it: what that has would be written over the copy.
lost_alone() {
	rm killed/ledger.db && [ -s killed/ledger.db-wal ] && cp killed/ledger.db-wal was || { ls -l killed; return 1; }
	head -c 4096 /dev/urandom >killed/ledger.db-journal
	voicepay-gateway --config conf --state "$tmp/killed" restore last >told || { cat told; return 1; }
	sqlite3 killed/ledger.db 'PRAGMA integrity_check' | grep -q '^ok$' &&
	[ "$(voicepay-gateway --config conf --state "$tmp/killed" payments --json | jq length)" = 2500 ] &&
	[ "$(sqlite3 killed/ledger.db "SELECT count(*) FROM revoked")" = 0 ] || { echo "the old log is in it"; return 1; }
	cmp was killed/ledger.db.replaced-wal && [ -e killed/ledger.db.replaced-journal ] || { ls -l killed; return 1; }
	# And what was moved aside is not written over the next time.
	rm killed/ledger.db* 2>/dev/null
	cp was killed/ledger.db.replaced-wal && echo log >killed/ledger.db-wal &&
	refused 3 "from another time" voicepay-gateway --config conf --state "$tmp/killed" restore last &&
	cmp was killed/ledger.db.replaced-wal && ! ls killed/*restoring* 2>/dev/null
}

# Accident: an operator repairs the gateway as root at night, and it cannot read its own keys and books any more.
by_root() {
	rm -f state/ledger.db.replaced*
	chmod 711 "$tmp" && gw backup state/copy >/dev/null && gw restore --replace state/copy >/dev/null && gw rekey && gw export state/all || return 1
	others=$(find state ! -uid "$other" -printf '%p of %U ')
	[ -z "$others" ] || { echo "not the gateway's: $others"; return 1; }
	setpriv --reuid "$other" --regid "$other" --clear-groups "$(command -v voicepay-gateway)" --config "$tmp/conf" ledger --json >told &&
	[ "$(jq .sum told)" = 0 ]
}

ktap_plan 8
here_run "a gateway with a town comes up" set_up
here_run "copies while tills charge: whole, and nobody waits" while_tills_charge
here_run "killed: nothing is left for the next one" killed
here_run "damaged, forged and foreign copies are refused" not_this_one
here_run "an old copy is put back: what was used stays used" used_codes_stay_used
here_run "and payments go on" goes_on
here_run "a log that was left alone is not written over the copy" lost_alone
other=$(id -u daemon)
if chown -R "$other:$other" state 2>/dev/null; then
	here_run "what root repairs is still the gateway's" by_root
else
	ktap_skip "what root repairs is still the gateway's" "who runs this cannot give files away"
fi
ktap_end
