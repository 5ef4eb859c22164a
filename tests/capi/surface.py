#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the shared library of the C ABI to its headers: exports, hardening, what the headers are made of, and how they compile.

usage: tests/capi/surface.py LIBRARY [--hardened]      --hardened: the compile flags are looked for too, which sanitizers and Debug leave out
"""

import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEADERS = [ROOT / "include" / name for name in ("lowtide.h", "lowtide_batch.h", "lowtide_monitor.h")]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout


def fail(why):
    sys.exit(f"failed: {why}")


def headers():
    """The text of the three headers."""
    return "".join(header.read_text(encoding="ascii") for header in HEADERS)


def bare_header():
    """The headers without comments and directives."""
    text = re.sub(r"/\*.*?\*/", " ", headers(), flags=re.DOTALL)
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def check_exports(library, declared):
    exported, others, version = set(), [], set()
    for line in run("nm", "-D", "--defined-only", library).splitlines():
        _, kind, name = line.split()
        name, _, node = name.partition("@@")
        if kind == "A":
            version.add(name)
        elif kind == "T" and node == "LOWTIDE_0":
            exported.add(name)
        else:
            others.append(line)
    if version != {"LOWTIDE_0"}:
        fail(f"version nodes: {version}")
    if others:
        fail(f"exported, and no function of the header: {others[:5]}")
    if exported != declared:
        fail(f"exported and not declared: {sorted(exported - declared)}; declared and not exported: {sorted(declared - exported)}")
    print(f"exercised: exports of liblowtide.so that are the declarations of the C headers: {len(exported)} functions")


def check_hardening(library, flags):
    dynamic, segments = run("readelf", "-d", "-W", library), run("readelf", "-l", "-W", library)
    soname = re.search(r"SONAME.*\[(.*)\]", dynamic)
    if not soname or soname[1] != "liblowtide.so.0":
        fail("the SONAME is not liblowtide.so.0")
    found = {
        "RELRO": "GNU_RELRO" in segments,
        "immediate binding": re.search(r"FLAGS.*(NOW)", dynamic) is not None,
        "a stack that cannot be executed": re.search(r"GNU_STACK\s.*\sRW\s", segments) is not None,
        "no segment that can be written and executed": re.search(r"LOAD\s.*\sRWE\s", segments) is None,
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
    """What the library asks of the system is memory to be compared and copied, and an end: no clock, file, environment or thread."""
    asked = set()
    for line in run("nm", "-D", "--undefined-only", library).splitlines():
        name = line.split()[-1].split("@")[0]
        if not re.match(r"_Z|__cxa_|__gxx_|_ITM_|_Unwind_|__gmon_start__", name):
            asked.add(name)
    for name in asked:
        if not re.fullmatch(r"abort|mem(cmp|cpy|move|set|chr)|strlen|__\w+_chk|__stack_chk_fail|__\w+ti[34]", name):
            fail(f"the library asks the system for {name}")
    print(f"exercised: what liblowtide.so asks of the system: {len(asked)} functions")


def check_types(declared):
    """What does not survive a foreign function interface must not occur."""
    text = bare_header()
    for word in ("bool", "_Bool", "enum", "union", "long", "short", "unsigned", "double", "float", "time_t", "va_list", "wchar_t", "int"):
        if re.search(rf"\b{word}\b", text):
            fail(f"the header uses {word}")
    if "..." in text:
        fail("the header has a variadic function")
    if re.search(r"\bu?int\w+ +\w+ *: *\d", text):
        fail("the header has a bit field")
    if re.search(r"^#define +LOWTIDE_\w+\(", headers(), re.MULTILINE):
        fail("the header has a macro with arguments")
    direct = {"lowtide_status_name", "lowtide_status_sentence", "lowtide_version", "lowtide_abi_version"}
    for name in declared - direct:
        if not re.search(rf"LOWTIDE_API lowtide_status {name}\(", text):
            fail(f"{name} does not return lowtide_status")
    for macro in re.findall(r"^#define +(\w+)", headers(), re.MULTILINE):
        if not macro.startswith("LOWTIDE_"):
            fail(f"the header defines {macro}")
    structs = re.findall(r"typedef struct \{\s*(.*?);.*?\} (lowtide_\w+);", text, re.DOTALL)
    # These never grow.
    plain = {"lowtide_amount", "lowtide_alert", "lowtide_text", "lowtide_bytes", "lowtide_batch_result", "lowtide_batch_decision",
             "lowtide_column"}
    for first, name in structs:
        if name not in plain and first.strip() != "uint32_t struct_size":
            fail(f"{name} does not begin with struct_size")
    print(f"exercised: structs of the C headers that can grow, or never do: {len(structs)} structs")


def check_contracts(declared):
    """Each function stands behind a comment that says what it returns, for which threads, and since when."""
    text = headers()
    count = 0
    for comment, block in re.findall(r"/\*((?:(?!\*/).)*?)\*/\n((?:(?:LOWTIDE_API[^;]*;|/\*[^\n]*\*/)\n)+)", text, re.DOTALL):
        names = re.findall(r"(lowtide_\w+)\(", block)
        if not names:
            continue  # two comments of one line each
        for part in ("Threads:", "Since 0.1"):
            if part not in comment:
                fail(f"{names}: the contract lacks {part}")
        if "LOWTIDE_API lowtide_status" in block and "Returns:" not in comment:
            fail(f"{names}: the contract lacks Returns:")
        count += len(names)
    if count != len(declared):
        fail(f"{count} functions stand behind a contract, and {len(declared)} are declared")
    print(f"exercised: contracts in the C headers: {count} functions")


def check_style():
    """No formatter looks at the header, which is laid out by hand."""
    for header in HEADERS:
        for number, line in enumerate(header.read_text(encoding="ascii").splitlines(), 1):
            if len(line) > 140 or line != line.rstrip() or "\t" in line:
                fail(f"{header.name}:{number}: too long, or with blanks that nobody sees")
    for pointer in re.findall(r"\w\*+ *\w+|\w \*+ \w+", bare_header()):
        fail(f"the header has a pointer that is not written as `type *name`: {pointer}")


def check_compilers():
    """Each header compiles alone, twice, and in any order with the others."""
    orders = [[header.name] * 2 for header in HEADERS]
    orders += [list(order) for order in itertools.permutations(header.name for header in HEADERS)]
    count = 0
    with tempfile.TemporaryDirectory() as work:
        for i, order in enumerate(orders):
            lines = [f"#include <{name}>\n" for name in order]
            lines += ["lowtide_batch of_batch;\nlowtide_monitor_options of_monitor;\n", "int main(void) { return LOWTIDE_OK; }\n"]
            pathlib.Path(work, f"order_{i}").write_text("".join(lines), encoding="ascii")
        for compilers, language, standards in ((("gcc", "clang"), "c", ("c11", "c17")), (("g++", "clang++"), "c++", ("c++11", "c++20"))):
            for compiler in compilers:
                if not shutil.which(compiler):
                    print(f"skipped: the headers with {compiler}, which is not here")
                    continue
                for standard in standards:
                    for i in range(len(orders)):
                        run(compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-fsyntax-only",
                            "-x", language, f"-I{HEADERS[0].parent}", os.fspath(pathlib.Path(work, f"order_{i}")))
                    count += 1
    print(f"exercised: compilers and standards that take the C headers: {count} combinations")
    print(f"exercised: orders in which the C headers can be included: {len(orders)} orders")


def check_rooms():
    """Nothing but the C ABI sees its headers: the library knows no C, and the programs use the library."""
    for room in ("include/lowtide", "src"):
        for path in (ROOT / room).rglob("*.?pp"):
            for header in HEADERS:
                if re.search(rf'[<"]{header.name}[>"]', path.read_text(encoding="utf-8")):
                    fail(f"{path} includes {header.name}")


def main():
    library, flags = sys.argv[1], "--hardened" in sys.argv[2:]
    declared = set(re.findall(r"\b(lowtide_\w+)\(", bare_header()))
    check_exports(library, declared)
    check_hardening(library, flags)
    if flags:
        check_system(library)
    check_types(declared)
    check_contracts(declared)
    check_style()
    check_compilers()
    check_rooms()


main()
