#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# again.sh TEST..: the gateway's unit tests of these names, as whoever calls has set up for them;
# they are on the PATH. Prints nested TAP.

top=$(cd "$(dirname "$0")/../../.." && pwd)
echo "1..$#"
n=0 bad=0
for t; do
	n=$((n + 1))
	NEST_NUMBER=$n "$top/selftests/lib/nest" "$t" "test_gateway_$t" || bad=1
done
exit $bad
