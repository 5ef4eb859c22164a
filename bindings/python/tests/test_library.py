# SPDX-License-Identifier: Apache-2.0
"""Which shared library is loaded, and which is refused. Each attempt is a process of its own."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Dict, Optional

import pytest
from header import Header

import lowtide
from lowtide._ffi import abi, library, struct_sizes

PACKAGE = pathlib.Path(lowtide.__file__).parent
LIBRARY = pathlib.Path(library.lib._name)


def attempt(path: pathlib.Path, environment: Dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Imports the package from a folder."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("LOWTIDE_LIBRARY", "LD_LIBRARY_PATH", "PYTHONPATH")
    }
    code = (
        f"import sys; sys.path.insert(0, {os.fspath(path)!r}); "
        "import lowtide; print(lowtide._ffi.library.lib._name)"
    )
    command = [sys.executable, "-I", "-c", code]
    return subprocess.run(
        command, env={**inherited, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def package(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with a copy of the package, but without a library."""
    shutil.copytree(
        PACKAGE, tmp_path / "lowtide", ignore=shutil.ignore_patterns("*.so", "__pycache__")
    )
    return tmp_path


def refused(run: subprocess.CompletedProcess[str]) -> str:
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("lowtide.errors.LibraryError: ")
    return last


def test_library_is_searched_at_the_variable_then_in_the_package_then_in_the_system(
    package: pathlib.Path,
) -> None:
    system, named = package / "system", package / "named"
    for folder in (system, named):
        folder.mkdir()
    shutil.copy(LIBRARY, system / "liblowtide.so.0")
    shutil.copy(LIBRARY, named / "any.name")
    environment = {"LD_LIBRARY_PATH": os.fspath(system)}
    assert attempt(package, environment).stdout == "liblowtide.so.0\n"
    shutil.copy(LIBRARY, package / "lowtide" / "liblowtide.so")
    assert attempt(package, environment).stdout == f"{package / 'lowtide' / 'liblowtide.so'}\n"
    environment["LOWTIDE_LIBRARY"] = os.fspath(named / "any.name")
    assert attempt(package, environment).stdout == f"{named / 'any.name'}\n"
    # If the library that the variable names does not fit, no other is tried.
    environment["LOWTIDE_LIBRARY"] = os.fspath(named / "nowhere")
    assert f"{named / 'nowhere'}: cannot be loaded" in refused(attempt(package, environment))


def test_library_error_says_where_it_was_searched(package: pathlib.Path) -> None:
    message = refused(attempt(package, {}))
    for part in (
        "liblowtide.so.0",
        "LOWTIDE_LIBRARY",
        os.fspath(package / "lowtide" / "liblowtide.so"),
    ):
        assert part in message


# The status of a function that refuses every struct but one with `size` bytes.
STRUCT_STATUS = "return *(const unsigned int *)it == {size} ? 0 : 103;"


def version_function(version: str) -> Dict[str, str]:
    code = f'const char *lowtide_version(void) {{ return "{version}"; }}'
    return {"lowtide_version": code}


def abi_version_function(version: int) -> Dict[str, str]:
    return {"lowtide_abi_version": f"unsigned lowtide_abi_version(void) {{ return {version}; }}"}


def init_function(size: int) -> Dict[str, str]:
    body = f"for (int i = 0; i < {size}; ++i) alert[i] = 0; return 0;"
    return {"lowtide_alert_init": f"int lowtide_alert_init(char *alert) {{ {body} }}"}


def fake(
    root: pathlib.Path, work: pathlib.Path, replaced: Dict[str, str], missing: Optional[str] = None
) -> Dict[str, str]:
    """Compiles a library that has every function of the header; most of them do nothing."""
    header = Header(root)
    bodies = {
        **version_function(lowtide.__version__),
        **abi_version_function(abi.ABI_VERSION),
        **init_function(64),
    }
    lines = [
        {**bodies, **replaced}.get(name, f"int {name}(void) {{ return 0; }}")
        for name in header.functions
        if name != missing
    ]
    (work / "fake.c").write_text("\n".join([*lines, ""]), encoding="ascii")
    subprocess.run(
        [
            os.environ.get("CC", "gcc"),
            "-w",
            "-shared",
            "-fPIC",
            "-o",
            work / "fake.so",
            work / "fake.c",
        ],
        check=True,
    )
    return {"LOWTIDE_LIBRARY": os.fspath(work / "fake.so")}


def test_library_that_passes_every_check_is_loaded_even_if_it_is_a_fake(
    root: pathlib.Path, package: pathlib.Path
) -> None:
    """So each refusal below is due to the one thing that differs there."""
    assert attempt(package, fake(root, package, {})).stdout == f"{package / 'fake.so'}\n"
    later = abi_version_function(abi.ABI_VERSION + 1)
    assert attempt(package, fake(root, package, later)).returncode == 0


def test_library_with_an_older_interface_is_refused(
    root: pathlib.Path, package: pathlib.Path
) -> None:
    older = abi_version_function(abi.ABI_VERSION - 1)
    message = refused(attempt(package, fake(root, package, older)))
    assert message.endswith(
        f"has ABI version {abi.ABI_VERSION - 1}, and this package needs {abi.ABI_VERSION}"
    )


@pytest.mark.parametrize("version", ["0.2.0", "1.1.0", "0.10.0"])
def test_library_of_another_minor_version_is_refused(
    version: str, root: pathlib.Path, package: pathlib.Path
) -> None:
    other = version_function(version)
    assert refused(attempt(package, fake(root, package, other))).endswith(
        f"is lowtide {version}, and this package needs 0.1"
    )


# A function that checks a struct, its arguments with that struct as `it`, the struct, and its size.
LOOKS = [
    (
        "lowtide_alert_observe",
        "void *outcome, void *after, void *before, void *it",
        "Observation",
        120,
    ),
    (
        "lowtide_output_key",
        "void *a, void *b, long c, void *d, void *e, long f, void *g, long h, void *it",
        "Output",
        80,
    ),
    (
        "lowtide_batch_observe_columns",
        "void *report, void *batch, void *it",
        "ObservationColumns",
        136,
    ),
    ("lowtide_monitor_tick", "void *it", "TickReport", 40),
    ("lowtide_monitor_create", "void *monitor, void *it", "Host", 64),
]


@pytest.mark.parametrize(("function", "arguments", "struct", "ours"), LOOKS)
@pytest.mark.parametrize("by", [-8, 8])
def test_library_with_a_struct_of_another_size_is_refused(
    function: str,
    arguments: str,
    struct: str,
    ours: int,
    by: int,
    root: pathlib.Path,
    package: pathlib.Path,
) -> None:
    other = {function: f"int {function}({arguments}) {{ {STRUCT_STATUS.format(size=ours + by)} }}"}
    message = refused(attempt(package, fake(root, package, other)))
    assert message.endswith(
        f"its struct {struct} has {ours + by} bytes, and this package needs {ours}"
    )


def test_library_with_an_alert_of_another_size_is_refused(
    root: pathlib.Path, package: pathlib.Path
) -> None:
    assert refused(attempt(package, fake(root, package, init_function(72)))).endswith(
        "its alert has 72 bytes, and this package needs 64"
    )


def test_library_that_is_not_lowtide_is_refused(root: pathlib.Path, package: pathlib.Path) -> None:
    message = refused(attempt(package, fake(root, package, {}, missing="lowtide_output_key")))
    assert message.endswith("is not lowtide, or too old: it has no lowtide_output_key")
    (package / "text").write_text("not a library", encoding="ascii")
    assert "cannot be loaded" in refused(
        attempt(package, {"LOWTIDE_LIBRARY": os.fspath(package / "text")})
    )


def test_struct_sizes_are_checked_for_every_struct_that_can_grow(root: pathlib.Path) -> None:
    header = Header(root)
    growing = {
        name
        for name, members in header.structs.items()
        if header.header_of[name] != "lowtide_monitor.h" and members[0].name == "struct_size"
    }
    probes = {**struct_sizes.core_probes(library.lib), **struct_sizes.batch_probes(library.lib)}
    probed = {re.sub(r"(?<!^)([A-Z])", r"_\1", struct.__name__).lower() for struct in probes}
    assert {f"lowtide_{name}" for name in probed} == growing
    assert len(growing) == 12
