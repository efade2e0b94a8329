#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""coverage.py SOURCE LEAST DIR: adds up what gcov said (a JSON document in each file of
DIR) of the module in SOURCE, prints a line for each file and what is left."""

import glob
import json
import os
import re
import sys


def read(directory):
    """{file: {line: count}}, by the name below kmod/."""
    files = {}
    for name in glob.glob(os.path.join(directory, "*")):
        with open(name, encoding="utf-8") as f:
            try:
                told = json.load(f)
            except json.JSONDecodeError:
                sys.exit(f"{name}: gcov said nothing: are notes and counts of one build?")
        for one in told["files"]:
            m = re.search(r"/(kmod/(?!tests/).*)$", one["file"])
            if not m:
                continue
            lines = files.setdefault(m[1], {})
            for line in one["lines"]:
                n = line["line_number"]
                lines[n] = lines.get(n, 0) + line["count"]
    return files


def main():
    source, least, directory = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    files = read(directory)
    if not files:
        sys.exit("no counts: were parts run that count, and with COVERAGE set?")
    total = hit = 0
    for name in sorted(files):
        lines = files[name]
        got = sum(1 for c in lines.values() if c)
        total += len(lines)
        hit += got
        print(f"# {name:32} {got:5} of {len(lines):5}  {100 * got / len(lines):5.1f} %")
    print("#\n# left:")
    for name in sorted(files):
        left = sorted(n for n, c in files[name].items() if not c)
        if not left:
            continue
        with open(os.path.join(source, name), encoding="utf-8") as f:
            text = f.read().split("\n")
        for n in left:
            print(f"# {name}:{n}: {text[n - 1].strip() if n <= len(text) else ''}")
    share = 100 * hit / total
    print(f"{'ok' if share >= least else 'not ok'} 1 {hit} of {total} lines of kmod/, {share:.1f} %, at least {least:g} %")
    return share < least


sys.exit(main())
