#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the files that the tests of the C ABI compile from bindings/interface.json.

usage: from_interface.py FOLDER

  agreement.c     a program that compiles only if the compiler agrees with every number and type
  statuses.inc    every status: its name in small letters, and its value
  contracts.inc   of each function: the function whose comment holds for it, and the statuses that
                  "Returns" names behind LOWTIDE_OK, in that order
"""

import pathlib
import sys

from interface import read_interface


def is_true(condition, what):
    return f'_Static_assert({condition}, "{what}");'


def has_type(expression, of, what):
    return is_true(f"_Generic({expression}, {of}: 1, default: 0)", f"the type of {what}")


def function_type(function, stars):
    """A pointer to such a function, or a pointer to that."""
    arguments = ", ".join(one["type"] for one in function["arguments"]) or "void"
    return f"{function['result']} ({stars})({arguments})"


def field_type(field):
    """A pointer to such a field."""
    if "callback" in field:
        return function_type(field["callback"], "**")
    if "length" in field:
        return f"{field['type']} (*)[{field['length']}]"
    return f"{field['type']} *"


def of_constants(constants):
    for one in constants:
        name, value = one["name"], one["value"]
        if isinstance(value, str):
            yield is_true(f"sizeof {name} == {len(value) + 1}", name)
            continue
        yield is_true(f"{name} == {value}", name)
        yield has_type(name, "unsigned" if one["suffix"] == "u" else "int", name)


def of_structs(structs):
    for struct in structs:
        name = struct["name"]
        yield is_true(f"sizeof({name}) == {struct['size']}", f"the size of {name}")
        yield is_true(f"_Alignof({name}) == {struct['alignment']}", f"the alignment of {name}")
        for field in struct["fields"]:
            what = f"{name}.{field['name']}"
            place = f"(({name} *)0)->{field['name']}"
            offset = f"offsetof({name}, {field['name']})"
            yield is_true(f"{offset} == {field['offset']}", f"the offset of {what}")
            yield is_true(f"sizeof {place} == {field['size']}", f"the size of {what}")
            yield has_type(f"&{place}", field_type(field), what)


def of_functions(functions):
    for one in functions:
        yield has_type(one["name"], function_type(one, "*"), one["name"])


def agreement(interface):
    texts = [one for one in interface["constants"] if isinstance(one["value"], str)]
    asserts = [
        *of_constants(interface["constants"]),
        *of_structs(interface["structs"]),
        *of_functions(interface["functions"]),
        *(
            is_true(f"(({one['type']})-1 < 0) == {int(one['type'].startswith('int'))}", one["name"])
            for one in interface["types"]
        ),
    ]
    says = f"exercised: what the compiler finds as interface.json has it: {len(asserts)} facts"
    return "\n".join(
        [
            "// Written by tests/capi/from_interface.py. It compiles if the compiler agrees.",
            "#include <stddef.h>",
            "#include <stdio.h>",
            "#include <string.h>",
            "",
            *(f"#include <{one['name']}>" for one in interface["headers"]),
            "",
            *asserts,
            "",
            "int main(void) {",
            *(f"  if (strcmp({one['name']}, {one['text']}) != 0) return 1;" for one in texts),
            f'  puts("{says}");',
            "  return 0;",
            "}",
            "",
        ]
    )


def short(status):
    return status.removeprefix("LOWTIDE_").lower()


def statuses(interface):
    rows = [one for one in interface["constants"] if one["group"] == "lowtide_status"]
    return "".join(f'{{"{short(one["name"])}", {one["value"]}}},\n' for one in rows)


def contracts(interface):
    lines = []
    for one in interface["functions"]:
        promised = [*one["statuses"], *one["element_statuses"]]
        names = ", ".join(f'"{short(name)}"' for name in promised if name != "LOWTIDE_OK")
        lines.append(f'{{"{one["name"]}", "{one["contract"]}", {{{names}}}}},\n')
    return "".join(lines)


def main():
    folder = pathlib.Path(sys.argv[1])
    # While a header is being changed, the tests can still be built: capi_contract says that it is.
    interface = read_interface(current=False)
    files = {
        "agreement.c": agreement(interface),
        "statuses.inc": statuses(interface),
        "contracts.inc": contracts(interface),
    }
    for name, text in files.items():
        path = folder / name
        # A file that has not changed is left alone, so that nothing is built again for it.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


main()
