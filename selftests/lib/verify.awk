# SPDX-License-Identifier: GPL-2.0-or-later
#
# verify.awk: reads one program's TAP, its exit code in -v rc=N, and prints a
# "not ok" line for what its own lines do not tell: a crash, a time limit, a
# plan that is missing or was not kept. Prints nothing if all is in order.

{ sub(/\r$/, "") }
/^1\.\.[0-9]+/ {
	planned += substr($1, 4)	# a cmocka program has a plan for each group
	havep = 1
}
/^(not )?ok [0-9]+/ { n++ }
/^not ok [0-9]+/ { bad++ }
/^Bail out!/ { bail = 1 }

END {
	if (rc == 124 || rc == 137)
		why = "stopped at its time limit after " n + 0 " results"
	else if (rc > 128)
		why = "killed by signal " rc - 128 " after " n + 0 " results"
	else if (bail)
		why = "bailed out"
	else if (!havep)
		why = "no plan (exit code " rc ")"
	else if (planned != n)
		why = "planned " planned ", ran " n + 0 " (exit code " rc ")"
	else if (planned == 0 && rc != 4 && rc != 0)
		why = "exit code " rc
	else if (rc != 0 && !bad && planned)
		why = "exit code " rc " though every result is ok"
	if (why)
		print "not ok " n + 1 " " (name ? name ": " : "") why
}
