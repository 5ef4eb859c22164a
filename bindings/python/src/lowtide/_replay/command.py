# SPDX-License-Identifier: Apache-2.0
"""The command `python -m lowtide explain|replay`: shows what lowtide makes of a file of events.

Private; __main__.py calls it.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from typing import BinaryIO, Iterator, List, Optional

from .. import __version__
from .._ffi import instants
from ..errors import DataError
from . import event, journal
from .player import Player, Step

_LONGEST_LINE = 16 * 2**20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _instant(text: str) -> datetime:
    try:
        return instants.parse(text, "an instant")
    except DataError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _options(words: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m lowtide",
        description="Plays a file of events, one JSON object per line, and prints the decisions.",
    )
    parser.add_argument("--version", action="version", version=f"lowtide {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    explain = commands.add_parser("explain", help="print every decision in words, with its reason")
    replay = commands.add_parser(
        "replay", help="print every output as JSON, in the format of lowtide-replay"
    )
    replay.add_argument(
        "--explain",
        action="store_true",
        help="also print every decision and its reason, before its outputs",
    )
    for command in (explain, replay):
        command.add_argument(
            "--timer",
            choices=("simulated", "explicit"),
            default="simulated",
            help="who sends reminders: a simulated timer (default), or only the events in the file",
        )
        command.add_argument(
            "--until",
            type=_instant,
            metavar="INSTANT",
            help="after the last event, send the reminders that are due up to INSTANT",
        )
        command.add_argument(
            "--keep-going",
            action="store_true",
            help="report a wrong line, skip it and go on; the exit status is still 1",
        )
        command.add_argument(
            "file",
            nargs="?",
            default="-",
            metavar="FILE",
            help="the file to read; standard input if missing or -",
        )
    options = parser.parse_args(words)
    if options.until is not None and options.timer == "explicit":
        parser.error("--until needs the simulated timer")
    return options


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends. Of a line that is too long, only the first _LONGEST_LINE + 1 bytes
    or a few more; the rest is skipped.
    """
    first = True
    while True:
        line = file.readline(_LONGEST_LINE + 6)  # room for the line's end and the mark
        if not line:
            return
        rest = line
        while not rest.endswith(b"\n") and len(rest) > _LONGEST_LINE:
            rest = file.readline(_LONGEST_LINE + 6)
        line = line[: -2 if line.endswith(b"\r\n") else -1 if line.endswith(b"\n") else None]
        if first and line.startswith(_BYTE_ORDER_MARK):
            line = line[len(_BYTE_ORDER_MARK) :]
        first = False
        yield line


def _play(file: BinaryIO, name: str, options: argparse.Namespace) -> int:
    player, status = Player(options.timer == "simulated"), 0
    for number, line in enumerate(_lines(file), 1):
        if not line.strip(b" \t"):
            continue
        try:
            if len(line) > _LONGEST_LINE:
                raise DataError(f"the line is longer than {_LONGEST_LINE} bytes")
            steps = player.apply(event.read(line))
        except DataError as error:
            sys.stdout.buffer.flush()
            print(f"{name}:{number}: {error}", file=sys.stderr)
            status = 1
            if not options.keep_going:
                return status
            continue
        _print(steps, options)
    if options.until is not None:
        _print(player.finish(options.until), options)
    return status


def _print(steps: Iterator[Step], options: argparse.Namespace) -> None:
    for step in steps:
        for line in (
            journal.text_lines(step)
            if options.command == "explain"
            else journal.json_lines(step, options.explain)
        ):
            sys.stdout.buffer.write(line.encode("utf-8") + b"\n")


def main(words: Optional[List[str]] = None) -> int:
    """Runs the command. Returns the exit status.

    0: every line was read and applied. 1: a wrong line or file, or the output cannot be written.
    2: wrong usage.
    """
    options = _options(words)
    name = ascii(options.file)[1:-1]
    try:
        if options.file == "-":
            status = _play(sys.stdin.buffer, name, options)
        else:
            with open(options.file, "rb") as file:
                status = _play(file, name, options)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The reader is gone. Python flushes standard output when it exits: give it a place to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except OSError as error:
        print(f"{name}: {error.strerror}", file=sys.stderr)
        status = 1
    return status
