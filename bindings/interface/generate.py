#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what is generated from the C headers: interface.json, and Python's modules for ctypes.

usage: generate.py            write the files
       generate.py --check    compare them with the headers, print what differs, and fail if it does

--root DIR takes the headers and the generated files of another copy of the repository.
It needs libclang: Debian's python3-clang-14, or the package `libclang` from PyPI.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import pathlib
import sys
from typing import Any, Dict, List, Optional

import ctypes_layer
import description
import difference
import headers

ROOT = pathlib.Path(__file__).resolve().parents[2]
JSON = pathlib.PurePath("bindings/interface.json")
PYTHON = pathlib.PurePath("bindings/python/src/lowtide/_ffi")
PYTHON_MODULES = {
    "lowtide.h": "abi",
    "lowtide_batch.h": "batch_abi",
    "lowtide_monitor.h": "monitor_abi",
}
MOST_LINES = 60  # of differences that are shown


def outputs(interface: Dict[str, Any]) -> Dict[pathlib.PurePath, str]:
    """The text of each file that is generated."""
    files = {JSON: description.to_text(interface) + "\n"}
    for module, text in ctypes_layer.modules(interface, PYTHON_MODULES).items():
        files[PYTHON / f"{module}.py"] = text
    return files


def check(path: pathlib.Path, text: str) -> bool:
    """Whether a file is current. Prints how it is not."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if old == text:
        return True
    print(f"failed: {path.name} is not what the headers say; ./dev interface writes it anew")
    found: List[str] = []
    if path.suffix == ".json":
        with contextlib.suppress(ValueError):
            found = difference.differences(json.loads(old), json.loads(text))
    if not found:
        lines = difflib.unified_diff(old.splitlines(), text.splitlines(), n=0, lineterm="")
        found = [line for line in lines if not line.startswith(("---", "+++"))]
    print("\n".join(found[:MOST_LINES]))
    if len(found) > MOST_LINES:
        print(f"... and {len(found) - MOST_LINES} lines more")
    return False


def exercised(interface: Dict[str, Any], files: int) -> None:
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
    print(f"exercised: files generated from the C headers: {files} files")


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    options = parser.parse_args(arguments)
    try:
        interface = description.describe(options.root / "include")
    except headers.Refused as refused:
        print(f"failed: {refused}")
        return 1
    files = outputs(interface)
    if not options.check:
        for path, text in files.items():
            (options.root / path).write_text(text, encoding="utf-8")
        return 0
    current = [check(options.root / path, text) for path, text in files.items()]
    if not all(current):
        return 1
    exercised(interface, len(files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
