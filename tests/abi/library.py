# SPDX-License-Identifier: Apache-2.0
"""What a liblowtide.so has: its functions and types as abidw describes them, and the constants of
its headers, which no debug information has. Compares two of these. gate.py uses it.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import NoReturn

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "bindings" / "interface"))
import headers as c_headers  # noqa: E402  # reads C with libclang

INTERFACE = json.loads((ROOT / "bindings" / "interface.json").read_text(encoding="utf-8"))
HEADERS = [ROOT / "include" / one["name"] for one in INTERFACE["headers"]]
TYPES, ITEMS, CONSTANTS = HERE / "lowtide.abi", HERE / "items.abi", HERE / "lowtide.constants"

# Leaves out all that differs between machines, compilers and folders, and types that the headers do
# not declare.
ABIDW = (
    "abidw",
    "--drop-private-types",
    "--exported-interfaces-only",
    "--type-id-style",
    "hash",
    "--no-corpus-path",
    "--no-comp-dir-path",
    "--no-show-locs",
    "--no-elf-needed",
    "--no-architecture",
)
# Names are part of the interface, too, and so is what abidiff calls harmless.
ABIDIFF = ("abidiff", "--harmless")
# It begins with struct_size, but lies in arrays whose stride is fixed.
NEVER_GROWS = {"lowtide_output"}
# What is put into sinks. No function names these types, so a library of its own describes them.
SINK_ITEMS = ("lowtide_account", "lowtide_due_account", "lowtide_delivery", "lowtide_text")

Element = ElementTree.Element


def fail(why: str) -> NoReturn:
    sys.exit(f"failed: {why}")


def run(*command: object, cwd: pathlib.Path | None = None) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass
class Interface:
    """`types` and `items` are files of abidw, `constants` maps names to their text."""

    types: pathlib.Path
    items: pathlib.Path
    constants: dict[str, str]

    def size(self) -> tuple[int, int, int]:
        """The numbers of functions, structs and constants."""
        library, items = (ElementTree.parse(file).getroot() for file in (self.types, self.items))
        functions = {
            one.get("mangled-name")
            for one in library.iter("function-decl")
            if one.get("elf-symbol-id")
        }
        return len(functions), len({*structs(library), *structs(items)}), len(self.constants)


def structs(root: Element) -> dict[str, Element]:
    return {
        name: one
        for one in root.iter("class-decl")
        if (name := one.get("name") or "").startswith("lowtide_")
        and one.get("is-declaration-only") != "yes"
    }


def declared(folder: pathlib.Path) -> tuple[list[str], dict[str, str]]:
    """The declarations of the functions, and the constants with their texts, of the headers in a
    folder."""
    names = [header.name for header in HEADERS]
    order = {str(folder / name): name for name in names}
    functions, constants = [], {}
    for cursor, _ in c_headers.cursors(c_headers.translation_unit(folder, names), order):
        if cursor.kind.name == "FUNCTION_DECL":
            arguments = ", ".join(
                f"{one.type.spelling} {one.spelling}" for one in cursor.get_arguments()
            )
            functions.append(
                f"{cursor.result_type.spelling} {cursor.spelling}({arguments or 'void'})"
            )
        elif cursor.kind.name == "MACRO_DEFINITION":
            name, *text = (token.spelling for token in cursor.get_tokens())
            if text and name != c_headers.EXPORT_MARK:
                constants[name] = " ".join(text)
    return functions, constants


def build(
    name: str, lines: list[str], header: pathlib.Path, work: pathlib.Path, *options: str
) -> pathlib.Path:
    """Compiles a shared library from lines of C that see the header."""
    source, library = work / f"{name}.c", work / f"{name}.so"
    source.write_text("\n".join([*lines, ""]), encoding="ascii")
    compiler = ["cc", "-std=c11", "-g", "-shared", "-fPIC", f"-I{header.parent}"]
    run(*compiler, *options, "-o", library, source)
    return library


def describe_one(library: pathlib.Path, header: pathlib.Path, to: pathlib.Path) -> pathlib.Path:
    # By its bare name a header is found whatever its path was when the library was compiled.
    names = [word for one in HEADERS for word in ("--header-file", one.name)]
    run(*ABIDW, *names, "--out-file", to, library.resolve(), cwd=header.parent)
    text = to.read_text(encoding="utf-8")
    to.write_text(re.sub(r" path='[^']*?([^/']+/[^/']+)'", r" path='\1'", text), encoding="utf-8")
    return to


def describe(library: pathlib.Path, header: pathlib.Path, work: pathlib.Path) -> Interface:
    """Describes a library. The files are in the folder `work`."""
    takes = [f"void put_{item}(const {item} *item) {{ (void)item; }}" for item in SINK_ITEMS]
    items = build("items", ["#include <lowtide.h>", *takes], header, work)
    return Interface(
        describe_one(library, header, work / "found.abi"),
        describe_one(items, header, work / "items.abi"),
        declared(header.parent)[1],
    )


def recorded() -> Interface:
    """What is on record."""
    lines = CONSTANTS.read_text(encoding="ascii").splitlines()
    pairs = (line.partition(" ") for line in lines if not line.startswith("#"))
    return Interface(TYPES, ITEMS, {name: text for name, _, text in pairs})


def abidiff(before: pathlib.Path, after: pathlib.Path, *options: str) -> str:
    """What differs, as abidiff reports it; "" if nothing does."""
    command = [*ABIDIFF, *options, str(before), str(after)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # The first two bits say that abidiff failed, the next two that there are differences.
    if done.returncode & 3:
        fail(f"abidiff {before} {after}\n{done.stdout}{done.stderr}")
    return done.stdout.strip() if done.returncode else ""


def may_grow(struct: Element) -> bool:
    first = struct.find("data-member/var-decl")
    is_sized = first is not None and first.get("name") == "struct_size"
    return is_sized and struct.get("name") not in NEVER_GROWS


def write_without_appended(before: pathlib.Path, after: pathlib.Path, to: pathlib.Path) -> None:
    """Writes `after` without the fields past the end that a struct had before, so that abidiff
    reports everything else. Its own option for that hides a changed field of the same struct."""
    tree = ElementTree.parse(after)
    known = structs(ElementTree.parse(before).getroot())
    for name, struct in structs(tree.getroot()).items():
        if name not in known or not may_grow(known[name]):
            continue
        size = known[name].get("size-in-bits", "0")
        appended = [
            field
            for field in struct.findall("data-member")
            if int(field.get("layout-offset-in-bits", "0")) >= int(size)
        ]
        for field in appended:
            struct.remove(field)
        if appended:
            struct.set("size-in-bits", size)
    tree.write(to, encoding="utf-8")


def compare(before: Interface, after: Interface, work: pathlib.Path) -> tuple[list[str], list[str]]:
    """What is changed, and what is appended, in words."""
    changed: list[str] = []
    appended: list[str] = []
    for old, new in ((before.types, after.types), (before.items, after.items)):
        difference = abidiff(old, new)
        if difference:
            cut = work / "cut.abi"
            write_without_appended(old, new, cut)
            more = abidiff(old, cut, "--no-added-syms")
            (changed if more else appended).append(more or difference)
    versions = {"LOWTIDE_VERSION", "LOWTIDE_ABI_VERSION"}
    for name in sorted({*before.constants, *after.constants} - versions):
        was, now = before.constants.get(name), after.constants.get(name)
        if was is None:
            appended.append(f"#define {name} {now}")
        elif was != now:
            changed.append(f"{name} was {was}, and is {'gone' if now is None else now}")
    return changed, appended
