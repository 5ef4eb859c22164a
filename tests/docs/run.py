#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the documents: every code block is run or compared, every link leads somewhere, and every
path in backticks exists.

usage: tests/docs/run.py [--build FOLDER] [DOCUMENT…]

FOLDER is a complete build of the release preset (build/release). Without a DOCUMENT all are
checked: every .md file of the repository. Prints a line `ok: …` for each document that is right.

How a block is checked:
  cpp, c     a whole program: compiled, linked with the installed library, and run
  python     a whole program: run
  pycon      by doctest, all blocks of a document together
  sh         run in a folder that the blocks of a document share, with a file events.jsonl, the
             month of the examples two years earlier. What installs packages or takes minutes
             (./dev, cmake, ctest, scripts of tests/) is not run: it must exist, and another check
             runs it. See commands.py
  console    commands after "$ ", and what they print
  jsonl      events: lowtide-replay must read every line
  cmake      configured in a project with a target `billing`, and built
  others     need a comment on the line before

Comments on the line before a block:
  <!-- file: PATH -->       the block is that file; a whole program is compiled and run, too
  <!-- part: PATH -->       its lines are in that file, in this order; a line of … skips some
  <!-- output: COMMAND -->  it is what COMMAND prints, or the block before if there is no COMMAND
  <!-- save: NAME -->       it is a file of that name for the blocks after it
  <!-- paths -->            each of its lines begins with a path of the repository
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile

import references
import self_test
from blocks import Runner, Tools
from documents import ROOT, Document, Wrong, files


def install(build: pathlib.Path, prefix: pathlib.Path) -> None:
    command = ["cmake", "--install", str(build), "--prefix", str(prefix)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def check_picture(tools: Tools, folder: pathlib.Path) -> None:
    """docs/month.svg is what its script draws now, and runs nothing in the reader's browser."""
    drawn, kept = folder / "month.svg", ROOT / "docs" / "month.svg"
    script = [sys.executable, str(ROOT / "scripts" / "month_picture.py")]
    subprocess.run([*script, str(tools.prefix / "bin" / "lowtide-replay"), str(drawn)], check=True)
    if drawn.read_bytes() != kept.read_bytes():
        raise Wrong("docs/month.svg is not what scripts/month_picture.py draws")
    for picture in sorted((ROOT / "docs").glob("*.svg")):
        if b"<script" in picture.read_bytes():
            raise Wrong(f"{picture.name} has a script")


def check(documents: list[Document], tools: Tools, folder: pathlib.Path, everything: bool) -> bool:
    """Prints what was right and what was not. `everything`: these are all documents."""
    wrong, links, names = references.check(documents)
    exercised: dict[str, int] = {}
    for number, document in enumerate(documents):
        runner = Runner(document, folder / f"document-{number}", tools)
        bad = runner.run()
        wrong += bad
        for what, count in runner.exercised.items():
            exercised[what] = exercised.get(what, 0) + count
        if not bad:
            print(f"ok: {document.name}: {len(document.blocks)} blocks")
    for line in wrong:
        print(f"failed: {line}", file=sys.stderr)
    blocks = sum(len(document.blocks) for document in documents)
    print(f"sum: {len(documents)} documents, {blocks} blocks")
    print(f"exercised: docs: code blocks of {len(documents)} documents: {blocks} blocks")
    for what, count in sorted(exercised.items()):
        print(f"exercised: docs: {what}: {count} {what.split()[0]}")
    print(f"exercised: docs: links, each with its anchor: {links} links")
    print(f"exercised: docs: names in backticks that exist: {names} names")
    if everything and not (blocks >= 35 and links >= 90 and names >= 700):
        print("failed: this is less than the documents have", file=sys.stderr)
        return False
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(usage="tests/docs/run.py [--build FOLDER] [DOCUMENT…]")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("documents", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    paths = [path.resolve() for path in arguments.documents] or list(files(".md"))
    build = arguments.build.resolve()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        try:
            tools = Tools(build, folder / "prefix", build / "liblowtide.so")
            install(build, tools.prefix)
            self_test.run(tools, folder / "self-test")
            check_picture(tools, folder)
            good = check(references.read(paths), tools, folder, not arguments.documents)
        except Wrong as error:
            print(f"failed: {error}", file=sys.stderr)
            return 1
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
