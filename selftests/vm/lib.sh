# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the scripts of the test machine share: where things lie, how a step is
# told to the user, how two runs keep out of each other's way.

set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$VM_DIR/../.." && pwd)
CACHE=${VOICEPAY_CACHE:-/var/cache/voicepay}
# What is built and booted: trixie, the reference; bookworm, with its own userspace and
# OpenSSL 3.0; arm64, which is trixie, built from outside for that machine. i386 and armhf are
# built for only, but i386's programs run on amd64's kernel, too. How the first two differ from
# vm/packages is in vm/packages.NAME.
PLATFORM=${VOICEPAY_PLATFORM:-trixie}
# Raised when the way a root is made changes, so that old ones are not taken.
ROOT_FORMAT=1

say() { echo "# $*" >&2; }
die() { echo "${0##*/}: $*" >&2; exit 3; }

# MACHINE is what programs are built for, MULTIARCH what Debian calls its directories.
# shellcheck disable=SC2034 # for those who source this
case $PLATFORM in
trixie) SUITE=trixie MACHINE=amd64 MULTIARCH=x86_64-linux-gnu ;;
bookworm) SUITE=bookworm MACHINE=amd64 MULTIARCH=x86_64-linux-gnu ;;
arm64) SUITE=trixie MACHINE=arm64 MULTIARCH=aarch64-linux-gnu ;;
i386) SUITE=trixie MACHINE=i386 MULTIARCH=i386-linux-gnu ;;
armhf) SUITE=trixie MACHINE=armhf MULTIARCH=arm-linux-gnueabihf ;;
*) die "no platform \"$PLATFORM\": there are trixie, bookworm, arm64, i386 and armhf" ;;
esac

# Where what is built for it is booted: i386's programs on trixie's kernel, as its callers.
# shellcheck disable=SC2034 # for those who source this
case $PLATFORM in i386) BOOTED=trixie ;; *) BOOTED=$PLATFORM ;; esac

packages() { # what vm/packages says, with the platform's +NAME and without its -NAME
	local other=/dev/null
	case $PLATFORM in
	bookworm | arm64) other=$VM_DIR/packages.$PLATFORM ;;
	i386 | armhf) # what userspace is built against, as nothing is booted
		{ echo base-passwd; echo libc6-dev; sed -n '/^libclang/d; /^libelf/d; /^lib.*-dev$/p' "$VM_DIR/packages"; } | sort -u
		return
		;;
	esac
	sed 's/#.*//' "$other" "$VM_DIR/packages" | awk 'NF && /^-/ { no[substr($1, 2)]; next }
		NF && /^\+/ { $1 = substr($1, 2) } NF && !($1 in no) { print $1 }' | sort -u
}

ROOT_HASH=$({ echo "${PLATFORM} $ROOT_FORMAT"; packages; } | sha256sum | cut -c1-12)
ROOT=$CACHE/root-$ROOT_HASH
# What is made from a root, and is of no use without it, lies beside it.
# shellcheck disable=SC2034 # for those who source this
ROOT_DATA=$CACHE/root-$ROOT_HASH.data
BUILD=$CACHE/build/${VOICEPAY_BUILD:-trixie}
[ "$PLATFORM" = trixie ] || BUILD=$BUILD-$PLATFORM
# Whoever builds one copy for several platforms says where.
BUILD=${VOICEPAY_BUILD_DIR:-$BUILD}

mkdir -p "$CACHE" 2>/dev/null && [ -w "$CACHE" ] ||
	die "cannot write to $CACHE: run as root, or set VOICEPAY_CACHE to a directory of your own"
mkdir -p "$BUILD"

# with_lock NAME COMMAND..: one holder at a time; says so if it has to wait. Never
# call it where its result is tested: that switches errexit off inside.
with_lock() {
	local name=$1 fd
	shift
	exec {fd}>"$CACHE/$name.lock"
	if ! flock -n "$fd"; then
		say "waiting for another run that holds $CACHE/$name.lock"
		flock "$fd"
	fi
	"$@" {fd}>&-
	exec {fd}>&-
}

# What runs of the suite leave for selftests/kernels' table.
KERNELS=$BUILD/kernels
table_head() { # NAME KERNEL ROOT
	mkdir -p "$KERNELS"
	echo "$2" >"$KERNELS/$1.kver"
	# A root that was only unpacked has no list of its packages.
	sed -n 's/^Version: //p' "$3"/usr/lib/*/pkgconfig/libcrypto.pc >"$KERNELS/$1.openssl"
}

# quietly LOG COMMAND..: the log is shown only if the command fails.
quietly() {
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	if "$@" >"$log" 2>&1 </dev/null; then
		return 0
	else
		local rc=$?
		tail -n "${QUIETLY_LINES:-60}" "$log" >&2
		say "failed with $rc: $* (all of it: $log)"
		return "$rc"
	fi
}

# Version of a package of the root.
root_version() { # PACKAGE
	awk -v p="$1" '$1 == "Package:" { f = $2 == p } f && $1 == "Version:" { print $2; exit }' "$ROOT/var/lib/dpkg/status"
}

# The newest kernel of the root.
root_kver() {
	local k
	k=$(basename -a "$ROOT"/usr/lib/modules/*/ | sort -V | tail -n 1)
	[ -n "$k" ] || die "no kernel in $ROOT: remove that directory and run again"
	echo "$k"
}

# The Debian suite whose kernel a name means: a suite, or what it stands for.
kernel_suite() { # NAME
	case $1 in
	bookworm | 6.1) echo bookworm ;;
	trixie-backports | newest) echo trixie-backports ;;
	kasan | kcsan) echo "$1" ;;
	*) die "no kernel \"$1\": there are 6.1 (bookworm), 6.12 (trixie, the root's own), newest (trixie-backports), kasan, kcsan" ;;
	esac
}

# Whether it is one of our own, that look for mistakes (selftests/debug).
debug_kernel() { # NAME
	[ -n "$1" ] && [ -e "$TOP/selftests/debug/config-$1" ]
}

# Whether a name means the root's own kernel.
own_kernel() { # NAME
	[ -z "$1" ] || [ "$1" = "$SUITE" ] || [ "$1" = 6.12 ]
}

# Copies the checkout to where the root sees it. Outputs are ignored files:
# neither copied nor deleted, so builds there are incremental. What is new is told by its
# bytes and not by its time, and has the time of the copy: another checkout of the
# same source builds nothing anew, and an older file put back does.
sync_src() { # DIR
	mkdir -p "$1"
	rsync -a --no-times --checksum --no-owner --no-group --delete --exclude=.git --filter=':- .gitignore' "$TOP/" "$1/"
}
