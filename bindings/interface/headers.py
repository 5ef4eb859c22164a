# SPDX-License-Identifier: Apache-2.0
"""Reads the declarations and comments of the C headers with libclang.

generate.py calls it. It refuses what a foreign function interface cannot take, such as enums and
bit fields, so that no binding has to know of them.
"""

from __future__ import annotations

import ast
import pathlib
import re
import sys
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

try:
    from clang import cindex  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # Debian's package is invisible to a Python that is not Debian's
    sys.path.append("/usr/lib/python3/dist-packages")
    from clang import cindex  # type: ignore[import-not-found, unused-ignore]

# The system headers, written down here: the result must not depend on the machine.
BITS = {8: "char", 16: "short", 32: "int", 64: "long"}
SYSTEM = {
    "stddef.h": "typedef unsigned long size_t;\n",
    "stdint.h": "".join(
        f"typedef signed {of} int{bits}_t;\ntypedef unsigned {of} uint{bits}_t;\n"
        for bits, of in BITS.items()
    ),
}
TARGET = "x86_64-linux-gnu"
EXPORT_MARK = "LOWTIDE_API"

Cursor = Any
Type = Any


class Refused(Exception):
    """A header says what no binding could take, or what interface.json has no place for."""


class Argument(NamedTuple):
    name: str
    type: str


class Callback(NamedTuple):
    result: str
    arguments: List[Argument]


class Field(NamedTuple):
    name: str
    type: str
    offset: int
    size: int
    length: Optional[int]
    """Of an array; else None."""
    callback: Optional[Callback]


class Item(NamedTuple):
    """A declaration or a macro, or a field of a struct, with its place in its header."""

    kind: str
    """function, struct, field, constant, type, opaque, guard or mark."""
    name: str
    header: str
    start: int
    end: int
    line: int
    last_line: int
    detail: Dict[str, Any]
    """What else is known of it: see the function that makes the kind."""


class Comment(NamedTuple):
    header: str
    start: int
    line: int
    body: str
    behind_code: bool
    """Whether code comes before it on its line."""


class Parsed(NamedTuple):
    items: List[Item]
    """In the order of the headers; the fields of a struct come right after it."""
    comments: List[Comment]


def parse(folder: pathlib.Path, names: Sequence[str]) -> Parsed:
    """The headers of a folder, which are those of one library."""
    unit = translation_unit(folder, names)
    order = {str(folder / name): name for name in names}
    items = [item for cursor, name in cursors(unit, order) for item in _items(cursor, name)]
    items.sort(key=lambda item: (names.index(item.header), item.start))
    comments = [comment for path, name in order.items() for comment in _comments(unit, path, name)]
    return Parsed(items, comments)


def cursors(unit: Any, order: Dict[str, str]) -> Iterator[Tuple[Cursor, str]]:
    """What the headers declare at the top level, and their macros, each with its header. `order`
    maps the paths of the headers to their names."""
    for cursor in unit.cursor.get_children():
        file = cursor.location.file
        if file is not None and file.name in order:
            yield cursor, order[file.name]


def translation_unit(folder: pathlib.Path, names: Sequence[str]) -> Any:
    system = folder / "of-no-system"  # need not exist: its files are in memory
    files = [(str(system / name), text) for name, text in SYSTEM.items()]
    main = str(folder / "interface.c")
    files.append((main, "".join(f'#include "{name}"\n' for name in names)))
    options = ["-std=c11", f"--target={TARGET}", "-nostdinc", f"-I{system}", "-Wall", "-Wextra"]
    unit = cindex.TranslationUnit.from_source(
        main,
        options,
        unsaved_files=files,
        options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD,
    )
    for problem in unit.diagnostics:
        raise Refused(f"{problem.location.file}:{problem.location.line}: {problem.spelling}")
    return unit


def _items(cursor: Cursor, header: str) -> Iterator[Item]:
    """The items that a cursor of the top level stands for."""
    kinds = cindex.CursorKind
    if cursor.kind == kinds.MACRO_DEFINITION:
        yield _macro(cursor, header)
    elif cursor.kind == kinds.FUNCTION_DECL:
        yield _function(cursor, header)
    elif cursor.kind == kinds.TYPEDEF_DECL:
        yield from _typedef(cursor, header)
    elif cursor.kind not in (
        kinds.MACRO_INSTANTIATION,
        kinds.INCLUSION_DIRECTIVE,
        kinds.STRUCT_DECL,  # comes again as the type of its typedef
    ):
        raise Refused(f"{_at(cursor)}: {cursor.spelling}: is {cursor.kind.name}")


def _at(cursor: Cursor) -> str:
    return f"{pathlib.Path(cursor.location.file.name).name}:{cursor.location.line}"


def _item(kind: str, cursor: Cursor, header: str, detail: Dict[str, Any]) -> Item:
    start, end = cursor.extent.start, cursor.extent.end
    return Item(
        kind, cursor.spelling, header, start.offset, end.offset, start.line, end.line, detail
    )


def _macro(cursor: Cursor, header: str) -> Item:
    """A constant has `text` (as it is written), `value` and `suffix`."""
    name, *rest = list(cursor.get_tokens())
    if name.spelling == EXPORT_MARK:
        return _item("mark", cursor, header, {})
    if not rest and name.spelling == re.sub(r"\W", "_", header).upper():
        return _item("guard", cursor, header, {})
    if not name.spelling.startswith("LOWTIDE_"):
        raise Refused(f"{_at(cursor)}: the macro {name.spelling} does not begin with LOWTIDE_")
    if rest and rest[0].spelling == "(" and rest[0].extent.start.offset == name.extent.end.offset:
        raise Refused(f"{_at(cursor)}: the macro {name.spelling} takes arguments")
    text = " ".join(token.spelling for token in rest)
    number = re.fullmatch(r"(0x[0-9A-F]+|0|[1-9][0-9]*)(u?)", text)
    if number:
        return _item(
            "constant",
            cursor,
            header,
            {"text": text, "value": int(number[1], 0), "suffix": number[2]},
        )
    if not re.fullmatch(r'"[ -!#-\[\]-~]*"', text):
        raise Refused(f"{_at(cursor)}: the macro {name.spelling} is no number and no text: {text}")
    value = ast.literal_eval(text)
    return _item("constant", cursor, header, {"text": text, "value": value, "suffix": ""})


def _function(cursor: Cursor, header: str) -> Item:
    """A function has `result` and `arguments`."""
    if cursor.type.is_function_variadic():
        raise Refused(f"{_at(cursor)}: {cursor.spelling} is variadic")
    arguments = [Argument(one.spelling, _type(one, one.type)) for one in cursor.get_arguments()]
    _with_names(cursor, arguments)
    detail = {"result": _type(cursor, cursor.result_type), "arguments": arguments}
    return _item("function", cursor, header, detail)


def _with_names(cursor: Cursor, arguments: List[Argument]) -> None:
    if not all(argument.name for argument in arguments):
        raise Refused(f"{_at(cursor)}: {cursor.spelling} has an argument without a name")


def _typedef(cursor: Cursor, header: str) -> Iterator[Item]:
    """A struct has `size` and `alignment`; a field has `struct` and `field`; a type has `type`."""
    of = cursor.underlying_typedef_type
    canonical = of.get_canonical()
    if canonical.kind == cindex.TypeKind.RECORD:
        declaration = canonical.get_declaration()
        if declaration.kind != cindex.CursorKind.STRUCT_DECL:
            raise Refused(f"{_at(cursor)}: {cursor.spelling} is a union")
        if declaration.get_definition() is None:
            yield _item("opaque", cursor, header, {})
            return
        detail = {"size": canonical.get_size(), "alignment": canonical.get_align()}
        yield _item("struct", cursor, header, detail)
        for field in canonical.get_fields():
            read = _field(field, canonical)
            yield _item("field", field, header, {"struct": cursor.spelling, "field": read})
    else:
        yield _item("type", cursor, header, {"type": _type(cursor, of)})


def _field(cursor: Cursor, struct: Type) -> Field:
    if cursor.is_bitfield():
        raise Refused(f"{_at(cursor)}: {cursor.spelling} is a bit field")
    of, length, callback = cursor.type, None, None
    if of.kind == cindex.TypeKind.CONSTANTARRAY:
        of, length = of.element_type, of.element_count
    function = of.get_pointee()
    if function.kind == cindex.TypeKind.FUNCTIONPROTO:
        names = [one.spelling for one in cursor.get_children() if one.kind.name == "PARM_DECL"]
        types = [_type(cursor, one) for one in function.argument_types()]
        arguments = [Argument(name, type) for name, type in zip(names, types)]
        _with_names(cursor, arguments)
        callback = Callback(_type(cursor, function.get_result()), arguments)
    kind = "" if callback else _type(cursor, of)
    offset, size = struct.get_offset(cursor.spelling) // 8, cursor.type.get_size()
    return Field(cursor.spelling, kind, offset, size, length, callback)


PLAIN = {"char", "void", "size_t"} | {
    f"{prefix}{bits}_t" for prefix in ("int", "uint") for bits in BITS
}


def _type(cursor: Cursor, of: Type) -> str:
    """The type as C writes it. Only those of a fixed size are let through, and size_t."""
    text: str = of.spelling
    base = re.sub(r"^const |[ *]+$", "", text)
    whole = re.fullmatch(r"(const )?\w+( \*{1,2})?", text)
    if not whole or (base not in PLAIN and not base.startswith("lowtide_")):
        raise Refused(f"{_at(cursor)}: {cursor.spelling} is of the type {text}")
    if base in ("char", "void") and "*" not in text and text != "void":
        raise Refused(f"{_at(cursor)}: {cursor.spelling} is of the type {text}")
    return text


def _comments(unit: Any, path: str, header: str) -> Iterator[Comment]:
    file = cindex.File.from_name(unit, path)
    text = pathlib.Path(path).read_text(encoding="ascii")
    whole = cindex.SourceRange.from_locations(
        cindex.SourceLocation.from_offset(unit, file, 0),
        cindex.SourceLocation.from_offset(unit, file, len(text)),
    )
    code_on = 0  # the line on which the last code ended
    for token in unit.get_tokens(extent=whole):
        start, end = token.extent.start, token.extent.end
        if token.kind == cindex.TokenKind.COMMENT:
            if not token.spelling.startswith("/*"):
                raise Refused(f"{header}:{start.line}: a comment of C++")
            body = token.spelling[2:-2]
            yield Comment(header, start.offset, start.line, body, code_on == start.line)
        else:
            code_on = end.line
            if token.spelling == "*" and not _is_written_right(text, start.offset):
                raise Refused(f"{header}:{start.line}: a pointer is not written as `type *name`")


def _is_written_right(text: str, at: int) -> bool:
    """Whether the stars around a place stand right before a name and behind a blank or a (."""
    before, behind = text[:at].rstrip("*"), text[at:].lstrip("*")
    return before.endswith((" ", "(")) and re.match(r"\w", behind) is not None
