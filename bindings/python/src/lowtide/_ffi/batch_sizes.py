# SPDX-License-Identifier: Apache-2.0
"""Private: whether the library knows the same sizes of the structs of batches. batch_run calls it."""

from __future__ import annotations

import ctypes
from ctypes import sizeof
from typing import Any, Callable, Dict, Type

from .batch_abi import AlertColumns, Batch, BatchReport, ObservationColumns


def size_probes(library: ctypes.CDLL) -> Dict[Type[ctypes.Structure], Callable[[Any], int]]:
    """As in library.py: for each struct that can grow, a call that reads its struct_size first. The
    call fails in any case, so that nothing is decided."""
    batch, report = Batch(sizeof(Batch)), BatchReport(sizeof(BatchReport))
    return {
        Batch: lambda it: int(library.lowtide_batch_tick(report, it, -1)),
        BatchReport: lambda it: int(library.lowtide_batch_tick(it, batch, -1)),
        ObservationColumns: lambda it: int(
            library.lowtide_batch_observe_columns(report, batch, it)
        ),
        AlertColumns: lambda it: int(library.lowtide_batch_read(report, batch, it)),
    }
