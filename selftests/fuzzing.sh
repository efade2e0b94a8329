#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ktap: timeout=300 ktap: uml ktap: apart=uml
#
# The fuzzer, for a short while, beginning with its corpus: guided by coverage in
# User-mode Linux and on the debug kernels, blindly and on two processors elsewhere.
# Longer: make fuzz TIME=SECONDS. One program alone: selftests/fuzz/minimise.

dir=$(dirname "$0")
parameter() { sed -n "s/.*$1=\([0-9]*\).*/\1/p" /proc/cmdline; }
# What runs is written where the host sees it, should this kernel die.
out=/tmp
for d in /results /build/uml; do
	[ ! -w "$d" ] || out=$d
done
for replay in /build/replay /results/replay; do
	[ ! -e "$replay" ] || exec "$dir/fuzz" -r "$replay" -t 20
done
seconds=$(parameter fuzz_time)
seed=$(parameter fuzz_seed)
mkdir -p "$out/fuzz" /tmp/corpus
cp "$dir"/corpus/* /tmp/corpus/
# What former boots of make fuzz have found.
[ ! -d /build/fuzz-found ] || find /build/fuzz-found -type f -exec cp {} /tmp/corpus/ \;
exec "$dir/fuzz" -c /tmp/corpus -o "$out/fuzz" -t "${seconds:-15}" -s "${seed:-1}"
