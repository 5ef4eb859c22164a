# SPDX-License-Identifier: Apache-2.0
"""The batches of lowtide.h for ctypes, as _abi has the rest: constants, structures and prototypes."""

from __future__ import annotations

import ctypes
from ctypes import (
    POINTER,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
    sizeof,
)
from typing import Any, Callable, Dict, Tuple, Type

from .abi import Observation, Output

BATCH_HAS_INDEX = 1

COLUMN_ONE_FOR_ALL = 1

ALERT_COLUMN_HAS_AVAILABLE_CREDIT = 2
ALERT_COLUMN_HAS_SEQUENCE = 4
ALERT_COLUMN_HAS_FIRED_AT = 8
ALERT_COLUMN_HAS_NEXT_REMINDER_AT = 64


class BatchResult(ctypes.Structure):
    """lowtide_batch_result."""

    _fields_ = [
        ("status", c_int32),
        ("why", c_uint8),
        ("phase", c_uint8),
        ("output_count", c_uint8),
        ("reserved", c_uint8),
    ]


class BatchDecision(ctypes.Structure):
    """lowtide_batch_decision."""

    _fields_ = [
        ("element", c_uint64),
        ("why", c_int32),
        ("phase", c_int32),
        ("output_count", c_uint32),
        ("reserved", c_uint32),
        ("outputs", Output * 2),
    ]


class Batch(ctypes.Structure):
    """lowtide_batch."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("first", c_size_t),
        ("count", c_size_t),
        ("alerts", c_void_p),
        ("alert_count", c_size_t),
        ("index", c_void_p),
        ("results", c_void_p),
        ("decisions", c_void_p),
        ("decision_capacity", c_size_t),
        ("decision_stride", c_size_t),
    ]


class BatchReport(ctypes.Structure):
    """lowtide_batch_report."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("done", c_size_t),
        ("decision_count", c_size_t),
        ("failed_count", c_size_t),
    ]


class Column(ctypes.Structure):
    """lowtide_column."""

    _fields_ = [("data", c_void_p), ("stride", c_size_t)]


class ObservationColumns(ctypes.Structure):
    """lowtide_observation_columns."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("at", Column),
        ("sequence", Column),
        ("cash_balance", Column),
        ("credit_limit", Column),
        ("credit_refunds", Column),
        ("unsettled_current_month", Column),
        ("unsettled_previous_months", Column),
        ("available_credit", Column),
    ]


class AlertColumns(ctypes.Structure):
    """lowtide_alert_columns."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("present", c_void_p),
        ("threshold", c_void_p),
        ("available_credit", c_void_p),
        ("sequence", c_void_p),
        ("fired_at", c_void_p),
        ("next_reminder_at", c_void_p),
        ("episode", c_void_p),
        ("phase", c_void_p),
    ]


# Each function's result, and then its arguments.
PROTOTYPES: Dict[str, Tuple[Any, ...]] = {
    "lowtide_batch_observe": (
        c_int32,
        POINTER(BatchReport),
        POINTER(Batch),
        POINTER(Observation),
        c_size_t,
    ),
    "lowtide_batch_observe_columns": (
        c_int32,
        POINTER(BatchReport),
        POINTER(Batch),
        POINTER(ObservationColumns),
    ),
    "lowtide_batch_tick": (c_int32, POINTER(BatchReport), POINTER(Batch), c_int64),
    "lowtide_batch_read": (c_int32, POINTER(BatchReport), POINTER(Batch), POINTER(AlertColumns)),
}


def size_probes(library: ctypes.CDLL) -> Dict[Type[ctypes.Structure], Callable[[Any], int]]:
    """As those of _library: for each struct that can grow, a call that looks at its struct_size first, and then finds something wrong."""
    batch, report = Batch(sizeof(Batch)), BatchReport(sizeof(BatchReport))
    return {
        Batch: lambda it: int(library.lowtide_batch_tick(report, it, -1)),
        BatchReport: lambda it: int(library.lowtide_batch_tick(it, batch, -1)),
        ObservationColumns: lambda it: int(
            library.lowtide_batch_observe_columns(report, batch, it)
        ),
        AlertColumns: lambda it: int(library.lowtide_batch_read(report, batch, it)),
    }
