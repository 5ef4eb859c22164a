# SPDX-License-Identifier: Apache-2.0
"""Checks what documents refer to: links and their anchors, paths and file names in backticks, names
of the C interface, and the length of lines. Used by run.py."""

from __future__ import annotations

import functools
import pathlib
import re
from collections.abc import Iterator

from documents import ROOT, Document, Wrong, files

LINE = 100
README_LINES = 150

# A word in capitals within a path stands for any name: tests/unit/NOUN.cpp.
PLACEHOLDER = re.compile(r"\b[A-Z]{2,}\b")
PATH = re.compile(r"^(?:\./)?[\w.*+-]+(?:/[\w.*+-]+)*/?$")
SUFFIXES = (
    *(".cpp", ".hpp", ".h", ".c", ".py", ".sh", ".md", ".sql", ".svg", ".tsv", ".map", ".json"),
    *(".jsonl", ".mutant", ".cmake", ".txt", ".abi", ".constants", ".in", ".toml", ".alert"),
)
# Names of this project that must be found somewhere in its sources.
OURS = re.compile(r"\b(?:lowtide_\w+|LOWTIDE_\w+)")


@functools.cache
def sources() -> dict[str, pathlib.Path]:
    """Every file by its path from the root."""
    return {str(path.relative_to(ROOT)): path for path in files("")}


@functools.cache
def words() -> frozenset[str]:
    """Each of OURS that the sources have; the documents and their tests prove nothing."""
    found: set[str] = set()
    for name, path in sources().items():
        if not name.endswith((".md", ".svg", ".jsonl")) and not name.startswith("tests/docs/"):
            found.update(OURS.findall(path.read_text(encoding="utf-8", errors="replace")))
    return frozenset(found)


def exists(name: str) -> bool:
    """Whether a path from the root is there; it may hold *, and placeholders."""
    pattern = PLACEHOLDER.sub("*", name.removeprefix("./").rstrip("/"))
    if pattern == "build" or pattern.startswith("build/"):
        return True  # what a command makes; the blocks show that it does
    return any(ROOT.glob(pattern))


def is_file_name(name: str) -> bool:
    """Whether it is one without a folder, and neither a placeholder nor a suffix alone."""
    plain = "/" not in name and not PLACEHOLDER.search(name)
    return plain and name.endswith(SUFFIXES) and name not in SUFFIXES


def check_paths(document: Document, samples: str) -> Iterator[str]:
    """`samples` is the text of all blocks: file names that they use need not be ours."""
    tops = {path.name for path in ROOT.iterdir()}
    names = {name.rsplit("/", 1)[-1] for name in sources()}
    for line, text in document.code:
        where = f"{document.name}:{line}"
        for word in text.split():
            name = word.strip("…,;()")
            if not PATH.match(name):
                continue
            if "/" in name and name.removeprefix("./").split("/")[0] in tops:
                if not exists(name):
                    yield f"{where}: there is no {name}"
            elif is_file_name(name):
                wanted = re.compile(re.escape(name).replace(r"\*", r"[^/]*"))
                if not any(wanted.fullmatch(one) for one in names) and name not in samples:
                    yield f"{where}: no file is named {name}"
        for found in OURS.finditer(text):
            name = found[0]
            if text[found.end() :].startswith(("…", "*")):
                if not any(word.startswith(name) for word in words()):
                    yield f"{where}: nothing is named {name}…"
            elif name not in words():
                yield f"{where}: nothing is named {name}"


@functools.cache
def anchors(path: pathlib.Path) -> set[str]:
    return Document(path).anchors() if path.suffix == ".md" else set()


def check_links(document: Document) -> Iterator[str]:
    for line, target in document.links:
        where = f"{document.name}:{line}"
        if re.match(r"[a-z]+:", target):
            if not target.startswith("https://"):
                yield f"{where}: not a link to follow: {target}"
            continue
        name, _, anchor = target.partition("#")
        path = (document.path.parent / name).resolve() if name else document.path.resolve()
        if not path.exists():
            yield f"{where}: the link leads nowhere: {target}"
        elif anchor and anchor not in anchors(path):
            yield f"{where}: there is no such heading: {target}"


def check_lines(document: Document) -> Iterator[str]:
    for number, line in document.prose:
        # Tables cannot be broken, nor can links.
        if len(line) > LINE and not line.startswith("|") and "](" not in line:
            yield f"{document.name}:{number}: {len(line)} columns, more than {LINE}"
    if document.path == ROOT / "README.md" and len(document.lines) > README_LINES:
        yield f"README.md: {len(document.lines)} lines, more than {README_LINES}"


def check(documents: list[Document]) -> tuple[list[str], int, int]:
    """What is wrong, and how many links and names in backticks were checked."""
    samples = "".join(block.text for document in documents for block in document.blocks)
    wrong: list[str] = []
    for document in documents:
        wrong += check_links(document)
        wrong += check_paths(document, samples)
        wrong += check_lines(document)
    links = sum(len(document.links) for document in documents)
    return wrong, links, sum(len(document.code) for document in documents)


def read(paths: list[pathlib.Path]) -> list[Document]:
    if not paths:
        raise Wrong("there are no documents")
    return [Document(path) for path in paths]
