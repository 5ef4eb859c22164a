# SPDX-License-Identifier: Apache-2.0
"""A quick look at what lowtide makes of a ledger: python -m lowtide explain|replay."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from typing import BinaryIO, Iterator, List, Optional

from . import __version__
from ._ffi import instants
from ._replay import event, journal
from ._replay.player import Player, Told
from .errors import DataError

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
        description="What lowtide makes of a file of events, one JSON object a line.",
    )
    parser.add_argument("--version", action="version", version=f"lowtide {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    explain = commands.add_parser("explain", help="every decision in words, and why")
    replay = commands.add_parser("replay", help="every output as JSON, as lowtide-replay writes it")
    replay.add_argument(
        "--explain", action="store_true", help="write every decision, and why, ahead of its outputs"
    )
    for command in (explain, replay):
        command.add_argument(
            "--timer",
            choices=("simulated", "explicit"),
            default="simulated",
            help="who sends reminders: a timer, or events",
        )
        command.add_argument(
            "--until",
            type=_instant,
            metavar="INSTANT",
            help="after the last event, send the reminders due up to then",
        )
        command.add_argument(
            "--keep-going",
            action="store_true",
            help="report a bad line, skip it and go on; the status is 1 all the same",
        )
        command.add_argument(
            "file", nargs="?", default="-", metavar="FILE", help="standard input if none, or -"
        )
    options = parser.parse_args(words)
    if options.until is not None and options.timer == "explicit":
        parser.error("--until needs the simulated timer")
    return options


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends. One that is too long comes cut, one byte too long, and the rest of it is passed over."""
    first = True
    while True:
        line = file.readline(_LONGEST_LINE + 6)  # with its end, and the mark
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
            told = player.apply(event.read(line))
        except DataError as error:
            sys.stdout.buffer.flush()
            print(f"{name}:{number}: {error}", file=sys.stderr)
            status = 1
            if not options.keep_going:
                return status
            continue
        _tell(told, options)
    if options.until is not None:
        _tell(player.finish(options.until), options)
    return status


def _tell(told: Iterator[Told], options: argparse.Namespace) -> None:
    for one in told:
        for line in (
            journal.text_lines(one)
            if options.command == "explain"
            else journal.json_lines(one, options.explain)
        ):
            sys.stdout.buffer.write(line.encode("utf-8") + b"\n")


def main(words: Optional[List[str]] = None) -> int:
    """The status to exit with: 0, all was read and applied; 1, a bad line or file, or an output that cannot be written; 2, wrong usage."""
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
        # Nobody reads on. What Python would write at its end must go somewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except OSError as error:
        print(f"{name}: {error.strerror}", file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
