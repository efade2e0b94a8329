#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What an operator does to a gateway that runs: watches it, changes its settings, takes
# it down without losing a request, has systemd hold its sockets, puts nginx in front of
# two of them and kills one. The real nginx, as in integration.sh.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
# shellcheck source=selftests/ktap.sh
. "$top/selftests/ktap.sh"
# shellcheck source=user/gateway/tests/serving.sh
. "$here/serving.sh"
own_network "$@"
# shellcheck source=selftests/helpers/gateway_side.sh
. "$top/selftests/helpers/gateway_side.sh"
PATH=$PATH:$top/selftests/pki:/usr/sbin:/sbin
serving_dir vpop
chmod 755 "$tmp"
port=18444
url=https://pay.voicepay.test:$port

gw() { voicepay-gateway --config "$tmp/gateway.conf" "$@"; }

# start NAME [ARG..]: a gateway with its sockets NAME.sock and NAME.watch; its process in NAME.pid
start() {
	name=$1
	shift
	# Not by gw, as the process would be the shell's.
	voicepay-gateway --config "$tmp/gateway.conf" serve --socket "$tmp/$name.sock" --metrics "$tmp/$name.watch" "$@" 2>>gateway.log &
	echo $! >"$name.pid"
	pids="$pids $!"
	for _ in $(seq 200); do
		[ "$(watch "$name" /readyz)" != ready ] || return 0
		sleep 0.05
	done
	cat gateway.log
	return 1
}
watch() { curl -s --max-time 5 --unix-socket "$1.watch" "http://x$2"; } # NAME PATH
metric() { watch "$1" /metrics | awk -v m="$2" 'index($0, m " ") == 1 { print $NF }'; } # NAME SERIES
# stop NAME [SIGNAL]: and its exit code
stop() {
	kill "-${2-TERM}" "$(cat "$1.pid")" && wait "$(cat "$1.pid")"
}
is() { # WANT COMMAND..: the command's output
	want=$1
	shift
	got=$("$@" 2>&1)
	[ "$got" = "$want" ] || { echo "wanted: $want"; echo "got: $got"; return 1; }
}
# call WHO PATH [CURL-ARG..]: "STATUS ERROR-OR-STATE"
call() {
	who=$1 path=$2
	shift 2
	curl -sS --max-time 20 -D headers -o answer -w '%{http_code}' --cacert pki/ca.pem --connect-to "::127.0.0.1:" \
		--cert "pki/$who.pem" --key "pki/$who.key" "$@" "$url$path" && echo " $(jq -r '.error // .state // "-"' answer)"
}
# direct NAME [CURL-ARG..] PATH: as the till, past nginx
direct() {
	name=$1
	shift
	curl -sS --max-time 20 --unix-socket "$name.sock" -H "X-Client-Cert: $till" "$@"
}
charge() { # ORDER CODE AMOUNT [CURL-ARG..]
	b="{\"order_no\":\"$1\",\"code\":\"$2\",\"amount\":$3,\"currency\":\"CNY\"}"
	shift 3
	call merchant /v1/merchant/charge -H 'Content-Type: application/json' -d "$b" "$@"
}
code() { gateway-device code dev "$1" "$2"; }
fresh_step() { while [ $(($(date +%s) % 30)) -gt 20 ]; do sleep 1; done; }
payments() { gw payments --json | jq length; }
sum_is_zero() { [ "$(gw ledger --json | jq .sum)" = 0 ]; }

set_up() {
	make-pki "$tmp/pki" && gateway_conf "$tmp/state" "$tmp/a.sock" "$tmp/pki" >gateway.conf &&
	printf '[gateway]\nlog-requests = all\n' >>gateway.conf && gw init >key &&
	gw user add --name alice --balance 1000.00 && gw merchant add --name shop --id shop.till-1 --cert pki/merchant.pem || return 1
	nginx_conf "$tmp/nginx" "$top/user/gateway/nginx.conf" 127.0.0.1:$port pay.voicepay.test "$tmp/a.sock" "$tmp/pki" || return 1
	# Two on one machine, as voicepay-upstream.conf has it.
	{
		echo "server unix:$tmp/a.sock max_fails=0;"
		echo "server unix:$tmp/b.sock max_fails=0;"
	} >nginx/voicepay-upstream.conf
	till=$(sed ':a;N;$!ba;s/\n/%0A/g; s/ /%20/g; s/+/%2B/g; s/\//%2F/g; s/=/%3D/g' pki/merchant.pem)
	device=$(sed ':a;N;$!ba;s/\n/%0A/g; s/ /%20/g; s/+/%2B/g; s/\//%2F/g; s/=/%3D/g' pki/device.pem)
	start a && nginx -e "$tmp/nginx/error.log" -c "$tmp/nginx/nginx.conf" &&
	gateway-device enrol dev $url 127.0.0.1 pki device "$(cat key)" "$(gw ticket --user alice)"
}

# Each number is where it belongs, and nobody is named.
metrics() {
	fresh_step
	was=$(metric a voicepay_payments_booked_total)
	c=$(code 0 0)
	is "200 SUCCESS" charge m1 "$c" 100 && is "200 SUCCESS" charge m1 "$c" 100 &&
	is "409 CODE_USED" charge m2 "$c" 100 || return 1
	watch a /metrics >text
	awk -f "$here/exposition.awk" text || return 1
	is $((was + 1)) metric a voicepay_payments_booked_total &&
	is 2 metric a 'voicepay_requests_total{call="POST /v1/merchant/charge",outcome="ok"}' &&
	is 1 metric a 'voicepay_requests_total{call="POST /v1/merchant/charge",outcome="refused"}' &&
	is 1 metric a 'voicepay_refusals_total{code="CODE_USED"}' &&
	is 3 metric a 'voicepay_request_seconds_count{call="POST /v1/merchant/charge"}' &&
	is 1 metric a voicepay_ledger_ok && is 0 metric a voicepay_draining && is 4 metric a voicepay_threads || return 1
	id=$(openssl x509 -in pki/device.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-8)
	! grep -iE "alice|shop|m1|$c|$id" text
}

# What is for operators is on a socket of its own; what is for payers is not on it.
apart() {
	is alive watch a /healthz && is ready watch a /readyz || return 1
	for p in /metrics /healthz /readyz /v1/metrics; do
		is "404 NO_SUCH_CALL" call merchant "$p" || return 1
		direct a -o answer -w '%{http_code}' "http://x$p" | grep -q 404 || return 1
	done
	is 404 curl -s -o /dev/null -w '%{http_code}' --unix-socket a.watch -H "X-Client-Cert: $till" http://x/v1/time &&
	is 405 curl -s -o /dev/null -w '%{http_code}' --unix-socket a.watch -d x http://x/metrics || return 1
	[ "$(stat -c %a a.watch)" = 660 ] || return 1
	# On a port: loopback's, and no other.
	if gw serve --socket "$tmp/p.sock" --metrics 0.0.0.0:9464 2>err; then return 1; fi
	grep "loopback" err || return 1
	voicepay-gateway --config "$tmp/gateway.conf" serve --socket "$tmp/p.sock" --metrics 127.0.0.1:9464 2>>gateway.log &
	p=$!
	until_true 5 curl -s http://127.0.0.1:9464/readyz && is ready curl -s http://127.0.0.1:9464/readyz
	rc=$?
	kill $p
	wait $p
	return $rc
}

# nginx names each request, whatever a client says; the name is in the answer and in the log.
named() {
	is "200 -" call merchant /v1/time -H "X-Request-Id: mine-of-this-test" || return 1
	id=$(tr -d '\r' <headers | sed -n 's/^X-Request-Id: //p')
	echo "$id" | grep -qE '^[0-9a-f]{32}$' && grep -q "GET /v1/time: SUCCESS, 200, .* \[$id\]" gateway.log || return 1
	direct a -D headers -o answer -H "X-Request-Id: front-17_A" http://x/v1/time
	grep -q "^X-Request-Id: front-17_A" headers || return 1
	# Not what could be a code, not what could end the header or the line.
	for bad in 711012345678909069056715 short 'with space and "quotes"' "$(printf %065d 0)a"; do
		direct a -D headers -o answer -H "X-Request-Id: $bad" http://x/v1/time
		grep -qF "$bad" headers && return 1
		grep -qE '^X-Request-Id: [0-9a-f]{32}' headers || return 1
	done
}

# Each line of a gateway that logs JSON is an object with the same fields.
json_log() {
	voicepay-gateway --config "$tmp/gateway.conf" serve --socket "$tmp/j.sock" --metrics "$tmp/j.watch" --log json 2>json.log &
	p=$!
	until_true 5 watch j /readyz
	curl -s --unix-socket j.sock -o answer http://x/v1/time
	curl -s --unix-socket j.sock -o answer -H "X-Client-Cert: $till" -H 'Content-Type: application/json' -d '{"order_no":"\u0007<2>","code":"1","amount":1,"currency":"CNY"}' http://x/v1/merchant/charge
	kill $p
	wait $p
	jq -es 'length > 3 and all(.[]; (.time | test("^20[0-9-]+T[0-9:]+\\.[0-9]{3}Z$")) and (.level | IN("info", "warning", "error", "alarm")) and (.message | length > 0))' json.log &&
	jq -es 'map(select(.call == "POST /v1/merchant/charge")) | length == 1 and (.[0] | .outcome == "BAD_REQUEST" and .status == 400 and (.seconds | type == "number") and (.request | length == 32))' json.log || { cat json.log; return 1; }
}

# Settings change as a whole or not at all, while it serves.
reloads() {
	fresh_step
	cp gateway.conf good.conf
	done_before=$(metric a 'voicepay_reloads_total{result="done"}')
	printf '[limits]\npayment = 150\n' >>gateway.conf
	printf '[gateway]\nthreads = 9\n' >>gateway.conf
	kill -HUP "$(cat a.pid)"
	until_true 5 is $((done_before + 1)) metric a 'voicepay_reloads_total{result="done"}' &&
	is "403 OVER_LIMIT" charge r1 "$(code 0 1)" 200 && is "200 SUCCESS" charge r1b "$(code 0 1)" 150 || return 1
	grep "\[gateway\] threads was changed, which holds after a restart" gateway.log && is 4 metric a voicepay_threads || return 1
	# Half of it would be good: none of it is taken.
	printf '[limits]\npayment = 1000\n[keys]\nrotate-days = 999\n' >>good.conf && cp good.conf gateway.conf
	kill -HUP "$(cat a.pid)"
	until_true 5 is 1 metric a 'voicepay_reloads_total{result="refused"}' && is ready watch a /readyz &&
	is "403 OVER_LIMIT" charge r2 "$(code 0 2)" 200 && grep "what was in force stays in force" gateway.log || return 1
	sed -i '/^payment = 1000/,$d; /^\[limits\]/d' gateway.conf
	kill -HUP "$(cat a.pid)"
	until_true 5 is $((done_before + 2)) metric a 'voicepay_reloads_total{result="done"}' &&
	is "200 SUCCESS" charge r3 "$(code 0 2)" 200
}

# part FIFO NAME BODY: a charge of which only the head is sent; the rest goes when FIFO is written to
part() {
	{
		printf 'POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nX-Client-Cert: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{' \
			"$till" "${#3}"
		cat "$1"
		sleep 1
	} | socat -t3 - "UNIX-CONNECT:$2.sock" >"$1.out" &
	pids="$pids $!"
}

# What was let in is answered and booked, whoever waits for news is told, nobody else is let in.
drains() {
	fresh_step
	sed -i 's/^\[gateway\]$/[gateway]\ndrain-seconds = 5/; t' gateway.conf
	awk '/^drain-seconds/ { if (n++) next } { print }' gateway.conf >g && mv g gateway.conf
	start b || return 1
	before=$(payments)
	body="{\"order_no\":\"f1\",\"code\":\"$(code 0 3)\",\"amount\":100,\"currency\":\"CNY\"}"
	mkfifo half late && part half b "$body"
	# One that has connected in time, and asks too late.
	{ cat late; sleep 1; } | socat -t3 - "UNIX-CONNECT:b.sock" >late.out &
	pids="$pids $!"
	curl -s --max-time 30 --unix-socket b.sock -H "X-Client-Cert: $device" 'http://x/v1/notifications?since=999999&wait=40' >news &
	news=$!
	until_true 5 is 2 metric b voicepay_requests_in_hand && is 1 metric b voicepay_waiting_polls || return 1
	kill -TERM "$(cat b.pid)"
	until_true 3 is draining watch b /readyz && is alive watch b /healthz || return 1
	# At once, not after its forty seconds; and still here, so that nginx goes elsewhere in peace.
	until_true 3 sh -c "! kill -0 $news" && jq -e '.notifications == []' news || return 1
	direct b -D headers -o answer -w '%{http_code}' http://x/v1/time | grep -q 200 && grep -qi '^Connection: close' headers || return 1
	# The time is over: it listens, and refuses.
	until_true 10 sh -c "curl -s -o /dev/null -w '%{http_code}' --unix-socket b.sock -H 'X-Client-Cert: $till' http://x/v1/time; [ ! -e b.sock ]" || return 1
	kill -0 "$(cat b.pid)" || { echo "gone with a request in hand"; return 1; }
	printf 'GET /v1/time HTTP/1.1\r\nHost: x\r\nX-Client-Cert: %s\r\n\r\n' "$till" >late
	until_true 3 grep -q '^HTTP/1.1 503' late.out && grep -qi '^Connection: close' late.out && grep -qi '^Retry-After: ' late.out || { cat late.out; return 1; }
	printf %s "${body#?}" >half
	wait "$(cat b.pid)" || { echo "exit code $?"; return 1; }
	until_true 3 grep -q SUCCESS half.out && grep -qi '^Connection: close' half.out || { cat half.out; return 1; }
	is $((before + 1)) payments && sum_is_zero
}

# Told twice, it goes at once; the one who asked asks again and is paid once.
ends_now() {
	fresh_step
	# systemd is told how long it may take, whatever the unit says.
	sed -i 's/^drain-seconds = .*/drain-seconds = 45/' gateway.conf
	socat -u UNIX-RECV:notify - >notified &
	pids="$pids $!"
	until_true 5 test -S notify || return 1
	export NOTIFY_SOCKET="$tmp/notify"
	start b || return 1
	unset NOTIFY_SOCKET
	body="{\"order_no\":\"n1\",\"code\":\"$(code 0 4)\",\"amount\":100,\"currency\":\"CNY\"}"
	rm -f half half.out && mkfifo half && part half b "$body"
	until_true 5 is 1 metric b voicepay_requests_in_hand || return 1
	kill -TERM "$(cat b.pid)"
	until_true 5 is draining watch b /readyz || return 1
	until_true 5 grep -q '^EXTEND_TIMEOUT_USEC=65000000' notified || { cat notified; return 1; }
	kill -TERM "$(cat b.pid)"
	until_true 5 sh -c "! kill -0 $(cat b.pid)" || return 1
	printf %s "${body#?}" >half
	grep "told again: ended with 1 requests in hand" gateway.log &&
	is "200 SUCCESS" charge n1 "$(echo "$body" | jq -r .code)" 100
}

# Tills that go on charging while the gateway is taken down and started again ten times, one
# of two at a time: nginx moves on, and no till is told of it.
no_till_notices() {
	sed -i '/^drain-seconds/d' gateway.conf
	start b || return 1
	fresh_step
	before=$(payments)
	rm -f stop.tills
	for t in 1 2 3; do
		(
			n=0
			while [ ! -e stop.tills ]; do
				n=$((n + 1))
				got=$(call_to "t$t-$n")
				case $got in "404 ORDER_UNKNOWN") ;; *) echo "$t-$n: $got" ;; esac
			done >"till$t.bad"
			echo $n >"till$t.n"
		) &
		eval "till_$t=$!"
	done
	for k in 1 2 3 4 5; do
		for g in a b; do
			stop $g || { echo "round $k: $g ended badly"; touch stop.tills; return 1; }
			start $g || { touch stop.tills; return 1; }
		done
	done
	touch stop.tills
	# shellcheck disable=SC2154 # set by eval
	wait "$till_1" "$till_2" "$till_3"
	echo "$(cat till?.n | awk '{ n += $1 } END { print n }') questions"
	cat till?.bad
	[ ! -s till1.bad ] && [ ! -s till2.bad ] && [ ! -s till3.bad ] && is "$before" payments
}
call_to() { # ORDER: a question that may be asked twice
	curl -sS --max-time 20 -o "answer.$1" -w '%{http_code}' --cacert pki/ca.pem --connect-to "::127.0.0.1:" \
		--cert pki/merchant.pem --key pki/merchant.key "$url/v1/merchant/orders/$1" 2>&1 && echo " $(jq -r '.error // "-"' "answer.$1")"
	rm -f "answer.$1"
}

# SIGKILL in the middle: nginx asks the other, with the same number, and it is paid once.
one_killed() {
	fresh_step
	kill -0 "$(cat b.pid)" || start b || return 1
	before=$(payments)
	for q in 5 6 7 8 9; do
		c=$(code 0 $q)
		if [ $q = 7 ]; then kill -KILL "$(cat b.pid)"; fi
		is "200 SUCCESS" charge k$q "$c" 100 && is "200 SUCCESS" charge k$q "$c" 100 || return 1
	done
	is $((before + 5)) payments && sum_is_zero
}

# systemd holds both sockets: connections wait in its queue while nobody is there.
activated() {
	systemd-socket-activate --help | grep -q fdname || return 1
	LISTEN=$tmp/s.sock
	systemd-socket-activate -l "$LISTEN" -l "$tmp/s.watch" --fdname=http:metrics voicepay-gateway --config "$tmp/gateway.conf" serve 2>>gateway.log &
	p=$!
	pids="$pids $p"
	until_true 5 test -S s.watch || return 1
	is 200 curl -s --max-time 10 -o answer -w '%{http_code}' --unix-socket s.sock -H "X-Client-Cert: $till" http://x/v1/time &&
	is ready watch s /readyz && is 4 metric s voicepay_threads || return 1
	kill $p
	wait $p || return 1
	# Those of systemd stay for the next one.
	[ -S s.sock ] && [ -S s.watch ] || return 1
	# One that is no unix socket is not believed to be nginx's; nor two of them.
	for l in "-l 127.0.0.1:18555 --fdname=http" "-l $tmp/x1 -l $tmp/x2 --fdname=http:other" "-l $tmp/x3 -l 0.0.0.0:18556 --fdname=http:metrics"; do
		# shellcheck disable=SC2086 # words
		systemd-socket-activate $l voicepay-gateway --config "$tmp/gateway.conf" serve 2>err &
		p=$!
		# It begins with the first who connects, as soon as somebody listens.
		case $l in
		*18555*) where='' to=127.0.0.1:18555 ;;
		*x1*) where="--unix-socket x1" to=x ;;
		*) where="--unix-socket x3" to=x ;;
		esac
		# shellcheck disable=SC2086 # words
		until_true 10 sh -c "curl -s --max-time 1 $where http://$to/; ! kill -0 $p" || return 1
		wait $p
		[ $? = 3 ] && grep -q "systemd must pass" err || { cat err; return 1; }
	done
}

ktap_plan 12
if set_up >set-up.log 2>&1; then
	ktap_ok "gateway and nginx come up"
else
	sed 's/^/# /' set-up.log
	ktap_not_ok "gateway and nginx come up"
	exit 1
fi
ktap_run "metrics by the rules, right, and of nobody" metrics
ktap_run "operators' socket and payers' are two" apart
ktap_run "requests have names" named
ktap_run "a log of JSON" json_log
ktap_run "settings are read anew, as a whole" reloads
here_run "a drain: what was let in is answered" drains
here_run "told twice it ends now" ends_now
here_run "two gateways taken down in turn: no till notices" no_till_notices
here_run "one of two killed: paid once" one_killed
here_run "systemd holds both sockets" activated
if stop a >out.log 2>&1; then ktap_ok "SIGTERM: finishes and leaves"; else ktap_not_ok "SIGTERM: finishes and leaves"; fi
ktap_end
