# SPDX-License-Identifier: GPL-2.0-or-later
#
# tally.awk: counts the results in (K)TAP of any depth and prints
# "PASSED FAILED SKIPPED". A result that sums up others, those indented more
# since the last one at its own depth, is not counted again, unless it
# failed while none of them did. With -v list=FILE, what failed and what was
# skipped is appended there.

function result(depth, ok, name, skip,	d, below, bad) {
	below = 0
	bad = 0
	for (d in count)
		if (d + 0 > depth) {
			below += count[d]
			bad += failed[d]
			count[d] = failed[d] = 0
		}
	count[depth]++
	if (!ok || bad)
		failed[depth]++
	if (below && (ok || bad))
		return
	if (!ok) {
		nfail++
		if (list)
			print "not ok: " name >>list
	} else if (skip) {
		nskip++
		if (list)
			print "skipped: " name >>list
	} else {
		npass++
	}
}

{ sub(/\r$/, "") }

# A whole program that cannot run here.
/^ *1\.\.0 +# *[Ss][Kk][Ii][Pp]/ {
	match($0, /^ */)
	sub(/^ *1\.\.0 +# *[Ss][Kk][Ii][Pp][Pp]?[Ee]?[Dd]? */, "")
	result(RLENGTH, 1, (subtest ? subtest ": " : "") $0, 1)
	next
}

/^ *# Subtest:? / {
	subtest = $0
	sub(/^ *# Subtest:? /, "", subtest)
	next
}

/^ *(not )?ok [0-9]+/ {
	match($0, /^ */)
	depth = RLENGTH
	ok = ($1 == "ok")
	name = $0
	sub(/^ *(not )?ok [0-9]+ *-? */, "", name)
	result(depth, ok, (depth && subtest ? subtest ": " : "") name, ok && name ~ /# *[Ss][Kk][Ii][Pp]/)
}

END { print npass + 0, nfail + 0, nskip + 0 }
