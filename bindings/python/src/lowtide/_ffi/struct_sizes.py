# SPDX-License-Identifier: Apache-2.0
"""Checks that the structs declared here have the sizes that the loaded library knows.

A library of another version may know longer or shorter structs. Without this check it would read
or write beyond the memory that this package reserves. monitor_sizes.py does the same for the
Monitor's structs. Private.
"""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_size_t, sizeof
from typing import Any, Callable, Dict, Mapping, Type

from ..errors import LibraryError
from . import abi, batch_abi

_LARGEST_STRUCT = 4096

Probes = Mapping[Type[ctypes.Structure], Callable[[Any], int]]
"""For each struct a call that checks its struct_size before anything else in it."""


def check_sizes(path: str, probes: Probes) -> None:
    """Raises LibraryError, with both sizes, if a struct has another size in the library.

    The library refuses a struct_size that it does not know, if a byte beyond those that it knows is
    set. So every byte of the struct is set here: the sizes that are accepted are those known.
    """
    room = ctypes.create_string_buffer(_LARGEST_STRUCT + 8)

    def accepts(struct: Type[ctypes.Structure], size: int) -> bool:
        ctypes.memset(room, 0xFF, len(room))
        ctypes.c_uint32.from_buffer(room).value = size
        return probes[struct](ctypes.cast(room, ctypes.POINTER(struct))) != abi.STRUCT_SIZE

    for struct in probes:
        ours = sizeof(struct)
        if accepts(struct, ours):
            continue
        known = [size for size in range(4, _LARGEST_STRUCT + 1, 4) if accepts(struct, size)]
        theirs = f"has {known[-1]} bytes" if known else "has an unknown size"
        raise LibraryError(
            f"{path}: its struct {struct.__name__} {theirs}, and this package needs {ours}"
        )


def check_alert_size(library: ctypes.CDLL) -> None:
    """Raises LibraryError if lowtide_alert has another size.

    It has no struct_size because it never grows. So this makes a fresh alert in memory that is
    filled with a byte which the alert does not contain, and counts the bytes that have changed.
    """
    room = ctypes.create_string_buffer(b"\xaa" * 256, 256)
    library.lowtide_alert_init(ctypes.cast(room, ctypes.POINTER(abi.Alert)))
    theirs, ours = len(room.raw.rstrip(b"\xaa")), sizeof(abi.Alert)
    if theirs != ours:
        raise LibraryError(
            f"{library._name}: its alert has {theirs} bytes, and this package needs {ours}"
        )


def core_probes(library: ctypes.CDLL) -> Dict[Type[ctypes.Structure], Callable[[Any], int]]:
    """The probes of the structs that abi.py declares."""
    amount, alert, after, size = abi.Amount(), abi.Alert(), abi.Alert(), c_size_t()
    outcome = abi.Decision(struct_size=sizeof(abi.Decision))
    field, key = c_char_p(), ctypes.create_string_buffer(abi.KEY_SIZE)
    library.lowtide_alert_init(alert)
    return {
        abi.Balance: lambda it: int(library.lowtide_balance_available_credit(amount, it)),
        abi.LastObserved: lambda it: int(library.lowtide_alert_init_observed(after, it)),
        abi.AlertFields: lambda it: int(library.lowtide_alert_restore(after, field, it)),
        abi.Output: lambda it: int(
            library.lowtide_output_key(size, key, len(key), field, b"a", 1, b"b", 1, it)
        ),
        abi.Decision: lambda it: int(library.lowtide_alert_tick(it, after, alert, 0)),
        abi.Observation: lambda it: int(library.lowtide_alert_observe(outcome, after, alert, it)),
        abi.Enable: lambda it: int(library.lowtide_alert_enable(outcome, after, field, alert, it)),
        abi.SetThreshold: lambda it: int(
            library.lowtide_alert_set_threshold(outcome, after, alert, it)
        ),
    }


def batch_probes(library: ctypes.CDLL) -> Dict[Type[ctypes.Structure], Callable[[Any], int]]:
    """The probes of the structs that batch_abi.py declares."""
    batch = batch_abi.Batch(sizeof(batch_abi.Batch))
    report = batch_abi.BatchReport(sizeof(batch_abi.BatchReport))
    return {
        batch_abi.Batch: lambda it: int(library.lowtide_batch_tick(report, it, -1)),
        batch_abi.BatchReport: lambda it: int(library.lowtide_batch_tick(it, batch, -1)),
        batch_abi.ObservationColumns: lambda it: int(
            library.lowtide_batch_observe_columns(report, batch, it)
        ),
        batch_abi.AlertColumns: lambda it: int(library.lowtide_batch_read(report, batch, it)),
    }
