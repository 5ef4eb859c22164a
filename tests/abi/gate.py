#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds liblowtide.so to the interface on record: functions and types in lowtide.abi, as abidw tells them, and the header's constants,
which no debug information has, in lowtide.constants. What lowtide_sink_put takes as void is in items.abi.

usage: tests/abi/gate.py [LIBRARY]                          compares, and sees that planted changes do not pass
       tests/abi/gate.py --record [--incompatible] [LIBRARY]  writes what the library has, and tells what that changes

A difference is of one of two kinds. *Appended* is a function, a constant, or a field at the end of a struct that may grow: programs built
before go on as before. Everything else is *changed*. The comparison passes neither; README says which may be recorded, and when.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "bindings" / "interface"))
import headers as c_headers  # noqa: E402  # reads C with libclang

INTERFACE = json.loads((ROOT / "bindings" / "interface.json").read_text(encoding="utf-8"))
HEADERS = [ROOT / "include" / one["name"] for one in INTERFACE["headers"]]
MAP = ROOT / "capi" / "lowtide.map"
TYPES, ITEMS, CONSTANTS = HERE / "lowtide.abi", HERE / "items.abi", HERE / "lowtide.constants"

# Nothing of the machine, the compiler's version or the place of the sources; no type that the header does not declare.
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
# A name is part of the interface too, and so is what abidiff calls harmless.
ABIDIFF = ("abidiff", "--harmless")

# Lies in arrays whose stride is fixed, although it begins with struct_size.
NEVER_GROWS = {"lowtide_output"}

# What is put into sinks. No function names these types, so the library's description need not have them.
SINK_ITEMS = ("lowtide_account", "lowtide_due_account", "lowtide_delivery", "lowtide_text")


def fail(why):
    sys.exit(f"failed: {why}")


def run(*command, cwd=None):
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        fail(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Interface:
    """What a library has: `types` and `items` are files, `constants` maps names to their text."""

    def __init__(self, types, items, constants):
        self.types, self.items, self.constants = types, items, constants

    def size(self):
        library, items = (ElementTree.parse(file).getroot() for file in (self.types, self.items))
        functions = {
            one.get("mangled-name")
            for one in library.iter("function-decl")
            if one.get("elf-symbol-id")
        }
        return len(functions), len({*structs(library), *structs(items)}), len(self.constants)


def structs(root):
    return {
        one.get("name"): one
        for one in root.iter("class-decl")
        if (one.get("name") or "").startswith("lowtide_")
        and one.get("is-declaration-only") != "yes"
    }


def texts():
    """The headers by their names."""
    return {header.name: header.read_text(encoding="ascii") for header in HEADERS}


def declared(folder):
    """Each function as a declaration of C, and each constant with its text, of the headers in a folder."""
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


def describe_one(library, header, to):
    # By its bare name the header is found whatever its path was when the library was compiled.
    headers = [word for one in HEADERS for word in ("--header-file", one.name)]
    run(*ABIDW, *headers, "--out-file", to, pathlib.Path(library).resolve(), cwd=header.parent)
    text = to.read_text(encoding="utf-8")
    to.write_text(re.sub(r" path='[^']*?([^/']+/[^/']+)'", r" path='\1'", text), encoding="utf-8")
    return to


def describe(library, header, work):
    """What a library has, with its descriptions in `work`."""
    takes = [f"void put_{item}(const {item} *item) {{ (void)item; }}" for item in SINK_ITEMS]
    build("items", ["#include <lowtide.h>", *takes], header, work)
    types, items = (
        describe_one(library, header, work / "found.abi"),
        describe_one(work / "items.so", header, work / "items.abi"),
    )
    return Interface(types, items, declared(header.parent)[1])


def build(name, lines, header, work, *options):
    """A library of C that sees the header."""
    source = work / f"{name}.c"
    source.write_text("\n".join([*lines, ""]), encoding="ascii")
    run(
        "cc",
        "-std=c11",
        "-g",
        "-shared",
        "-fPIC",
        *options,
        f"-I{header.parent}",
        "-o",
        work / f"{name}.so",
        source,
    )
    return work / f"{name}.so"


def recorded():
    lines = CONSTANTS.read_text(encoding="ascii").splitlines()
    return Interface(
        TYPES, ITEMS, dict(line.split(" ", 1) for line in lines if not line.startswith("#"))
    )


def abidiff(before, after, *options):
    """What differs, in abidiff's words; None if nothing does."""
    done = subprocess.run(
        [*ABIDIFF, *options, str(before), str(after)], capture_output=True, text=True, check=False
    )
    # The first two bits say that abidiff failed, the next two that there are differences.
    if done.returncode & 3:
        fail(f"abidiff {before} {after}\n{done.stdout}{done.stderr}")
    return done.stdout.strip() if done.returncode else None


def may_grow(struct):
    first = struct.find("data-member/var-decl")
    return (
        first is not None
        and first.get("name") == "struct_size"
        and struct.get("name") not in NEVER_GROWS
    )


def without_appended(before, after, to):
    """Writes `after` without the fields behind the end that a struct had before. What abidiff then still finds is no appended field; its
    own way to let those pass lets a changed field of the same struct pass too."""
    tree = ElementTree.parse(after)
    known = structs(ElementTree.parse(before).getroot())
    for name, struct in structs(tree.getroot()).items():
        if name not in known or not may_grow(known[name]):
            continue
        size = known[name].get("size-in-bits")
        behind = [
            field
            for field in struct.findall("data-member")
            if int(field.get("layout-offset-in-bits")) >= int(size)
        ]
        for field in behind:
            struct.remove(field)
        if behind:
            struct.set("size-in-bits", size)
    tree.write(to, encoding="utf-8")


def compare(before, after, work):
    """What is changed, and what is appended, in words."""
    changed, appended = [], []
    for old, new in ((before.types, after.types), (before.items, after.items)):
        difference = abidiff(old, new)
        if difference:
            cut = work / "cut.abi"
            without_appended(old, new, cut)
            more = abidiff(old, cut, "--no-added-syms")
            (changed if more else appended).append(more or difference)
    for name in sorted(
        {*before.constants, *after.constants} - {"LOWTIDE_VERSION", "LOWTIDE_ABI_VERSION"}
    ):
        old, new = before.constants.get(name), after.constants.get(name)
        if old is None:
            appended.append(f"#define {name} {new}")
        elif old != new:
            changed.append(f"{name} was {old}, and is {'gone' if new is None else new}")
    return changed, appended


# ---- Planted changes ----


def stand_in(headers, version_script, soname, work):
    """A library that declares what headers declare, and does nothing: as good as liblowtide.so to abidw, and made in no time."""
    for name, text in headers.items():
        (work / name).write_text(text, encoding="ascii")
    bodies = [f"{declaration} {{ return 0; }}" for declaration in declared(work)[0]]
    (work / "stand_in.map").write_text(version_script, encoding="ascii")
    library = build(
        "stand_in",
        ["#include <lowtide.h>", *bodies],
        work / "lowtide.h",
        work,
        f"-Wl,-soname,{soname}",
        f"-Wl,--version-script={work / 'stand_in.map'}",
    )
    return describe(library, work / "lowtide.h", work)


# What is done to the headers: a text of one of them and what stands there instead. One change may take several.
CHANGED = {
    "a function is gone": {
        "LOWTIDE_API lowtide_status lowtide_alert_check(const char **field, const lowtide_alert *alert);\n": "",
    },
    "a function has another name": {
        "lowtide_alert_check(": "lowtide_alert_verify(",
    },
    "a parameter more": {
        "lowtide_alert_init(lowtide_alert *alert)": "lowtide_alert_init(lowtide_alert *alert, uint32_t flags)",
    },
    "a parameter of another type": {
        "lowtide_why_name(const char **name, int32_t why)": "lowtide_why_name(const char **name, int64_t why)",
    },
    "an input becomes an output": {
        "lowtide_alert_check(const char **field, const lowtide_alert": "lowtide_alert_check(const char **field, lowtide_alert",
    },
    "a status of 64 bits": {
        "typedef int32_t lowtide_status;": "typedef int64_t lowtide_status;",
    },
    "a status without a sign": {
        "typedef int32_t lowtide_status;": "typedef uint32_t lowtide_status;",
    },
    "a field in the middle": {
        "  lowtide_amount credit_limit;\n": "  lowtide_amount credit_limit;\n  int64_t more;\n",
    },
    "a field is gone": {
        "  size_t decision_stride;\n} lowtide_event_report;": "} lowtide_event_report;",
    },
    "a field of another size": {
        "uint32_t episode;        /* 1 or more */": "uint64_t episode;",
    },
    "a field without its sign": {
        "int64_t recorded_at; /* now */": "uint64_t recorded_at;",
    },
    "a field has another name": {
        "  size_t decision_stride;\n} lowtide_event_report;": "  size_t stride;\n} lowtide_event_report;",
    },
    "two fields of one type change places": {
        "int64_t at;              /*": "int64_t swapped;  /*",
        "int64_t fired_at;        /*": "int64_t at; /*",
        "int64_t swapped;": "int64_t fired_at;",
    },
    "a field at the end, and another changed": {
        "  size_t decision_count;\n  size_t decision_stride;\n} lowtide_event_report;": "  int64_t decision_count;\n  size_t decision_stride;\n  size_t more;\n} lowtide_event_report;",
    },
    "a field at the end of a struct that never grows": {
        "  uint32_t reserved;       /* 0 */\n} lowtide_output;": "  uint32_t reserved;\n  uint64_t more;\n} lowtide_output;",
    },
    "an amount of 192 bits": {
        "  int64_t high;\n} lowtide_amount;": "  int64_t high;\n  int64_t highest;\n} lowtide_amount;",
    },
    "an alert of 72 bytes": {
        "uint64_t opaque[8];": "uint64_t opaque[9];",
    },
    "an enumeration instead of a number": {
        "typedef struct {\n  uint64_t opaque[8];": "typedef enum { LOWTIDE_A, LOWTIDE_B } lowtide_phase;\ntypedef struct {\n  uint64_t opaque[8];",
        "int32_t phase; /* afterwards, LOWTIDE_PHASE_... */": "lowtide_phase phase;",
    },
    "a callback that takes less": {
        "lowtide_sink *accounts, lowtide_sink *error,\n                 const lowtide_walk *walk);": "lowtide_sink *accounts, const lowtide_walk *walk);",
    },
    "two callbacks change places": {
        "int32_t (*due)": "int32_t (*swapped)",
        "int32_t (*pending)": "int32_t (*due)",
        "int32_t (*swapped)": "int32_t (*pending)",
    },
    "a field in the middle of what is put into a sink": {
        "  int64_t cursor_at;\n  lowtide_text cursor_text;\n} lowtide_due_account;": "  lowtide_text cursor_text;\n  int64_t cursor_at;\n} lowtide_due_account;",
    },
    "another handle": {
        "lowtide_monitor_destroy(lowtide_monitor *": "lowtide_monitor_destroy(lowtide_sink *",
    },
    "a constant of another value": {
        "#define LOWTIDE_WHY_OVERDUE 8 ": "#define LOWTIDE_WHY_OVERDUE 9 ",
    },
    "a constant is gone": {
        "#define LOWTIDE_STOP_DISABLED 5 ": "#define LOWTIDE_STOPPED 5 ",
    },
    "a shorter key": {
        "#define LOWTIDE_KEY_SIZE 1576u": "#define LOWTIDE_KEY_SIZE 1024u",
    },
}
APPENDED = {
    "a function": {
        "\n#ifdef __cplusplus\n}": "\nLOWTIDE_API lowtide_status lowtide_more(lowtide_alert *alert);\n\n#ifdef __cplusplus\n}",
    },
    "a function with a struct of its own": {
        "\n#ifdef __cplusplus\n}": "\ntypedef struct {\n  uint32_t struct_size;\n} lowtide_mores;\n"
        "LOWTIDE_API lowtide_status lowtide_more(lowtide_mores *more);\n\n#ifdef __cplusplus\n}",
    },
    "a field at the end of an output": {
        "  size_t decision_stride;\n} lowtide_event_report;": "  size_t decision_stride;\n  size_t more;\n} lowtide_event_report;",
    },
    "a field at the end of an input": {
        "  lowtide_amount available_credit;\n} lowtide_observation;": "  lowtide_amount available_credit;\n  lowtide_amount more;\n} lowtide_observation;",
    },
    "a field at the end of what is put into a sink": {
        "  lowtide_text cursor_text;\n} lowtide_due_account;": "  lowtide_text cursor_text;\n  int64_t more;\n} lowtide_due_account;",
    },
    "a callback": {
        "\n} lowtide_host;": "\n  int32_t (*more)(void *context);\n} lowtide_host;",
    },
    "a constant": {
        "#define LOWTIDE_WHY_DISABLED 23\n": "#define LOWTIDE_WHY_DISABLED 23\n#define LOWTIDE_WHY_MORE 24\n",
    },
}
NOTHING = {
    "the headers as they are": {},
    "a parameter of another name": {
        "lowtide_alert_init(lowtide_alert *alert)": "lowtide_alert_init(lowtide_alert *fresh)"
    },
    "a comment": {"/* now */": "/* the present */"},
}


def check_plants(record, work):
    version_script, soname = MAP.read_text(encoding="ascii"), "liblowtide.so.0"
    more = version_script.replace(
        "global:", "global:\n    lowtide_more;\n    lowtide_alert_verify;"
    )
    if more == version_script:
        fail("lowtide.map has no list of what it exports")
    kinds = (("changed", CHANGED), ("appended", APPENDED), ("nothing", NOTHING))
    plants = [
        (kind, name, edits, more, soname) for kind, table in kinds for name, edits in table.items()
    ]
    plants.append(
        ("changed", "another version node", {}, more.replace("LOWTIDE_0", "LOWTIDE_1"), soname)
    )
    plants.append(("changed", "another SONAME", {}, more, "liblowtide.so.1"))
    seen = dict.fromkeys(("changed", "appended", "nothing"), 0)
    for kind, name, edits, script, soname in plants:
        headers = texts()
        for old, new in edits.items():
            of = next((file for file, text in headers.items() if old in text), None)
            if of is None:
                fail(f"planted: {name}: no header has {old!r}")
            headers[of] = headers[of].replace(old, new, 1)
        changed, appended = compare(record, stand_in(headers, script, soname, work), work)
        told = "changed" if changed else "appended" if appended else "nothing"
        if told != kind:
            fail(
                f"planted: {name}: told as {told}, not as {kind}\n" + "\n".join(changed + appended)
            )
        seen[kind] += 1
        print(f"ok: planted: {name}: {kind}")
    print(
        f"exercised: planted changes of the interface that are refused: {seen['changed']} changes"
    )
    print(
        f"exercised: planted additions that are told apart, and must be recorded: {seen['appended']} additions"
    )


# ---- Comparing, recording ----


def show(changed, appended):
    for title, parts in (("changed", changed), ("appended", appended)):
        for part in parts:
            print(f"{title}: {part}")


def check(library, work):
    found = describe(library, HEADERS[0], work)
    record = recorded()
    in_headers = {kind: len(INTERFACE[kind]) for kind in ("functions", "structs", "constants")}
    functions, types, constants = found.size()
    # A library without debug information would have nothing to compare.
    if [functions, types, constants] != list(in_headers.values()):
        fail(
            f"abidw tells {functions} functions and {types} structs, and there are {constants} constants; interface.json has {in_headers}. "
            "The library has to be built with -g, and by g++: clang leaves types out"
        )
    changed, appended = compare(record, found, work)
    show(changed, appended)
    if changed:
        fail(
            "the interface is not the one on record, and programs that were built for that would break"
        )
    if appended or found.constants != record.constants:
        fail("the interface, or its version, has grown; ./dev abi --record puts that on record")
    print("ok: liblowtide.so has the interface on record")
    print(f"exercised: functions as recorded: {functions} functions")
    print(f"exercised: structs as recorded: {types} structs")
    print(f"exercised: constants as recorded: {constants} constants")
    check_plants(record, work)
    check_rules()


def forbidden(before, after, changed, appended, incompatible):
    """Why the rules of README do not let this be recorded; None if they do. `before` and `after` are the constants."""
    old, new = (divmod(int(one["LOWTIDE_VERSION"]), 100) for one in (before, after))
    if new < old:
        return "the version is less than the one on record"
    if not changed and not appended:
        return None
    if old[0] == new[0] and old[1] != new[1]:
        return "a patch version changes and appends nothing"
    if old[0] != new[0] and int(after["LOWTIDE_ABI_VERSION"]) <= int(before["LOWTIDE_ABI_VERSION"]):
        return "LOWTIDE_ABI_VERSION has to grow with a version that changes or appends"
    if changed and not incompatible:
        return "programs that were built for the interface on record would break; --incompatible records it all the same"
    return None


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


def check_rules():
    before = {"LOWTIDE_VERSION": "100", "LOWTIDE_ABI_VERSION": "1"}
    for version, abi, changed, appended, incompatible, may_be in RULES:
        after = {"LOWTIDE_VERSION": str(version), "LOWTIDE_ABI_VERSION": str(abi)}
        why = forbidden(before, after, changed, appended, incompatible)
        if (why is None) != may_be:
            fail(f"the rules for recording: version {version}, ABI version {abi}: {why}")
    print(f"ok: what may be recorded: {len(RULES)} cases")


def write_record(library, incompatible, work):
    found = describe(library, HEADERS[0], work)
    if TYPES.exists():
        record = recorded()
        changed, appended = compare(record, found, work)
        show(changed, appended)
        why = forbidden(record.constants, found.constants, changed, appended, incompatible)
        if why:
            fail(why)
        if not changed and not appended and found.constants == record.constants:
            print("Nothing has changed.")
            return
    for to, file in ((TYPES, found.types), (ITEMS, found.items)):
        to.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    lines = [f"{name} {value}\n" for name, value in sorted(found.constants.items())]
    CONSTANTS.write_text(
        "".join(
            ["# The constants of lowtide.h; tests/abi/gate.py writes and compares them.\n", *lines]
        ),
        encoding="ascii",
    )
    print("Recorded: {} functions, {} structs, {} constants.".format(*found.size()))


def main():
    arguments = sys.argv[1:]
    options = {one for one in arguments if one.startswith("-")}
    libraries = [one for one in arguments if one not in options] or [
        ROOT / "build" / "release" / "liblowtide.so"
    ]
    if (
        options - {"--record", "--incompatible"}
        or len(libraries) != 1
        or options == {"--incompatible"}
    ):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        # The last two parts of a source's path are in the record.
        work = pathlib.Path(folder, "abi")
        work.mkdir()
        if "--record" in options:
            write_record(libraries[0], "--incompatible" in options, work)
        else:
            check(libraries[0], work)


main()
