#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# voicepay-bundle as a command, from the maker's desk to the device.

. "$VOICEPAY_TOP/selftests/ktap.sh"

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
"$VOICEPAY_TOP/selftests/pki/make-pki" "$T/pki" >"$T/log" 2>&1 || { cat "$T/log"; echo "Bail out! no certificates"; exit 1; }
for k in maker stranger; do openssl genpkey -algorithm ED25519 -out "$T/$k.key" 2>/dev/null; done
public=$(openssl pkey -in "$T/maker.key" -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n')
mapfile -t pins <"$T/pki/pins"
printf '[bundle]\nfile = %s/bundle\nkey = %s\n' "$T" "$public" >"$T/conf"
printf '[tls]\n' >"$T/none.conf"

exits() { # STATUS TEXT ARG..
	local want=$1 text=$2 out rc=0
	shift 2
	out=$(voicepay-bundle "$@" 2>&1) || rc=$?
	echo "$out"
	[ $rc = "$want" ] || { echo "exit status $rc instead of $want"; return 1; }
	case $out in *"$text"*) ;; *) echo "does not say: $text"; return 1 ;; esac
}

make() { # NUMBER KEY OUT ARG..
	local number=$1 key=$2 out=$3
	shift 3
	voicepay-bundle make --key "$T/$key.key" --number "$number" --ca "$T/pki/ca.pem" --pin "${pins[0]}" --pin "${pins[1]}" \
		--out "$T/$out" "$@"
}

conf=(--config "$T/conf")
ktap_plan 13
ktap_run "none is installed" exits 1 'none was ever installed' status "${conf[@]}"
ktap_run "one is made" make 2 maker two
ktap_run "and an older one" make 1 maker one
ktap_run "and somebody else's" make 9 stranger nine
ktap_run "it is not written over another" exits 3 'File exists' make --key "$T/maker.key" --number 3 --ca "$T/pki/ca.pem" --pin "${pins[0]}" --pin "${pins[1]}" --out "$T/two"
ktap_run "one pin is too few" exits 1 'backup' make --key "$T/maker.key" --number 3 --ca "$T/pki/ca.pem" --pin "${pins[0]}" --out "$T/three"
ktap_run "it is good" exits 0 'good: version 2, 1 CAs, 2 pins, 0 CRLs' show "${conf[@]}" "$T/two"
ktap_run "it is installed" exits 0 'installed: version 2' install "${conf[@]}" "$T/two"
ktap_run "and again" exits 0 'installed already' install "${conf[@]}" "$T/two"
ktap_run "the older one is not" exits 1 'no way back' install "${conf[@]}" "$T/one"
ktap_run "nor somebody else's" exits 1 'not signed by a key of the settings' install "${conf[@]}" "$T/nine"
ktap_run "it is there" exits 0 '"version": 2' status --json "${conf[@]}"
ktap_run "settings without a bundle" exits 3 'name no bundle' status --config "$T/none.conf"
ktap_end
