#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The device's TLS key in a PKCS#11 token (SoftHSM) and in a TPM (swtpm): real
# handshakes of voicepay-handshake with openssl's server, sandboxed, as another
# user than root; and everything that can be wrong with such a key, told apart.

. "$VOICEPAY_TOP/selftests/ktap.sh"
needs_channels

T=$(mktemp -d)
MODULE=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)
for need in softhsm2-util swtpm tpm2_create ss; do
	command -v $need >/dev/null || ktap_skip_all "$need is not installed"
done
[ -n "$MODULE" ] || ktap_skip_all "SoftHSM is not installed"
[ "$(id -u)" = 0 ] || ktap_skip_all "must be root, to see that the key is used by another user"

PIDS=()
finish() {
	for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null; done
	rm -rf "$T"
}
trap finish EXIT
bail() { echo "Bail out! $*"; exit 1; }

chmod 755 "$T"
"$VOICEPAY_TOP/selftests/pki/make-pki" "$T/pki" >"$T/log" 2>&1 || bail "no certificates"
P=$T/pki
USER_ID=65534	# whom the handshake becomes
HELPER=$(dirname "$(command -v handshake-unlocked)")/handshake-unlocked

# --- a token ---
mkdir -p "$T/tokens" "$T/state"
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$T" >"$T/hsm.conf"
export SOFTHSM2_CONF=$T/hsm.conf
softhsm2-util --init-token --free --label device --pin 123456 --so-pin 654321 >"$T/log" 2>&1 || bail "no token"
for n in device device2; do
	openssl pkcs8 -topk8 -nocrypt -in "$P/$n.key" -out "$T/$n.p8"
	softhsm2-util --import "$T/$n.p8" --token device --label "$n" --id "0${#n}" --pin 123456 >"$T/log" 2>&1 ||
		bail "no key in the token: $(cat "$T/log")"
done
# RSA and P-384, for the other ways to sign
cert() { # NAME GENPKEY-ARG..
	local n=$1
	shift
	openssl genpkey "$@" -out "$P/$n.key" 2>"$T/log" &&
	openssl req -new -key "$P/$n.key" -subj "/CN=$n" -out "$T/csr" 2>"$T/log" &&
	openssl x509 -req -in "$T/csr" -CA "$P/ca.pem" -CAkey "$P/ca.key" -days 9 -out "$P/$n.pem" \
		-extfile <(printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n') \
		2>"$T/log" || bail "no certificate: $(cat "$T/log")"
}
cert rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
cert p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
for n in rsa p384; do
	openssl pkcs8 -topk8 -nocrypt -in "$P/$n.key" -out "$T/$n.p8"
	softhsm2-util --import "$T/$n.p8" --token device --label "$n" --id "1${#n}" --pin 123456 >"$T/log" 2>&1 ||
		bail "no key in the token: $(cat "$T/log")"
done

# --- a TPM ---
mkdir "$T/tpm"
swtpm socket --tpm2 --tpmstate "dir=$T/tpm" --server "type=unixio,path=$T/tpm.sock" --ctrl "type=unixio,path=$T/tpm.ctrl" \
	--flags not-need-init,startup-clear >"$T/swtpm.log" 2>&1 &
PIDS+=($!)
for _ in $(seq 50); do [ ! -S "$T/tpm.sock" ] || break; sleep 0.1; done
# What the kernel makes of a TPM is a character device; so is a pseudo terminal.
socat "PTY,link=$T/tpm0,raw,echo=0,mode=666" "UNIX-CONNECT:$T/tpm.sock" 2>"$T/socat.log" &
PIDS+=($!)
for _ in $(seq 50); do [ ! -e "$T/tpm0" ] || break; sleep 0.1; done
exec 9<>"$T/tpm0" || bail "no TPM: $(cat "$T/swtpm.log" "$T/socat.log")"
export TPM2TOOLS_TCTI=device:$T/tpm0
tpm() { "$@" >"$T/log" 2>&1 || bail "$*: $(cat "$T/log")"; tpm2_flushcontext -t >/dev/null 2>&1; }
tpm tpm2_createprimary -C o -G ecc -c "$T/prim"
tpm tpm2_evictcontrol -C o -c "$T/prim" 0x81000001
tpm_cert() { # NAME HANDLE [PIN]: a key that is born there, and its certificate
	tpm tpm2_create -C 0x81000001 -G ecc256:ecdsa-sha256:null -u "$T/pub" -r "$T/priv" ${3:+-p "$3"} \
		-a "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign"
	tpm2_load -C 0x81000001 -u "$T/pub" -r "$T/priv" -c "$T/ctx" >"$T/log" 2>&1 || bail "$(cat "$T/log")"
	tpm tpm2_evictcontrol -C o -c "$T/ctx" "$2"
	tpm2_readpublic -c "$2" -f pem -o "$T/$1.pub" >"$T/log" 2>&1 || bail "$(cat "$T/log")"
	openssl req -new -key "$P/other.key" -subj "/CN=$1" -out "$T/csr" 2>"$T/log"
	openssl x509 -req -in "$T/csr" -force_pubkey "$T/$1.pub" -CA "$P/ca.pem" -CAkey "$P/ca.key" -days 9 -out "$P/$1.pem" \
		-extfile <(printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n') \
		2>"$T/log" || bail "no certificate: $(cat "$T/log")"
}
tpm_cert tpm-open 0x81010001
tpm_cert tpm-pin 0x81010002 secret
tries() { tpm2_getcap properties-variable | sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: //p'; }

# --- a gateway ---
port=$((20000 + $$ % 30000))
openssl s_server -accept "127.0.0.1:$port" -cert "$P/server.pem" -key "$P/server.key" -CAfile "$P/ca.pem" \
	-Verify 2 -verify_return_error -tls1_3 -www >"$T/server.log" 2>&1 &
PIDS+=($!)
for _ in $(seq 50); do ss -Hltn "src 127.0.0.1:$port" | grep -q . && break; sleep 0.1; done

printf '123456\n' >"$T/pin"
printf '999999\n' >"$T/wrong"
printf 'secret' >"$T/tpm.pin"
chmod 600 "$T"/{pin,wrong,tpm.pin}
chown -R $USER_ID "$T"/{tokens,state,pin,wrong,tpm.pin}

TPM=device:$T/tpm0
STATE=$T/state/pin
CHECKS="device-certificate config"
. "$VOICEPAY_TOP/user/voicepayd/tests/handshakes.sh"
shake_with() { # CERT KEY [SETTING..]
	local cert=$1 key=$2
	shift 2
	handshake "$port" "$cert" "$key" "tpm = $TPM" "key-env = SOFTHSM2_CONF=$SOFTHSM2_CONF" "key-pin-state = $STATE" "$@"
}

HSM="pkcs11-module = $MODULE"
TOKEN='pkcs11:token=device;object='
ktap_plan 28

ktap_run "a file is what it was" good device "$P/device.key"
ktap_run "a file, as a URI" good device "file:$P/device.key"
ktap_run "a token: P-256" good device "${TOKEN}device" "$HSM" "key-pin-file = $T/pin"
ktap_run "a token: P-384" good p384 "${TOKEN}p384" "$HSM" "key-pin-file = $T/pin"
ktap_run "a token: RSA" good rsa "${TOKEN}rsa" "$HSM" "key-pin-file = $T/pin"
ktap_run "a TPM" good tpm-open handle:0x81010001
ktap_run "a TPM, with a PIN" good tpm-pin handle:0x81010002 "key-pin-file = $T/tpm.pin"

ktap_run "a token: another's key" bad "is not the key of" device "${TOKEN}device2" "$HSM" "key-pin-file = $T/pin"
ktap_run "a TPM: another's key" bad "is not the key of" device handle:0x81010001
ktap_run "a token that is not there" bad "token or TPM is not there" device "pkcs11:token=elsewhere;object=device" \
	"$HSM" "key-pin-file = $T/pin"
ktap_run "a TPM without such a key" bad "there is no such key" tpm-open handle:0x81010009
ktap_run "no library" bad "token or TPM is not there" device "${TOKEN}device" "pkcs11-module = /nowhere.so" "key-pin-file = $T/pin"
ktap_run "no library named" bad "pkcs11-module is missing" device "${TOKEN}device"
ktap_run "no provider" bad "provider nonesuch does not load" device "${TOKEN}device" "$HSM" "key-provider = nonesuch"
TPM=device:/dev/null ktap_run "no TPM" bad "provider tpm2 does not load" tpm-open handle:0x81010001

# PINs
chmod 644 "$T/pin"
ktap_run "a PIN that others can read" bad "chmod 600" device "${TOKEN}device" "$HSM" "key-pin-file = $T/pin"
chmod 600 "$T/pin"
for uri in 'pkcs11:token=device;object=device;pin-value=123456' 'pkcs11:token=device;object=device?pin-source=file:/pin' \
	'pkcs11:object=device'; do
	ktap_run "refused as a setting: ${uri#*;}" bad "without a PIN" device "$uri" "$HSM"
done
STATE=$T/nowhere/pin ktap_run "no PIN is tried that could not be remembered" bad "could not be remembered" device "${TOKEN}device" \
	"$HSM" "key-pin-file = $T/pin"

logins() { grep -c 'Calling C_Login' "$T/state/logins" 2>/dev/null; }
LOG="key-env = PKCS11_PROVIDER_DEBUG=file:$T/state/logins,level:3"
ktap_run "a wrong PIN is refused" bad "refused the PIN" device "${TOKEN}device" "$HSM" "key-pin-file = $T/wrong" "$LOG"
first=$(logins)
again() {
	bad "was refused before" device "${TOKEN}device" "$HSM" "key-pin-file = $T/wrong" "$LOG" &&
	bad "was refused before" device "${TOKEN}device" "$HSM" "key-pin-file = $T/wrong" "$LOG" &&
	[ "$first" = 1 ] && [ "$(logins)" = 1 ]
}
ktap_run "and is not tried again: one try of the token's in all" again
printf '123456\n' >"$T/wrong"
ktap_run "until its file is written anew" good device "${TOKEN}device" "$HSM" "key-pin-file = $T/wrong"
printf 'wrong' >"$T/wrong"
before=$((16#$(tries | sed 's/0x//')))
tpm_wrong() {
	bad "PIN is wrong" tpm-pin handle:0x81010002 "key-pin-file = $T/wrong" &&
	bad "was refused before" tpm-pin handle:0x81010002 "key-pin-file = $T/wrong" &&
	[ $((16#$(tries | sed 's/0x//'))) = $((before + 1)) ]
}
ktap_run "the same with a TPM: it counts one" tpm_wrong
tpm_none() {
	bad "name a file" tpm-pin handle:0x81010002 &&
	bad "none is configured" tpm-pin handle:0x81010002 &&
	[ $((16#$(tries | sed 's/0x//'))) = $((before + 2)) ]
}
ktap_run "and with a TPM's key whose PIN is not configured" tpm_none
ktap_run "a token's key whose PIN is not configured" bad "most tokens show a key" device "${TOKEN}device" "$HSM"
ktap_run "no PIN stands in what is remembered" sh -c "! grep -aE '123456|secret|wrong|999999' $T/state/pin"
ktap_run "other keys go on" good p384 "${TOKEN}p384" "$HSM" "key-pin-file = $T/pin"
ktap_end
