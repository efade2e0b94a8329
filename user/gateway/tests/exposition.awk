# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads Prometheus' text exposition (version 0.0.4) by its rules, and says what is
# wrong: names, labels and numbers well formed; HELP, then TYPE, then all samples of a
# metric together; no sample twice; what only rises is called _total; the buckets of a
# histogram in order, cumulative, the last one its count. Labels are those of ours.

function bad(why) { print "line " NR ": " why ": " $0; wrong++ }
function number(v) { return v ~ /^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$/ || v ~ /^([-+]?Inf|NaN)$/ }

/^$/ { bad("an empty line"); next }
/^# HELP / {
	name = $3
	if (name !~ /^[a-zA-Z_:][a-zA-Z0-9_:]*$/ || NF < 4) bad("no HELP")
	if (name in helped) bad("a second HELP")
	helped[name] = 1
	want_type = name
	next
}
/^# TYPE / {
	if ($3 != want_type) bad("TYPE does not follow its HELP")
	if ($4 !~ /^(counter|gauge|histogram)$/ || NF != 4) bad("no such type")
	family = $3; type = $4; types[family] = $4
	if (type == "counter" && family !~ /_total$/) bad("a counter that is not called so")
	if (type != "counter" && family ~ /_total$/) bad("called a counter, and none")
	next
}
/^#/ { bad("a comment of another kind"); next }
{
	if (!match($0, /^[a-zA-Z_:][a-zA-Z0-9_:]*/)) { bad("no name"); next }
	name = substr($0, 1, RLENGTH)
	rest = substr($0, RLENGTH + 1)
	labels = ""
	if (rest ~ /^\{/) {
		end = index(rest, "} ")
		if (!end) { bad("labels without an end"); next }
		labels = substr(rest, 2, end - 2)
		rest = substr(rest, end + 1)
		n = split(labels, one, /",/)
		for (i = 1; i <= n; i++) {
			l = one[i]
			sub(/"$/, "", l)
			if (l !~ /^[a-zA-Z_][a-zA-Z0-9_]*="[^"\\]*$/) bad("a label of another form")
			key = l; sub(/=.*/, "", key)
			if (key !~ /^(call|outcome|code|result|version|le)$/) bad("a label that is none of ours")
		}
	}
	if (rest !~ /^ [^ ]+$/ || !number(substr(rest, 2))) bad("no number")
	value = substr(rest, 2) + 0
	if ((name, labels) in seen) bad("a sample twice")
	seen[name, labels] = 1
	samples++
	base = name
	if (type == "histogram") sub(/_(bucket|sum|count)$/, "", base)
	if (base != family) { bad("not where its metric is"); next }
	if (type != "gauge" && value < 0) bad("below zero")
	if (type != "histogram") next
	le = labels; series = labels
	if (name ~ /_bucket$/) {
		if (le !~ /le="[^"]*"$/) bad("a bucket without a bound")
		sub(/.*le="/, "", le); sub(/"$/, "", le); sub(/,?le="[^"]*"$/, "", series)
		if (series in last && value < last[series]) bad("a bucket below the one before")
		if (series in bound && le != "+Inf" && le + 0 <= bound[series]) bad("bounds out of order")
		last[series] = value; bound[series] = le + 0
		if (le == "+Inf") total[series] = value
	} else if (name ~ /_count$/ && (!(series in total) || total[series] != value)) {
		bad("a count that is not the last bucket's")
	}
}
END {
	if (!samples) { print "nothing was said"; wrong++ }
	exit wrong != 0
}
