# SPDX-License-Identifier: Apache-2.0
"""Commands in documents that the check of the documents does not run as they are: they build for
minutes, install packages, or end only when somebody ends them. Each must exist. Used by
blocks.py."""

from __future__ import annotations

import functools
import json
import pathlib
import re
import shlex
import subprocess

from documents import ROOT, Wrong

# What another test runs: how such a command begins, the file that runs it, and how it does.
ELSEWHERE = (
    (r"cmake (-S \S+ )?-B build\b", "tests/install/run*", "cmake --preset"),
    (r"cmake --build build\b", "tests/install/run*", "cmake --build"),
    (r"(sudo )?cmake --install ", "tests/install/run*", "cmake --install"),
    (r"(python3 -m )?pip install \./bindings/python\b", "bindings/python/check*", "pip\" wheel"),
)  # fmt: skip

ENDLESS = re.compile(r"\blowtide-host\b.* run --follow ")


class Commands:
    def __init__(self, build: pathlib.Path) -> None:
        self.build = build

    def split(self, text: str) -> tuple[list[str], int]:
        """The lines to run, and how many others were found to exist."""
        kept, elsewhere = [], 0
        for line in text.replace("\\\n", " ").splitlines():
            bare = re.sub(r"(^|\s)#.*", "", line).strip()
            if not bare:
                continue
            parts = [part.strip() for part in bare.split("&&")]
            left = [part for part in parts if not self._exists_elsewhere(part)]
            elsewhere += len(parts) - len(left)
            if left:
                kept.append(self._ends(" && ".join(left)))
        return kept, elsewhere

    @staticmethod
    def _ends(line: str) -> str:
        """One that runs until it is ended gets two seconds, and must then end in order."""
        if ENDLESS.search(line):
            return f"timeout --preserve-status --signal=TERM 2 {line}"
        return line

    def _exists_elsewhere(self, command: str) -> bool:
        words = shlex.split(command)
        if words[0] == "./dev":
            self._dev(words[1:])
        elif words[0] in ("ctest", "cmake") and "--preset" in words:
            self._preset(words)
        elif re.match(r"(\./)?(tests|scripts|bindings)/", words[0]):
            self._script(words)
        elif "pytest" in words:
            self._pytest(words)
        else:
            return self._other(command)
        return True

    @staticmethod
    def _other(command: str) -> bool:
        for begin, where, needle in ELSEWHERE:
            if re.match(begin, command):
                if not any(needle in path.read_text(encoding="utf-8") for path in ROOT.glob(where)):
                    raise Wrong(f"{where} no longer runs: {command}")
                return True
        return False

    @staticmethod
    def _dev(words: list[str]) -> None:
        usage = dev_usage()
        known = set(re.findall(r"[\w-]+", usage)) | presets()
        for word in words:
            if word not in known:
                raise Wrong(f"./dev help does not know {word}")
        if words and not re.search(rf"^ +{re.escape(words[0])}\b", usage, re.MULTILINE):
            raise Wrong(f"./dev has no command {words[0]}")

    def _preset(self, words: list[str]) -> None:
        preset = words[words.index("--preset") + 1]
        if preset not in presets():
            raise Wrong(f"there is no preset {preset}")
        if words[0] == "ctest" and "-R" in words:
            pattern = re.compile(words[words.index("-R") + 1])
            if not any(pattern.search(name) for name in tests(self.build)):
                raise Wrong(f"no test is named {pattern.pattern}")
        if "--target" in words:
            for target in words[words.index("--target") + 1 :]:
                if target not in targets(self.build):
                    raise Wrong(f"there is no target {target}")

    @staticmethod
    def _script(words: list[str]) -> None:
        path = ROOT / words[0]
        if not path.is_file() or not path.stat().st_mode & 0o100:
            raise Wrong(f"{words[0]} is no script that can be run")
        text = path.read_text(encoding="utf-8")
        for word in words[1:]:
            if word.startswith("--") and word not in text:
                raise Wrong(f"{words[0]} does not know {word}")

    @staticmethod
    def _pytest(words: list[str]) -> None:
        """It needs packages from an index; the check of Python runs the same files."""
        if not (ROOT / "scripts" / "python_tools.sh").exists():
            raise Wrong("there is no scripts/python_tools.sh")
        for word in words:
            if word.startswith("tests/") and not (ROOT / "bindings" / "python" / word).exists():
                raise Wrong(f"there is no bindings/python/{word}")


def output_of(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Wrong(f"{' '.join(command)}: {error}") from error
    return done.stdout


@functools.cache
def dev_usage() -> str:
    return output_of("./dev", "help")


@functools.cache
def presets() -> set[str]:
    known = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))
    return {one["name"] for one in known["configurePresets"] if not one.get("hidden")}


@functools.cache
def tests(build: pathlib.Path) -> list[str]:
    """The tests of ctest, by their names."""
    listed = output_of("ctest", "--test-dir", str(build), "--show-only=json-v1")
    return [one["name"] for one in json.loads(listed)["tests"]]


@functools.cache
def targets(build: pathlib.Path) -> set[str]:
    return set(
        re.findall(
            r"^(?:.*/)?([\w.-]+):",
            output_of("cmake", "--build", str(build), "--target", "help"),
            re.MULTILINE,
        )
    )
