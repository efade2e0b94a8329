# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A small town on one machine, for whole-system tests (sourced by bash, as root):
#
#	device	this network namespace: module, voicepayd, voicepay
#	gw	a namespace: nginx and voicepay-gateway on 10.77.0.1, which is
#		pay.voicepay.test, and 10.77.0.66 for a server that is not the gateway
#	shop	a namespace: voicepay-pos
#
# Device and shop each have a wire of their own to gw, so that the device's
# can be cut while the shop's stays up.
#
#	town_up			all of it; alice has 1000.00 CNY, mama and the shop nothing
#	town_down
#	in_gw, in_shop COMMAND..	on the other machines
#	gateway_ctl COMMAND [ARG..]	voicepay-gateway, with this town's settings
#	gateway_start, gateway_stop [SIGNAL]
#	ticket			a fresh enrolment ticket for alice
#	token PAYEE MINOR-UNITS [CLAIM=JSON..]	a voice token of alice's order
#	balance NAME		in minor units
#	payments		how many are booked
#	ledger_sum		of all accounts: always 0
#	cut_device_network, mend_device_network
#	device_connects_to IP	where the device takes pay.voicepay.test to be
#	impostor_up CERT	TLS server with that certificate on 10.77.0.66; what
#				arrives inside its TLS goes to $TOWN/impostor.got
#	impostor_down

TOWN_BIN=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
GATEWAY_IP=10.77.0.1
IMPOSTOR_IP=10.77.0.66
GATEWAY_NAME=pay.voicepay.test

# There is no town without channels.
# shellcheck source=selftests/ktap.sh
. "$TOWN_BIN/ktap.sh"
needs_channels

# shellcheck source=selftests/helpers/gateway_side.sh
. "$TOWN_BIN/gateway_side.sh"

in_gw() { ip netns exec gw "$@"; }
in_shop() { ip netns exec shop "$@"; }

# wait_for SECONDS COMMAND..: until it succeeds
wait_for() {
	local tries=$(($1 * 10 * ${SLOWER:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

wire() { # NAMESPACE NET: the side of gw is NET.2, the other NET.1
	ip link add "$1-gw" type veth peer name "to-$1" netns gw
	in_gw ip addr add "$2.2/24" dev "to-$1"
	in_gw ip link set "to-$1" up
	if [ "$1" = device ]; then
		ip addr add "$2.1/24" dev device-gw
		ip link set device-gw up
		ip route add 10.77.0.0/24 via "$2.2"
	else
		ip link set "$1-gw" netns "$1"
		ip -n "$1" addr add "$2.1/24" dev "$1-gw"
		ip -n "$1" link set "$1-gw" up
		ip -n "$1" route add 10.77.0.0/24 via "$2.2"
	fi
}

network_up() {
	ip netns add gw
	ip netns add shop
	ip -n gw link set lo up
	ip -n gw addr add $GATEWAY_IP/32 dev lo
	ip -n gw addr add $IMPOSTOR_IP/32 dev lo
	wire device 10.77.1
	wire shop 10.77.2
	grep -q $GATEWAY_NAME /etc/hosts || echo "$GATEWAY_IP $GATEWAY_NAME" >>/etc/hosts
}

cut_device_network() { ip link set device-gw down; }

mend_device_network() {
	ip link set device-gw up
	ip route add 10.77.0.0/24 via 10.77.1.2 2>/dev/null || :
}

gateway_ctl() {
	local command=$1
	shift
	voicepay-gateway "$command" "$@" --config "$TOWN/gateway.conf"
}

gateway_start() {
	# TOWN_GATEWAY_ENV: what a test wants in the gateway's environment
	# (not in_gw: that would be a shell, and the gateway its child)
	# shellcheck disable=SC2086 # words
	ip netns exec gw env ${TOWN_GATEWAY_ENV-} voicepay-gateway serve --config "$TOWN/gateway.conf" \
		>>"$TOWN/gateway.log" 2>&1 &
	echo $! >"$TOWN/gateway.pid"
	wait_for 10 test -S "$TOWN/gateway.sock"
}

gateway_stop() { # [SIGNAL]
	local pid
	pid=$(cat "$TOWN/gateway.pid") || return
	kill -"${1:-TERM}" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	[ "${1:-TERM}" != KILL ] || rm -f "$TOWN/gateway.sock"
}

gateway_up() {
	gateway_conf "$TOWN/gateway" "$TOWN/gateway.sock" "$TOWN/pki" >"$TOWN/gateway.conf"
	GATEWAY_KEY=$(gateway_ctl init) || return
	gateway_ctl user add --name alice --balance 1000.00 >/dev/null &&
		gateway_ctl user add --name mama >/dev/null &&
		gateway_ctl merchant add --name "Corner shop" --id corner-shop --cert "$TOWN/pki/merchant.pem" >/dev/null &&
		gateway_start
}

nginx_up() {
	local n=$TOWN/nginx
	nginx_conf "$n" /usr/share/voicepay/nginx/voicepay.conf $GATEWAY_IP:443 $GATEWAY_NAME \
		"$TOWN/gateway.sock" "$TOWN/pki" || return
	in_gw nginx -c "$n/nginx.conf" 2>"$n/start.log"
}

device_connects_to() {
	local pin
	{
		printf '[gateway]\nhost = %s\nport = 443\naddress = %s\nkey = %s\n' \
			$GATEWAY_NAME "$1" "$GATEWAY_KEY"
		printf '[tls]\nca = %s\ncert = %s\nkey = %s\n' \
			"$TOWN/pki/ca.pem" "$TOWN/pki/device.pem" "$TOWN/pki/device.key"
		while read -r pin; do echo "pin = $pin"; done <"$TOWN/pki/pins"
		printf '[daemon]\nsocket = %s\n' "$TOWN/voicepayd.sock"
	} >/etc/voicepay/voicepay.conf
	daemon_restart
}

daemon_restart() {
	if [ -e "$TOWN/voicepayd.pid" ]; then
		kill "$(cat "$TOWN/voicepayd.pid")" 2>/dev/null
		wait "$(cat "$TOWN/voicepayd.pid")" 2>/dev/null
	fi
	voicepayd >>"$TOWN/voicepayd.log" 2>&1 &
	echo $! >"$TOWN/voicepayd.pid"
	wait_for 10 test -S "$TOWN/voicepayd.sock"
}

town_up() {
	TOWN=$(mktemp -d /run/town.XXXXXX)
	chmod 755 "$TOWN"
	mkdir -p /etc/voicepay
	modprobe -a tls veth &&
		network_up &&
		"$TOWN_BIN/make-pki" "$TOWN/pki" >"$TOWN/pki.log" 2>&1 &&
		gateway_up &&
		nginx_up &&
		device_connects_to $GATEWAY_IP && return
	echo "town_up failed; the end of each log:" >&2
	tail -n 5 "$TOWN"/*.log "$TOWN"/nginx/*.log >&2
	return 1
}

town_down() {
	impostor_down
	[ ! -e "$TOWN/voicepayd.pid" ] || kill "$(cat "$TOWN/voicepayd.pid")" 2>/dev/null
	[ ! -e "$TOWN/nginx/pid" ] || kill "$(cat "$TOWN/nginx/pid")" 2>/dev/null
	gateway_stop
	wait
	ip netns del gw
	ip netns del shop
	rm -rf "$TOWN" /etc/voicepay/voicepay.conf
}

ticket() { gateway_ctl ticket --user alice; }

token() {
	local payee=$1 amount=$2
	shift 2
	"$TOWN_BIN/mint-voice-token" "$TOWN/pki/voice.key" alice "$payee" "$amount" CNY "$@"
}

balance() { gateway_ctl ledger --json | jq -r --arg n "$1" '.accounts[] | select(.name == $n) | .balance'; }
ledger_sum() { gateway_ctl ledger --json | jq -r .sum; }
payments() { gateway_ctl payments --json | jq length; }

impostor_up() {
	# An input that never ends and never says anything: it would be sent.
	[ -e "$TOWN/silence" ] || mkfifo "$TOWN/silence"
	ip netns exec gw openssl s_server -accept $IMPOSTOR_IP:443 -cert "$TOWN/pki/$1.pem" -key "$TOWN/pki/$1.key" \
		-tls1_3 -quiet <>"$TOWN/silence" >"$TOWN/impostor.got" 2>"$TOWN/impostor.log" &
	echo $! >"$TOWN/impostor.pid"
	wait_for 10 in_gw sh -c "ss -Hltn src $IMPOSTOR_IP | grep -q ."
}

impostor_down() {
	[ -e "$TOWN/impostor.pid" ] || return 0
	kill "$(cat "$TOWN/impostor.pid")" 2>/dev/null
	wait "$(cat "$TOWN/impostor.pid")" 2>/dev/null
	rm "$TOWN/impostor.pid"
}
