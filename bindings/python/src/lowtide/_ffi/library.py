# SPDX-License-Identifier: Apache-2.0
"""Finds, checks and loads the shared library."""

from __future__ import annotations

import ctypes
import os
import pathlib
from ctypes import c_char_p, c_size_t
from typing import Any, Callable, Dict, Mapping, Tuple, Type

from ..errors import BY_STATUS, LibraryError, LowtideError, shown
from . import abi

VARIABLE = "LOWTIDE_LIBRARY"
BUNDLED = pathlib.Path(__file__).parents[1] / "liblowtide.so"
SYSTEM = "liblowtide.so.0"

_LARGEST_STRUCT = 4096


def place() -> str:
    """Which library is to be loaded. One that is there must do: if it does not fit, that is an error, and no reason to look on."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    return os.fspath(BUNDLED) if BUNDLED.exists() else SYSTEM


def declare(library: ctypes.CDLL, prototypes: Mapping[str, Tuple[Any, ...]]) -> None:
    """Tells ctypes each function's result and arguments."""
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
    """The interface only grows, so a later one will do; but before 1.0 nothing is promised from one minor version to the next."""
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


def size_probes(library: ctypes.CDLL) -> Dict[Type[ctypes.Structure], Callable[[Any], int]]:
    """For each struct that can grow, a call that looks at its struct_size before anything else in it."""
    amount, alert, after, size = abi.Amount(), abi.Alert(), abi.Alert(), c_size_t()
    outcome = abi.Decision(struct_size=ctypes.sizeof(abi.Decision))
    field, key = c_char_p(), ctypes.create_string_buffer(abi.KEY_SIZE)
    library.lowtide_alert_init(alert)
    return {
        abi.Balance: lambda it: library.lowtide_balance_available_credit(amount, it),
        abi.LastObserved: lambda it: library.lowtide_alert_init_observed(after, it),
        abi.AlertFields: lambda it: library.lowtide_alert_restore(after, field, it),
        abi.Output: lambda it: library.lowtide_output_key(
            size, key, len(key), field, b"a", 1, b"b", 1, it
        ),
        abi.Decision: lambda it: library.lowtide_alert_tick(it, after, alert, 0),
        abi.Observation: lambda it: library.lowtide_alert_observe(outcome, after, alert, it),
        abi.Enable: lambda it: library.lowtide_alert_enable(outcome, after, field, alert, it),
        abi.SetThreshold: lambda it: library.lowtide_alert_set_threshold(outcome, after, alert, it),
    }


def check_sizes(path: str, probes: Mapping[Type[ctypes.Structure], Callable[[Any], int]]) -> None:
    """A struct of any size is refused unless the library knows all of it, as every byte of it is set. So the sizes that are accepted
    are those that the library knows."""
    room = ctypes.create_string_buffer(_LARGEST_STRUCT + 8)

    def accepts(struct: Type[ctypes.Structure], size: int) -> bool:
        ctypes.memset(room, 0xFF, len(room))
        ctypes.c_uint32.from_buffer(room).value = size
        return probes[struct](ctypes.cast(room, ctypes.POINTER(struct))) != abi.STRUCT_SIZE

    for struct in probes:
        ours = ctypes.sizeof(struct)
        if accepts(struct, ours):
            continue
        known = [size for size in range(4, _LARGEST_STRUCT + 1, 4) if accepts(struct, size)]
        theirs = f"has {known[-1]} bytes" if known else "has a size that cannot be told"
        raise LibraryError(
            f"{path}: its struct {struct.__name__} {theirs}, and this package needs {ours}"
        )


def check_alert_size(library: ctypes.CDLL) -> None:
    """An alert says no size, as it never grows. A fresh one is written over bytes that it does not hold."""
    room = ctypes.create_string_buffer(b"\xaa" * 256, 256)
    library.lowtide_alert_init(ctypes.cast(room, ctypes.POINTER(abi.Alert)))
    theirs, ours = len(room.raw.rstrip(b"\xaa")), ctypes.sizeof(abi.Alert)
    if theirs != ours:
        raise LibraryError(
            f"{library._name}: its alert has {theirs} bytes, and this package needs {ours}"
        )


def load() -> ctypes.CDLL:
    """The library, checked, with its prototypes set."""
    path = place()
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise LibraryError(
            f"{path}: cannot be loaded ({error}); {VARIABLE} says where it is, then comes {BUNDLED}, then what the system knows as {SYSTEM}"
        ) from None
    check_version(library)
    declare(library, abi.PROTOTYPES)
    check_alert_size(library)
    check_sizes(path, size_probes(library))
    return library


lib = load()


def sentence(status: int) -> str:
    """The library's sentence for a status, without the full stop."""
    text: bytes = lib.lowtide_status_sentence(status)
    return text.decode("ascii").rstrip(".")


def failure(status: int, field: str = "", value: object = None, rule: str = "") -> LowtideError:
    """The exception of a status: which field, what is wrong (the library's sentence, or a rule that says more), and what was given."""
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
    """Raises unless the status is OK."""
    if status != abi.OK:
        raise failure(status, field, value)
