#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ktap: timeout=400
#
# Where keys lie: which back end is chosen, what is refused as one, that keys
# move to a better one while they are used, and that all else works in each.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap.sh"
probe=$here/vault_probe
# What selftests/vm/run sets apart, and memory that everybody has.
case $(uname -m) in
aarch64) AT=0x60000000 RAM=0x58000000 ;;
*) AT=0x7000000 RAM=0x8000000 ;;
esac
LEN=0x100000
beyond() { printf '0x%x' $((AT + $1)); }
CARVED=reserved=$AT,$LEN

load() { [ ! -d /sys/module/voicepay ] || rmmod voicepay; modprobe voicepay "$@"; }
says() { # WANTED COMMAND..
	local want=$1 got
	shift
	got=$("$@" 2>&1) || :
	[ "$got" = "$want" ] || { echo "$*: got $got, wanted $want"; return 1; }
}
# vault 0 none, 1 split, 2 secretmem, 3 reserved; flags 1 required, 2 wanted
vault_is() { says "$1 $2" "$probe" info; }
told() { dmesg | grep -c "$1"; }

by_default() {
	load && vault_is 1 2 && says OK "$probe" enrol && vault_is 1 2
}
warned_once() {
	local before
	before=$(told "lie in ordinary memory")
	load && "$probe" enrol && "$probe" enrol &&
		[ $(($(told "lie in ordinary memory") - before)) = 1 ]
}
bad_parameters() {
	for p in "vault_required=1" "vault=nonsense" "vault=none" "reserved=0x1234,0x100000 vault=x"; do
		# shellcheck disable=SC2086 # words
		! load $p 2>/dev/null || { echo "loaded with $p"; return 1; }
	done
}
carved() {
	load $CARVED && vault_is 3 0 && says OK "$probe" enrol && vault_is 3 0 &&
		grep -q "voicepay vault" /proc/iomem
}
# Attack: the parameter points at memory that everybody has.
refused() { # ADDR,SIZE
	load "reserved=$1" && vault_is 1 2 &&
		load "reserved=$1" vault=reserved vault_required=1 && vault_is 0 1 &&
		says ENOMEDIUM "$probe" enrol
}
in_ram() { refused $RAM,0x100000; }
half_in_ram() { refused "$(beyond 0x80000),0x100000"; }
firmware() {
	local a
	a=$(sed -n 's/^ *\([0-9a-f]*\)-.* : System ROM$/\1/p' /proc/iomem | head -n 1)
	[ -n "$a" ] && refused "0x$a,0x1000"
}
a_device() {
	local a
	a=$(sed -n 's/^ *\([0-9a-f]*\)-.* : IOAPIC 0$/\1/p; s/^ *\([0-9a-f]*\)-.* : Local APIC$/\1/p; s/^ *\([0-9a-f]*\)-.* : .*pl011.*$/\1/p' /proc/iomem | head -n 1)
	[ -n "$a" ] && refused "0x$a,0x1000"
}
nothing_there() { refused 0x4000000000,0x1000; }
odd_bounds() {
	for p in $AT,0 0,$LEN "$(beyond 1),0x1000" $AT,0x1001 $AT,0x8000000 0xfffffffffffff000,0x2000 $AT; do
		refused $p || { echo "at $p"; return 1; }
	done
}
dev_mem() { # a claimed region is nobody else's
	[ -e /dev/mem ] || mknod /dev/mem c 1 1
	load $CARVED && says OK "$probe" enrol &&
		! dd if=/dev/mem of=/dev/null bs=4096 skip=$((AT / 4096)) count=1 2>/dev/null
}
twice() { # the region is given back
	load $CARVED && "$probe" enrol >/dev/null && load $CARVED && vault_is 3 0 && says OK "$probe" enrol
}
named_split() {
	load vault=split $CARVED && vault_is 1 0 && says EEXIST "$probe" donate well && vault_is 1 0
}
required_split() { load vault=split vault_required=1 && vault_is 1 1 && says OK "$probe" enrol; }
no_better_wanted() { load $CARVED && says EEXIST "$probe" donate well; }
nothing_weaker() {
	load vault=secretmem vault_required=1 && vault_is 0 3 && says ENOMEDIUM "$probe" begin &&
		says ENOMEDIUM "$probe" enrol && says ENOKEY "$probe" code &&
		says OK "$probe" donate well && vault_is 2 1 && says OK "$probe" enrol
}
# Attack: whoever gives the memory keeps a way to it, or gives what others can read.
bad_donations() {
	load || return
	while read -r how want; do
		says "$want" "$probe" donate "$how" || return 1
		vault_is 1 2 || return 1
	done <<-END
	ordinary EMEDIUMTYPE
	mapped EBUSY
	duplicate EBUSY
	hole ENODATA
	empty EFBIG
	uneven EFBIG
	large EFBIG
	closed EBADF
	unprivileged EPERM
	END
}
donated() {
	load && says OK "$probe" donate well && vault_is 2 0 && says OK "$probe" enrol && vault_is 2 0 &&
		says EEXIST "$probe" donate well
}
moves() { load && says OK "$probe" move 2>/dev/null && vault_is 2 0; }
too_full() { # a page holds seven cells
	load && says OK "$probe" donate tiny && says OK "$probe" enrol && "$here/netlink" | grep '^not ok' |
		grep -v "1024 slots" && return 1
	vault_is 2 0
}
no_hibernation() {
	load && "$probe" enrol >/dev/null && says OK "$probe" donate well && grep -q '\[disabled\]' /sys/power/disk &&
		rmmod voicepay && ! grep -q '\[disabled\]' /sys/power/disk
}
by_voicepayd() {
	load && voicepayd --donate 2>/dev/null && vault_is 2 0 && voicepayd --donate && vault_is 2 0 &&
		voicepay status | grep -q '^keys in secretmem' &&
		[ "$(voicepay --json status | jq -r '.vault, .vault_required' | paste -sd' ')" = "secretmem false" ]
}
status_says() {
	load vault=reserved vault_required=1 && voicepay status | grep -q '^keys in none.*required$' &&
		load $CARVED vault=reserved vault_required=1 &&
		[ "$(voicepay --json status | jq -r '.vault, .vault_required' | paste -sd' ')" = "reserved true" ]
}
all_works() { # TEST ARG..: a whole test program with the module as it is
	"$here/$1" >"$T/out" 2>&1 && ! grep -E '^not ok|^Bail' "$T/out"
}
in_reserved() { load $CARVED vault=reserved vault_required=1 && all_works "$1" && vault_is 3 1; }
in_secretmem() { load vault=secretmem vault_required=1 && says OK "$probe" donate well && all_works "$1" && vault_is 2 1; }

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
grep -q 'memmap=1M$0x7000000' /proc/cmdline || [ -d /proc/device-tree/reserved-memory/vault@60000000 ] ||
	ktap_skip_all "no carve-out: boot with memmap=1M\$$AT"
modprobe -q voicepay
ktap_plan 29
ktap_run "nothing named: split, and secretmem wanted" by_default
ktap_run "split warns, once" warned_once
ktap_run "parameters that make no sense" bad_parameters
ktap_run "a carve-out is used" carved
ktap_run "ordinary memory is no carve-out" in_ram
ktap_run "half of it neither" half_in_ram
if [ "$(uname -m)" = x86_64 ]; then
	ktap_run "nor is the firmware's memory" firmware
else
	ktap_skip "nor is the firmware's memory" "this machine's has none that is told of"
fi
ktap_run "nor a device's" a_device
ktap_run "nor no memory at all" nothing_there
ktap_run "bounds that make no sense" odd_bounds
ktap_run "/dev/mem does not show it" dev_mem
ktap_run "it is given back when the module goes" twice
ktap_run "vault=split uses nothing better" named_split
ktap_run "vault=split is all that is required" required_split
ktap_run "who has a carve-out wants no donation" no_better_wanted
ktap_run "no key in a weaker back end than required" nothing_weaker
ktap_run "donations that somebody else could read" bad_donations
ktap_run "a donation is used" donated
ktap_run "keys move to it while they are used" moves
ktap_run "no hibernation as long as it lives" no_hibernation
ktap_run "voicepayd donates, and status tells" by_voicepayd
ktap_run "status tells of the others" status_says
ktap_run "a vault of seven cells" too_full
ktap_run "reserved: ioctl" in_reserved ioctl
ktap_run "reserved: netlink" in_reserved netlink
ktap_run "reserved: races" in_reserved races
ktap_run "secretmem: ioctl" in_secretmem ioctl
ktap_run "secretmem: netlink" in_secretmem netlink
ktap_run "secretmem: races" in_secretmem races
load
ktap_end
