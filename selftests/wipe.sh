#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ktap: timeout=300
#
# What keys do not survive, as far as the machine comes back from it. The rest,
# and memory afterwards, is selftests/vm/wipe-search's.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap.sh"
probe=$here/vault_probe
SNAPSHOT=/dev/snapshot

load() { [ ! -d /sys/module/voicepay ] || rmmod voicepay; modprobe voicepay "$@"; }
says() { # WANTED COMMAND..
	local want=$1 got
	shift
	got=$("$@" 2>&1) || :
	[ "$got" = "$want" ] || { echo "$*: got $got, wanted $want"; return 1; }
}
# Goes as far as freezing all processes, and back.
sleeps() { # disk|freeze
	# In there the kernel spins, which on a busy machine a watchdog takes for a lockup.
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	echo freezer >/sys/power/pm_test || return
	local rc=0
	echo "$1" >/sys/power/state || rc=1
	echo none >/sys/power/pm_test
	return $rc
}

no_hibernation_with_key() {
	load && says OK "$probe" enrol && ! sleeps disk 2>"$T/err" && grep -qi busy "$T/err" && says OK "$probe" code
}
no_hibernation_half_way() { load && says OK "$probe" begin && ! sleeps disk 2>/dev/null; }
hibernation_after_wipe() { load && says OK "$probe" enrol && voicepay wipe --yes >/dev/null && sleeps disk; }
# Attack: whoever enrols between the question and the freezing has a key written to
# the disk. /dev/snapshot asks when it is opened and says that it is over when it is closed.
nothing_new_for_hibernation() {
	load && says OK "$probe" enrol && ! : 2>/dev/null <$SNAPSHOT && says OK "$probe" code && says OK "$probe" enrol &&
		voicepay wipe --yes >/dev/null || return
	exec 9<$SNAPSHOT && says EBUSY "$probe" begin && says EBUSY "$probe" enrol && says ENOKEY "$probe" code
	local rc=$?
	exec 9<&-
	[ $rc = 0 ] && says OK "$probe" enrol
}
# Two reasons at a time: that one is over does not open what is shut for the other.
nothing_new_through_sleep() {
	load wipe_on_suspend=1 && exec 9<$SNAPSHOT || return
	sleeps freeze && says EBUSY "$probe" enrol
	local rc=$?
	exec 9<&-
	[ $rc = 0 ] && says OK "$probe" enrol
}
# What comes back from the disk has this system's memory in its free pages.
restore_wipes() {
	load && says OK "$probe" enrol && exec 9>$SNAPSHOT || return
	says ENOKEY "$probe" code && says EBUSY "$probe" enrol
	local rc=$?
	exec 9>&-
	[ $rc = 0 ] && says OK "$probe" enrol
}
sleep_keeps() { load && says OK "$probe" enrol && sleeps freeze && says OK "$probe" code; }
sleep_wipes() {
	load wipe_on_suspend=1 && says OK "$probe" enrol && sleeps freeze && says ENOKEY "$probe" code &&
		voicepay status | grep -q 'slot 0: empty' && says OK "$probe" enrol
}

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
[ -w /sys/power/pm_test ] || ktap_skip_all "a kernel without CONFIG_PM_DEBUG"
ktap_plan 8
ktap_run "no hibernation while a key is held" no_hibernation_with_key
ktap_run "nor while an enrolment is half way" no_hibernation_half_way
ktap_run "hibernation after a wipe" hibernation_after_wipe
ktap_run "no key is made once hibernation is prepared" nothing_new_for_hibernation
ktap_run "also after a sleep in between" nothing_new_through_sleep
ktap_run "restoring another system wipes" restore_wipes
ktap_run "sleep keeps keys" sleep_keeps
ktap_run "sleep wipes them if it is told to" sleep_wipes
load
ktap_end
