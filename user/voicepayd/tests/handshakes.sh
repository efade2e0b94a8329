# SPDX-License-Identifier: GPL-2.0-or-later
#
# What key_places.sh and ocsp_query.sh share: handshakes of voicepay-handshake with a server
# at a port of this machine, and what comes of them. Sourced, with the certificates of
# selftests/pki in $P, the program in $HELPER and room in $T. The test itself has
# shake_with(), which is given a test's arguments and calls handshake().
# shellcheck shell=bash disable=SC2154 # set by whoever sources this

handshake() { # PORT CERT KEY [SETTING..]: what it says, in $SAID
	local port=$1 cert=$2 key=$3
	shift 3
	{
		printf '[gateway]\nhost = pay.voicepay.test\naddress = 127.0.0.1\nport = %s\n[daemon]\ndevice = /dev/null\n' "$port"
		printf '[tls]\nca = %s/ca.pem\ncert = %s/%s.pem\nkey = %s\n' "$P" "$P" "$cert" "$key"
		sed 's/^/pin = /' "$P/pins"
		printf '%s\n' "$@"
	} >"$T/conf"
	SAID=$(timeout 30 shake "$HELPER" "$T/conf" 2>/dev/null)
}

# /dev/null is no module, and a kernel may have no TLS: that comes after all that is tested here.
good() { shake_with "$@"; case $SAID in ktls:*|seal:*) ;; *) echo "$SAID"; return 1 ;; esac; }

# Refused by one of the checks $CHECKS.
bad() { # WORDS ARG..
	local words=$1 check
	shift
	shake_with "$@"
	for check in $CHECKS; do
		case $SAID in "$check":*"$words"*) return 0 ;; esac
	done
	echo "$SAID"
	return 1
}
