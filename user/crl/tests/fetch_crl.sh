#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# voicepay-fetch-crl against a server that has younger CRLs, older ones, and
# things that are none: what is there is replaced by something better only.

. "$VOICEPAY_TOP/selftests/ktap.sh"

T=$(mktemp -d)
SERVER=
finish() {
	[ -z "$SERVER" ] || kill "$SERVER" 2>/dev/null
	rm -rf "$T"
}
trap finish EXIT
bail() { echo "Bail out! $*"; exit 1; }

"$VOICEPAY_TOP/selftests/pki/make-pki" "$T/pki" >"$T/log" 2>&1 || bail "no certificates"
P=$T/pki
: >"$T/index"
echo 01 >"$T/number"
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\ncrlnumber=%s/number\ndefault_md=sha256\ndefault_crl_days=7\n' "$T" "$T" >"$T/cnf"

crl() { # NAME CA ARG..
	local name=$1 ca=$2
	shift 2
	openssl ca -config "$T/cnf" -cert "$P/$ca.pem" -keyfile "$P/$ca.key" -gencrl -out "$T/$name" "$@" 2>"$T/log" ||
		bail "no CRL: $(cat "$T/log")"
}

day() { date -u -d "$1" +%Y%m%d%H%M%SZ; }

crl older ca -crl_lastupdate "$(day '-3 days')" -crl_nextupdate "$(day '+3 days')"
crl younger ca -crl_lastupdate "$(day '-1 day')" -crl_nextupdate "$(day '+5 days')"
crl stale ca -crl_lastupdate "$(day '-9 days')" -crl_nextupdate "$(day '-1 day')"
crl future ca -crl_lastupdate "$(day '+2 days')" -crl_nextupdate "$(day '+5 days')"
crl rogue rogue
# the CA's name with another's signature
openssl req -new -x509 -key "$P/rogue.key" -subj "/CN=voicepay test CA" -days 9 -out "$P/twin.pem" \
	-addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
cp "$P/rogue.key" "$P/twin.key"
crl forged twin
head -c 200 "$T/younger" >"$T/torn"
openssl crl -in "$T/younger" -outform DER -out "$T/der"

port=$((20000 + $$ % 20000))
cat >"$T/answer" <<END
#!/bin/bash
while read -r line; do [ "\${line%\$'\r'}" ] || break; done
printf 'HTTP/1.0 200 OK\r\n\r\n'
cat "$T/served"
END
chmod +x "$T/answer"
socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" "EXEC:$T/answer" 2>/dev/null &
SERVER=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do ss -Hltn "src 127.0.0.1:$port" | grep -q . && break; sleep 0.2; done
printf '[tls]\nca = %s/ca.pem\ncrl = %s/crl\ncrl-url = http://127.0.0.1:%s/ca.crl\n' "$P" "$T" "$port" >"$T/conf"
printf '[tls]\nca = %s/ca.pem\ncrl = %s/crl\ncrl-url = http://127.0.0.1:1/ca.crl\n' "$P" "$T" >"$T/dead.conf"
printf '[tls]\ncrl-url = http://127.0.0.1:1/ca.crl\n' >"$T/odd.conf"

exits() { # STATUS TEXT CONFIG
	local out rc=0
	out=$(voicepay-fetch-crl --config "$T/$3" 2>&1) || rc=$?
	echo "$out"
	[ $rc = "$1" ] || { echo "exit status $rc instead of $1"; return 1; }
	case $out in *"$2"*) ;; *) echo "does not say: $2"; return 1 ;; esac
}

serves() { # FILE STATUS TEXT LEFT: what is there afterwards
	cp "$T/$1" "$T/served"
	exits "$2" "$3" conf && cmp "$T/crl" "$T/$4"
}

ktap_plan 12
ktap_run "the first one" serves older 0 'renewed' older
ktap_run "a younger one" serves younger 0 'renewed' younger
ktap_run "the same again" serves younger 0 'no younger' younger
ktap_run "an older one" serves older 1 'is older' younger
ktap_run "a stale one" serves stale 1 'is stale' younger
ktap_run "one of the future" serves future 1 'of the future' younger
ktap_run "one of another CA" serves rogue 1 'by another CA' younger
ktap_run "one that is forged" serves forged 1 'did not make' younger
ktap_run "half of one" serves torn 1 'damaged' younger
ktap_run "something else" serves cnf 1 'holds no CRL' younger
ktap_run "nobody there" exits 3 'what is there stays' dead.conf
ktap_run "an address without a file" exits 3 'needs a crl' odd.conf
ktap_end
