# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # much is for those who source this
#
# What ram-search, wipe-search and kdump share: guests that hold secrets which
# this side knows, dumps of their memory, and the search through those. The gateway
# runs on this side, so that no process in the guest ever knows a key.

# shellcheck source=selftests/vm/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TESTS=/usr/libexec/voicepay/tests
MIB=512
# The carve-out, which vm/run sets apart.
FROM=0x7000000 TO=0x7100000
work=$(mktemp -d "${TMPDIR:-/tmp}/voicepay-ram.XXXXXX")
pids=() gateways=() vm=
cleanup() {
	trap - EXIT
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || :
	# unshare(1), which these are, heeds nothing less.
	[ ${#gateways[@]} -eq 0 ] || kill -KILL "${gateways[@]}" 2>/dev/null || :
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM HUP

variant() { # NAME MAKE-VARIABLE..: a module of its own, as $work/NAME.ko
	local name=$1 kver
	shift
	kver=$(root_kver)
	sync_src "$BUILD/ram-$name"
	quietly "$BUILD/ram-$name.log" "$VM_DIR/in-root" make -C "/usr/src/linux-headers-$kver" \
		M="/build/ram-$name" -j"$(nproc)" "$@" modules
	cp "$BUILD/ram-$name/voicepay.ko" "$work/$name.ko"
}

# What a guest does in its shell before all else. "step NAME" tells this side
# that it has come so far, and waits until this side has looked.
# shellcheck disable=SC2016,SC2089 # expanded in the guest
in_guest='
step() {
	echo >/results/.$1 && mv /results/.$1 /results/$1
	until [ -e /results/$1.seen ]; do sleep 0.1; done
}
modprobe -q aesni_intel
modprobe -a $(modinfo -F depends /results/voicepay.ko | tr , " ") sha256 || exit
'

insert() { # BACK-END: the line that loads the module, for in_guest
	case $1 in
	reserved) echo "insmod /results/voicepay.ko reserved=$FROM,0x100000 vault=reserved vault_required=1 || exit" ;;
	secretmem) echo "insmod /results/voicepay.ko vault=secretmem vault_required=1 && $TESTS/vault_probe donate well || exit" ;;
	split | plain) echo "insmod /results/voicepay.ko vault=split || exit" ;;
	*) die "no such back end: $1" ;;
	esac
}

open_monitor() {
	rm -f "$dir/mon.in" "$dir/mon.out"
	mkfifo "$dir/mon.in" "$dir/mon.out"
	exec 7<>"$dir/mon.in" 8<>"$dir/mon.out"
	cat <&8 >"$dir/monitor.log" &
	pids+=($!)
}

# NAME KO ENROLMENTS [vm/run's OPTION..] SCRIPT: sets dir and vm. Whatever the guest
# says is in $dir/log, what its kernel says in $dir/console.
start_guest() {
	local script=${*: -1} options=("${@:4:$#-4}")
	dir=$work/$1
	mkdir -p "$dir"
	cp "$work/$2.ko" "$dir/voicepay.ko"
	"$VM_DIR/in-root" -l "$BUILD/stage" -b "$dir:/ram" $TESTS/ram_host /ram "$3" &
	gateways+=($!)
	boot_guest "${options[@]}" sh -c "$in_guest$script"
}

boot_guest() { # vm/run's arguments
	open_monitor
	rm -f "$dir/console"	# that of the boot before says nothing about this one
	"$VM_DIR/run" -t 300 -m $MIB -r "$dir" --append panic=0 \
		--qemu "-chardev pipe,id=mon,path=$dir/mon -mon chardev=mon" "$@" >"$dir/log" 2>&1 &
	vm=$!
	pids+=("$vm")
}

stop_guest() {
	[ -z "$vm" ] || { echo quit >&7; wait "$vm" 2>/dev/null || :; }
	vm=
	exec 7>&- 8>&-
}

await() { # SECONDS COMMAND..: until it succeeds, the guest is gone, or the time is up
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		! "${@:2}" || return 0
		kill -0 "$vm" 2>/dev/null || break
		sleep 0.1
	done
	"${@:2}"
}
reached() { await "$2" test -e "$dir/$1"; }	# STEP SECONDS
console_says() { grep -qsa "$1" "$dir/console"; }
machine_is() { echo "info status" >&7; sleep 0.2; tail -n 3 "$dir/monitor.log" | grep -qa "VM status: $1"; }
seen() { echo >"$dir/$1.seen"; }		# STEP: on with it

dump() { # FILE: all memory, while the guest stands still
	local i size=$((MIB << 20))
	printf 'stop\npmemsave 0 0x%x "%s"\n' $size "$1" >&7
	for ((i = 0; i < 600; i++)); do
		[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" != $size ] || break
		sleep 0.1
	done
	sleep 0.3
}

# All that must not be found. The gateway writes the last of what it knows after it
# has answered.
know_secrets() {
	sleep 0.5
	cp "$dir/secrets" "$dir/sought"
	if [ -e "$dir/marker" ]; then
		echo "marker.0 $(od -An -tx1 -v "$dir/marker" | tr -d ' \n')" >>"$dir/sought"
	fi
}

search() { # DUMP [FROM-TO]: what is found is in $dir/found
	local options=()
	[ $# -lt 2 ] || options+=(-i "$2")
	[ ! -e "$dir/masks" ] || options+=(-m /ram/masks)
	"$VM_DIR/in-root" -l "$BUILD/stage" -b "$dir:/ram" $TESTS/ram_search "${options[@]}" \
		/ram/sought "/ram/$1" >"$dir/found" || echo "the search failed" >"$dir/found"
	tail -n 1 "$dir/found" | sed "s/^/# $1: /"
}

dump_and_search() { # NAME [FROM-TO]: the guest goes on afterwards
	dump "$dir/$1.dump"
	echo cont >&7
	search "$1.dump" "${@:2}"
	rm -f "$dir/$1.dump"
}

n=0 failed=0
verdict() { # NAME COMMAND..
	n=$((n + 1))
	if "${@:2}"; then
		echo "ok $n $1"
	else
		failed=1
		sed 's/^/# /' "$dir/found" 2>/dev/null | head -n 20
		echo "not ok $n $1"
	fi
}
found() { grep -q "^$1" "$dir/found"; }
nothing_outside() { found searched && ! grep '^outside' "$dir/found" | grep -qv '^outside marker'; }
nothing_in_plain() { nothing_outside && ! found inside; }
nothing_at_all() { nothing_in_plain && ! found halves; }
# HOW EPOCH: what a key has at rest
keys_and_states() {
	found "$1 inner\\.$2 " && found "$1 outer\\.$2 " && found "$1 auth\\.$2 " && found "$1 K512\\.$2 "
}

# The initramfs of a next kernel, where the guest finds it.
give_next_initrd() {
	local image
	image=$("$VM_DIR/image")
	mkdir -p "$work/next"
	cp "$VM_DIR/next-init" "$work/next/init"
	(cd "$work/next" && echo init | cpio --quiet -o -H newc) >"$work/next.cpio"
	cat "$image/initrd" "$work/next.cpio" >"$dir/next.initrd"
}
