#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares a manual page with what its program prints for --help: the same commands, the same
options of each, and every default. Then checks the markup of the page.

usage: manual.py PROGRAM PAGE
"""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys

# The part of a page or of the help that belongs to no command.
GENERAL = ""

Options = dict[str, set[str]]


def help_text(program: str, *command: str) -> str:
    done = subprocess.run(
        [program, *command, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def help_options(text: str) -> set[str]:
    """The long options that a help text lists, each at the start of a line."""
    return set(re.findall(r"^  (?:-\w,)?--([\w-]+)", text, re.MULTILINE))


def help_defaults(text: str) -> set[str]:
    return set(re.findall(r"^  (?:-\w,)?--[\w-]+ [^\s=]+=(\S+)", text, re.MULTILINE))


def read_help(program: str) -> tuple[Options, set[str]]:
    """The options by command, and all defaults."""
    text = help_text(program)
    options = {GENERAL: help_options(text)}
    defaults = help_defaults(text)
    _, _, listed = text.partition("Subcommands:\n")
    for command in re.findall(r"^  (\w[\w-]*) ", listed, re.MULTILINE):
        text = help_text(program, command)
        options[command] = help_options(text) - {"help"}
        defaults |= help_defaults(text)
    return options, defaults


def read_page(text: str) -> Options:
    """The options by command: those in the heads of the items of a list, not in running text."""
    options: Options = {GENERAL: set()}
    command, in_head = GENERAL, False
    for line in text.splitlines():
        if line.startswith((".Sh", ".Ss")):
            command = GENERAL
        elif found := re.match(r"\.It Cm ([a-z]\S*)", line):
            command = found[1]
            options[command] = set()
        if line.startswith(".It Xo"):
            in_head = True
        if in_head or line.startswith(".It "):
            options[command].update(re.findall(r"(?:Fl|,) -([a-z][\w-]*)", line))
        if line.startswith(".Xc"):
            in_head = False
    return options


def differences(page: str, options: Options, defaults: set[str]) -> list[str]:
    found = []
    described = read_page(page)
    for command in sorted(options.keys() | described.keys()):
        where = f"command {command}" if command else "general options"
        if command not in described or command not in options:
            place = "page" if command not in described else "help"
            found.append(f"{where}: missing in the {place}")
            continue
        for option in sorted(options[command] ^ described[command]):
            place = "page" if option in options[command] else "help"
            found.append(f"{where}: --{option} is missing in the {place}")
    words = set(re.findall(r"[^\s,]+", page.replace(".\n", "\n")))
    found += [
        f"the default {default} is missing in the page" for default in sorted(defaults - words)
    ]
    return found


def self_test(page: str, options: Options, defaults: set[str]) -> int:
    """Every single difference must be found."""
    introduced = 0
    for command, of in options.items():
        for option in of:
            less = {**options, command: of - {option}}
            more = {**options, command: of | {f"{option}-more"}}
            for changed in (less, more):
                if len(differences(page, changed, defaults)) != 1:
                    sys.exit(f"failed: a difference was not found: {command} --{option}")
                introduced += 1
    if not differences(page, {**options, "another": set()}, defaults):
        sys.exit("failed: a command that the page lacks was not found")
    if not differences(page, options, defaults | {"1234567"}):
        sys.exit("failed: a default that the page lacks was not found")
    return introduced + 2


def check_markup(path: pathlib.Path) -> None:
    if shutil.which("mandoc"):
        command = ["mandoc", "-T", "lint", "-W", "warning"]
    elif shutil.which("groff"):
        command = ["groff", "-mandoc", "-ww", "-z"]
    else:
        print(f"skipped: markup of {path.name}: there is neither mandoc nor groff")
        return
    done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stderr or done.stdout:
        sys.exit(f"failed: {path.name}: {done.stdout}{done.stderr}")


def main() -> None:
    program, path = sys.argv[1], pathlib.Path(sys.argv[2])
    page = path.read_text(encoding="utf-8")
    options, defaults = read_help(program)
    count = sum(map(len, options.values()))
    if count < 5:
        sys.exit(f"failed: --help lists only {count} options")
    found = differences(page, options, defaults)
    if found:
        sys.exit("failed: " + "\n".join(f"{path.name}: {one}" for one in found))
    check_markup(path)
    print(f"exercised: {path.name}: options that --help lists, all described: {count} options")
    introduced = self_test(page, options, defaults)
    print(f"exercised: {path.name}: introduced differences, all found: {introduced} differences")


if __name__ == "__main__":
    main()
