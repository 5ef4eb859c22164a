# SPDX-License-Identifier: Apache-2.0
"""The C headers as they are written: constants, structs and functions, read with regular expressions and nothing of the binding."""

from __future__ import annotations

import pathlib
import re
from typing import Dict, List, NamedTuple, Tuple


class Member(NamedTuple):
    type: str
    """As written, with its stars: "const lowtide_text*". Of a callback, "callback"."""
    name: str
    length: int
    """Of an array; else 1."""


class Function(NamedTuple):
    result: str
    arguments: Tuple[str, ...]


def text_of_headers(root: pathlib.Path) -> str:
    """The three headers, one behind the other."""
    names = ("lowtide.h", "lowtide_batch.h", "lowtide_monitor.h")
    return "".join((root / "include" / name).read_text(encoding="ascii") for name in names)


class Header:
    def __init__(self, text: str) -> None:
        bare = re.sub(r"//[^\n]*", " ", re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL))
        self.constants: Dict[str, str] = dict(
            re.findall(r"^#define (LOWTIDE_\w+)[ \t]+(\S+)[ \t]*$", bare, re.MULTILINE)
        )
        del self.constants["LOWTIDE_API"]  # how functions are marked
        # Up to the types, every macro is a status, but the marks and versions.
        block = bare[
            bare.index("typedef int32_t lowtide_status;") : bare.index("lowtide_status_name")
        ]
        self.statuses = re.findall(r"^#define LOWTIDE_(\w+)", block, re.MULTILINE)
        self.structs: Dict[str, List[Member]] = {}
        self.callbacks: Dict[str, Function] = {}
        for body, name in re.findall(r"typedef struct \{(.*?)\} (lowtide_\w+);", bare, re.DOTALL):
            self.structs[name] = [
                member for line in body.split(";") if line.strip() for member in self._members(line)
            ]
        self.functions = {
            name: Function(_type(result), _arguments(arguments))
            for result, name, arguments in re.findall(
                r"LOWTIDE_API ([^;()]*?)(lowtide_\w+)\(([^;]*)\);", bare
            )
        }

    def _members(self, line: str) -> List[Member]:
        callback = re.fullmatch(r"\s*(\w+) \(\*(\w+)\)\((.*)\)\s*", line, re.DOTALL)
        if callback:
            self.callbacks[callback[2]] = Function(callback[1], _arguments(callback[3]))
            return [Member("callback", callback[2], 1)]
        declared = re.fullmatch(r"\s*(.*?[\s*])(\w+)(?:\[(\d+)\])?\s*", line, re.DOTALL)
        assert declared, line
        return [Member(_type(declared[1]), declared[2], int(declared[3] or 1))]


def _type(text: str) -> str:
    return re.sub(r"\s*\*", "*", " ".join(text.split()))


def _arguments(text: str) -> Tuple[str, ...]:
    if text.strip() == "void":
        return ()
    return tuple(_type(re.sub(r"\w+\s*$", "", part)) for part in text.split(","))
