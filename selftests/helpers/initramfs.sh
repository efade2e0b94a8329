#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# initramfs.sh BOOT: what the initramfs has left to the system that comes after it, and
# to root in it: sealing-initramfs boots. /results/store is /var/lib/voicepay.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap.sh"
store=/var/lib/voicepay

loaded_before() { [ -d /sys/module/voicepay ]; }
ready() { voicepay status | grep -q "^sealed storage: TPM"; }
closed() { voicepay status | grep -q "^sealed storage: not in use"; }
gate_shut() { ! grep -qxE "0+" /sys/class/tpm/tpm0/pcr-sha256/13; }
# Attack: root lets the TPM unwrap the key. It must come as far as the policy.
root_fails() { # FILE
	local out
	! out=$("$here/unwrap.sh" "$1" 2>&1) && grep -qx "unwrap.sh: loaded" <<<"$out" && grep -q "policy check failed" <<<"$out"
}
comes() { # FILE
	for _ in {1..200}; do
		[ ! -s "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

# The root filesystem is read-only in the initramfs, and is not any more.
writable() { mount -o remount,bind,rw "$store"; }
not_stored_yet() { [ ! -e "$store/sealing.key" ]; }
stored_later() { voicepay-store run >>/results/log 2>&1 & comes "$store/sealing.key"; }
slot_stored() { [ "$("$here/vault_probe" enrol)" = OK ] && comes "$store/slot-0.blob"; }
ends() { pkill -TERM -x voicepay-store && sleep 3 && ! pgrep -x voicepay-store; }
slot_back() {
	voicepay-store run >>/results/log 2>&1 &
	for _ in {1..200}; do
		! voicepay status | grep -q "^voicepay .* 1 of " || return 0
		sleep 0.1
	done
	return 1
}
# Nothing but what the initramfs donated could hold it.
in_secret_memory() { voicepay status | grep -q "^keys in secretmem"; }

case $1 in
fresh)
	ktap_plan 8
	ktap_run "the module is loaded before anything of the root filesystem" loaded_before
	ktap_run "the sealing key was made, and the gate is shut" gate_shut
	ktap_run "slots can be sealed" ready
	ktap_run "the key is not stored while the root filesystem is read-only" not_stored_yet
	writable
	ktap_run "it is stored later" stored_later
	ktap_run "root cannot unwrap it" root_fails "$store/sealing.key"
	ktap_run "a slot is sealed" slot_stored
	ktap_run "voicepay-store ends" ends
	;;
next | dracut)
	ktap_plan 4
	ktap_run "the sealing key is with the module" ready
	ktap_run "the gate is shut" gate_shut
	ktap_run "root cannot unwrap the key" root_fails "$store/sealing.key"
	writable
	ktap_run "the slot is back" slot_back
	;;
vault)
	ktap_plan 3
	ktap_run "the sealing key is with the module" ready
	ktap_run "in memory that was donated before" in_secret_memory
	ktap_run "root cannot unwrap the key" root_fails "$store/sealing.key"
	;;
removed)
	ktap_plan 3
	ktap_run "there is another sealing key" ready
	ktap_run "the gate is shut" gate_shut
	ktap_run "root cannot unwrap the copy of the old one" root_fails /results/copy
	;;
*)
	ktap_plan 3
	ktap_run "nothing can be sealed" closed
	ktap_run "the gate is shut" gate_shut
	ktap_run "root cannot unwrap the copy of the key" root_fails /results/copy
	;;
esac
ktap_end
