# SPDX-License-Identifier: Apache-2.0
"""Puts together what interface.json says of the C headers, and writes it as text.

generate.py calls it. README.md explains each key.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import pathlib
import re
from typing import Any, Dict, Iterator, List, Optional, Set

import contracts
import headers
import sentences
from headers import Argument, Field, Item, Parsed

Json = Dict[str, Any]

ABOUT = (
    "The C interface of lowtide, generated from its headers by bindings/interface/generate.py."
    " Do not edit. bindings/interface/README.md explains each key."
)
TARGET = "x86-64: little-endian; pointers and size_t have 8 bytes. Sizes and offsets are in bytes."
STATUS = "lowtide_status"


def describe(folder: pathlib.Path) -> Json:
    """All headers of a folder; lowtide.h comes first, as it includes the others."""
    names = sorted(path.name for path in folder.glob("lowtide*.h"))
    parsed = headers.parse(folder, names)
    groups = _groups(parsed)
    statuses = {name for name, group in groups.items() if group == STATUS}
    promises = contracts.contracts(parsed, statuses)
    found, sample = sentences.sentences(parsed)
    return {
        "about": ABOUT,
        "target": TARGET,
        "headers": [{"name": name, "sha256": _sha256(folder / name)} for name in names],
        "constants": [_constant(item, groups) for item in _of("constant", parsed)],
        "types": [
            {"name": item.name, "header": item.header, "type": item.detail["type"]}
            for item in _of("type", parsed)
        ],
        "opaque_types": [
            {"name": item.name, "header": item.header} for item in _of("opaque", parsed)
        ],
        "structs": [_struct(item, parsed, found) for item in _of("struct", parsed)],
        "functions": [
            _function(item, promises[item.name], _handles(parsed))
            for item in _of("function", parsed)
        ],
        "sample": sample,
        "sentences": [one._asdict() for one in found],
    }


def _sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _of(kind: str, parsed: Parsed) -> Iterator[Item]:
    return (item for item in parsed.items if item.kind == kind)


def _handles(parsed: Parsed) -> Set[str]:
    return {f"{item.name} *" for item in _of("opaque", parsed)}


def _constant(item: Item, groups: Dict[str, Optional[str]]) -> Json:
    return {
        "name": item.name,
        "header": item.header,
        "group": groups[item.name],
        "value": item.detail["value"],
        "suffix": item.detail["suffix"],
        "text": item.detail["text"],
    }


def _groups(parsed: Parsed) -> Dict[str, Optional[str]]:
    """What each constant is one of: lowtide_status, the type, or the start of its name.

    The statuses stand behind that type, up to the next declaration. Of the others, a comment may
    name the group, as in "LOWTIDE_PHASE_..."; else constants on lines next to each other are a
    group if their names begin alike."""
    text = " ".join(comment.body for comment in parsed.comments)
    named = sorted(set(re.findall(r"\b(LOWTIDE_[A-Z_]+)_\.\.\.", text)), key=len, reverse=True)
    groups: Dict[str, Optional[str]] = {}
    of_status = False
    run: List[Item] = []
    behind = {(one.header, one.line): one for one in parsed.comments if one.behind_code}

    def last_line(constant: Item) -> int:
        comment = behind.get((constant.header, constant.line))
        return constant.line + (comment.body.count("\n") if comment else 0)

    for item in parsed.items:
        if item.kind != "constant":
            of_status = item.name == STATUS
            continue
        run = [*run, item] if run and last_line(run[-1]) == item.line - 1 else [item]
        by_name = next((name for name in named if item.name.startswith(name + "_")), None)
        if of_status:
            groups[item.name] = STATUS
        elif by_name:
            groups[item.name] = by_name
        else:
            start = _common_start([one.name for one in run])
            groups[item.name] = None
            groups.update((one.name, start) for one in run if start)
    return groups


def _common_start(names: List[str]) -> Optional[str]:
    columns = zip(*(name.split("_") for name in names))
    words = [column[0] for column in itertools.takewhile(lambda one: len(set(one)) == 1, columns)]
    return "_".join(words) if len(names) > 1 and len(words) > 1 else None


def _struct(item: Item, parsed: Parsed, found: List[sentences.Sentence]) -> Json:
    fields: List[Field] = [
        one.detail["field"] for one in _of("field", parsed) if one.detail["struct"] == item.name
    ]
    own = " ".join(one.text for one in found if one.where == item.name)
    return {
        "name": item.name,
        "header": item.header,
        "size": item.detail["size"],
        "alignment": item.detail["alignment"],
        "grows": fields[0].name == "struct_size" and not re.search(r"\bnever grows?\b", own, re.I),
        "fields": [_field(field) for field in fields],
    }


def _field(field: Field) -> Json:
    of: Json = {"name": field.name}
    if field.callback:
        of["callback"] = {
            "result": field.callback.result,
            "arguments": [
                _argument(one, contracts.callback_direction(one))
                for one in field.callback.arguments
            ],
        }
    else:
        of["type"] = field.type
    if field.length is not None:
        of["length"] = field.length
    return {**of, "offset": field.offset, "size": field.size}


def _argument(argument: Argument, direction: str) -> Json:
    return {"name": argument.name, "type": argument.type, "direction": direction}


def _function(item: Item, contract: contracts.Contract, handles: Set[str]) -> Json:
    return {
        "name": item.name,
        "header": item.header,
        "contract": contract.owner,
        "since": contract.since,
        "threads": contract.threads,
        "result": item.detail["result"],
        "statuses": contract.statuses,
        "element_statuses": contract.element_statuses,
        "arguments": [
            _argument(one, contracts.direction(item.name, one, contract, handles))
            for one in item.detail["arguments"]
        ],
    }


def to_text(value: Any, indent: str = "") -> str:
    """JSON with one innermost object or list a line, so that differences are easy to read."""
    line = json.dumps(value, ensure_ascii=False)
    inner = indent + "  "
    if isinstance(value, dict) and any(isinstance(one, (dict, list)) for one in value.values()):
        parts = [f"{json.dumps(key)}: {to_text(one, inner)}" for key, one in value.items()]
        return _lines("{}", parts, indent)
    if isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value):
        return _lines("[]", [to_text(one, inner) for one in value], indent)
    return line


def _lines(brackets: str, parts: List[str], indent: str) -> str:
    return f"{brackets[0]}\n{indent}  " + f",\n{indent}  ".join(parts) + f"\n{indent}{brackets[1]}"
