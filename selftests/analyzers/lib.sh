# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For the analyzers: in_root has their tools.

# shellcheck source=selftests/static/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../static/lib.sh"

LAYER=$("$VM_DIR/layer" "$TOP/selftests/analyzers/tools") || exit 3
in_root() { "$VM_DIR/in-root" -l "$LAYER" "$@"; }
