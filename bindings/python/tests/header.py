# SPDX-License-Identifier: Apache-2.0
"""The C headers, as bindings/interface.json describes them: constants, structs and functions."""

from __future__ import annotations

import json
import pathlib
from typing import Any, Dict, List, NamedTuple, Tuple


class Member(NamedTuple):
    type: str
    """As in C, without a space before stars: "const lowtide_text*". "callback" for a callback."""
    name: str
    length: int
    """The length of an array; 1 for other types."""


class Function(NamedTuple):
    result: str
    arguments: Tuple[str, ...]


class Header:
    def __init__(self, root: pathlib.Path) -> None:
        text = (root / "bindings" / "interface.json").read_text(encoding="utf-8")
        interface: Dict[str, Any] = json.loads(text)
        self.constants = [one["name"] for one in interface["constants"]]
        self.statuses = [
            one["name"].replace("LOWTIDE_", "", 1)
            for one in interface["constants"]
            if one["group"] == "lowtide_status"
        ]
        self.structs: Dict[str, List[Member]] = {}
        self.header_of: Dict[str, str] = {}
        """The header that declares a struct."""
        self.callbacks: Dict[str, Function] = {}
        for struct in interface["structs"]:
            fields = struct["fields"]
            self.structs[struct["name"]] = [
                Member(_type(one.get("type", "callback")), one["name"], one.get("length", 1))
                for one in fields
            ]
            self.header_of[struct["name"]] = struct["header"]
            self.callbacks.update(
                (one["name"], _function(one["callback"])) for one in fields if "callback" in one
            )
        self.functions = {one["name"]: _function(one) for one in interface["functions"]}


def _function(declared: Dict[str, Any]) -> Function:
    arguments = tuple(_type(one["type"]) for one in declared["arguments"])
    return Function(_type(declared["result"]), arguments)


def _type(text: str) -> str:
    return text.replace(" *", "*")
