#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ktap: timeout=400
#
# The button: a key that QEMU's monitor presses on the machine's keyboard lets
# codes out as the slot's policy says, and nothing that software can do does.

dir=$(cd "$(dirname "$0")" && pwd)
. "$dir/ktap.sh"

port=
for p in /sys/class/virtio-ports/vport*; do
	[ "$(cat "$p/name" 2>/dev/null)" = monitor ] && port=/dev/$(basename "$p")
done
[ -n "$port" ] || ktap_skip_all "needs QEMU's monitor as a virtio port"
grep -q 'AT Translated Set 2' /proc/bus/input/devices || ktap_skip_all "this machine has no keyboard"

NEVER=0 CACHED=1 ALWAYS=2
ask() { "$dir/ask" "$@"; }
expect() { # WANT COMMAND..
	want=$1
	shift
	got=$("$@")
	[ "$got" = "$want" ] || { echo "$*: $got, expected $want"; return 1; }
}
# A person's finger.
finger() {
	echo "sendkey ${1:-ret}" >"$port"
	sleep 1
}
fresh() { # MODE SECONDS
	expect OK ask enrol 0 && expect OK ask presence 0 "$1" "$2"
}
node() {
	awk '/AT Translated Set 2/ { on = 1 } on && /^H:/ { for (i = 1; i <= NF; i++) if ($i ~ /event/) { sub(/.*=/, "", $i); print $i; exit } }' \
		/proc/bus/input/devices
}
modprobe evdev
modprobe uinput
modprobe uhid
modprobe hid-generic

never() { fresh $NEVER 30 && expect OK ask code 0; }

always() {
	fresh $ALWAYS 30 &&
		expect EINPROGRESS ask code 0 &&
		finger && expect OK ask code 0 &&
		expect EINPROGRESS ask code 0 &&
		expect EINPROGRESS ask code 0 new &&
		finger && expect OK ask code 0 new &&
		expect EINPROGRESS ask code 0
}

cached() {
	fresh $CACHED 6 &&
		finger && expect OK ask code 0 && expect OK ask code 0 new && expect OK ask code 0 &&
		sleep 7 && expect EINPROGRESS ask code 0
}

other_key() { fresh $ALWAYS 5 && finger a && expect EINPROGRESS ask code 0; }

# A refusal for another reason does not cost the person another press.
press_is_given_back() {
	expect OK ask enrol 1 && expect OK ask presence 0 $ALWAYS 30 &&
		finger && expect ENOKEY ask code 0 &&
		expect OK ask presence 1 $ALWAYS 30 && expect OK ask code 1 &&
		expect EINPROGRESS ask code 1
}

refused_after() { # COMMAND..
	fresh $ALWAYS 30 && "$@" && expect EINPROGRESS ask code 0
}

grabbed() {
	fresh $ALWAYS 30
	"$dir/press" grab "/dev/input/$(node)" 3 &
	sleep 1
	finger && expect EINPROGRESS ask code 0
	rc=$?
	wait $!
	[ $rc = 0 ] && finger && expect OK ask code 0
}

switching_off() {
	fresh $ALWAYS 30 && expect EINPROGRESS ask presence 0 $NEVER 30 &&
		finger && expect OK ask presence 0 $NEVER 30 && expect OK ask code 0
}

# A second keyboard, on a bus that can be plugged.
monitor() {
	echo "$1" >"$port"
	sleep 2
}
plug() {
	modprobe xhci-pci
	modprobe usbhid
	monitor "device_add usb-kbd,id=second,bus=usb.0"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -q 'QEMU USB Keyboard' /proc/bus/input/devices && return 0
		sleep 1
	done
	echo "no second keyboard"
	return 1
}
unplug() {
	monitor "device_del second"
	! grep -q 'QEMU USB Keyboard' /proc/bus/input/devices
}

# QEMU's keys go to the keyboard that was plugged in last.
second_keyboard() {
	fresh $ALWAYS 30 && plug && expect EINPROGRESS ask code 0 &&
		finger && expect OK ask code 0 && expect EINPROGRESS ask code 0
}

# A press that was made counts, though its device has gone; then there is the other one.
unplugged() {
	fresh $ALWAYS 30 && finger && unplug && expect OK ask code 0 && expect EINPROGRESS ask code 0 &&
		finger && expect OK ask code 0
}

unplugged_within_a_time() {
	plug && fresh $CACHED 8 && finger && unplug && expect OK ask code 0 &&
		sleep 8 && expect EINPROGRESS ask code 0
}

# The only button is the second keyboard: the first is none, nor is anything when it has gone.
only_the_second() {
	rmmod voicepay && modprobe voicepay presence_vendor=0x0627 presence_product=0x0001 &&
		fresh $ALWAYS 30 && finger && expect EINPROGRESS ask code 0 &&
		plug && finger && expect OK ask code 0 &&
		unplug && finger && expect EINPROGRESS ask code 0 &&
		plug && rmmod voicepay && unplug && modprobe voicepay
}

# Two serial ports that are one cable's ends; on a real machine it may be a modem that echoes.
by_cable() {
	modprobe serport
	set --
	for t in /sys/class/tty/ttyS*; do
		case $(readlink -f "$t/device") in */pci*) set -- "$@" "/dev/$(basename "$t")" ;; esac
	done
	[ $# = 2 ] || { echo "no serial ports: $*"; return 1; }
	"$dir/press" seen "AT Raw Set 2" 8 &
	eyes=$!
	timeout 10 "$dir/press" serial "$1" "$2"
	wait $eyes
}

chosen_by_parameter() {
	rmmod voicepay && modprobe voicepay presence_name="Another button" &&
		fresh $ALWAYS 30 && finger && expect EINPROGRESS ask code 0 &&
		rmmod voicepay && modprobe voicepay presence_keys=30 &&
		fresh $ALWAYS 30 && finger && expect EINPROGRESS ask code 0 &&
		finger a && expect OK ask code 0
}

ktap_plan 20
ktap_run "never: no button" never
ktap_run "always: a press a code" always
ktap_run "cached: a press for a time" cached
ktap_run "another key is no button" other_key
ktap_run "a press that bought nothing is not used up" press_is_given_back
ktap_run "uinput" refused_after "$dir/press" uinput 06
ktap_run "uinput that says it is the i8042's" refused_after "$dir/press" uinput 11
ktap_run "uinput that says it is USB" refused_after "$dir/press" uinput 03
ktap_run "uhid that says it is USB" refused_after "$dir/press" uhid
ktap_run "a USB gadget on the kernel's dummy controller" refused_after "$dir/fake_keyboard.sh" dummy_hcd
ktap_run "a USB device that comes over IP" refused_after "$dir/fake_keyboard.sh" usbip
ktap_run "a serial line that is made a keyboard" refused_after by_cable
ktap_run "a key written into the keyboard's event device" refused_after "$dir/press" write "/dev/input/$(node)"
ktap_run "a grabbed keyboard issues nothing, and works afterwards" grabbed
ktap_run "switching the button off takes a press" switching_off
ktap_run "a second keyboard is plugged in" second_keyboard
ktap_run "unplugged after the press: it was made" unplugged
ktap_run "unplugged, and the time is over" unplugged_within_a_time
ktap_run "one of two keyboards, which comes and goes" only_the_second
ktap_run "which device and which key is said at load" chosen_by_parameter
ktap_end
