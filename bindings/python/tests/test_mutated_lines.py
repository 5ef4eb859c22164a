# SPDX-License-Identifier: Apache-2.0
"""Randomly damaged lines: python -m lowtide and lowtide-replay refuse the same, and agree."""

from __future__ import annotations

import os
import pathlib
import random
import re
import subprocess
import sys
from typing import List, Set, Tuple

import pytest
from scale import Exercised, scaled

PIECES = [
    *(
        b"null",
        b"true",
        b"NaN",
        b"-1",
        b"1e3",
        b"1.0",
        b".5",
        b"E+2",
        b"0",
        b"00",
        b"-0",
        b"9" * 30,
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b",",
        b":",
    ),
    *(
        b" ",
        b"\t",
        b"\r",
        b"\x00",
        b"\x0c",
        b"\x7f",
        b"\xff",
        b"\xc3\xa9",
        b"\xe2\x80\xae",
        b"\xef\xbb\xbf",
        b"/**/",
        b"\\u0000",
        b"\\u0061",
    ),
    *(
        b"\\ud800",
        b"\\ud83d\\ude00",
        b"+08:00",
        b'"at"',
        b'"alert"',
        b'"account"',
        b'"sequence":0,',
    ),
]


def damaged(line: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice([0, 0, 1, 1, 1, 2, 3])):
        at = chance.randrange(len(line) + 1)
        what = chance.randrange(4)
        if what == 0:
            line = line[:at] + chance.choice(PIECES) + line[at:]
        elif what == 1:
            line = line[:at] + line[at + chance.randrange(1, 6) :]
        elif what == 2:
            line = line[:at] + bytes([chance.randrange(256)]) + line[at + 1 :]
        else:
            line = line[:at] + chance.choice(PIECES) + line[at + chance.randrange(1, 8) :]
    return line.replace(b"\n", b"")


def played(command: List[str]) -> Tuple[bytes, Set[int]]:
    """The output, and the lines that were refused."""
    run = subprocess.run(
        [*command, "--explain", "--keep-going", "--until", "2030-01-01T00:00:00Z"],
        capture_output=True,
        check=False,
    )
    assert run.returncode == 1
    return run.stdout, {int(number) for number in re.findall(rb"ledger\.jsonl:(\d+): ", run.stderr)}


def test_mutated_lines_mean_the_same_as_to_lowtide_replay(
    root: pathlib.Path, tmp_path: pathlib.Path, exercised: Exercised
) -> None:
    replay = os.environ.get("LOWTIDE_REPLAY")
    if not replay:
        pytest.skip("LOWTIDE_REPLAY does not say where lowtide-replay is")
    scenarios = root / "tests" / "scenarios"
    lines = [
        line
        for path in sorted(scenarios.glob("*.events.jsonl"))
        for line in path.read_bytes().splitlines()
    ]
    lines += [
        line.split(b"\t", 1)[1]
        for line in (scenarios / "bad-lines.tsv").read_bytes().splitlines()[1:]
    ]
    chance, ledger = random.Random(20260302), tmp_path / "ledger.jsonl"
    count = scaled(10000)
    ledger.write_bytes(
        b"".join(damaged(chance.choice(lines), chance) + b"\n" for _ in range(count))
    )
    theirs, refused = played([replay, str(ledger)])
    assert played([sys.executable, "-m", "lowtide", "replay", str(ledger)]) == (theirs, refused)
    exercised("damaged lines", count, "lines", scaled(10000))
    exercised("damaged lines that both refuse", len(refused), "lines", scaled(5000))
    exercised("decisions and outputs on what was left", theirs.count(b"\n"), "lines", scaled(5000))
