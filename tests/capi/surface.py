#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the shared library of the C ABI to its headers: exports, hardening, what the headers are
made of, and how they compile. What the headers declare comes from bindings/interface.json.

usage: tests/capi/surface.py LIBRARY [--hardened]

With --hardened it also checks for the compile flags that sanitizers and Debug leave out.
"""

import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from interface import read_interface

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
INTERFACE = read_interface()
HEADERS = [ROOT / "include" / one["name"] for one in INTERFACE["headers"]]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout


def fail(why):
    sys.exit(f"failed: {why}")


def check_exports(library, declared):
    exported, others, version = set(), [], set()
    for line in run("nm", "-D", "--defined-only", library).splitlines():
        _, kind, name = line.split()
        name, _, node = name.partition("@@")
        if kind == "A":
            version.add(name)
        elif kind == "T" and node == "LOWTIDE_0":
            exported.add(name)
            version.add(node)  # lld writes no symbol for the node itself
        else:
            others.append(line)
    if version != {"LOWTIDE_0"}:
        fail(f"version nodes: {version}")
    if others:
        fail(f"exported, and no function of the header: {others[:5]}")
    if exported != declared:
        fail(
            f"exported and not declared: {sorted(exported - declared)}; "
            f"declared and not exported: {sorted(declared - exported)}"
        )
    print(
        "exercised: exports of liblowtide.so that are the declarations of the C headers: "
        f"{len(exported)} functions"
    )


def check_hardening(library, flags):
    dynamic, segments = run("readelf", "-d", "-W", library), run("readelf", "-l", "-W", library)
    soname = re.search(r"SONAME.*\[(.*)\]", dynamic)
    if not soname or soname[1] != "liblowtide.so.0":
        fail("the SONAME is not liblowtide.so.0")
    found = {
        "RELRO": "GNU_RELRO" in segments,
        "immediate binding": re.search(r"FLAGS.*(NOW)", dynamic) is not None,
        "a stack that cannot be executed": re.search(r"GNU_STACK\s.*\sRW\s", segments) is not None,
        "no segment that can be written and executed": re.search(r"LOAD\s.*\sRWE\s", segments)
        is None,
        "no text relocation": "TEXTREL" not in dynamic,
        "no search path": re.search(r"RPATH|RUNPATH", dynamic) is None,
    }
    if flags:
        undefined = run("nm", "-D", "--undefined-only", library)
        found["a stack protector"] = "__stack_chk_fail" in undefined
        found["checked copies"] = "_chk@" in undefined.replace("__stack_chk_fail", "")
    for what, there in found.items():
        if not there:
            fail(f"hardening: {what} is missing")
    print(f"exercised: hardening of liblowtide.so: {len(found)} properties")


def check_system(library):
    """The library needs functions on memory and abort from the system, and nothing else: no clock,
    file, environment or thread."""
    needed = set()
    for line in run("nm", "-D", "--undefined-only", library).splitlines():
        name = line.split()[-1].split("@")[0]
        if not re.match(r"_Z|__cxa_|__gxx_|_ITM_|_Unwind_|__gmon_start__", name):
            needed.add(name)
    # clang calls bcmp where only the equality of a memcmp matters.
    allowed = r"abort|bcmp|mem(cmp|cpy|move|set|chr)|strlen|__\w+_chk|__stack_chk_fail|__\w+ti[34]"
    for name in needed:
        if not re.fullmatch(allowed, name):
            fail(f"the library needs {name} from the system")
    print(f"exercised: what liblowtide.so needs from the system: {len(needed)} functions")


# What survives a foreign function interface: integers of a fixed size, size_t, texts and addresses.
PLAIN = {"size_t", "char", "void", "int32_t", "int64_t", "uint8_t", "uint32_t", "uint64_t"}
# Functions that cannot fail and return their result directly.
DIRECT = {
    "lowtide_status_name": "const char *",
    "lowtide_status_sentence": "const char *",
    "lowtide_version": "const char *",
    "lowtide_abi_version": "uint32_t",
}
# These structs never grow, and do not begin with struct_size.
FIXED = {
    "lowtide_amount",
    "lowtide_alert",
    "lowtide_text",
    "lowtide_bytes",
    "lowtide_batch_result",
    "lowtide_batch_decision",
    "lowtide_column",
}


def types_in(interface):
    """Each type that a function, callback, field or typedef uses, and where."""
    signatures = [(one["name"], one) for one in interface["functions"]]
    for struct in interface["structs"]:
        for field in struct["fields"]:
            where = f"{struct['name']}.{field['name']}"
            if "callback" in field:
                signatures.append((where, field["callback"]))
            else:
                yield where, field["type"]
    for where, signature in signatures:
        yield where, signature["result"]
        yield from ((where, argument["type"]) for argument in signature["arguments"])
    yield from ((one["name"], one["type"]) for one in interface["types"])


def check_types(interface):
    """The headers use no type that does not survive a foreign function interface. What cannot be
    described at all, such as an enum or a bit field, generate.py refuses."""
    kinds = ("types", "opaque_types", "structs")
    known = PLAIN | {one["name"] for kind in kinds for one in interface[kind]}
    count = 0
    for where, of in types_in(interface):
        count += 1
        base = of.removeprefix("const ").rstrip(" *")
        if base not in known or (base in ("char", "void") and "*" not in of):
            fail(f"{where} has the type {of}")
    for one in interface["functions"]:
        wanted = DIRECT.get(one["name"], "lowtide_status")
        if one["result"] != wanted:
            fail(f"{one['name']} does not return {wanted}")
    for one in interface["constants"]:
        if not one["name"].startswith("LOWTIDE_"):
            fail(f"the headers define {one['name']}")
    for struct in interface["structs"]:
        first = (struct["fields"][0]["name"], struct["fields"][0].get("type"))
        if struct["name"] not in FIXED and first != ("struct_size", "uint32_t"):
            fail(f"{struct['name']} does not begin with struct_size")
    print(f"exercised: types of fields, arguments and results: {count} types")
    structs = len(interface["structs"])
    print(f"exercised: structs of the C headers that can grow, or never do: {structs} structs")


def check_contracts(interface):
    """The comment of each function says what it returns, for which threads, and since when."""
    version = next(one for one in interface["constants"] if one["name"] == "LOWTIDE_VERSION")
    for one in interface["functions"]:
        major, minor = map(int, one["since"].split("."))
        if not one["threads"] or 10000 * major + 100 * minor > version["value"]:
            fail(f"{one['name']}: its contract lacks Threads, or names a later version")
        fails = one["name"] not in DIRECT
        if (one["statuses"][:1] == ["LOWTIDE_OK"]) != fails or (len(one["statuses"]) > 1) != fails:
            fail(f"{one['name']}: its contract lacks Returns, or does not begin with LOWTIDE_OK")
    count = len(interface["functions"])
    print(f"exercised: contracts in the C headers: {count} functions")


def check_style():
    """No formatter lays out the headers. generate.py refuses pointers that are not `type *name`."""
    for header in HEADERS:
        for number, line in enumerate(header.read_text(encoding="ascii").splitlines(), 1):
            if len(line) > 100 or line != line.rstrip() or "\t" in line:
                fail(f"{header.name}:{number}: over 100 columns, or with a tab or trailing blanks")


def find_compilers(name):
    """Every compiler of this kind on the search path, such as clang and clang-19, but each once."""
    found: dict[pathlib.Path, pathlib.Path] = {}
    for folder in os.get_exec_path():
        for path in sorted(pathlib.Path(folder).glob(f"{name}*")):
            if re.fullmatch(re.escape(name) + r"(-\d+)?", path.name) and os.access(path, os.X_OK):
                found.setdefault(path.resolve(), path)
    return list(found.values())


def check_compilers():
    """Each header compiles alone, twice, and in any order with the others, with every gcc and clang
    that is installed. tests/compilers/run.sh checks that three versions of clang were among them.
    """
    orders = [[header.name] * 2 for header in HEADERS]
    orders += [list(order) for order in itertools.permutations(header.name for header in HEADERS)]
    count, versions = 0, set()
    kinds = (
        ("gcc", "c", ("c11", "c17")),
        ("clang", "c", ("c11", "c17")),
        ("g++", "c++", ("c++11", "c++20")),
        ("clang++", "c++", ("c++11", "c++20")),
    )
    with tempfile.TemporaryDirectory() as work:
        for i, order in enumerate(orders):
            lines = [f"#include <{name}>\n" for name in order]
            lines += [
                "lowtide_batch of_batch;\nlowtide_monitor_options of_monitor;\n",
                "int main(void) { return LOWTIDE_OK; }\n",
            ]
            pathlib.Path(work, f"order_{i}").write_text("".join(lines), encoding="ascii")
        for name, language, standards in kinds:
            compilers = find_compilers(name)
            for compiler, standard in itertools.product(compilers, standards):
                for i in range(len(orders)):
                    run(
                        compiler,
                        f"-std={standard}",
                        "-Wall",
                        "-Wextra",
                        "-Wpedantic",
                        "-Wconversion",
                        "-Werror",
                        "-fsyntax-only",
                        "-x",
                        language,
                        f"-I{HEADERS[0].parent}",
                        os.fspath(pathlib.Path(work, f"order_{i}")),
                    )
                count += 1
                versions.add(compiler.name)
    if not versions:
        fail("there is no gcc and no clang to compile the headers")
    print("The C headers compile with", *sorted(versions))
    print(f"exercised: compilers and standards that accept the C headers: {count} combinations")
    print(f"exercised: orders in which the C headers can be included: {len(orders)} orders")


def main():
    library, flags = sys.argv[1], "--hardened" in sys.argv[2:]
    check_exports(library, {one["name"] for one in INTERFACE["functions"]})
    check_hardening(library, flags)
    if flags:
        check_system(library)
    check_types(INTERFACE)
    check_contracts(INTERFACE)
    check_style()
    check_compilers()


main()
