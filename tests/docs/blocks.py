# SPDX-License-Identifier: Apache-2.0
"""Runs the code blocks of one document, each in the way that its language or its comment says.
Used by run.py; commands.py knows what is not run here because another check runs it."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
from typing import Callable, NamedTuple

from commands import Commands
from documents import ROOT, Block, Document, Wrong
from references import exists

TIME_LIMIT = 120  # seconds for one block
ELLIPSIS = "…"

DOCTEST = """
import doctest, sys
flags = doctest.REPORT_ONLY_FIRST_FAILURE
result = doctest.testfile(sys.argv[1], module_relative=False, optionflags=flags)
print(result.attempted)
sys.exit(result.failed != 0)
"""

CMAKE = """\
cmake_minimum_required(VERSION 3.25)
project(billing LANGUAGES C CXX)
add_executable(billing main.{suffix})
{block}
"""


class Tools(NamedTuple):
    """What the blocks are run with."""

    build: pathlib.Path  # a complete build of the release preset
    prefix: pathlib.Path  # where that build is installed
    library: pathlib.Path  # liblowtide.so for Python

    def environment(self) -> dict[str, str]:
        library = self.prefix / "lib"
        return {
            **os.environ,
            "PATH": f"{self.prefix / 'bin'}:{os.environ['PATH']}",
            "PKG_CONFIG_PATH": str(library / "pkgconfig"),
            "LD_LIBRARY_PATH": str(library),
            "CMAKE_PREFIX_PATH": str(self.prefix),
            "LOWTIDE_LIBRARY": str(self.library),
            "PYTHONPATH": str(ROOT / "bindings" / "python" / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
        }


class Runner:
    """The blocks of one document in their order, in a folder of their own that they share."""

    def __init__(self, document: Document, folder: pathlib.Path, tools: Tools) -> None:
        self.document, self.folder, self.tools = document, folder, tools
        self.commands = Commands(tools.build)
        self.printed = ""  # by the block before
        self.exercised: dict[str, int] = {}
        folder.mkdir(parents=True)
        for shared in ("examples", "src", "tests", "bindings", "build"):
            if (ROOT / shared).exists():
                (folder / shared).symlink_to(ROOT / shared)
        # The month of the examples, two years earlier: a host refuses events of the future, and
        # the clock of this machine may be behind.
        month = (ROOT / "examples" / "month.jsonl").read_text(encoding="utf-8")
        (folder / "events.jsonl").write_text(month.replace("2026-", "2024-"), encoding="utf-8")

    def run(self) -> list[str]:
        """What is wrong, one line for each bad block."""
        wrong = []
        for block in self.document.blocks:
            try:
                self._one(block)
            except Wrong as error:
                wrong.append(f"{block.place}: {error}")
        try:
            self._pycon()
        except Wrong as error:
            wrong.append(f"{self.document.name}: {error}")
        return wrong

    def _count(self, what: str, number: int = 1) -> None:
        self.exercised[what] = self.exercised.get(what, 0) + number

    def _one(self, block: Block) -> None:
        way, argument = block.way or ("", "")
        ways: dict[str, Callable[[Block, str], None]] = {
            "file": self._is_file,
            "part": self._is_part,
            "output": self._is_output,
            "save": self._save,
            "paths": self._paths,
        }
        languages: dict[str, Callable[[Block], None]] = {
            "cpp": self._program,
            "c": self._program,
            "python": self._python,
            "sh": self._shell,
            "console": self._transcript,
            "jsonl": self._events,
            "cmake": self._cmake,
            "pycon": lambda _: None,  # all of a document together, in the end
        }
        if way and way not in ways:
            raise Wrong(f"no such way to check a block: {way}")
        if way:
            ways[way](block, argument)
        if way in ("output", "paths", "part"):
            return
        if block.language in languages:
            languages[block.language](block)
        elif not way:
            known = ", ".join(sorted(languages))
            raise Wrong(
                f"a block of {block.language or 'no language'} needs a comment that says how to"
                f" check it; these need none: {known}"
            )

    def _call(self, command: list[str], text: str | None = None) -> str:
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self.tools.environment(),
                input=text,
                capture_output=True,
                text=True,
                timeout=TIME_LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Wrong(str(error)) from error
        if done.returncode:
            end = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
            raise Wrong(f"status {done.returncode} of {' '.join(command)[:200]}\n{end}")
        return done.stdout

    def _bash(self, script: str) -> str:
        return self._call(["bash", "-euo", "pipefail", "-c", script])

    # ---- What a comment asks for ----

    def _is_file(self, block: Block, path: str) -> None:
        """The block is that file, but for comments at its head."""
        text = source(path)
        head, found, rest = text.partition(block.text)
        if not found or rest or re.sub(r"^(//|#|/\*).*\n|^\n", "", head, flags=re.MULTILINE):
            raise Wrong(f"differs from {path}")
        self._count("blocks that are a tested file, or a part of one")

    def _is_part(self, block: Block, path: str) -> None:
        """The lines of the block stand in that file in this order; a line of … skips some."""
        text = "\n".join(line.strip() for line in source(path).splitlines())
        at = 0
        for piece in split_at_ellipsis(block.text):
            wanted = "\n".join(line.strip() for line in piece.splitlines())
            at = text.find(wanted, at)
            if at < 0:
                raise Wrong(f"is not in {path}:\n{piece}")
            at += len(wanted)
        self._count("blocks that are a tested file, or a part of one")

    def _is_output(self, block: Block, command: str) -> None:
        """The block is what the command prints, or the block before; a line of … skips some."""
        printed = self._bash(command) if command else self.printed
        compare(block.text, printed)
        self._count("blocks that are what a program prints")

    def _save(self, block: Block, name: str) -> None:
        if not re.fullmatch(r"[\w.-]+", name):
            raise Wrong(f"no name of a file: {name}")
        (self.folder / name).write_text(block.text, encoding="utf-8")

    def _paths(self, block: Block, _: str) -> None:
        """Each line begins with a path from the root of the repository."""
        lines = [line for line in block.text.splitlines() if line.strip()]
        for line in lines:
            if not line.startswith(" ") and not exists(line.split()[0]):
                raise Wrong(f"there is no {line.split()[0]}")
        self._count("paths in lists of files", len(lines))

    # ---- What a language asks for ----

    def _program(self, block: Block) -> None:
        suffix, compiler, package = "cpp", "g++ -std=c++20", "lowtide-cpp"
        if block.language == "c":
            suffix, compiler, package = "c", "cc -std=c11", "lowtide"
        if "int main(" not in block.text:
            raise Wrong("is no whole program; say of which tested file it is a part")
        name = f"main.{suffix}"
        (self.folder / name).write_text(block.text, encoding="utf-8")
        flags = "-Wall -Wextra -Wpedantic -Werror -O1"
        self._bash(
            f"flags=$(pkg-config --cflags --libs {package})\n"
            f"{compiler} {flags} {name} $flags -o program"
        )
        self.printed = self._call(["./program"])
        self._count("programs compiled and run")

    def _python(self, block: Block) -> None:
        self.printed = self._call([sys.executable, "-"], block.text)
        self._count("programs compiled and run")

    def _shell(self, block: Block) -> None:
        lines, elsewhere = self.commands.split(block.text)
        self._count("commands that another check runs, and that exist", elsewhere)
        self.printed = self._bash("\n".join(lines))
        self._count("commands run", len([line for line in lines if line.strip()]))

    def _transcript(self, block: Block) -> None:
        """Commands after "$ ", each with what it prints."""
        parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
        if parts[0].strip() or len(parts) < 3:
            raise Wrong("a transcript begins with a command after $")
        for command, expected in zip(parts[1::2], parts[2::2]):
            self.printed = self._bash(f"{{ {command}\n}} 2>&1")
            compare(expected, self.printed)
            self._count("commands run, with what they print")

    def _events(self, block: Block) -> None:
        # --keep-going, so that every bad line is shown and not only the first.
        command = ["lowtide-replay", "--timer", "explicit", "--keep-going", "-"]
        self.printed = self._call(command, block.text)
        self._count("lines of events parsed", len(block.text.splitlines()))

    def _cmake(self, block: Block) -> None:
        """The block as a part of a project with a target `billing`: configured, and built unless it
        fetches the sources."""
        (language,) = {"c" if "lowtide::c" in block.text else "cpp"}
        place = self.folder / f"cmake-{block.line}"
        place.mkdir()
        sample = (
            "examples/quickstart/main.cpp"
            if language == "cpp"
            else "tests/install/c_consumer/main.c"
        )
        (place / f"main.{language}").write_text(source(sample), encoding="utf-8")
        project = CMAKE.format(suffix=language, block=block.text)
        (place / "CMakeLists.txt").write_text(project, encoding="utf-8")
        build = str(place / "build")
        self._call(["cmake", "-S", str(place), "-B", build, "-G", "Ninja",
                    f"-DFETCHCONTENT_SOURCE_DIR_LOWTIDE={ROOT}"])  # fmt: skip
        if "FetchContent" not in block.text:
            self._call(["cmake", "--build", build])
            self._call([f"{build}/billing"])
        self._count("pieces of CMake configured")

    def _pycon(self) -> None:
        blocks = [block.text for block in self.document.blocks if block.language == "pycon"]
        if not blocks:
            return
        path = self.folder / "examples.txt"
        path.write_text("\n".join(blocks), encoding="utf-8")
        printed = self._call([sys.executable, "-c", DOCTEST, str(path)])
        self._count("examples of Python run by doctest", int(printed.split()[-1]))


def source(path: str) -> str:
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except OSError as error:
        raise Wrong(f"{path} cannot be read: {error.strerror}") from error


def split_at_ellipsis(text: str) -> list[str]:
    pieces = re.split(rf"^ *(?://|#|/\*)? ?{ELLIPSIS}.*\n?", text, flags=re.MULTILINE)
    return [piece.strip("\n") for piece in pieces if piece.strip()]


def compare(expected: str, printed: str) -> None:
    """Line by line; in the expected text a line of … stands for any lines."""
    pieces = split_at_ellipsis(expected)
    if ELLIPSIS not in expected:
        if expected.strip("\n") != printed.strip("\n"):
            raise Wrong(f"something else is printed:\n{printed}")
        return
    at = 0
    for piece in pieces:
        at = printed.find(piece, at)
        if at < 0:
            raise Wrong(f"this is not printed:\n{piece}\nbut:\n{printed}")
        at += len(piece)
