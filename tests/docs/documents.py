# SPDX-License-Identifier: Apache-2.0
"""Reads the documents: code blocks with the comment that says how to check them, headings, links,
and what stands in backticks. Used by run.py; runs nothing itself."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# What is built or fetched is no document of this project.
FOREIGN = {"build", "node_modules", "__pycache__"}

FENCE = re.compile(r"^( *)(`{3,})(\S*)\s*$")
COMMENT = re.compile(r"^ *<!-- (\w+)(?:: (.*?))? -->$")
HEADING = re.compile(r"^#{1,6} (.+?)\s*$")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
CODE = re.compile(r"(`+)(.+?)\1")


class Wrong(Exception):
    """What is wrong with a document, in words for the log."""


class Block(NamedTuple):
    """A fenced block. `way` is the comment before it, such as ("part", "examples/c/main.c")."""

    document: str
    line: int
    language: str
    text: str
    way: tuple[str, str] | None

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"


class Reference(NamedTuple):
    """A link's target, or a piece of code in backticks."""

    line: int
    text: str


class Document:
    """One file, cut into what is checked of it."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.name = str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name)
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.blocks: list[Block] = []
        self.headings: list[str] = []
        self.links: list[Reference] = []
        self.code: list[Reference] = []
        self.prose: list[tuple[int, str]] = []
        self._read()

    def _read(self) -> None:
        way: tuple[str, str] | None = None
        numbered = enumerate(self.lines, 1)
        for number, line in numbered:
            if fence := FENCE.match(line):
                self.blocks.append(self._block(number, fence, numbered, way))
                way = None
            elif comment := COMMENT.match(line):
                way = (comment[1], comment[2] or "")
            elif line.strip():
                way = None
                self.prose.append((number, line))
                self._references(number, line)
        # A link may be broken over two lines, its text in one and its target in the next.
        for number, line in self.prose:
            if re.match(r"^ *\(?[^\s()\[\]]*\.md[^\s()]*\)", line):
                raise Wrong(f"{self.name}:{number}: a link is broken over two lines")

    def _block(
        self,
        number: int,
        fence: re.Match[str],
        numbered: Iterator[tuple[int, str]],
        way: tuple[str, str] | None,
    ) -> Block:
        indent, ticks, language = fence.groups()
        text: list[str] = []
        for _, line in numbered:
            if line.strip() == ticks:
                body = "".join(one.removeprefix(indent) + "\n" for one in text)
                return Block(self.name, number, language, body, way)
            text.append(line)
        raise Wrong(f"{self.name}:{number}: the block has no end")

    def _references(self, number: int, line: str) -> None:
        if heading := HEADING.match(line):
            self.headings.append(heading[1])
        self.code += [Reference(number, found[2].strip()) for found in CODE.finditer(line)]
        bare = CODE.sub("", line) if "](" not in line else line
        self.links += [Reference(number, found[1]) for found in LINK.finditer(bare)]

    def anchors(self) -> set[str]:
        """The names of the headings, as GitHub makes them."""
        found: dict[str, int] = {}
        anchors = set()
        for heading in self.headings:
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
            name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
            anchors.add(f"{name}-{found[name]}" if name in found else name)
            found[name] = found.get(name, 0) + 1
        return anchors


def is_ours(folder: pathlib.Path) -> bool:
    hidden = folder.name.startswith(".") and folder.name != ".ci"
    return folder.name not in FOREIGN and not hidden and not folder.is_symlink()


def files(suffix: str, root: pathlib.Path = ROOT) -> Iterator[pathlib.Path]:
    """Every file of ours whose name ends so, also where there is no git."""
    for path in sorted(root.iterdir()):
        if path.is_file() and path.name.endswith(suffix):
            yield path
        elif path.is_dir() and is_ours(path):
            yield from files(suffix, path)
