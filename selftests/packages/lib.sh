# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of the packages share: the clean machine they are installed
# on, and the layer of tools that they are built and judged with.

# shellcheck source=selftests/vm/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"
# shellcheck source=selftests/ktap.sh
. "$TOP/selftests/ktap.sh"
set +e

PKG=$TOP/selftests/packages
WORK=$BUILD/packages
mkdir -p "$WORK"

list() { sed 's/#.*//' "$1" | awk 'NF { print $1 }' | sort -u; }

CLEAN=$CACHE/clean-$({ echo "$SUITE 1"; list "$PKG/clean"; } | sha256sum | cut -c1-12)

make_clean() {
	[ ! -d "$CLEAN" ] || return 0
	say "making the clean machine in $CLEAN (once; two minutes)"
	rm -rf "$CLEAN.new"
	mkdir -p "$CACHE/debs"
	# apt's lists stay, as apt resolves in there what the packages need.
	INITRD=No quietly "$CACHE/clean.log" mmdebstrap --variant=minbase --skip=download/empty --skip=essential/unlink \
		--skip=cleanup/apt/lists \
		--setup-hook='mkdir -p "$1"/var/cache/apt/archives/' \
		--setup-hook="sync-in '$CACHE/debs' /var/cache/apt/archives/" \
		--customize-hook="sync-out /var/cache/apt/archives '$CACHE/debs'" \
		--customize-hook='rm -f "$1"/var/cache/apt/archives/*.deb' \
		--customize-hook='echo voicepay >"$1/etc/hostname"' \
		--include="$(list "$PKG/clean" | paste -sd,)" "$SUITE" "$CLEAN.new" || return 1
	mv -T "$CLEAN.new" "$CLEAN"
}

clean_root() {
	[ -d "$CLEAN" ] || with_lock clean make_clean
	[ -d "$CLEAN" ] || die "no clean machine. If the download failed, try again"
}

