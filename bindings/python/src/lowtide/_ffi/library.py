# SPDX-License-Identifier: Apache-2.0
"""Finds, checks and loads the shared library, and turns its statuses into exceptions. Private."""

from __future__ import annotations

import ctypes
import os
import pathlib
from typing import Any, Mapping, Tuple

from ..errors import BY_STATUS, LibraryError, LowtideError, shown
from . import abi
from .struct_sizes import check_alert_size, check_sizes, core_probes

VARIABLE = "LOWTIDE_LIBRARY"
BUNDLED = pathlib.Path(__file__).parents[1] / "liblowtide.so"
SYSTEM = "liblowtide.so.0"


def place() -> str:
    """The path or name of the library to load: the first that exists of the three above.

    If that one does not fit, loading fails. The next one is not tried: a program that works by
    accident would hide the mistake.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return named
    return os.fspath(BUNDLED) if BUNDLED.exists() else SYSTEM


def declare(library: ctypes.CDLL, prototypes: Mapping[str, Tuple[Any, ...]]) -> None:
    """Sets the result type and the argument types of functions."""
    for name, (result, *arguments) in prototypes.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise LibraryError(
                f"{library._name}: is not lowtide, or too old: it has no {name}"
            ) from None
        function.restype = result
        function.argtypes = arguments


def check_version(library: ctypes.CDLL) -> None:
    """Raises LibraryError if the library's version does not fit this package.

    The interface only grows, so a later ABI version fits. But before 1.0 no minor version promises
    anything about the next.
    """
    declare(
        library,
        {name: abi.PROTOTYPES[name] for name in ("lowtide_abi_version", "lowtide_version")},
    )
    theirs, version = library.lowtide_abi_version(), library.lowtide_version().decode("ascii")
    if theirs < abi.ABI_VERSION:
        raise LibraryError(
            f"{library._name}: has ABI version {theirs}, and this package needs {abi.ABI_VERSION}"
        )
    ours = f"{abi.VERSION // 10000}.{abi.VERSION // 100 % 100}"
    if version.split(".")[:2] != ours.split("."):
        raise LibraryError(f"{library._name}: is lowtide {version}, and this package needs {ours}")


def load() -> ctypes.CDLL:
    """Loads and checks the library, and declares its functions."""
    path = place()
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise LibraryError(
            f"{path}: cannot be loaded ({error}). "
            f"The library is searched at {VARIABLE}, then at {BUNDLED}, then as {SYSTEM}"
        ) from None
    check_version(library)
    declare(library, abi.PROTOTYPES)
    check_alert_size(library)
    check_sizes(path, core_probes(library))
    return library


lib = load()


def sentence(status: int) -> str:
    """The library's sentence for a status, without the full stop."""
    text: bytes = lib.lowtide_status_sentence(status)
    return text.decode("ascii").rstrip(".")


def failure(status: int, field: str = "", value: object = None, rule: str = "") -> LowtideError:
    """The exception for a status.

    The message has the field, the rule that was broken, and the value. Without `rule` it is the
    library's sentence for the status.
    """
    message = rule or sentence(status)
    if field:
        message = f"{field}: {message[:1].lower()}{message[1:]}"
    if value is not None:
        message = f"{message}: {shown(value)}"
    kind = BY_STATUS.get(status)
    if kind is None:
        return LowtideError(f"{message} (status {status})", field, value)
    return kind(message, field, value)


def check(status: int, field: str = "", value: object = None) -> None:
    """Raises the exception for a status, unless it is OK."""
    if status != abi.OK:
        raise failure(status, field, value)
