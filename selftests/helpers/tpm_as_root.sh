# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# What plant.sh and unwrap.sh share: the TPM as an attacker with root uses it.

set -eu
modprobe -q tpm_tis || :
export TPM2TOOLS_TCTI=device:/dev/tpmrm0
work=$(mktemp -d)
export work
trap 'rm -rf "$work"' EXIT

# The storage key that the module derives.
primary() {
	tpm2_createprimary -Q -C o -g sha256 -G ecc256:aes128cfb \
		-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt' -c "$work/parent"
}

# cut_out FILE N: the Nth sized part (2 bytes of length and as many) of a wrapped key, 0 the first; or
# the ticket, the fourth, which has six bytes before its length.
cut_out() {
	python3 - "$1" "$2" <<'END'
import sys
data, wanted, at = open(sys.argv[1], "rb").read(), int(sys.argv[2]), 8
for part in range(wanted + 1):
    head = 6 if part == 3 else 0
    end = at + head + 2 + int.from_bytes(data[at + head:at + head + 2], "big")
    start, at = at, end
sys.stdout.buffer.write(data[start:end])
END
}
