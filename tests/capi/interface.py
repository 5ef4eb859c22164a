# SPDX-License-Identifier: Apache-2.0
"""Loads bindings/interface.json for the scripts of this folder."""

import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def read_interface(current=True):
    """The description. Exits if it is not current, unless `current` is False."""
    interface = json.loads((ROOT / "bindings" / "interface.json").read_text(encoding="utf-8"))
    if not current:
        return interface
    described = {one["name"]: one["sha256"] for one in interface["headers"]}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (ROOT / "include").glob("lowtide*.h")
    }
    if described != found:
        sys.exit("failed: bindings/interface.json is not current; run ./dev interface")
    return interface
