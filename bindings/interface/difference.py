# SPDX-License-Identifier: Apache-2.0
"""Says in words how two descriptions of the C interface differ.

generate.py calls it when interface.json is not current.
"""

from __future__ import annotations

import difflib
import json
from typing import Any, Dict, Iterator, List, Tuple

Json = Dict[str, Any]


def differences(old: Json, new: Json) -> List[str]:
    """One line or two for each thing that was added, removed, moved or changed."""
    found = list(_of_values("", old, new))
    found += _of_sentences(old.get("sentences", []), new["sentences"])
    return found


def _of_values(where: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            inner = f"{where}.{key}" if where else key
            if inner == "sentences":
                continue
            if key not in old or key not in new:
                yield f"{inner}: is {'new' if key in new else 'gone'}"
            else:
                yield from _of_values(inner, old[key], new[key])
    elif _has_names(old) and _has_names(new):
        yield from _of_named(where, old, new)
    elif old != new:
        yield f"{where}: was {json.dumps(old)}, is {json.dumps(new)}"


def _has_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and "name" in one for one in value)


def _of_named(where: str, old: List[Json], new: List[Json]) -> Iterator[str]:
    """Of functions, structs, fields, arguments, constants: by their names, and then their order."""
    before = {one["name"]: one for one in old}
    after = {one["name"]: one for one in new}
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield f"{where}: {name} is gone"
        elif name not in before:
            yield f"{where}: {name} is new"
        else:
            yield from _of_values(f"{where}: {name}", before[name], after[name])
    order_before = [name for name in before if name in after]
    order_after = [name for name in after if name in before]
    if order_before != order_after:
        moved = [name for name, other in zip(order_before, order_after) if name != other]
        yield f"{where}: in another order: {', '.join(moved)}"


def _of_sentences(old: List[Json], new: List[Json]) -> Iterator[str]:
    before, after = _sentences(old), _sentences(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            continue
        for sign, block in (("-", before[a:b]), ("+", after[c:d])):
            for where, header, text in block:
                yield f"{sign} sentence at {where} in {header}: {text}"


def _sentences(found: List[Json]) -> List[Tuple[str, str, str]]:
    return [(one["where"], one["header"], one["text"]) for one in found]
