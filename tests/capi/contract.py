#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the comments of the C headers with contract.tsv, which names the tests of each sentence.

usage: contract.py                 check; prints each sentence that has no row
       contract.py --reword        carry the tests of reworded sentences over to their new wording
       contract.py --list          print every sentence as a row without tests
       contract.py --sample FILE   write the sample of the introduction as a C program

A row of contract.tsv is: where, sentence, and one test or more, separated by tabs. `where` is what
the comment belongs to: a function, a struct or its field, a macro, else the file; * for a sentence
that may stand anywhere. A test is the name of a test case, or its start followed by * if exactly
one test case begins so; or the name of a function of surface.py; or of a test of CMakeLists.txt.

The sentences come from bindings/interface.json. After rewording a header, run `./dev interface`,
which writes that anew, and then --reword. It pairs old rows with new sentences by their order and
place, and prints each pair. Read the pairs: the tests must still hold what the new sentence says.
A sentence that it cannot pair is new, and its row is to be written by hand.
"""

import difflib
import pathlib
import re
import sys

from interface import read_interface

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TABLE = HERE / "contract.tsv"
ALIKE = 0.4  # how alike two sentences at one place must be to count as a rewording


def fail(why):
    sys.exit(f"failed: {why}")


def sample(interface):
    """The sample as a program that fails if it does not do what its last comment says."""
    return "\n".join(
        [
            "#include <lowtide.h>",
            "",
            "int main(void) {",
            *interface["sample"],
            "  return decision.why == LOWTIDE_WHY_FELL_BELOW && decision.output_count == 1 &&",
            "                 decision.outputs[0].kind == LOWTIDE_OUTPUT_FIRE",
            "             ? 0 : 1;",
            "}",
            "",
        ]
    )


def test_names():
    """The names of test cases, of the checks of surface.py, and of tests of CMakeLists.txt."""
    names = []
    for path in sorted((ROOT / "tests").rglob("*.cpp")):
        for name in re.findall(
            r'^TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"\)', path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            names.append(name.replace('\\"', '"'))
    names += re.findall(
        r"^def (check_\w+)\(", (HERE / "surface.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    names += re.findall(
        r"add_test\(NAME (\w+)", (HERE / "CMakeLists.txt").read_text(encoding="utf-8")
    )
    return names


def read_table():
    table = {}
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) < 3 or not all(fields):
            fail(f"contract.tsv:{number}: not a row: {line}")
        if tuple(fields[:2]) in table:
            fail(f"contract.tsv:{number}: repeats an earlier row")
        table[tuple(fields[:2])] = fields[2:]
    return table


def check_tests(table):
    names = test_names()
    used = set()
    for key, tests in table.items():
        for test in tests:
            matching = [
                name
                for name in names
                if name == test or (test.endswith("*") and name.startswith(test[:-1]))
            ]
            if len(matching) != 1:
                fail(f"contract.tsv: {key}: {len(matching)} tests are named {test}")
            used.add(matching[0])
    return used


def check_sentences(table, found):
    """Every sentence has a row, and every row a sentence."""
    rows = set()
    missing = []
    for where, sentence in found:
        own, anywhere = (where, sentence), ("*", sentence)
        if own in table:
            rows.add(own)
        elif anywhere in table:
            rows.add(anywhere)
        else:
            missing.append("\t".join(own) + "\t")
    if missing:
        fail("sentences of the C headers without a row in contract.tsv:\n" + "\n".join(missing))
    stale = ["\t".join(key) for key in table if key not in rows]
    if stale:
        fail("rows of contract.tsv that are no sentence of the C headers:\n" + "\n".join(stale))


def pairs_of(old, new):
    """Pairs the rows and the sentences of one block of differences, in their order."""
    if len(old) == len(new):
        return list(zip(old, new))
    pairs, start = [], 0
    for key in old:
        likeness = [
            (difflib.SequenceMatcher(None, key[1], one[1]).ratio(), -i)
            for i, one in enumerate(new[start:], start)
        ]
        best, place = max(likeness, default=(0, 0))
        if best >= ALIKE:
            pairs.append((key, new[-place]))
            start = -place + 1
    return pairs


def reword(table, found):
    """Writes the table anew, in the order of the header, with the tests of reworded sentences."""
    anywhere = {key: tests for key, tests in table.items() if key[0] == "*"}
    old = [key for key in table if key not in anywhere]
    new = list(dict.fromkeys(key for key in found if ("*", key[1]) not in anywhere))
    tests = {key: table[key] for key in old if key in new}
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "replace":
            for before, after in pairs_of(old[a:b], new[c:d]):
                if after not in tests:
                    tests[after] = table[before]
                    print(f"{before[0]}: {before[1]}\n  -> {after[0]}: {after[1]}")
    for key in new:
        if key not in tests:
            print(f"new, to be given tests by hand: {key[0]}: {key[1]}")
    head = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    rows = ["\t".join((*key, *given)) for key, given in anywhere.items()]
    rows += ["\t".join((*key, *tests[key])) for key in new if key in tests]
    TABLE.write_text("\n".join([*head, *rows, ""]), encoding="utf-8")


def main():
    interface = read_interface()
    found = [(one["where"], one["text"]) for one in interface["sentences"]]
    if sys.argv[1:2] == ["--sample"]:
        pathlib.Path(sys.argv[2]).write_text(sample(interface), encoding="ascii")
        return
    if sys.argv[1:] == ["--list"]:
        for where, sentence in found:
            print(where + "\t" + sentence + "\t")
        return
    table = read_table()
    if sys.argv[1:] == ["--reword"]:
        reword(table, found)
        return
    check_sentences(table, found)
    used = check_tests(table)
    print(f"exercised: sentences of the C headers that have a test: {len(found)} sentences")
    print(f"exercised: tests that hold the C headers to their sentences: {len(used)} tests")


main()
