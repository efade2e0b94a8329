#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fake_keyboard dummy_hcd|usbip: makes a USB keyboard of software, plugs it into
# this machine through the kernel's own emulated controller, and presses enter
# on it. Fails unless the key arrives as an input event.

set -e
dir=$(cd "$(dirname "$0")" && pwd)
g=/sys/kernel/config/usb_gadget/keyboard
pid=
case $1 in
dummy_hcd) modprobe dummy_hcd udc=dummy_udc.0 2>/dev/null || modprobe dummy_hcd; udc=dummy_udc.0 ;;
usbip) modprobe usbip-vudc; modprobe vhci-hcd; udc=usbip-vudc.0 ;;
*) exit 2 ;;
esac
modprobe libcomposite
modprobe usb_f_hid
modprobe usbhid
modprobe hid-generic
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config

undo() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	echo 0 >/sys/devices/platform/vhci_hcd.0/detach 2>/dev/null || :
	sleep 0.5
	echo "" >$g/UDC 2>/dev/null || :
	rm -f $g/configs/c.1/hid.usb0
	rmdir $g/configs/c.1 $g/functions/hid.usb0 $g/strings/0x409 $g 2>/dev/null || :
}
trap undo EXIT

mkdir -p $g/strings/0x409 $g/functions/hid.usb0 $g/configs/c.1
echo 0x046d >$g/idVendor
echo 0xc31c >$g/idProduct
echo "Fake" >$g/strings/0x409/manufacturer
echo "fake keyboard" >$g/strings/0x409/product
echo 1 >$g/functions/hid.usb0/protocol
echo 1 >$g/functions/hid.usb0/subclass
echo 8 >$g/functions/hid.usb0/report_length
# A keyboard with eight modifiers and six keys.
printf '\005\001\011\006\241\001\005\007\031\340\051\347\025\000\045\001\165\001\225\010\201\002\225\001\165\010\201\001\225\006\165\010\025\000\045\145\005\007\031\000\051\145\201\000\300' >$g/functions/hid.usb0/report_desc
ln -s $g/functions/hid.usb0 $g/configs/c.1/
echo $udc >$g/UDC
if [ "$1" = usbip ]; then
	"$dir/press" usbip 30 &
	pid=$!
fi
"$dir/press" seen "fake keyboard" 15 &
eyes=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	sleep 1
	grep -q "fake keyboard" /proc/bus/input/devices && break
done
sleep 1
"$dir/press" report /dev/hidg0
wait $eyes
