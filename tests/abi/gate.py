#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares liblowtide.so with the interface on record: lowtide.abi has the functions and types,
items.abi the types that lowtide_sink_put takes as void, lowtide.constants the constants.

usage: tests/abi/gate.py [LIBRARY]
         compares, and checks that changes made on purpose are noticed
       tests/abi/gate.py --record [--incompatible] [LIBRARY]
         writes the record anew, and prints what changed

There are two kinds of differences. *Appended* is a function, a constant, or a field at the end of a
struct that may grow: programs that were built before go on. Everything else is *changed*. The
comparison accepts neither. docs/abi.md says which may be recorded, and when.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
from changes import APPENDED, CHANGED, NOTHING  # noqa: E402
from library import (  # noqa: E402
    CONSTANTS,
    HEADERS,
    INTERFACE,
    ITEMS,
    ROOT,
    TYPES,
    Interface,
    build,
    compare,
    declared,
    describe,
    fail,
    recorded,
)

MAP, SONAME = ROOT / "capi" / "lowtide.map", "liblowtide.so.0"


# ---- Changes made on purpose ----


def describe_headers(
    headers: dict[str, str], version_script: str, soname: str, work: pathlib.Path
) -> Interface:
    """Describes a library whose functions do nothing: to abidw it equals liblowtide.so, and it
    compiles at once."""
    for name, text in headers.items():
        (work / name).write_text(text, encoding="ascii")
    bodies = [f"{declaration} {{ return 0; }}" for declaration in declared(work)[0]]
    script = work / "empty.map"
    script.write_text(version_script, encoding="ascii")
    options = (f"-Wl,-soname,{soname}", f"-Wl,--version-script={script}")
    lines = ["#include <lowtide.h>", *bodies]
    library = build("empty", lines, work / "lowtide.h", work, *options)
    return describe(library, work / "lowtide.h", work)


def changed_headers(name: str, edits: list[tuple[str, str]]) -> dict[str, str]:
    headers = {header.name: header.read_text(encoding="ascii") for header in HEADERS}
    for old, new in edits:
        found = next((file for file, text in headers.items() if old in text), None)
        if found is None:
            fail(f"made on purpose: {name}: no header has {old!r}")
        headers[found] = headers[found].replace(old, new, 1)
    return headers


def check_changes(record: Interface, work: pathlib.Path) -> None:
    """Each change of changes.py must be found, and be of the right kind."""
    text = MAP.read_text(encoding="ascii")
    script = text.replace("global:", "global:\n    lowtide_more;\n    lowtide_alert_verify;")
    if script == text:
        fail("lowtide.map has no list of what it exports")
    kinds = (("changed", CHANGED), ("appended", APPENDED), ("nothing", NOTHING))
    tries = [
        (kind, name, edits, script, SONAME)
        for kind, table in kinds
        for name, edits in table.items()
    ]
    node = script.replace("LOWTIDE_0", "LOWTIDE_1")
    tries.append(("changed", "another version node", [], node, SONAME))
    tries.append(("changed", "another SONAME", [], script, "liblowtide.so.1"))
    seen = dict.fromkeys(("changed", "appended", "nothing"), 0)
    for kind, name, edits, version_script, soname in tries:
        headers = changed_headers(name, edits)
        found = describe_headers(headers, version_script, soname, work)
        changed, appended = compare(record, found, work)
        reported = "changed" if changed else "appended" if appended else "nothing"
        if reported != kind:
            differences = "\n".join(changed + appended)
            fail(f"made on purpose: {name}: is {reported}, and must be {kind}\n{differences}")
        seen[kind] += 1
        print(f"ok: made on purpose: {name}: {kind}")
    print(f"exercised: changes of the interface that are refused: {seen['changed']} changes")
    print(f"exercised: additions that must be recorded: {seen['appended']} additions")


# ---- Comparing, recording ----


def show(changed: list[str], appended: list[str]) -> None:
    for title, parts in (("changed", changed), ("appended", appended)):
        for part in parts:
            print(f"{title}: {part}")


def check(library: pathlib.Path, work: pathlib.Path) -> None:
    found = describe(library, HEADERS[0], work)
    record = recorded()
    in_headers = tuple(len(INTERFACE[kind]) for kind in ("functions", "structs", "constants"))
    # Without debug information there would be nothing to compare.
    if found.size() != in_headers:
        fail(
            f"abidw finds {found.size()} functions, structs and constants, and interface.json has "
            f"{in_headers}. Build the library with -g and with g++: clang leaves types out"
        )
    changed, appended = compare(record, found, work)
    show(changed, appended)
    if changed:
        fail("the interface changed, and programs that were built before would break")
    if appended or found.constants != record.constants:
        fail("the interface, or its version, has grown; ./dev abi --record puts that on record")
    functions, types, constants = found.size()
    print("ok: liblowtide.so has the interface on record")
    print(f"exercised: functions as recorded: {functions} functions")
    print(f"exercised: structs as recorded: {types} structs")
    print(f"exercised: constants as recorded: {constants} constants")
    check_changes(record, work)
    check_rules()


def forbidden(
    before: dict[str, str],
    after: dict[str, str],
    is_changed: bool,
    is_appended: bool,
    incompatible: bool,
) -> str:
    """Why docs/abi.md forbids recording this; "" if it does not. `before` and `after` are the
    constants."""
    old, new = (divmod(int(one["LOWTIDE_VERSION"]), 100) for one in (before, after))
    if new < old:
        return "the version is less than the one on record"
    if not is_changed and not is_appended:
        return ""
    if old[0] == new[0] and old[1] != new[1]:
        return "a patch version changes and appends nothing"
    if old[0] != new[0] and int(after["LOWTIDE_ABI_VERSION"]) <= int(before["LOWTIDE_ABI_VERSION"]):
        return "LOWTIDE_ABI_VERSION must grow with a version that changes or appends"
    if is_changed and not incompatible:
        return "programs that were built before would break; --incompatible records it all the same"
    return ""


# What was done, from version 0.1.0 and ABI version 1, and whether it may be recorded.
RULES = (
    # version, ABI version, changed, appended, --incompatible, may be
    (100, 1, False, True, False, True),
    (100, 1, True, False, False, False),
    (100, 1, True, False, True, True),
    (101, 1, False, False, False, True),
    (101, 2, False, True, False, False),
    (101, 2, True, False, True, False),
    (200, 1, False, False, False, True),
    (200, 1, False, True, False, False),
    (200, 2, False, True, False, True),
    (200, 2, True, False, False, False),
    (200, 2, True, True, True, True),
    (99, 1, False, False, False, False),
)


def check_rules() -> None:
    before = {"LOWTIDE_VERSION": "100", "LOWTIDE_ABI_VERSION": "1"}
    for version, abi, is_changed, is_appended, incompatible, may_be in RULES:
        after = {"LOWTIDE_VERSION": str(version), "LOWTIDE_ABI_VERSION": str(abi)}
        why = forbidden(before, after, is_changed, is_appended, incompatible)
        if (why == "") != may_be:
            fail(f"the rules for recording: version {version}, ABI version {abi}: {why}")
    print(f"ok: what may be recorded: {len(RULES)} cases")


def write_record(library: pathlib.Path, incompatible: bool, work: pathlib.Path) -> None:
    found = describe(library, HEADERS[0], work)
    if TYPES.exists():
        record = recorded()
        changed, appended = compare(record, found, work)
        show(changed, appended)
        why = forbidden(
            record.constants, found.constants, bool(changed), bool(appended), incompatible
        )
        if why:
            fail(why)
        if not changed and not appended and found.constants == record.constants:
            print("Nothing has changed.")
            return
    for to, file in ((TYPES, found.types), (ITEMS, found.items)):
        to.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    lines = ["# The constants of lowtide.h; tests/abi/gate.py writes and compares them.\n"]
    lines += [f"{name} {value}\n" for name, value in sorted(found.constants.items())]
    CONSTANTS.write_text("".join(lines), encoding="ascii")
    functions, types, constants = found.size()
    print(f"Recorded: {functions} functions, {types} structs, {constants} constants.")


def main() -> None:
    options = {one for one in sys.argv[1:] if one.startswith("-")}
    libraries = [pathlib.Path(one) for one in sys.argv[1:] if one not in options]
    libraries = libraries or [ROOT / "build" / "release" / "liblowtide.so"]
    known = options <= {"--record", "--incompatible"} and options != {"--incompatible"}
    if not known or len(libraries) != 1:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        # The last two parts of a source's path are in the record.
        work = pathlib.Path(folder, "abi")
        work.mkdir()
        if "--record" in options:
            write_record(libraries[0], "--incompatible" in options, work)
        else:
            check(libraries[0], work)


if __name__ == "__main__":
    main()
