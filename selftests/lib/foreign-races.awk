# SPDX-License-Identifier: GPL-2.0-or-later
#
# foreign-races.awk: prints a kernel's log without KCSAN's reports of data races
# that voicepay has no part in. The kernel has a good many of its own.

function flush(	i) {
	if (!race || ours)
		for (i = 1; i <= n; i++)
			print block[i]
	n = race = ours = 0
}

# A report stands between two such lines.
index($0, "==================================================") {
	block[++n] = $0
	if (inside)
		flush()
	inside = !inside
	next
}
inside {
	block[++n] = $0
	race = race || /BUG: KCSAN/
	ours = ours || /voicepay/
	# Lost its end to something else that was printed.
	if (n > 200) {
		flush()
		inside = 0
	}
	next
}
{ print }
END { flush() }
