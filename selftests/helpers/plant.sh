#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# plant.sh DIR: makes wrapped sealing keys whose content is known, as root could in a
# running system, of DIR/wrapped, the genuine one:
#	DIR/planted-1	with the TPM's own record of their creation
#	DIR/planted-2	with the record and the ticket of the genuine one
#	DIR/planted-3	with a record that claims an open gate, and its own ticket
#	DIR/planted-4	with no record at all

. "$(dirname "$0")/tpm_as_root.sh"
: "${work:?}"
dir=$1

primary
# The policy is no secret: PCR 7 as it is, PCR 13 as it is at boot.
tpm2_pcrread -Q -o "$work/pcr7" sha256:7
{ cat "$work/pcr7"; head -c 32 /dev/zero; } >"$work/pcrs"
tpm2_createpolicy -Q --policy-pcr -l sha256:7,13 -f "$work/pcrs" -L "$work/policy"
printf 'A key that root knows by heart...' | head -c 32 >"$work/secret"
printf 'voicepay sealing key' >"$work/purpose"
tpm2_create -Q -C "$work/parent" -g sha256 -i "$work/secret" -L "$work/policy" -a 'fixedtpm|fixedparent|adminwithpolicy|noda' \
	-q "$work/purpose" -l sha256:7,13 -u "$work/pub" -r "$work/priv" --creation-data "$work/data" \
	--creation-ticket "$work/ticket" --creation-hash "$work/hash"

head -c 8 "$dir/wrapped" >"$work/head"
cut_out "$dir/wrapped" 2 >"$work/genuine.data"
cut_out "$dir/wrapped" 3 >"$work/genuine.ticket"
[ "$(stat -c %s "$work/data")" = "$(stat -c %s "$work/genuine.data")" ] || { echo "the records differ in form"; exit 1; }
# Up to the digest of the PCRs the genuine record, from there on root's.
{ head -c 46 "$work/genuine.data"; tail -c +47 "$work/data"; } >"$work/forged.data"

cat "$work/head" "$work/priv" "$work/pub" "$work/data" "$work/ticket" >"$dir/planted-1"
cat "$work/head" "$work/priv" "$work/pub" "$work/genuine.data" "$work/genuine.ticket" >"$dir/planted-2"
cat "$work/head" "$work/priv" "$work/pub" "$work/forged.data" "$work/ticket" >"$dir/planted-3"
cat "$work/head" "$work/priv" "$work/pub" >"$dir/planted-4"
