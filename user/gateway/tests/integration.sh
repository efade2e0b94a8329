#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The gateway side as a whole: the real nginx, voicepay-gateway and voicepay-pos
# on loopback, with a device made of userspace. Needs no module and no VM: "make
# -C user check" runs it, with the programs just built on the PATH.

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
tmp=$(mktemp -d /tmp/vpgw.XXXXXX)
chmod 755 "$tmp"
cd "$tmp" || exit 1
port=18443
export XDG_STATE_HOME="$tmp/journal"
url=https://pay.voicepay.test:$port
gw_pid=

cleanup() {
	[ -z "$gw_pid" ] || kill "$gw_pid" 2>/dev/null
	[ ! -s nginx/pid ] || kill "$(cat nginx/pid)" 2>/dev/null
	wait
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

gw() { voicepay-gateway --config "$tmp/gateway.conf" "$@"; }

# The first one logs JSON, the next one text: no secret is to be in either.
log_format=json
start_gateway() {
	voicepay-gateway --config "$tmp/gateway.conf" serve --log $log_format 2>>gateway.log &
	log_format=text
	gw_pid=$!
	for _ in $(seq 200); do
		curl -s --unix-socket "$tmp/gw.sock" http://x/ >/dev/null && return 0
		sleep 0.05
	done
	cat gateway.log
	return 1
}

set_up() {
	make-pki "$tmp/pki" &&
	gateway_conf "$tmp/state" "$tmp/gw.sock" "$tmp/pki" >gateway.conf && printf '[gateway]\nlog-requests = all\n' >>gateway.conf &&
	gw init >key && gw user add --name alice --balance 1000.00 && gw user add --name mom &&
	gw merchant add --name shop --id shop.till-1 --cert pki/merchant.pem &&
	nginx_conf "$tmp/nginx" "$top/user/gateway/nginx.conf" 127.0.0.1:$port pay.voicepay.test "$tmp/gw.sock" "$tmp/pki" &&
	start_gateway && nginx -e "$tmp/nginx/error.log" -c "$tmp/nginx/nginx.conf"
}

# call WHO PATH [CURL-ARG..]: "STATUS ERROR-OR-STATE"
call() {
	who=$1 path=$2
	shift 2
	curl -sS --max-time 20 -o answer -w '%{http_code}' --cacert pki/ca.pem --connect-to "::127.0.0.1:" \
		${who:+--cert pki/$who.pem --key pki/$who.key} "$@" "$url$path" && echo " $(jq -r '.error // .state // "-"' answer)"
}
post() { # WHO PATH BODY [CURL-ARG..]
	who=$1 path=$2 body=$3
	shift 3
	call "$who" "$path" -H 'Content-Type: application/json' -d "$body" "$@"
}
is() { # WANT COMMAND..: the command's output
	want=$1
	shift
	got=$("$@" 2>&1)
	[ "$got" = "$want" ] || { echo "wanted: $want"; echo "got: $got"; return 1; }
}
pos() {
	voicepay-pos "$@" --gateway $url --address 127.0.0.1 --cacert pki/ca.pem --cert pki/merchant.pem --key pki/merchant.key
}
exits() { # CODE TEXT COMMAND..
	want=$1 text=$2
	shift 2
	got=$("$@" 2>&1)
	rc=$?
	[ $rc = "$want" ] || { echo "exit code $rc, not $want: $got"; return 1; }
	case $got in *"Connection Error"*) echo "zbar looked for a bus: $got"; return 1 ;; esac
	case $got in *"$text"*) ;; *) echo "no \"$text\" in: $got"; return 1 ;; esac
}
balance() { gw ledger --json | jq -r --arg n "$1" '.accounts[] | select(.name == $n).balance'; }
ledger_is() { # ALICE MOM SHOP PAYMENTS
	is "$1 $2 $3 $4 0" sh -c 'echo "$@"' sh "$(balance alice)" "$(balance mom)" "$(balance shop)" \
		"$(gw payments --json | jq length)" "$(gw ledger --json | jq .sum)"
}
order() { echo "{\"order_no\":\"$1\",\"code\":\"$2\",\"amount\":$3,\"currency\":\"CNY\"}"; }
# What the kernel of a device says yes to. Purposes: voice-pay 1, pay-order 2, confirm 3, code 5, pool 6.
authorise() { gateway-device authorise dev "$@"; } # PURPOSE AMOUNT CURRENCY ORDER PAYEE
voice() { # ORDER-ID AMOUNT TOKEN
	echo "{\"order_id\":\"$1\",\"user_id\":\"alice\",\"payee\":\"mom\",\"amount\":$2,\"currency\":\"CNY\",\"voice_token\":\"$3\",\"authorisation\":$(authorise 1 "$2" CNY "$1" mom)}"
}
with_auth() { # JSON PURPOSE ORDER: the same with its authorisation
	echo "$1" | jq -c --argjson a "$(authorise "$2" "$(echo "$1" | jq .amount)" CNY "$3" "$(echo "$1" | jq -r .payee)")" '. + {authorisation: $a}'
}
device() { gateway-device "$1" dev $url 127.0.0.1 pki "$2" "$(cat key)" "$3"; }
# What must be in no log, a line each: whatever is made here is noted.
noted() { tee -a "$tmp/secrets"; }
code() { gateway-device code dev "$1" "$2" | noted; }
other_code() { gateway-device "$@" | noted; }
mint() { mint-voice-token "$@" | noted; }
ticket() { gw ticket "$@" | noted; }
# Enough of the 30 seconds left for what comes next, and codes above those used.
fresh_step() { while [ $(($(date +%s) % 30)) -gt 20 ]; do sleep 1; done; }

tls_profile() {
	out=$(openssl s_client -connect 127.0.0.1:$port -servername pay.voicepay.test -CAfile pki/ca.pem \
		-cert pki/device.pem -key pki/device.key -brief </dev/null 2>&1)
	echo "$out"
	echo "$out" | grep -q 'Protocol version: TLSv1.3' || return 1
	! openssl_has_hybrid || echo "$out" | grep -q X25519MLKEM768 || return 1
	! curl -sS --tls-max 1.2 --cacert pki/ca.pem --connect-to ::127.0.0.1: --cert pki/device.pem \
		--key pki/device.key $url/v1/time
}

# A device that writes a merchant's certificate into the header stays a device.
header_forged() {
	esc=$(sed ':a;N;$!ba;s/\n/%0A/g; s/ /%20/g; s/+/%2B/g; s/\//%2F/g; s/=/%3D/g' pki/merchant.pem)
	is "403 PEER_UNKNOWN" call device /v1/merchant/orders/x -H "X-Client-Cert: $esc" &&
	is "403 PEER_UNKNOWN" call device /v1/merchant/orders/x -H "X_Client_Cert: $esc" &&
	is "404 ORDER_UNKNOWN" call merchant /v1/merchant/orders/x -H "X-Client-Cert: nonsense"
}

tickets() {
	t=$(ticket --user alice)
	is ENROL_REFUSED device enrol device2 000000000000000000000000000000000000000000000000 || return 1
	exits 0 "epoch 1" device enrol device "$t" || return 1
	is same gateway-device again dev $url 127.0.0.1 pki device || return 1
	is ENROL_REFUSED device enrol device2 "$t" || return 1
	t=$(ticket --user alice --ttl 1)
	sleep 2
	is ENROL_REFUSED device enrol device2 "$t" || return 1
	is ENROL_REFUSED gateway-device again dev $url 127.0.0.1 pki device2
}

voice_orders() {
	t=$(mint pki/voice.key alice mom 50000 CNY)
	post device /v1/voice-pay "$(voice v1 50000 "$t")" || return 1
	cp answer first
	is "200 SUCCESS" post device /v1/voice-pay "$(voice v1 50000 "$t")" && cmp answer first &&
	is "409 ORDER_CONFLICT" post device /v1/voice-pay "$(voice v1 40000 "$t")" &&
	is "409 TOKEN_USED" post device /v1/voice-pay "$(voice v2 50000 "$t")" &&
	is "403 PEER_UNKNOWN" post device2 /v1/voice-pay "$(voice v2 50000 "$t")" &&
	is "403 AUTHORISATION_MISSING" post device /v1/voice-pay "$(voice v2 50000 "$t" | jq -c 'del(.authorisation)')" &&
	is "403 AUTHORISATION_WRONG" post device /v1/voice-pay "$(voice v2 50000 "$t" | jq -c '.order_id = "v3"')" &&
	is "409 AUTHORISATION_STALE" post device /v1/voice-pay "$(SECONDS_OFF=-200 voice v2 50000 "$t")" &&
	ledger_is 50000 50000 0 1
}

bad_tokens() {
	v3() { is "403 TOKEN_INVALID" post device /v1/voice-pay "$(voice v3 100 "$1")" || { echo "token: $2"; return 1; }; }
	v3 "$(ALG=none mint pki/voice.key alice mom 100 CNY)" none &&
	v3 "$(ALG=HS256 mint pki/voice.pub alice mom 100 CNY)" "HS256 under the public key" &&
	v3 "$(mint pki/other.key alice mom 100 CNY)" "another signer" &&
	v3 "$(mint pki/voice.key alice mom 100 CNY exp=1)" expired &&
	v3 "$(mint pki/voice.key alice mom 100 CNY 'aud="x"')" audience &&
	v3 "$(ISSUER=x mint pki/voice.key alice mom 100 CNY)" issuer &&
	v3 "$(mint pki/voice.key mom mom 100 CNY)" user &&
	v3 "$(mint pki/voice.key alice mom 101 CNY)" amount &&
	v3 x garbage
}

pictures() {
	fresh_step
	a=$(code 0 0)
	b=$(code 0 1)
	gateway-device png "$a" a.png qr && gateway-device png "$b" b.png code128 || return 1
	exits 0 "PAID 12.00 CNY" pos charge --image a.png --amount 12.00 --order-no p1 &&
	exits 0 "PAID 0.50 CNY" pos charge --image b.png --amount 0.50 --order-no p2 &&
	exits 1 CODE_USED pos charge --image a.png --amount 12.00 --order-no p3 &&
	exits 0 "PAID 12.00 CNY" pos charge --image a.png --amount 12.00 --order-no p1 &&
	exits 1 ORDER_CONFLICT pos charge --image a.png --amount 13.00 --order-no p1 &&
	exits 0 "PAID 12.00 CNY" pos query --order-no p1 &&
	exits 1 ORDER_UNKNOWN pos query --order-no p3 &&
	exits 1 none.png pos charge --image none.png --amount 1 &&
	ledger_is 48750 50000 1250 3
}

refusals() {
	fresh_step
	c=$(code 0 5)
	wrong=$(echo "$c" | sed 's/\(.*\)\(.\)\(.....\)$/\1X\3/; s/X/'"$((($(echo "$c" | cut -c19) + 1) % 10))"'/')
	exits 1 CODE_MISREAD pos charge --code "$wrong" --amount 1.00 --order-no r1 &&
	exits 1 CODE_MISREAD pos charge --code "$wrong" --amount 1.00 --order-no r1 --no-local-check &&
	exits 1 CODE_EXPIRED pos charge --code "$(code -3600 0)" --amount 1.00 --order-no r1 &&
	exits 1 CODE_EXPIRED pos charge --code 711012345678909069056715 --amount 1.00 --order-no r1 &&
	exits 1 OVER_LIMIT pos charge --code "$c" --amount 10000.01 --order-no r1 &&
	exits 1 WRONG_CURRENCY pos charge --code "$c" --amount 1.00 --currency USD --order-no r1 &&
	exits 1 NOT_ENOUGH pos charge --code "$c" --amount 999.00 --order-no r1 &&
	exits 1 NOT_ENOUGH pos query --order-no r1 &&
	exits 2 "" pos charge --code "$c" --amount -1 &&
	exits 2 "" pos charge --code "$c" --amount 1.001 &&
	ledger_is 48750 50000 1250 3
}

malformed() {
	b=$(order m1 711012345678909069056715 100)
	is "403 PEER_UNKNOWN" call "" /v1/time &&
	is "403 PEER_UNKNOWN" call stranger /v1/time &&
	is "404 NO_SUCH_CALL" call merchant / &&
	is "404 NO_SUCH_CALL" call merchant /v1/none &&
	is "405 WRONG_METHOD" call merchant /v1/merchant/charge &&
	is "405 WRONG_METHOD" call merchant /v1/time -X DELETE &&
	is "415 WRONG_TYPE" call merchant /v1/merchant/charge -H 'Content-Type: text/plain' -d "$b" &&
	is "415 WRONG_TYPE" call merchant /v1/merchant/charge -d "$b" &&
	is "400 BAD_REQUEST" post merchant /v1/merchant/charge '{' &&
	is "400 BAD_REQUEST" post merchant /v1/merchant/charge "$(order m1 1 -5)" &&
	is "400 BAD_REQUEST" post merchant /v1/merchant/charge "$(order m1 1 1.5)" &&
	is "400 BAD_REQUEST" post merchant /v1/merchant/charge "$(order m1 1 99999999999999999999)" &&
	is "400 BAD_REQUEST" post merchant /v1/merchant/charge "$(printf '{"order_no":"\377"}')" || return 1
	head -c 20000 /dev/zero | tr '\0' ' ' >large
	is "413 TOO_LARGE" call merchant /v1/merchant/charge -H 'Content-Type: application/json' --data-binary @large &&
	is "413 TOO_LARGE" call merchant /v1/merchant/charge -H 'Content-Type: application/json' \
		-H 'Transfer-Encoding: chunked' --data-binary @large || return 1
	# The same against the gateway itself: a body without a length, and none at all.
	is "413" curl -s -o answer -w '%{http_code}' --unix-socket gw.sock -H 'Content-Type: application/json' \
		-H 'Transfer-Encoding: chunked' --data-binary @large http://x/v1/merchant/charge &&
	is "403" curl -s -o answer -w '%{http_code}' --unix-socket gw.sock http://x/v1/time || return 1
	printf '\377\376 nonsense\r\n\r\n' | socat -t1 - UNIX-CONNECT:gw.sock >/dev/null
	kill -0 "$gw_pid" && is "200 -" call merchant /v1/time
}

# Clients that open a request and stop do not keep others waiting.
slow_clients() {
	slow=
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		(printf 'POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'; sleep 15) |
			socat - UNIX-CONNECT:gw.sock >/dev/null 2>&1 &
		slow="$slow $!"
	done
	sleep 0.5
	is "200 -" call merchant /v1/time --max-time 3
	rc=$?
	# shellcheck disable=SC2086 # a list
	kill $slow 2>/dev/null
	return $rc
}

killed() {
	fresh_step
	c=$(code 0 6)
	exits 0 PAID pos charge --code "$c" --amount 1.00 --order-no k1 || return 1
	kill -KILL "$gw_pid"
	wait "$gw_pid"
	exits 3 "again" pos charge --code "$c" --amount 1.00 --order-no k1 --timeout 2 || return 1
	is "503 BUSY" call merchant /v1/time || return 1
	start_gateway || return 1
	exits 0 "PAID 1.00" pos query --order-no k1 &&
	exits 0 "PAID 1.00" pos charge --code "$c" --amount 1.00 --order-no k1 &&
	ledger_is 48650 50000 1350 4
}

gives_back() {
	fresh_step
	exits 0 "PAID 3.00 CNY" pos charge --code "$(code 0 7)" --amount 3.00 --order-no g1 &&
	exits 0 "REFUNDED 1.00 CNY, 1.00 in all" pos refund --order-no g1 --refund-no g1-1 --amount 1.00 &&
	exits 0 "REFUNDED 1.00 CNY, 1.00 in all" pos refund --order-no g1 --refund-no g1-1 --amount 1.00 &&
	exits 1 REFUND_TOO_MUCH pos refund --order-no g1 --refund-no g1-2 --amount 2.01 &&
	exits 1 ORDER_REFUNDED pos reverse --order-no g1 &&
	exits 1 "REFUNDED 1.00 of 3.00" pos query --order-no g1 &&
	exits 0 "REFUNDED 2.00 CNY, 3.00 in all" pos refund --order-no g1 --refund-no g1-2 --amount 2.00 &&
	exits 2 "refund-no" pos refund --order-no g1 --amount 2.00 &&
	exits 0 "nothing was paid" pos reverse --order-no never &&
	exits 1 ORDER_REVOKED pos charge --code "$(code 0 8)" --amount 3.00 --order-no never &&
	exits 1 REVERSED pos query --order-no never &&
	ledger_is 48650 50000 1350 5
}

confirm_first() { # ANSWER: of the one that waits, once there is one
	for _ in $(seq 100); do
		call device /v1/waiting >/dev/null
		[ "$(jq '.waiting | length' answer)" = 0 ] || break
		sleep 0.1
	done
	jq -c --arg a "$1" '.waiting[0] | {confirm_id, payee, amount, currency, answer: $a}' answer >confirm
	post device /v1/confirm "$(with_auth "$(cat confirm)" 3 "$(jq -r .confirm_id confirm)")"
}

owner_confirms() {
	gw user set --name alice --confirm-above 5.00 || return 1
	fresh_step
	pos charge --code "$(code 0 8)" --amount 6.00 --order-no w1 >charged 2>&1 &
	is "200 SUCCESS" confirm_first CONFIRM || return 1
	wait $! && grep "PAID 6.00" charged || { cat charged; return 1; }
	is "403 PEER_UNKNOWN" call stranger /v1/waiting &&
	exits 1 "nothing was paid" pos charge --code "$(code 0 9)" --amount 6.00 --order-no w2 --wait 1 &&
	is "200 -" call device /v1/waiting && [ "$(jq '.waiting | length' answer)" = 0 ] &&
	ledger_is 48050 50000 1950 6
}

# ORDER-NO: a till that is killed while it waits; prints the pay-id
killed_till() {
	# What the last one said is not this one's.
	rm -f order.err
	pos order --amount 2.00 --order-no "$1" 2>order.err >order.out &
	for _ in $(seq 100); do ! grep -qs pay-id order.err || break; sleep 0.1; done
	kill -KILL "$(pgrep -f "order-no $1 ")"
	wait $! 2>/dev/null
	sed -n 's/^pay-id //p' order.err
}

till_killed() {
	id=$(killed_till s1)
	call device "/v1/orders/$id" || return 1
	jq -c '{pay_id, slot: 0, payee, amount, currency}' answer >pay
	is "403 AUTHORISATION_MISSING" post device /v1/pay-order "$(cat pay)" || return 1
	with_auth "$(cat pay)" 2 "$id" >pay.auth && mv pay.auth pay
	is "200 SUCCESS" post device /v1/pay-order "$(cat pay)" &&
	is "200 SUCCESS" post device /v1/pay-order "$(cat pay)" || return 1
	killed_till s2 >/dev/null
	[ "$(ls journal/voicepay-pos)" = "s1
s2" ] || { ls -R journal; return 1; }
	pos recover >recovered || return 1
	grep "PAID 2.00 CNY, order s1" recovered && grep "REVERSED, order s2" recovered || { cat recovered; return 1; }
	[ -z "$(ls journal/voicepay-pos)" ] && ledger_is 47850 50000 2150 7
}

# Codes bound to this sale, codes from the network, codes whose digits were seen.
# Of the next half minute, as those of this one have been used.
every_kind() {
	fresh_step
	bound=$(other_code code dev 30 0 4 300 CNY shop.till-1 K7)
	exits 1 CODE_EXPIRED pos charge --code "$bound" --amount 3.01 --challenge K7 --order-no e1 &&
	exits 1 CODE_EXPIRED pos charge --code "$bound" --amount 3.00 --challenge K8 --order-no e1 &&
	echo "$bound" | pos charge --code - --amount 3.00 --challenge K7 --order-no e1 >paid.out 2>&1
	grep "PAID 3.00" paid.out || { cat paid.out; return 1; }
	exits 1 "not bound" pos charge --code "$(other_code code dev 30 1 6 0 "" "" "")" --amount 1.00 --challenge K7 --order-no e2 &&
	exits 0 "PAID 1.00" pos charge --code "$(other_code code dev 30 1 6 0 "" "" "")" --amount 1.00 --order-no e2 || return 1
	call device /v1/time >/dev/null
	post device /v1/code "{\"slot\":0,\"authorisation\":$(authorise 5 0 "" "" "")}" >/dev/null
	exits 0 "PAID 1.00" pos charge --code "$(jq -r .code answer | noted)" --amount 1.00 --order-no e3 || return 1
	post device /v1/pool "{\"slot\":0,\"authorisation\":$(authorise 6 0 "" "" "")}" >/dev/null
	p=$(jq -r .pool answer | noted)
	exits 0 "PAID 1.00" pos charge --code "$(other_code pool dev "$p" 14)" --amount 1.00 --order-no e4 &&
	exits 0 "PAID 1.00" pos charge --code "$(other_code pool dev "$p" 4)" --amount 1.00 --order-no e5 &&
	exits 1 CODE_USED pos charge --code "$(other_code pool dev "$p" 14)" --amount 1.00 --order-no e6 &&
	exits 1 "nothing was paid" pos charge --code "$(other_code code dev 30 2 5 0 "" "" "")" --amount 0.01 --order-no e7 --wait 1 &&
	is "200 -" call device "/v1/notifications?since=0&wait=0" &&
	[ "$(jq -r '[.notifications[].kind] | unique | join(" ")' answer)" = "confirm not-paid paid refunded" ] &&
	is "200 -" call device "/v1/statement?limit=1" && [ "$(jq '.entries | length' answer)" = 1 ] &&
	ledger_is 47150 50000 2850 12 && exits 0 "" gw alarms
}

ends_well() {
	kill -TERM "$gw_pid"
	wait "$gw_pid"
	rc=$?
	gw_pid=
	[ $rc = 0 ] && [ ! -e gw.sock ]
}

no_secrets() {
	cat state/master.key state/gateway.key >>secrets
	# Tickets without their dashes, too, and both parts of a token that has three.
	sed 's/-//g' secrets >>secrets.more
	tr . '\n' <secrets | awk 'length > 20' >>secrets.more
	sort -u secrets secrets.more | awk 'length >= 20' >secrets.all
	[ "$(wc -l <secrets.all)" -gt 40 ] && [ "$(wc -l <gateway.log)" -gt 60 ] || return 1
	! grep -aF -f secrets.all gateway.log nginx/access.log nginx/error.log || return 1
	# Nor what looks like one; requests have names that do.
	! sed -E 's/"request":"[0-9A-Za-z_-]*"//; s/ \[[0-9A-Za-z_-]*\]$//' gateway.log | grep -E '[0-9]{24}|eyJ|BEGIN|[0-9a-f]{32}' &&
	! grep -aE 'voice_token|eyJ' nginx/access.log nginx/error.log &&
	[ "$(stat -c %a state/master.key state/gateway.key state/ledger.db | sort -u)" = 600 ] &&
	! grep -qa "$(cat state/master.key)" state/ledger.db
}

key_files() {
	chmod 640 state/master.key
	exits 3 "chmod 600" gw ledger || return 1
	chmod 600 state/master.key
	mv state/master.key m
	exits 3 "init" gw ledger || return 1
	mv m state/master.key
	exits 3 "cannot create" gw init &&
	exits 1 "already" gw user add --name alice &&
	exits 1 "no such entry" gw ticket --user nobody &&
	exits 2 "" gw none
}

ktap_plan 18
if set_up >set-up.log 2>&1; then
	ktap_ok "gateway and nginx come up"
else
	sed 's/^/# /' set-up.log
	ktap_not_ok "gateway and nginx come up"
	exit 1
fi
ktap_run "TLS 1.3 alone, with the hybrid group" tls_profile
ktap_run "a forged peer header changes nothing" header_forged
ktap_run "tickets: good, unknown, used, expired; a lost answer" tickets
ktap_run "a voice order pays once" voice_orders
ktap_run "voice tokens that authorise nothing" bad_tokens
ktap_run "the till reads QR and Code 128 and charges once" pictures
ktap_run "codes and amounts that are refused" refusals
ktap_run "malformed requests" malformed
ktap_run "slow clients" slow_clients
# Not by ktap_run: these change which process is the gateway.
if killed >out.log 2>&1; then ktap_ok "killed and started again"; else sed 's/^/# /' out.log; ktap_not_ok "killed and started again"; fi
ktap_run "refunds and reversals" gives_back
ktap_run "above the owner's limit: the till waits, or takes it back" owner_confirms
ktap_run "a till killed while it waits: recover finds out" till_killed
ktap_run "bound, shown, online and pool codes; what the device is told" every_kind
if ends_well; then ktap_ok "SIGTERM: finishes and leaves"; else ktap_not_ok "SIGTERM: finishes and leaves"; fi
ktap_run "no secrets in logs or readable files" no_secrets
ktap_run "administration says what is wrong" key_files
ktap_end
