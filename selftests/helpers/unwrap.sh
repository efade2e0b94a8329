#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# unwrap.sh FILE: unwraps a sealing key with the TPM's own tools, as root would. Succeeds if the
# gate is open.

. "$(dirname "$0")/tpm_as_root.sh"
: "${work:?}"

primary
cut_out "$1" 0 >"$work/priv"
cut_out "$1" 1 >"$work/pub"
tpm2_load -Q -C "$work/parent" -r "$work/priv" -u "$work/pub" -c "$work/object"
echo "unwrap.sh: loaded"
tpm2_startauthsession -Q --policy-session -S "$work/session"
tpm2_policypcr -Q -S "$work/session" -l sha256:7,13
[ "$(tpm2_unseal -c "$work/object" -p "session:$work/session" | wc -c)" = 32 ]
