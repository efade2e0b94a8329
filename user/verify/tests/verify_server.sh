#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# voicepay verify-server as a command: options, files, exit codes, JSON. What
# it accepts and refuses is in the tests beside this one.

. "$VOICEPAY_TOP/selftests/ktap.sh"

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
"$VOICEPAY_TOP/selftests/pki/make-pki" "$T/pki" >"$T/log" 2>&1 || { cat "$T/log"; echo "Bail out! no certificates"; exit 1; }
P=$T/pki
ca=(--trust "$P/ca.pem")
server=(--chain "$P/server.pem" --host pay.voicepay.test)

# exits STATUS TEXT ARG..: so, and says that
exits() {
	local want=$1 text=$2 out rc=0
	shift 2
	out=$(voicepay verify-server "$@" 2>&1) || rc=$?
	echo "$out"
	[ $rc = "$want" ] || { echo "exit status $rc instead of $want"; return 1; }
	case $out in *"$text"*) ;; *) echo "does not say: $text"; return 1 ;; esac
}

json() { # FILTER-TEXT ARG..
	local want=$1
	shift
	voicepay verify-server --json "$@" 2>/dev/null | tr -d ' \n' | grep -F -- "$want"
}

ca_make() { # CONFIG-LINES.. on stdin: an index for "openssl ca"
	mkdir -p "$T/ca"
	: >"$T/ca/index"
	echo 01 >"$T/ca/number"
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/ca/index\ncrlnumber=%s/ca/number\ndefault_md=sha256\ndefault_crl_days=7\n' "$T" "$T" >"$T/ca/cnf"
}

crl() { # NAME: a CRL of what the index says now
	openssl ca -config "$T/ca/cnf" -cert "$P/ca.pem" -keyfile "$P/ca.key" -gencrl -out "$T/$1" 2>/dev/null
}

revoke() { openssl ca -config "$T/ca/cnf" -cert "$P/ca.pem" -keyfile "$P/ca.key" -revoke "$1" 2>/dev/null; }

ocsp() { # NAME: an answer about the server, from the index
	openssl ocsp -issuer "$P/ca.pem" -cert "$P/server.pem" -no_nonce -reqout "$T/req" >/dev/null 2>&1
	openssl ocsp -index "$T/ca/index" -CA "$P/ca.pem" -rsigner "$P/ca.pem" -rkey "$P/ca.key" -rmd sha256 \
		-reqin "$T/req" -respout "$T/$1" -ndays 2 >/dev/null 2>&1
}

known() { # the server, as the CA knows it
	printf 'V\t%s\t\t%s\tunknown\t/CN=voicepay gateway\n' 401231235959Z \
		"$(openssl x509 -in "$P/server.pem" -noout -serial | cut -d= -f2)" >"$T/ca/index"
}

ca_make
known
crl good.crl
ocsp good.ocsp
revoke "$P/server.pem"
crl revoked.crl
ocsp revoked.ocsp
openssl crl -in "$T/good.crl" -outform DER -out "$T/good.der"
openssl x509 -in "$P/ca.pem" -outform DER -out "$T/ca.der"
head -c 300 "$P/server.pem" >"$T/torn.pem"
cat "$P/fake.pem" "$P/server.pem" >"$T/two.pem"
pin=$(head -n 1 "$P/pins")
year=$(date -u +%Y)

ktap_plan 38
ktap_run "the gateway" exits 0 'accepted' "${ca[@]}" "${server[@]}"
ktap_run "which chain" exits 0 '1 CN=voicepay test CA (trusted)' "${ca[@]}" "${server[@]}"
ktap_run "without a name" exits 0 'accepted' "${ca[@]}" --chain "$P/server.pem"
ktap_run "DER" exits 0 'accepted' --trust "$T/ca.der" "${server[@]}"
ktap_run "several files after one --trust" exits 0 'accepted' --trust "$P/rogue.pem" "$P/ca.pem" "${server[@]}"
ktap_run "--trust twice" exits 0 'accepted' --trust "$P/rogue.pem" --trust "$P/ca.pem" "${server[@]}"
ktap_run "another name" exits 1 'check "host": certificate 0 (CN=fake-pay.com) is for fake-pay.com' "${ca[@]}" --chain "$P/fake.pem" --host pay.voicepay.test
ktap_run "a name in the CN" exits 1 'check "host"' "${ca[@]}" --chain "$P/cn-only.pem" --host pay.voicepay.test
ktap_run "a CA that is not trusted" exits 1 'check "ca"' "${ca[@]}" --chain "$P/untrusted.pem" --host pay.voicepay.test
ktap_run "expired" exits 1 'check "dates": certificate 0' "${ca[@]}" --chain "$P/expired.pem" --host pay.voicepay.test
ktap_run "expired, but not then" exits 0 'accepted' "${ca[@]}" --chain "$P/server.pem" --time "$(($(date +%s) + 86400))"
ktap_run "a client's" exits 1 'check "purpose"' "${ca[@]}" --chain "$P/device.pem"
ktap_run "the first certificate is the server's" exits 1 'check "host"' "${ca[@]}" --chain "$T/two.pem" --host pay.voicepay.test
ktap_run "an address" exits 1 'check "host"' "${ca[@]}" --chain "$P/server.pem" --ip 192.0.2.1
ktap_run "an address as --host" exits 1 'not for 192.0.2.1' "${ca[@]}" --chain "$P/server.pem" --host 192.0.2.1
ktap_run "seconds" exits 1 'check "dates"' "${ca[@]}" "${server[@]}" --time 4102444800
ktap_run "a date" exits 1 'check "dates"' "${ca[@]}" "${server[@]}" --time 2100-01-01T00:00:00Z
ktap_run "a date with an offset" exits 1 'check "dates"' "${ca[@]}" "${server[@]}" --time "2100-01-01T08:00:00.5+08:00"
ktap_run "a pin" exits 0 'accepted' "${ca[@]}" "${server[@]}" --pin sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= --pin "$pin"
ktap_run "another pin" exits 1 'check "pin"' "${ca[@]}" "${server[@]}" --pin sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
ktap_run "a pin in curl's spelling" exits 0 'accepted' "${ca[@]}" "${server[@]}" --pin "sha256//${pin#sha256/}"
ktap_run "a CRL" exits 0 'accepted' "${ca[@]}" "${server[@]}" --crl "$T/good.crl"
ktap_run "a CRL in DER" exits 0 'accepted' "${ca[@]}" "${server[@]}" --crl "$T/good.der"
ktap_run "revoked by it" exits 1 'check "revocation": certificate 0 (CN=voicepay gateway) was revoked' "${ca[@]}" "${server[@]}" --crl "$T/revoked.crl"
ktap_run "by the second of two" exits 1 'was revoked' "${ca[@]}" "${server[@]}" --crl "$T/good.crl" "$T/revoked.crl"
ktap_run "a stale CRL" exits 1 'stale' "${ca[@]}" "${server[@]}" --crl "$T/good.crl" --time "$(($(date +%s) + 20 * 86400))"
ktap_run "a file that is no CRL" exits 1 'holds no CRL' "${ca[@]}" "${server[@]}" --crl "$P/ca.pem"
ktap_run "a staple" exits 0 'accepted' "${ca[@]}" "${server[@]}" --ocsp "$T/good.ocsp"
ktap_run "a staple that says revoked" exits 1 'was revoked' "${ca[@]}" "${server[@]}" --ocsp "$T/revoked.ocsp"
ktap_run "none where one is required" exits 1 'required' "${ca[@]}" "${server[@]}" --staple-required
ktap_run "JSON" json '{"accepted":true,"check":"ok","chain":["/CN=voicepaygateway","/CN=voicepaytestCA"]}' "${ca[@]}" "${server[@]}"
ktap_run "JSON of a refusal" json '"accepted":false,"error":"host"' "${ca[@]}" --chain "$P/fake.pem" --host pay.voicepay.test
ktap_run "half a certificate" exits 1 'damaged' "${ca[@]}" --chain "$T/torn.pem"
ktap_run "no such file" exits 2 'No such file' --trust /nowhere "${server[@]}"
ktap_run "no --chain" exits 2 'are needed' "${ca[@]}"
ktap_run "a U-label" exits 2 'xn--' "${ca[@]}" --chain "$P/server.pem" --host bücher.example
ktap_run "a bad time" exits 2 'is not a time' "${ca[@]}" "${server[@]}" --time "$year-02-30T00:00:00"
ktap_run "a bad pin" exits 2 'is not a pin' "${ca[@]}" "${server[@]}" --pin sha1/x
ktap_end
