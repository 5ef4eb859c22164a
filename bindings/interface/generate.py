#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes interface.json, the description of the C interface, from the C headers.

usage: generate.py            write bindings/interface.json
       generate.py --check    compare it with the headers, print what differs, and fail if it does

--root DIR takes the headers and the description of another copy of the repository.
It needs libclang: Debian's python3-clang-14, or the package `libclang` from PyPI.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from typing import Any, Dict

import description
import difference
import headers

ROOT = pathlib.Path(__file__).resolve().parents[2]


def outputs(root: pathlib.Path, interface: Dict[str, Any]) -> Dict[pathlib.Path, str]:
    """The text of each file that is generated."""
    return {root / "bindings" / "interface.json": description.to_text(interface) + "\n"}


def check(path: pathlib.Path, text: str) -> bool:
    """Whether a file is current. Prints how it is not."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if old == text:
        return True
    print(f"failed: {path.name} is not what the headers say; ./dev interface writes it anew:")
    try:
        found = difference.differences(json.loads(old), json.loads(text))
    except ValueError:
        found = ["it cannot be read"]
    print("\n".join(found or ["it says the same in another form"]))
    return False


def exercised(interface: Dict[str, Any]) -> None:
    counts = {
        "functions": len(interface["functions"]),
        "arguments": sum(len(one["arguments"]) for one in interface["functions"]),
        "structs": len(interface["structs"]),
        "fields": sum(len(one["fields"]) for one in interface["structs"]),
        "constants": len(interface["constants"]),
        "sentences": len(interface["sentences"]),
    }
    for unit, count in counts.items():
        print(f"exercised: {unit} of the C headers in interface.json: {count} {unit}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    options = parser.parse_args()
    try:
        interface = description.describe(options.root / "include")
    except headers.Refused as refused:
        print(f"failed: {refused}")
        return 1
    files = outputs(options.root, interface)
    if not options.check:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
        return 0
    current = [check(path, text) for path, text in files.items()]
    if not all(current):
        return 1
    exercised(interface)
    return 0


if __name__ == "__main__":
    sys.exit(main())
