#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks who includes whom: each room of the sources may include only what ROOMS says.

A new room of src/ gets a line in ROOMS; a public header that has no source of its name gets one in
HEADERS_WITHOUT_SOURCE. After the real check, wrong includes are planted one by one, and each must
be refused.

usage: directions.py
"""

from __future__ import annotations

import pathlib
import posixpath
import re
import sys
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PARTS = ("include", "src", "capi", "examples", "bindings", "tests/install")
SUFFIXES = {".h", ".hpp", ".c", ".cpp", ".inc"}

# Files are known by their path from the root of the repository, with their text.
Files = dict[str, str]


@dataclass(frozen=True)
class Room:
    # The rooms of which it may include the public headers, and those of which all headers.
    public: set[str] = field(default_factory=set)
    all: set[str] = field(default_factory=set)
    # The library does no input or output, reads no clock and starts no thread.
    pure: bool = False


LIBRARY = {"engine", "batch", "monitor"}
ROOMS = {
    "engine": Room(all={"engine"}, pure=True),
    "batch": Room(all={"batch", "engine"}, pure=True),
    "monitor": Room(public={"engine"}, all={"monitor"}, pure=True),
    "C headers": Room(all={"C headers"}, pure=True),
    "capi": Room(all={"capi", "C headers", *LIBRARY}, pure=True),
    "programs/events": Room(public=LIBRARY, all={"programs/events"}),
    "programs/replay": Room(public=LIBRARY, all={"programs/replay", "programs/events"}),
    "programs/host": Room(public=LIBRARY, all={"programs/host", "programs/events"}),
    # Users of the library. Each folder includes its own headers too.
    "examples": Room(public={"C headers", *LIBRARY}, all={"examples"}),
    "bindings": Room(public={"C headers", *LIBRARY}, all={"bindings"}),
    "tests/install": Room(public={"C headers", *LIBRARY}, all={"tests/install"}),
}
HEADERS_WITHOUT_SOURCE = {"result": "engine", "store": "monitor"}

# Not <cstdio>, which comes before Boost in two sources, nor <atomic>, which starts no thread.
IMPURE = set(
    """iostream fstream istream ostream sstream iomanip filesystem ctime time.h thread mutex
    shared_mutex condition_variable future semaphore latch barrier stop_token csignal signal.h
    fcntl.h poll.h pthread.h unistd.h""".split()  # noqa: SIM905
)
IN_SOURCES_ONLY = ("boost/", "gsl/")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:([<"])([^>"\n]+)[>"])?', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def read_files() -> Files:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for part in PARTS
        for path in sorted((ROOT / part).rglob("*"))
        if path.suffix in SUFFIXES and "build" not in path.relative_to(ROOT).parts
    }


def is_public(path: str) -> bool:
    return path.startswith("include/")


def room_of(path: str, files: Files) -> str | None:
    """The room of a file, or None if no line of ROOMS is about it."""
    if re.fullmatch(r"include/\w+\.h", path):
        return "C headers"
    if found := re.fullmatch(r"include/lowtide/(\w+)\.hpp", path):
        noun = found[1]
        rooms = [room for room in LIBRARY if f"src/{room}/{noun}.cpp" in files]
        return rooms[0] if len(rooms) == 1 else HEADERS_WITHOUT_SOURCE.get(noun)
    place = path.removeprefix("src/")
    return next((room for room in ROOMS if place.startswith(f"{room}/")), None)


def resolve(path: str, kind: str, name: str, files: Files) -> str | None:
    """The file of this repository that an include names, or None."""
    places = ["include", "src"]
    if kind == '"':
        places.insert(0, posixpath.dirname(path))
    for place in places:
        candidate = posixpath.normpath(posixpath.join(place, name))
        if candidate in files or (ROOT / candidate).is_file():
            return candidate
    return None


def outside_problem(path: str, room: str, kind: str, name: str) -> str | None:
    """What is wrong with an include of something that is not in this repository."""
    if kind == '"':
        return "is not found"
    if ROOMS[room].pure and (name in IMPURE or name.startswith("sys/")):
        return "does input or output, reads a clock or starts a thread"
    if room == "C headers" and name not in {"stddef.h", "stdint.h"}:
        return "is more than a C header of lowtide needs"
    if name.startswith(IN_SOURCES_ONLY) and not path.endswith(".cpp"):
        return "may be included in .cpp files only"
    return None


def inside_problem(path: str, room: str, target: str, files: Files) -> str | None:
    """What is wrong with an include of a file of this repository."""
    to = room_of(target, files)
    if to is None:
        return f"{target} belongs to no room that may be included"
    if target.endswith((".c", ".cpp")):
        return f"{target} is a source"
    if is_public(path) and not is_public(target):
        return f"a public header includes {target}, which is not installed"
    if to in ROOMS[room].all or (to in ROOMS[room].public and is_public(target)):
        return None
    if to in ROOMS[room].public:
        return f"{room} may include public headers of {to} only"
    return f"{room} may not include {to}"


def is_part_of_lowtide_h(path: str, target: str) -> bool:
    """lowtide.h ends with its parts, and each part begins with lowtide.h, so that any of them can
    be included alone. Their include guards end this circle, which is the only one."""
    return (
        path == "include/lowtide.h" and re.fullmatch(r"include/lowtide_\w+\.h", target) is not None
    )


def find_circle(graph: dict[str, list[str]]) -> list[str] | None:
    done: set[str] = set()

    def visit(path: str, trail: list[str]) -> list[str] | None:
        if path in trail:
            return [*trail[trail.index(path) :], path]
        if path in done:
            return None
        for target in graph.get(path, []):
            if circle := visit(target, [*trail, path]):
                return circle
        done.add(path)
        return None

    return next((circle for path in graph if (circle := visit(path, []))), None)


def check(files: Files) -> tuple[int, list[str]]:
    """How many includes there are, and what is wrong with them."""
    count = 0
    problems: list[str] = []
    graph: dict[str, list[str]] = {}
    for path, text in files.items():
        room = room_of(path, files)
        if room is None:
            problems.append(f"{path}: belongs to no room; see tests/includes/directions.py")
            continue
        targets = graph.setdefault(path, [])
        for kind, name in INCLUDE.findall(COMMENT.sub("", text)):
            count += 1
            if not name:
                problems.append(f"{path}: an include that is not written out")
                continue
            target = resolve(path, kind, name, files)
            if target is None:
                problem = outside_problem(path, room, kind, name)
            else:
                problem = inside_problem(path, room, target, files)
                if not is_part_of_lowtide_h(path, target):
                    targets.append(target)
            if problem:
                problems.append(f"{path}: {name}: {problem}")
    if circle := find_circle(graph):
        problems.append("a circle: " + " -> ".join(circle))
    return count, problems


# A file, a line that is appended to it, and a piece of what must be said about it.
PLANTED = (
    ("src/engine/alert.cpp", "#include <lowtide/batch.hpp>", "engine may not include batch"),
    ("src/engine/access.hpp", "#include <lowtide/monitor.hpp>", "engine may not include monitor"),
    ("src/engine/key.cpp", '#include "monitor/store_walk.hpp"', "engine may not include monitor"),
    ("src/engine/key.cpp", "#include <lowtide.h>", "engine may not include C headers"),
    ("src/engine/key.cpp", "#include <ctime>", "reads a clock"),
    ("src/engine/key.cpp", "#include <sys/stat.h>", "does input or output"),
    ("src/engine/access.hpp", "#include <gsl/assert>", ".cpp files only"),
    ("src/engine/access.hpp", "  #  include <boost/crc.hpp>", ".cpp files only"),
    ("src/batch/batch.cpp", "#include <lowtide/store.hpp>", "batch may not include monitor"),
    ("src/batch/batch.cpp", '#include "../../capi/convert.hpp"', "batch may not include capi"),
    ("src/monitor/monitor.cpp", "#include <lowtide/batch.hpp>", "monitor may not include batch"),
    ("src/monitor/monitor.cpp", '#include "engine/access.hpp"', "public headers of engine only"),
    (
        "src/monitor/monitor.cpp",
        '#include "programs/events/feed.hpp"',
        "monitor may not include programs/events",
    ),
    ("src/monitor/monitor.cpp", "#include <thread>", "starts a thread"),
    ("include/lowtide/alert.hpp", '#include "engine/access.hpp"', "which is not installed"),
    ("include/lowtide/amount.hpp", "#include <lowtide/batch.hpp>", "engine may not include batch"),
    ("include/lowtide/result.hpp", "#include <lowtide/alert.hpp>", "a circle"),
    ("include/lowtide/store.hpp", "#include <lowtide.h>", "monitor may not include C headers"),
    ("include/lowtide.h", "#include <stdio.h>", "more than a C header of lowtide needs"),
    ("include/lowtide.h", "#include <string.h>", "more than a C header of lowtide needs"),
    ("include/lowtide.h", "#include <lowtide/alert.hpp>", "C headers may not include engine"),
    ("capi/alert.cpp", '#include "programs/events/feed.hpp"', "capi may not include programs"),
    ("capi/alert.cpp", '#include "../tests/exercised.hpp"', "belongs to no room"),
    ("capi/alert.cpp", '#include "balance.cpp"', "is a source"),
    ("capi/alert.cpp", '#include "nowhere.hpp"', "is not found"),
    ("capi/alert.cpp", "#include LOWTIDE_CONFIG", "not written out"),
    ("src/programs/events/feed.cpp", "#include <lowtide.h>", "may not include C headers"),
    ("src/programs/events/feed.cpp", '#include "engine/access.hpp"', "public headers of engine"),
    ("src/programs/events/feed.cpp", "#include <engine/access.hpp>", "public headers of engine"),
    ("src/programs/host/main.cpp", '#include "../capi/texts.hpp"', "may not include capi"),
    ("src/programs/host/main.cpp", '#include "../../../capi/texts.hpp"', "may not include capi"),
    (
        "src/programs/host/main.cpp",
        '#include "programs/replay/player.hpp"',
        "programs/host may not include programs/replay",
    ),
    ("src/programs/host/sqlite/sql.hpp", "#include <boost/crc.hpp>", ".cpp files only"),
    ("examples/c/main.c", '#include "../../capi/texts.hpp"', "examples may not include capi"),
    (
        "examples/quickstart/main.cpp",
        '#include "../../src/engine/access.hpp"',
        "public headers of engine only",
    ),
    ("tests/install/consumer/main.cpp", '#include "../../exercised.hpp"', "belongs to no room"),
)
# A file in a room that nobody has described.
UNKNOWN_ROOMS = ("src/somewhere/new.cpp", "include/lowtide/new.hpp")


def self_test(files: Files) -> int:
    for path, line, expected in PLANTED:
        _, problems = check({**files, path: f"{files[path]}\n{line}\n"})
        if not any(expected in problem for problem in problems):
            sys.exit(f"failed: {path}: {line}: not refused with {expected!r}, but: {problems}")
        if len(problems) > 2:
            sys.exit(f"failed: {path}: {line}: more is refused than was planted: {problems}")
    for path in UNKNOWN_ROOMS:
        _, problems = check({**files, path: ""})
        if len(problems) != 1 or "belongs to no room" not in problems[0]:
            sys.exit(f"failed: {path}: not refused as a file without a room, but: {problems}")
    _, problems = check({**files, "src/engine/alert.cpp": '/*\n#include "nowhere.hpp"\n*/\n'})
    if problems:
        sys.exit(f"failed: an include in a comment is refused: {problems}")
    return len(PLANTED) + len(UNKNOWN_ROOMS)


def main() -> None:
    files = read_files()
    count, problems = check(files)
    if problems:
        sys.exit("failed: " + "\n".join(problems))
    if count < 500:
        sys.exit(f"failed: only {count} includes were found")
    rooms = {room_of(path, files) for path in files}
    print(f"exercised: includes that go in the allowed direction: {count} includes")
    print(f"exercised: rooms of which they are: {len(rooms)} rooms")
    print(f"exercised: planted includes, all refused: {self_test(files)} includes")


if __name__ == "__main__":
    main()
