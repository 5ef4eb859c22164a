# SPDX-License-Identifier: Apache-2.0
"""Reads what the comment of a function promises: directions, statuses, threads, availability.

generate.py calls it. A contract is a comment with lines that begin with Out:, In:, Returns: and
Threads:, and a "Since". Several functions in a row may stand behind one contract.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, NamedTuple, Set, Tuple

from headers import Argument, Comment, Item, Parsed, Refused
from sentences import is_prose, plain

_LABELS = re.compile(r"^(?: \*)? ?(Out|In|Returns|Threads): ", re.MULTILINE)
_SINCE = re.compile(r"\bSince (\d+\.\d+)\.")
_HEAD = re.compile(r"[a-z_0-9]+(->[a-z_0-9]+)?")


class Contract(NamedTuple):
    owner: str
    """The first function behind the comment: sentences name that one."""
    since: str
    threads: str
    statuses: List[str]
    element_statuses: List[str]
    """Of an element of a batch; its call may still return LOWTIDE_OK."""
    out: Set[str]
    """What is named as written: an argument, or `argument->field` for what a field points to."""


def contracts(parsed: Parsed, statuses: Set[str]) -> Dict[str, Contract]:
    """The contract of each function."""
    found: Dict[str, Contract] = {}
    for header in dict.fromkeys(item.header for item in parsed.items):
        items = [item for item in parsed.items if item.header == header]
        comments = [one for one in parsed.comments if one.header == header and is_prose(one)]
        found.update(_of_header(items, comments, statuses))
    return found


def _of_header(
    items: List[Item], comments: List[Comment], statuses: Set[str]
) -> Iterable[Tuple[str, Contract]]:
    before, line = 0, 0  # where the item before ended
    owner = ""  # the first function of those in a row
    for item in items:
        between = [one for one in comments if before < one.start < item.start]
        lines = sum(one.body.count("\n") + 1 for one in between)
        if item.kind != "function" or item.line > line + lines + 1:  # after a blank line
            owner = ""
        before, line = item.end, item.last_line
        if item.kind != "function":
            continue
        contract = [one.body for one in between if _SINCE.search(one.body)]
        if contract:
            owner, body = item.name, contract[-1]
        if not owner:
            raise Refused(f"{item.header}:{item.line}: {item.name} has no contract with a Since")
        yield item.name, _read(body, owner, statuses)


def _read(body: str, owner: str, statuses: Set[str]) -> Contract:
    parts = _LABELS.split(body)
    blocks = dict(zip(parts[1::2], parts[2::2]))
    text = plain(body)
    since = _SINCE.search(text)
    threads = re.search(r"\bThreads: (.*?)\.(?= Since)", text)
    if not since or not threads:
        raise Refused(f"{owner}: its contract lacks Threads or Since")
    call, _, element = plain(blocks.get("Returns", "")).partition("Of an element:")
    return Contract(
        owner,
        since[1],
        threads[1],
        _statuses(owner, call, statuses),
        _statuses(owner, element, statuses),
        _heads(blocks.get("Out", "")),
    )


def _statuses(function: str, text: str, known: Set[str]) -> List[str]:
    """The statuses that a text names, in its order. What stands in brackets only explains."""
    words: List[str] = re.findall(r"[A-Z_]{2,}", re.sub(r"\([^()]*\)", "", text))
    names = [f"LOWTIDE_{word.removeprefix('LOWTIDE_')}" for word in words]
    for name in names:
        if name not in known:
            raise Refused(f"{function}: Returns names {name}, which is no status")
    return names


def _heads(block: str) -> Set[str]:
    """The names that a block explains: `a, b   their explanation.   c   the next one.`"""
    heads: Set[str] = set()
    for piece in re.split(r"\s{2,}", re.sub(r"\n \*", "\n ", block)):
        bare = re.sub(r" ?\([^()]*\)", "", piece).strip().rstrip(".,;")
        names = re.split(r"[,;]? and |[,;] ", bare)
        if all(_HEAD.fullmatch(name) for name in names):
            heads.update(names)
    return heads


def direction(function: str, argument: Argument, contract: Contract, handles: Set[str]) -> str:
    """in, out or in-out. In-out is a struct that is read and points to memory that is written, as a
    batch does. A handle, such as lowtide_monitor *, is in unless Out names it."""
    of = argument.type
    named = argument.name in contract.out
    if "*" not in of:
        if named:
            raise Refused(f"{function}: Out names {argument.name}, which is no pointer")
        return "in"
    if of.startswith("const ") and not of.endswith("**"):
        points = any(name.startswith(argument.name + "->") for name in contract.out)
        return "in-out" if named or points else "in"
    if named:
        return "out"
    if of not in handles:
        raise Refused(f"{function}: Out does not name {argument.name}, which is not const")
    return "in"


def callback_direction(argument: Argument) -> str:
    """No Out says what a callback writes; its context is the host's own."""
    reads = "*" not in argument.type or argument.type.startswith("const ")
    return "in" if reads or argument.type == "void *" else "out"
