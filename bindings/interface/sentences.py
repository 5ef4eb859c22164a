# SPDX-License-Identifier: Apache-2.0
"""Divides the comments of the C headers into sentences, and finds what each belongs to.

generate.py calls it. The tests of the C interface name a test for each of these sentences.
"""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Tuple

from headers import Comment, Item, Parsed, Refused

INTRODUCTION = "introduction"
SAMPLE_HEADING = "Five minutes"

_SECTION = re.compile(r"^ *---- (.*) ---- *$")
_LABEL = re.compile(r" *\b(Out|In|Returns|Threads): +")
_RULE = re.compile(r"^ \* (?=[A-Z][A-Za-z+]*\. +\S).{10} (?=\S)", re.MULTILINE)  # "Status.    "
_HEADING = re.compile(r"^ \* .+\n \* -+$", re.MULTILINE)
_CODE = re.compile(r"^ \*   \S.*(?:\n \*(?:   .*)?)*(?=\n)", re.MULTILINE)
_PARAGRAPH = re.compile(r"\n \*(?=\n)|\n(?=[A-Z][a-z]+: )")
_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z`{]|lowtide\b|lowtide_sink_put)")


class Sentence(NamedTuple):
    where: str
    """A function, struct, struct.field or macro; else "introduction", or the name of the header."""
    header: str
    text: str


def plain(text: str) -> str:
    """A comment's text without the stars at the start of its lines, on one line."""
    return " ".join(re.sub(r"^ *\*(?= |$)", "", text, flags=re.MULTILINE).split())


def is_prose(comment: Comment) -> bool:
    return not _SECTION.match(comment.body) and "SPDX" not in comment.body


def sentences(parsed: Parsed) -> Tuple[List[Sentence], List[str]]:
    """All sentences in the order of the headers, and the lines of the introduction's sample."""
    found: List[Sentence] = []
    sample: List[str] = []
    for comment in filter(is_prose, parsed.comments):
        where, body = place(parsed, comment), comment.body
        code = _CODE.search(body) if SAMPLE_HEADING in body else None
        if code:
            where = INTRODUCTION
            sample = [line.removeprefix(" *").removeprefix("   ") for line in code[0].splitlines()]
            found.append(Sentence(where, comment.header, plain(code[0])))
            body = body[: code.start()] + body[code.end() :]
        found += (Sentence(where, comment.header, text) for text in _divided(body))
    return found, sample


def _divided(body: str) -> Iterator[str]:
    body = _RULE.sub(" * ", _HEADING.sub(" *", body))
    body = _LABEL.sub(lambda label: f"\n{label[1]}: ", body)
    for paragraph in _PARAGRAPH.split(body):
        yield from filter(None, _SENTENCE.split(plain(paragraph)))


def place(parsed: Parsed, comment: Comment) -> str:
    """What a comment belongs to: the code before it on its line, or else what comes next."""
    here = [item for item in parsed.items if item.header == comment.header]
    if comment.behind_code:
        before = [item for item in here if item.start < comment.start]
        if not before or before[-1].line != comment.line:
            raise Refused(f"{comment.header}:{comment.line}: a comment behind no declaration")
        return full_name(before[-1])
    item = next((item for item in here if item.start > comment.start), None)
    for struct in here:
        if struct.start < comment.start < struct.end and (not item or item.start > struct.end):
            raise Refused(f"{comment.header}:{comment.line}: a comment behind the last field")
    return full_name(item) if item and item.kind not in ("guard", "mark") else comment.header


def full_name(item: Item) -> str:
    return f"{item.detail['struct']}.{item.name}" if item.kind == "field" else item.name
