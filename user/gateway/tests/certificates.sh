#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A device's certificate from its first request to its revocation: "voicepay
# certificate" on one side, "voicepay-gateway certify" on the other, and the
# real nginx, which lets in whom the CA vouches for and not who is on its CRL.
# Keys are in files, in a token (SoftHSM) and wrapped by a TPM (swtpm).

if [ -z "${VOICEPAY_NETNS-}" ]; then
	if [ "$(id -u)" = 0 ]; then VOICEPAY_NETNS=1 exec unshare --net "$0" "$@"; fi
	VOICEPAY_NETNS=1 exec unshare --user --map-root-user --net "$0" "$@"
fi
ip link set lo up

top=$(cd "$(dirname "$0")/../../.." && pwd)
# shellcheck source=selftests/ktap.sh
. "$top/selftests/ktap.sh"
# shellcheck source=selftests/helpers/gateway_side.sh
. "$top/selftests/helpers/gateway_side.sh"
T=$(mktemp -d /tmp/vpcert.XXXXXX)
chmod 755 "$T"
cd "$T" || exit 1
PIDS=()
finish() {
	for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null; done
	[ ! -s nginx/pid ] || kill "$(cat nginx/pid)" 2>/dev/null
	rm -rf "$T"
}
trap finish EXIT
bail() { echo "Bail out! $*"; exit 1; }

"$top/selftests/pki/make-pki" "$T/pki" >log 2>&1 || bail "no certificates"
PATH=$PATH:/usr/sbin:/sbin
gateway_conf "$T/state" "$T/gw.sock" "$T/pki" >gateway.conf
printf '[certificates]\nca = %s/pki/ca.pem\nkey = %s/pki/ca.key\n' "$T" "$T" >>gateway.conf
gw() { voicepay-gateway --config "$T/gateway.conf" "$@"; }
gw init >key || bail "no gateway"
voicepay-gateway --config "$T/gateway.conf" serve 2>>gateway.log &
PIDS+=($!)
nginx_conf "$T/nginx" "$top/user/gateway/nginx.conf" 127.0.0.1:18443 pay.voicepay.test "$T/gw.sock" "$T/pki"
gw crl --out "$T/clients.crl" || bail "no CRL"
echo "ssl_crl $T/clients.crl;" >>nginx/voicepay-site.conf
nginx -e "$T/nginx/error.log" -c "$T/nginx/nginx.conf" || bail "no nginx"

MODULE=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$T" >hsm.conf
export SOFTHSM2_CONF=$T/hsm.conf
softhsm2-util --init-token --free --label device --pin 123456 --so-pin 654321 >log 2>&1 || bail "no token"
mkdir tpm
swtpm socket --tpm2 --tpmstate "dir=$T/tpm" --server type=tcp,port=2321 --ctrl type=tcp,port=2322 \
	--flags not-need-init,startup-clear >swtpm.log 2>&1 &
PIDS+=($!)
for _ in $(seq 50); do ss -Hltn src :2321 | grep -q . && [ -S gw.sock ] && break; sleep 0.1; done
echo 123456 >pin
chmod 600 pin

# device NAME KEY: its settings are in NAME.conf
device() {
	printf '[tls]\ncert = %s/%s.pem\nkey = %s\ntpm = swtpm:port=2321\nkey-pin-state = %s/pin.state\n' "$T" "$1" "$2" "$T" >"$1.conf"
	case $2 in pkcs11:*) printf 'pkcs11-module = %s\nkey-pin-file = %s/pin\n' "$MODULE" "$T" >>"$1.conf" ;; esac
	case $2 in *tss) echo "key-provider = tpm2" >>"$1.conf" ;; esac
}
# vp NAME ARG..
vp() {
	local c=$1
	shift
	voicepay certificate "$@" --config "$T/$c.conf"
}
exits() { # CODE TEXT COMMAND..
	local want=$1 text=$2 rc
	shift 2
	SAID=$("$@" 2>&1)
	rc=$?
	[ $rc = "$want" ] || { echo "exit code $rc, not $want: $SAID"; return 1; }
	case $SAID in *"$text"*) ;; *) echo "no \"$text\" in: $SAID"; return 1 ;; esac
}
shows() { vp "$1" show --json | jq -r "$2"; }
# call CERT KEY: what the gateway says, through nginx
call() {
	curl -sS --max-time 20 -o answer -w '%{http_code}' --cacert pki/ca.pem --resolve pay.voicepay.test:18443:127.0.0.1 \
		--cert "$1" --key "$2" "https://pay.voicepay.test:18443/${3-v1/time}" "${@:4}"
}
enrol() { # NAME: request, certify, install
	vp "$1" request --out "$1.csr" >log 2>&1 && gw certify --request "$1.csr" --out "$1.new" && vp "$1" install "$1.new" >log 2>&1 ||
		{ cat log; return 1; }
}
ktap_plan 34

device file "$T/file.key"
ktap_run "there is no certificate yet, and it says how to get one" exits 1 "certificate request" vp file show
made() { vp file request --json | jq -e '.made and (.request | startswith("-----BEGIN CERTIFICATE REQUEST"))'; }
ktap_run "request makes a key" made
ktap_run "that nobody else can read" sh -c "[ \"\$(stat -c %a file.key)\" = 600 ] && ! ls | grep making"
cp file.key key.before
again() { vp file request --json | jq -e '.made | not' && cmp file.key key.before; }
ktap_run "request again uses it" again
ktap_run "certify and install" enrol file
subject() { [ "$(openssl x509 -in file.pem -noout -subject -nameopt multiline | sed -n 's/.*= //p')" = "$(shows file .device)" ]; }
ktap_run "the name in it is the device id" subject
ktap_run "with the key usage of a client alone" sh -c "openssl verify -purpose sslclient -CAfile pki/ca.pem file.pem && ! openssl verify -purpose sslserver -CAfile pki/ca.pem file.pem"
same_id() { [ "$(openssl x509 -in file.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -c 1-32)" = "$(shows file .device)" ]; }
ktap_run "which is the hash of its key" same_id
in_by() { [ "$(call "$1" "$2")" = 200 ]; }
ktap_run "nginx and the gateway let it in" in_by file.pem file.key

# Debian 12 has no pkcs11-provider, and a provider for TPMs that cannot sign with what it has wrapped.
outside() { # NAME COMMAND..
	if openssl_hands_over; then
		ktap_run "$@"
	else
		ktap_skip "$1" "$(openssl version | cut -d' ' -f1,2) makes no channels, so no device is enrolled with it"
	fi
}
device token "pkcs11:token=device;object=tls"
outside "a key made in a token" enrol token
none() { ! grep -rlaE 'PRIVATE KEY' token.* tokens; vp token request --json | jq -e '.made | not'; }
outside "is found there the next time" none
device wrapped "file:$T/wrapped.tss"
outside "a key wrapped by a TPM" enrol wrapped
outside "is good for that TPM alone" grep -q "BEGIN TSS2 PRIVATE KEY" wrapped.tss
device plain "file:$T/file.key"
echo "key-provider = tpm2" >>plain.conf
ktap_run "which a plain key is not taken for" exits 3 "there is no such key" vp plain request
device handle handle:0x81010007
ktap_run "a TPM's handle is for its owner to fill" exits 3 "there is no such key" vp handle request

# What must not be installed.
cp file.pem before
stays() { exits "$@" && cmp file.pem before; }
device other "file:$T/other.key"
enrol other || bail "no other key: $(cat log)"
ktap_run "another key's certificate" stays 1 "for another key" vp file install other.pem
ktap_run "even where another key is wanted" stays 1 "is not the key of" vp file install other.pem --new-key
ktap_run "a server's certificate" stays 1 "not for a TLS client" vp file install pki/server.pem
head -c 300 file.pem >torn
ktap_run "half a certificate" stays 3 "is not a certificate" vp file install torn
cat file.pem torn >torn2
ktap_run "a certificate and half another" stays 3 "is not a certificate" vp file install torn2

# Renewal by the call itself; over a real channel it is selftests/certificate.sh's.
vp file request --json 2>/dev/null | jq '{request}' >body.json
vp other request --json 2>/dev/null | jq '{request}' >other.json
renew() { call file.pem file.key v1/certificate -H 'Content-Type: application/json' --data-binary "@$1"; }
ktap_run "the gateway gives the same again while it is fresh" sh -c "[ \"$(renew body.json)\" = 200 ] && jq -j .certificate answer | cmp - file.pem"
ktap_run "and none for another key" sh -c "[ \"$(renew other.json)\" = 403 ] && jq -e '.error == \"OTHER_KEY\"' answer"

# Revocation
gone() {
	gw device revoke --device "$(shows file .device)" --reason key-compromise &&
	[ "$(call file.pem file.key)" = 403 ] && jq -e '.error == "PEER_REVOKED"' answer
}
ktap_run "a device that is revoked is refused at once" gone
ktap_run "for good, and gets no other certificate" exits 1 "has been revoked" gw certify --request file.csr
# A certificate of this CA that the gateway did not make: by id first, as one does in a hurry.
id_of() { openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -c 1-32; }
gw device revoke --device "$(id_of pki/device2.pem)" >/dev/null
ktap_run "a certificate made elsewhere is noted after its key was revoked" exits 0 "will be in the CRL" gw device revoke --cert pki/device2.pem
# Another CA's, whose serial number is that of a device here; and one that only says it is of this CA.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout foreign.key -out foreign.pem -days 9 -subj /CN=foreign \
	-set_serial "0x$(openssl x509 -in pki/device.pem -noout -serial | cut -d= -f2)" 2>/dev/null
ktap_run "another CA's is not, and it is told who must list it" exits 0 "its own CA" gw device revoke --cert foreign.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout forged.key -out forged.csr -subj /CN=forged 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout namesake.key -out namesake.pem -days 9 \
	-subj "$(openssl x509 -in pki/ca.pem -noout -subject -nameopt compat | sed 's/^subject=//')" 2>/dev/null
openssl x509 -req -in forged.csr -CA namesake.pem -CAkey namesake.key -set_serial 0x77 -days 9 -out forged.pem 2>/dev/null
ktap_run "nor one of a CA that has the same name" exits 0 "its own CA" gw device revoke --cert forged.pem
openssl x509 -req -in forged.csr -CA pki/ca.pem -CAkey pki/ca.key -days 9 -out taken.pem \
	-set_serial "0x$(openssl x509 -in file.pem -noout -serial | cut -d= -f2)" 2>/dev/null
ktap_run "a serial number that is another key's" exits 1 "another key's certificate" gw device revoke --cert taken.pem
listed() {
	local nginx_pid
	gw crl --out "$T/clients.crl" --json | jq -e '.revoked == 2 and .number == 2' &&
	openssl crl -in clients.crl -noout -verify -CAfile pki/ca.pem &&
	openssl crl -in clients.crl -noout -text | grep -q 'Key Compromise' && ! openssl crl -in clients.crl -noout -text | grep -q 'Serial Number: 77$' &&
	nginx_pid=$(cat nginx/pid) && kill -HUP "$nginx_pid" && sleep 1 &&
	[ "$(call file.pem file.key)" = 403 ] && jq -e '.error == "PEER_UNKNOWN"' answer &&
	[ "$(call pki/device2.pem pki/device2.key)" = 403 ] && jq -e '.error == "PEER_UNKNOWN"' answer
}
ktap_run "nginx turns away who is on the CRL, whoever made the certificate" listed
ktap_run "and lets the others in" in_by pki/device.pem pki/device.key
# held FILE COMMAND..: does it wait for whoever holds the lock?
held() {
	local f=$1
	shift
	rm -f released
	flock "$f" sh -c ': >holding; sleep 1; : >released' &
	while [ ! -e holding ]; do sleep 0.05; done
	rm holding
	"$@" >log 2>&1 && [ -e released ]
}
ktap_run "one CRL is made after the other" held pki/ca.key gw crl --out "$T/clients.crl"
in_order() {
	local i p=() before
	before=$(gw crl --json --out "$T/clients.crl" | jq .number)
	for i in 1 2 3 4 5 6; do gw crl --out "$T/clients.crl" & p+=($!); done
	wait "${p[@]}"
	[ "$(openssl crl -in clients.crl -noout -crlnumber)" = "crlNumber=$(printf '0x%02X' $((before + 6)))" ] && [ ! -e clients.crl.new ]
}
ktap_run "of several at once the last stays" in_order
device slow "file:$T/slow.key"
ktap_run "one key is made after the other" held "$T" vp slow request
device crowd "file:$T/crowd.key"
# All ask for the same key, and one of them has made it.
crowd() {
	local i p=()
	for i in 1 2 3 4 5 6; do vp crowd request --json >"crowd.$i" 2>&1 & p+=($!); done
	wait "${p[@]}"
	[ "$(jq -s '[.[] | select(.made)] | length' crowd.[1-6])" = 1 ] &&
	[ "$(for i in 1 2 3 4 5 6; do jq -r .request "crowd.$i" | openssl req -noout -pubkey; done | sort | uniq -c | grep -c ' 6 ')" -ge 1 ]
}
ktap_run "of several at once one makes it, and all have it" crowd
ktap_end
