#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ktap: timeout=400
#
# A device's own certificate: asked for, installed, used, renewed over the
# channel while its slot goes on, and revoked. And one whose key is in a token,
# with the handshake process as it is installed: memory locked, another user.

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/helpers/town.sh
. "$(dirname "$0")/town.sh"
# shellcheck source=selftests/helpers/steps.sh
. "$(dirname "$0")/steps.sh"

HOUR=3600
hours_go_by() { date -s "@$(($(date +%s) + $1 * HOUR))" >/dev/null; }
shown() { voicepay certificate show --json | jq -r ".$1"; }
code() { voicepay code --slot 0 --json --payload --new | jq -r .payload; }

ktap_plan 5
town_up || { echo "Bail out! the town cannot be set up"; exit 1; }
trap 'town_down' EXIT
gateway_stop
printf '[certificates]\nca = %s/pki/ca.pem\nkey = %s/pki/ca.key\ndays = 1\n' "$TOWN" "$TOWN" >>"$TOWN/gateway.conf"
gateway_start || { echo "Bail out! no gateway with a CA"; exit 1; }
sed -i "s|^cert = .*|cert = $TOWN/own.pem|; s|^key = $TOWN.*|key = $TOWN/own.key|" /etc/voicepay/voicepay.conf

step "a certificate for a key that is made here"
voicepay check >"$TOWN/check" 2>&1
must "without one there is no channel" equals $? 3
voicepay certificate request --out "$TOWN/own.csr" >"$TOWN/log" 2>&1
must "requested: $(cat "$TOWN/log")" test -s "$TOWN/own.csr"
gateway_ctl certify --request "$TOWN/own.csr" --out "$TOWN/own.new" >"$TOWN/log" 2>&1
must "certified: $(cat "$TOWN/log")" test -s "$TOWN/own.new"
voicepay certificate install "$TOWN/own.new" >"$TOWN/log" 2>&1
rc=$?
must "installed: $(cat "$TOWN/log")" equals $rc 0
voicepay check >"$TOWN/check" 2>&1
rc=$?
must "the gateway takes it: $(cat "$TOWN/check")" equals $rc 0
voicepay enrol --ticket "$(ticket)" --slot 0 --accept-time >"$TOWN/enrol" 2>&1
rc=$?
must "enrolled: $(cat "$TOWN/enrol")" equals $rc 0
end_step "the key has never left this machine, and a slot is bound to it"

step "renewed when it is time, for the same key"
ID=$(shown device)
UNTIL=$(shown not_after)
voicepay certificate renew --due --json >"$TOWN/renew" 2>&1
must "not yet due" sh -c "jq -e '.result == \"not due\"' $TOWN/renew"
voicepay certificate renew --json >"$TOWN/renew" 2>&1
rc=$?
must "asked all the same: $(cat "$TOWN/renew")" equals $rc 0
must "it is told that nothing came of it" jq -e '.result == "nothing younger"' "$TOWN/renew"
must "the gateway has nothing younger yet" equals "$(shown not_after)" "$UNTIL"
hours_go_by 17
voicepay certificate renew --due --json >"$TOWN/renew" 2>&1
rc=$?
must "due: $(tr '\n' ' ' <"$TOWN/renew")" equals $rc 0
must "it ends later" test "$(shown not_after)" -gt "$UNTIL"
must "it is the same device" equals "$(shown device)" "$ID"
must "nothing is left of the way there" sh -c "! ls $TOWN | grep -E 'own\.pem\.|making'"
voicepay enrol --ticket "$(ticket)" --slot 1 --accept-time >"$TOWN/enrol" 2>&1
rc=$?
must "the clock was moved; the module follows: $(cat "$TOWN/enrol")" equals $rc 0
charge --code "$(code)" --amount 1.00 --order-no cert-1
must "its slot pays as before" equals "$(jq -r .state "$TOWN/charge")" SUCCESS
end_step "the payment keys know nothing of it"

step "no gateway, no harm"
cp "$TOWN/own.pem" "$TOWN/before"
gateway_stop
voicepay certificate renew >"$TOWN/renew" 2>&1
must "told" test $? -ne 0
must "what was there stays" cmp "$TOWN/own.pem" "$TOWN/before"
gateway_start
end_step "the next day is another try"

step "a key that is made in a token, and used there"
MODULE=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)
mkdir -p "$TOWN/tokens" "$TOWN/pin"
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$TOWN" >"$TOWN/hsm.conf"
SOFTHSM2_CONF=$TOWN/hsm.conf softhsm2-util --init-token --free --label device --pin 123456 --so-pin 654321 >"$TOWN/log" 2>&1
echo 123456 >"$TOWN/pin/pin"
chmod 600 "$TOWN/pin/pin"
cp /etc/voicepay/voicepay.conf "$TOWN/conf"
sed -i "s|^cert = .*|cert = $TOWN/token.pem|; s|^key = $TOWN.*|key = pkcs11:token=device;object=tls\npkcs11-module = $MODULE\nkey-pin-file = $TOWN/pin/pin\nkey-pin-state = $TOWN/pin/state\nkey-env = SOFTHSM2_CONF=$TOWN/hsm.conf|" \
	/etc/voicepay/voicepay.conf
voicepay certificate request --out "$TOWN/token.csr" >"$TOWN/log" 2>&1
must "requested: $(cat "$TOWN/log")" test -s "$TOWN/token.csr"
gateway_ctl certify --request "$TOWN/token.csr" --out "$TOWN/token.new" >"$TOWN/log" 2>&1
must "certified: $(cat "$TOWN/log")" test -s "$TOWN/token.new"
voicepay certificate install "$TOWN/token.new" >"$TOWN/log" 2>&1
rc=$?
must "installed: $(cat "$TOWN/log")" equals $rc 0
# Whom handshakes become where there is no user voicepay.
chown -R 65534 "$TOWN/tokens" "$TOWN/pin"
voicepay check >"$TOWN/check" 2>&1
rc=$?
must "the gateway takes it: $(cat "$TOWN/check")" equals $rc 0
must "no process that used it is left" wait_for 5 sh -c "! pgrep -x voicepay-handsh"
echo 111111 >"$TOWN/pin/pin"
voicepay check >"$TOWN/check" 2>&1
must "a wrong PIN" equals $? 3
must "is told as that: $(cat "$TOWN/check")" grep -q "refused the PIN" "$TOWN/check"
cp "$TOWN/conf" /etc/voicepay/voicepay.conf
end_step "the PIN and the token were with a process that no stranger's bytes reach"

step "revoked: refused at once, its codes too"
CODE=$(code)
gateway_ctl device revoke --device "$ID" --reason key-compromise >"$TOWN/log" 2>&1
rc=$?
must "revoked: $(cat "$TOWN/log")" equals $rc 0
voicepay statement >"$TOWN/log" 2>&1
must "no call" equals $? 1
must "and it says why: $(cat "$TOWN/log")" grep -q revoked "$TOWN/log"
voicepay certificate renew >"$TOWN/log" 2>&1
must "no renewal" equals $? 1
charge --code "$CODE" --amount 1.00 --order-no cert-2
must "no code, not one made before" equals "$(jq -r .error "$TOWN/charge")" CODE_EXPIRED
end_step "a stolen speaker is worth nothing from here on"
ktap_end
