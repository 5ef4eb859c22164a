# SPDX-License-Identifier: Apache-2.0
"""lowtide.h for ctypes, but for the Monitor: constants, structures and prototypes, under their names without the prefix.

Nothing is loaded here. A test compares each of them with the header, so that none can drift.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_size_t, c_uint8, c_uint32, c_uint64
from typing import Any, Dict, Tuple

VERSION = 100
ABI_VERSION = 1

# Statuses. errors.py has a class for each.
OK = 0
NULL_ARGUMENT = 101
MISALIGNED = 102
STRUCT_SIZE = 103
STRIDE = 104
OVERLAP = 105
FLAGS = 106
CODE = 107
BUFFER_TOO_SMALL = 108
BUSY = 109
SINK_CLOSED = 110
SINK_FULL = 111
MALFORMED = 201
INEXACT = 202
OVERFLOW = 203
OUT_OF_RANGE = 204
INCONSISTENT = 205
CORRUPT = 206
NEWER_FORMAT = 207
CORRUPT_ALERT = 208
TIME_RANGE = 209
SEQUENCE_RANGE = 210
REFUSED = 211
HOST_FAILURE = 301
CONFLICT = 302
UNKNOWN_RESULT = 303
INCOMPLETE = 304
OUT_OF_MEMORY = 401
INTERNAL_ERROR = 402

AMOUNT_TEXT_SIZE = 41
ALERT_BYTES = 128
NAME_SIZE = 255
KEY_SIZE = 1576
DEFAULT_ALERT_NAME = "low_balance"

PHASE_OFF = 0
PHASE_ARMED = 1
PHASE_ALERTING = 2
PHASE_QUIET = 3

STOP_RECOVERED = 1
STOP_OVERDUE = 2
STOP_COMPLETED = 3
STOP_THRESHOLD_CHANGED = 4
STOP_DISABLED = 5

WHY_STALE = 1
WHY_OFF = 2
WHY_UNCHANGED = 3
WHY_NOT_BELOW = 4
WHY_FELL_BELOW = 5
WHY_CHANGED_WHILE_BELOW = 6
WHY_RECOVERED = 7
WHY_OVERDUE = 8
WHY_REMINDER_NOT_DUE = 9
WHY_REMINDER_DAYS_OVER = 10
WHY_REMINDER_DUE = 11
WHY_REARMED = 12
WHY_WAITING_FOR_RECOVERY = 13
WHY_NOTHING_PENDING = 14
WHY_ENABLED = 15
WHY_ENABLED_WAITING = 16
WHY_THRESHOLD_CHANGED = 17
WHY_REMINDERS_REACHED = 18
WHY_REARMED_BY_THRESHOLD = 19
WHY_SETTINGS_CHANGED = 20
WHY_SETTINGS_UNCHANGED = 21
WHY_ALREADY_OFF = 22
WHY_DISABLED = 23

OUTPUT_FIRE = 1
OUTPUT_REMIND = 2
OUTPUT_STOP = 3

IF_BELOW_NEXT_CHANGE = 0
IF_BELOW_RECOVERY_FIRST = 1

LAST_OBSERVED_HAS_AVAILABLE_CREDIT = 1
LAST_OBSERVED_HAS_SEQUENCE = 2

FIELDS_HAS_TIME_OF_DAY = 1
FIELDS_HAS_AVAILABLE_CREDIT = 2
FIELDS_HAS_SEQUENCE = 4
FIELDS_HAS_FIRED_AT = 8
FIELDS_HAS_FIRE_DAY = 16
FIELDS_HAS_STOP_REASON = 32

OBSERVATION_HAS_BALANCE = 1
OBSERVATION_HAS_AVAILABLE_CREDIT = 2
OBSERVATION_HAS_SEQUENCE = 4

ENABLE_HAS_SCHEDULE = 1
ENABLE_HAS_TIME_OF_DAY = 2


class Amount(ctypes.Structure):
    """lowtide_amount: a signed 128-bit count of 10^-18."""

    _fields_ = [("low", c_uint64), ("high", c_int64)]


class Balance(ctypes.Structure):
    """lowtide_balance."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("cash_balance", Amount),
        ("credit_limit", Amount),
        ("credit_refunds", Amount),
        ("unsettled_current_month", Amount),
        ("unsettled_previous_months", Amount),
    ]


class Alert(ctypes.Structure):
    """lowtide_alert: its contents are the library's."""

    _fields_ = [("opaque", c_uint64 * 8)]


class LastObserved(ctypes.Structure):
    """lowtide_last_observed."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("available_credit", Amount),
        ("sequence", c_int64),
    ]


class AlertFields(ctypes.Structure):
    """lowtide_alert_fields."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("threshold", Amount),
        ("available_credit", Amount),
        ("sequence", c_int64),
        ("fired_at", c_int64),
        ("fire_day", c_int64),
        ("episode", c_int64),
        ("count", c_int32),
        ("time_of_day", c_int32),
        ("utc_offset", c_int32),
        ("phase", c_int32),
        ("last_reminder", c_int32),
        ("reminders_sent", c_int32),
        ("stop_reason", c_int32),
        ("reserved", c_int32),
    ]


class Output(ctypes.Structure):
    """lowtide_output."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_int32),
        ("available_credit", Amount),
        ("threshold", Amount),
        ("at", c_int64),
        ("fired_at", c_int64),
        ("episode", c_uint32),
        ("stop_reason", c_int32),
        ("reminder", c_uint32),
        ("skipped", c_uint32),
        ("reminders_sent", c_uint32),
        ("reserved", c_uint32),
    ]


class Decision(ctypes.Structure):
    """lowtide_decision."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("why", c_int32),
        ("phase", c_int32),
        ("output_count", c_uint32),
        ("outputs", Output * 2),
    ]


class Observation(ctypes.Structure):
    """lowtide_observation."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("at", c_int64),
        ("sequence", c_int64),
        ("cash_balance", Amount),
        ("credit_limit", Amount),
        ("credit_refunds", Amount),
        ("unsettled_current_month", Amount),
        ("unsettled_previous_months", Amount),
        ("available_credit", Amount),
    ]


class Enable(ctypes.Structure):
    """lowtide_enable."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("at", c_int64),
        ("threshold", Amount),
        ("if_below", c_int32),
        ("count", c_int32),
        ("time_of_day", c_int32),
        ("utc_offset", c_int32),
    ]


class SetThreshold(ctypes.Structure):
    """lowtide_set_threshold."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("at", c_int64),
        ("threshold", Amount),
        ("if_below", c_int32),
        ("reserved", c_int32),
    ]


# Each function's result, and then its arguments.
PROTOTYPES: Dict[str, Tuple[Any, ...]] = {
    "lowtide_status_name": (c_char_p, c_int32),
    "lowtide_status_sentence": (c_char_p, c_int32),
    "lowtide_version": (c_char_p,),
    "lowtide_abi_version": (c_uint32,),
    "lowtide_amount_parse": (c_int32, POINTER(Amount), c_char_p, c_size_t),
    "lowtide_amount_format": (c_int32, POINTER(c_size_t), c_char_p, c_size_t, POINTER(Amount)),
    "lowtide_amount_add": (c_int32, POINTER(Amount), POINTER(Amount), POINTER(Amount)),
    "lowtide_amount_subtract": (c_int32, POINTER(Amount), POINTER(Amount), POINTER(Amount)),
    "lowtide_amount_compare": (c_int32, POINTER(c_int32), POINTER(Amount), POINTER(Amount)),
    "lowtide_balance_available_credit": (c_int32, POINTER(Amount), POINTER(Balance)),
    "lowtide_phase_name": (c_int32, POINTER(c_char_p), c_int32),
    "lowtide_stop_reason_name": (c_int32, POINTER(c_char_p), c_int32),
    "lowtide_alert_init": (c_int32, POINTER(Alert)),
    "lowtide_alert_init_observed": (c_int32, POINTER(Alert), POINTER(LastObserved)),
    "lowtide_alert_read": (c_int32, POINTER(AlertFields), POINTER(Alert)),
    "lowtide_alert_restore": (c_int32, POINTER(Alert), POINTER(c_char_p), POINTER(AlertFields)),
    "lowtide_alert_check": (c_int32, POINTER(c_char_p), POINTER(Alert)),
    "lowtide_alert_encode": (
        c_int32,
        POINTER(c_size_t),
        POINTER(c_uint8),
        c_size_t,
        POINTER(Alert),
    ),
    "lowtide_alert_decode": (c_int32, POINTER(Alert), POINTER(c_char_p), c_char_p, c_size_t),
    "lowtide_alert_next_reminder_at": (
        c_int32,
        POINTER(c_uint32),
        POINTER(c_int64),
        POINTER(Alert),
    ),
    "lowtide_why_name": (c_int32, POINTER(c_char_p), c_int32),
    "lowtide_why_sentence": (c_int32, POINTER(c_char_p), c_int32),
    "lowtide_output_kind_name": (c_int32, POINTER(c_char_p), c_int32),
    "lowtide_alert_observe": (
        c_int32,
        POINTER(Decision),
        POINTER(Alert),
        POINTER(Alert),
        POINTER(Observation),
    ),
    "lowtide_alert_tick": (c_int32, POINTER(Decision), POINTER(Alert), POINTER(Alert), c_int64),
    "lowtide_alert_enable": (
        c_int32,
        POINTER(Decision),
        POINTER(Alert),
        POINTER(c_char_p),
        POINTER(Alert),
        POINTER(Enable),
    ),
    "lowtide_alert_set_threshold": (
        c_int32,
        POINTER(Decision),
        POINTER(Alert),
        POINTER(Alert),
        POINTER(SetThreshold),
    ),
    "lowtide_alert_disable": (c_int32, POINTER(Decision), POINTER(Alert), POINTER(Alert), c_int64),
    "lowtide_alert_rebase": (c_int32, POINTER(Alert), POINTER(Alert), c_int64),
    "lowtide_output_key": (
        c_int32,
        POINTER(c_size_t),
        c_char_p,
        c_size_t,
        POINTER(c_char_p),
        c_char_p,
        c_size_t,
        c_char_p,
        c_size_t,
        POINTER(Output),
    ),
}
