# SPDX-License-Identifier: Apache-2.0
"""python -m lowtide: what it prints, what it refuses, and its exit status."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from typing import Any

import pytest
from scale import Exercised

import lowtide

ENABLE = b'{"type":"enable","account":"acme","at":"2026-03-01T00:00:00Z","threshold":"1000"}\n'
DROP = (
    b'{"type":"balance","account":"acme","at":"2026-03-02T08:00:00Z","available_credit":"900.50"}\n'
)
FIRE = (
    '{"account":"acme","alert":"low_balance","at":"2026-03-02T08:00:00Z","output":"fire",'
    '"episode":1,"available_credit":"900.5","threshold":"1000"}\n'
)


def run(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "lowtide", *words], input=given, capture_output=True, check=False
    )


def test_command_replay_prints_outputs_and_explain_prints_reasons() -> None:
    replay = run("replay", given=ENABLE + DROP)
    assert (replay.stdout.decode(), replay.stderr, replay.returncode) == (FIRE, b"", 0)
    lines = (
        run("explain", "--until", "2026-03-03T08:00:00Z", given=ENABLE + DROP)
        .stdout.decode()
        .splitlines()
    )
    assert [line.split("  ", 1)[1].strip() for line in lines] == [
        "acme  low_balance  armed: The alert is on; the next change that leaves Available Credit "
        "below the threshold fires.",
        "acme  low_balance  alerting: Available Credit fell below the threshold.",
        "fire: episode 1, Available Credit 900.5, threshold 1000",
        "acme  low_balance  alerting: A reminder is due.",
        "remind 1 of episode 1, Available Credit 900.5, threshold 1000",
    ]


def test_command_explains_the_month_of_the_examples(
    root: pathlib.Path, exercised: Exercised
) -> None:
    month = run(
        "explain",
        "--until",
        "2026-04-01T00:00:00Z",
        str(root / "examples" / "month.jsonl"),
    )
    assert month.returncode == 0 and month.stderr == b""
    exercised("lines that explain a month", len(month.stdout.splitlines()), "lines", 50)


BAD = [
    ((), ENABLE + b"tick\n" + DROP, 1, "-:2: the line: is not valid JSON"),
    ((), ENABLE + b"\n \t\r\n" + b'{"type":"tick"}' + b"\n", 1, "-:4: at: is missing: "),
    (("nowhere.jsonl",), b"", 1, "nowhere.jsonl: No such file or directory"),
    (("/",), b"", 1, "/: Is a directory"),
    (
        ("--timer", "explicit", "--until", "2026-03-01T00:00:00Z"),
        b"",
        2,
        "--until needs the simulated timer",
    ),
    (("--until", "2026-03-01"), b"", 2, "must have the form"),
    (("--timer", "never"), b"", 2, "invalid choice"),
    (
        (),
        b'{"type":"tick","at":"2026-03-01T00:00:00Z"}' + b" " * 2**24 + b"\n" + b"tick\n",
        1,
        "-:1: the line is longer than 16777216 bytes",
    ),
]


@pytest.mark.parametrize(
    ("words", "given", "status", "message"), BAD, ids=lambda value: str(value)[:40]
)
def test_command_reports_errors_with_their_line(
    words: Any, given: bytes, status: int, message: str
) -> None:
    result = run("replay", *words, given=given)
    assert result.returncode == status
    assert message in result.stderr.decode()
    assert result.stdout == b""


def test_command_stops_at_a_bad_line_or_skips_it() -> None:
    given = ENABLE + DROP + b"tick\n" + DROP.replace(b"900.50", b"1000").replace(b"08:00", b"09:00")
    ended = run("replay", "--until", "2026-03-09T00:00:00Z", given=given)
    assert (ended.stdout.decode(), ended.returncode) == (FIRE, 1)
    skipped = run("replay", "--keep-going", given=given)
    assert (
        skipped.stdout.startswith(FIRE.encode())
        and b'"reason":"recovered"' in skipped.stdout
        and skipped.returncode == 1
    )


def test_command_ignores_line_ends_and_a_byte_order_mark() -> None:
    assert (
        run(
            "replay",
            given=b"\xef\xbb\xbf" + ENABLE.replace(b"\n", b"\r\n") + b"\t\n" + DROP.rstrip(),
        ).stdout.decode()
        == FIRE
    )


def test_command_ends_quietly_if_the_reader_is_gone(tmp_path: pathlib.Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(ENABLE + DROP + b'{"type":"tick","at":"2026-03-03T08:00:00Z"}\n' * 20000)
    command = [sys.executable, "-m", "lowtide", "explain", str(ledger)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_command_escapes_control_characters_in_names() -> None:
    given = ENABLE.replace(b"acme", "a\u202e\u009bm".encode())
    assert b"a\\u202e\\x9bm" in run("explain", given=given).stdout


def test_command_prints_the_version_of_the_library() -> None:
    assert run("--version").stdout.decode() == f"lowtide {lowtide.__version__}\n"
