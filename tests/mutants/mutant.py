# SPDX-License-Identifier: Apache-2.0
"""Reads a .mutant file, and puts its fault into a copy of the sources.

run.py describes the format. Quoted texts are compared without white space and without the breaks
inside string literals ("ab" "cd" equals "abcd"), so a formatter never breaks a mutant.
"""

from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class Wrong(Exception):
    """The mutant itself is wrong, or cannot be tried."""


def compact(text: str) -> tuple[str, list[int]]:
    """The text without what formatters change, and where each of its characters was."""
    kept: list[int] = []
    for place, character in enumerate(text):
        if character.isspace():
            continue
        if character == '"' and kept and text[kept[-1]] == '"':
            kept.pop()
            continue
        kept.append(place)
    return "".join(text[place] for place in kept), kept


@dataclass
class Edit:
    """One replacement in one file. `after`, if given, anchors `old`: the first one behind it."""

    file: str
    texts: dict[str, str] = field(default_factory=dict)

    def applied(self, text: str) -> str:
        """The file's text with the fault in it."""
        short, places = compact(text)
        start = 0
        if "after" in self.texts:
            anchor = compact(self.texts["after"])[0]
            if short.count(anchor) != 1:
                raise Wrong(f"`after` occurs {short.count(anchor)} times in {self.file}, not once")
            start = short.index(anchor) + len(anchor)
        old = compact(self.texts["from"])[0]
        if not old:
            raise Wrong("`from` is empty")
        if old == compact(self.texts["to"])[0]:
            raise Wrong("`from` and `to` are the same")
        found = short.count(old, start)
        if found == 0 or (found > 1 and "after" not in self.texts):
            behind = " behind `after`" if "after" in self.texts else ""
            raise Wrong(f"`from` occurs {found} times in {self.file}{behind}, not once")
        first = short.index(old, start)
        begin, end = places[first], places[first + len(old) - 1] + 1
        return text[:begin] + self.indented(text, begin) + text[end:]

    def indented(self, text: str, begin: int) -> str:
        """`to`, with the lines after its first at the indentation of the line that it goes to."""
        line = text[text.rfind("\n", 0, begin) + 1 :]
        indent = line[: len(line) - len(line.lstrip())]
        return textwrap.indent(textwrap.dedent(self.texts["to"]), indent).removeprefix(indent)


class Mutant:
    def __init__(self, path: pathlib.Path) -> None:
        self.name, self.room = path.stem, path.parent.name
        self.runner = self.test = self.case = ""
        self.quick = False
        self.edits: list[Edit] = []
        try:
            self.read(path.read_text(encoding="utf-8"))
        except Wrong as wrong:
            raise Wrong(f"{self.room}/{path.name}: {wrong}") from None

    def read(self, text: str) -> None:
        if not text.startswith("# "):
            raise Wrong("the first line must be a comment that says what is wrong with this mutant")
        last = ""
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            key, colon, value = line.partition(":")
            value = value.removeprefix(" ")
            if not colon or not self.take(key, value, key == last):
                raise Wrong(f"line {number} does not belong here: {line}")
            last = key
        if not self.test:
            raise Wrong("`check` is missing")
        if not self.edits or any(not {"from", "to"} <= edit.texts.keys() for edit in self.edits):
            raise Wrong("`file`, `from` or `to` is missing")

    def take(self, key: str, value: str, repeated: bool) -> bool:
        """Takes in one line. False if it may not come here."""
        if key == "check" and not self.test:
            self.runner, _, self.test = value.partition(" ")
        elif key == "case" and not self.case:
            self.case = value
        elif key == "quick" and value == "yes":
            self.quick = True
        elif key == "file":
            self.edits.append(Edit(value))
        elif key in ("after", "from", "to") and self.edits:
            texts = self.edits[-1].texts
            if key in texts and not repeated:
                return False
            texts[key] = texts[key] + "\n" + value if key in texts else value
        else:
            return False
        return True

    def files(self) -> list[str]:
        return sorted({edit.file for edit in self.edits})

    def mutated(self, root: pathlib.Path) -> dict[pathlib.Path, tuple[str, str]]:
        """For each file below `root` that it changes: the text without the fault and with it."""
        changed: dict[pathlib.Path, tuple[str, str]] = {}
        for edit in self.edits:
            path = root / edit.file
            try:
                sound, faulty = changed.get(path) or (path.read_text(encoding="utf-8"),) * 2
                changed[path] = (sound, edit.applied(faulty))
            except Wrong as wrong:
                raise Wrong(f"{self.room}/{self.name}: {wrong}") from None
            except OSError:
                raise Wrong(f"{self.room}/{self.name}: there is no file {edit.file}") from None
        return changed

    @contextmanager
    def planted(self, root: pathlib.Path) -> Iterator[None]:
        """The files below `root` hold the fault inside the `with` block, and only there."""
        changed = self.mutated(root)
        try:
            for path, (_, faulty) in changed.items():
                path.write_text(faulty, encoding="utf-8")
            yield
        finally:
            for path, (sound, _) in changed.items():
                path.write_text(sound, encoding="utf-8")
