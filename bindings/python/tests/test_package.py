# SPDX-License-Identifier: Apache-2.0
"""The installed package: its wheel, its imports, and the examples in its documentation."""

from __future__ import annotations

import ctypes
import doctest
import importlib
import pathlib
import re
import subprocess
import sys
from importlib import metadata

import pytest
from scale import Exercised

import lowtide
from lowtide._ffi import abi, library


@pytest.fixture
def wheel() -> metadata.Distribution:
    """The installed wheel. There is none if the tests run on the source folder."""
    try:
        return metadata.distribution("lowtide")
    except metadata.PackageNotFoundError:
        pytest.skip("lowtide is not installed")


def test_wheel_has_the_tag_that_the_documents_name(
    wheel: metadata.Distribution, root: pathlib.Path
) -> None:
    tag = re.search(
        r"^Tag: (py3-none-(manylinux_\d+_\d+)_\w+)$", wheel.read_text("WHEEL") or "", re.MULTILINE
    )
    assert tag
    document = (root / "docs" / "python.md").read_text(encoding="utf-8")
    assert set(re.findall(r"manylinux_\d+_\d+", document)) == {tag[2]}
    assert wheel.version == lowtide.__version__
    assert wheel.requires == [
        'numpy; extra == "numpy"',
        'pyarrow>=14; extra == "arrow"',
    ]  # only the optional ones
    assert wheel.metadata["Requires-Python"] == ">=3.9"


def test_wheel_contains_its_library_its_types_and_its_license(
    wheel: metadata.Distribution,
) -> None:
    names = {str(file) for file in wheel.files or ()}
    assert {"lowtide/liblowtide.so", "lowtide/py.typed"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.endswith((".hpp", ".cpp", ".h")) or "tests" in name]
    assert library.BUNDLED.samefile(library.lib._name)


def test_package_imports_only_the_standard_library() -> None:
    code = """
import sys
before = set(sys.modules)
import lowtide.__main__
for name in set(sys.modules) - before:
    print(name, getattr(sys.modules[name], "__file__", None))
"""
    lines = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    found = dict(line.split(" ", 1) for line in lines)
    assert {"lowtide", "lowtide.monitor", "ctypes", "decimal"} <= set(found)
    standard = pathlib.Path(ctypes.__file__).parents[1]
    for name, file in found.items():
        if name.split(".")[0] != "lowtide" and file != "None":
            assert standard in pathlib.Path(file).parents and "site-packages" not in file, name


def test_docstrings_have_working_examples(exercised: Exercised) -> None:
    package = pathlib.Path(lowtide.__file__).parent
    names = sorted(
        ".".join(("lowtide", *path.relative_to(package).with_suffix("").parts))
        for path in package.rglob("*.py")
        if not path.stem.startswith("__")
    )
    modules = [importlib.import_module(name) for name in names]
    results = [doctest.testmod(module) for module in (lowtide, *modules)]
    assert sum(result.failed for result in results) == 0
    exercised("examples in docstrings", sum(result.attempted for result in results), "examples", 65)


@pytest.mark.parametrize(
    ("file", "least"), [("docs/python.md", 30), ("bindings/python/README.md", 5)]
)
def test_documents_have_working_examples(
    file: str,
    least: int,
    root: pathlib.Path,
    exercised: Exercised,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # They use the host of the examples and its schema, and create a database in the current folder.
    for folder in ("examples", "src"):
        (tmp_path / folder).symlink_to(root / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    result = doctest.testfile(str(root / file), module_relative=False)
    assert result.failed == 0
    exercised(f"examples in {file}", result.attempted, "examples", least)


def test_docstrings_document_everything_public(exercised: Exercised) -> None:
    public = [getattr(lowtide, name) for name in lowtide.__all__]
    count = 0
    for one in public:
        if not isinstance(one, type):
            continue
        assert one.__doc__ and not one.__doc__.startswith(f"{one.__name__}("), one
        count += 1
        for name, member in vars(one).items():
            if not name.startswith("_") and (
                callable(member) or isinstance(member, (property, classmethod, staticmethod))
            ):
                assert (
                    getattr(one, name).__doc__ if callable(getattr(one, name)) else member.__doc__
                ), (one, name)
                count += 1
    exercised("public classes and methods with a docstring", count, "docstrings", 60)


def test_versions_are_the_same_everywhere(root: pathlib.Path) -> None:
    version = re.search(
        r"project\(lowtide VERSION ([0-9.]+) ",
        (root / "CMakeLists.txt").read_text(encoding="utf-8"),
    )
    package = re.search(
        r'^version = "([0-9.]+)"$',
        (root / "bindings/python/pyproject.toml").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert version and package
    major, minor, patch = map(int, lowtide.__version__.split("."))
    assert version[1] == package[1] == lowtide.__version__
    assert abi.VERSION == 10000 * major + 100 * minor + patch
