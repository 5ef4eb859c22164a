# SPDX-License-Identifier: Apache-2.0
"""The Monitor's part of lowtide.h for ctypes: constants, structures and prototypes, under their names without the prefix.

Nothing is loaded here. A test compares each of them with the header, so that none can drift.
"""

from __future__ import annotations

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    c_char_p,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any, Dict, Tuple

from .abi import Amount, Enable, Observation, Output, SetThreshold

HOST_OK = 0x4C540001
HOST_FAILED = 0x4C540002

HOST_COMMITTED = 0x4C540011
HOST_CONFLICT = 0x4C540012
HOST_UNKNOWN = 0x4C540013
HOST_NOT_STORED = 0x4C540014

HOST_SENT = 0x4C540021
HOST_REJECTED = 0x4C540022
HOST_TRY_AGAIN = 0x4C540023

STORED_ALERT_HAS_AVAILABLE_CREDIT = 1
STORED_ALERT_HAS_NEXT_REMINDER_AT = 2
STORED_ALERT_CHANGED = 4

ACCOUNT_HAS_BALANCE = 1
ACCOUNT_HAS_AVAILABLE_CREDIT = 2
ACCOUNT_HAS_SEQUENCE = 4
ACCOUNT_HAS_FIRST_COST_AT = 8

AUDIT_HAS_WHY = 1

WALK_GOES_ON = 1
WALK_INCLUSIVE = 2

DELIVERY_SENT = 2
DELIVERY_FAILED = 3

OPTIONS_JOINED = 1
OPTIONS_DELIVER_STOPS = 2
OPTIONS_HAS_SKEW = 4
OPTIONS_HAS_ATTEMPTS = 8
OPTIONS_HAS_CHANNELS = 16

EVENT_REPORT_STORED = 1


class Text(ctypes.Structure):
    """lowtide_text, and lowtide_bytes: the address is a number, so that ctypes does not take it for text that ends with NUL."""

    _fields_ = [("data", c_void_p), ("size", c_size_t)]


class StoredAlert(ctypes.Structure):
    """lowtide_stored_alert."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("name", Text),
        ("state", Text),
        ("threshold", Amount),
        ("available_credit", Amount),
        ("next_reminder_at", c_int64),
        ("phase", c_int32),
        ("reserved", c_int32),
    ]


class Account(ctypes.Structure):
    """lowtide_account."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("name", Text),
        ("revision", c_int64),
        ("sequence", c_int64),
        ("first_cost_at", c_int64),
        ("cash_balance", Amount),
        ("credit_limit", Amount),
        ("credit_refunds", Amount),
        ("unsettled_current_month", Amount),
        ("unsettled_previous_months", Amount),
        ("available_credit", Amount),
        ("contact", Text),
        ("language", Text),
        ("currency", Text),
        ("currency_digits", c_uint32),
        ("reserved", c_uint32),
        ("alerts", c_void_p),
        ("alert_count", c_size_t),
        ("alert_stride", c_size_t),
    ]


class Notice(ctypes.Structure):
    """lowtide_notice."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("key", Text),
        ("account", Text),
        ("alert", Text),
        ("cause", c_int64),
        ("channels", POINTER(Text)),
        ("channel_count", c_size_t),
        ("output", Output),
    ]


class AuditLine(ctypes.Structure):
    """lowtide_audit_line."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("at", c_int64),
        ("event", Text),
        ("alert", Text),
        ("why", c_int32),
        ("phase", c_int32),
    ]


class Commit(ctypes.Structure):
    """lowtide_commit."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("after", POINTER(Account)),
        ("notices", c_void_p),
        ("notice_count", c_size_t),
        ("notice_stride", c_size_t),
        ("audit", c_void_p),
        ("audit_count", c_size_t),
        ("audit_stride", c_size_t),
        ("recorded_at", c_int64),
    ]


class Walk(ctypes.Structure):
    """lowtide_walk."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("limit", c_size_t),
        ("end", c_int64),
        ("cursor_at", c_int64),
        ("cursor_text", Text),
    ]


class DueAccount(ctypes.Structure):
    """lowtide_due_account."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("account", Text),
        ("cursor_at", c_int64),
        ("cursor_text", Text),
    ]


class Delivery(ctypes.Structure):
    """lowtide_delivery."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("key", Text),
        ("account", Text),
        ("alert", Text),
        ("channel", Text),
        ("cause", c_int64),
        ("contact", Text),
        ("language", Text),
        ("currency", Text),
        ("currency_digits", c_uint32),
        ("reserved", c_uint32),
        ("cursor_at", c_int64),
        ("cursor_text", Text),
        ("output", Output),
    ]


class DeliveryResult(ctypes.Structure):
    """lowtide_delivery_result."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("state", c_int32),
        ("delivery", POINTER(Delivery)),
        ("error", Text),
        ("now", c_int64),
    ]


# The callbacks. Sinks are opaque, and so addresses.
LoadFunction = CFUNCTYPE(c_int32, c_void_p, c_void_p, c_void_p, POINTER(Text), c_size_t)
CommitFunction = CFUNCTYPE(
    c_int32, c_void_p, POINTER(c_int32), c_void_p, c_void_p, c_size_t, c_size_t
)
WalkFunction = CFUNCTYPE(c_int32, c_void_p, c_void_p, c_void_p, POINTER(Walk))
RecordDeliveryFunction = CFUNCTYPE(c_int32, c_void_p, c_void_p, POINTER(DeliveryResult))
DeliverFunction = CFUNCTYPE(c_int32, c_void_p, c_void_p, POINTER(Delivery))


class Host(ctypes.Structure):
    """lowtide_host."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("context", c_void_p),
        ("load", LoadFunction),
        ("commit", CommitFunction),
        ("due", WalkFunction),
        ("pending", WalkFunction),
        ("record_delivery", RecordDeliveryFunction),
        ("deliver", DeliverFunction),
    ]


class MonitorOptions(ctypes.Structure):
    """lowtide_monitor_options."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("skew", c_int64),
        ("attempts", c_uint32),
        ("reserved", c_uint32),
        ("channels", POINTER(Text)),
        ("channel_count", c_size_t),
    ]


class AlertDecision(ctypes.Structure):
    """lowtide_alert_decision."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("why", c_int32),
        ("phase", c_int32),
        ("output_count", c_uint32),
        ("alert", Text),
        ("outputs", Output * 2),
    ]


class EventReport(ctypes.Structure):
    """lowtide_event_report."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("status", c_int32),
        ("reserved", c_uint32),
        ("error", Text),
        ("decisions", c_void_p),
        ("decision_count", c_size_t),
        ("decision_stride", c_size_t),
    ]


class AccountEvent(ctypes.Structure):
    """lowtide_account_event."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("account", Text),
        ("observation", POINTER(Observation)),
    ]


class TickReport(ctypes.Structure):
    """lowtide_tick_report."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("accounts", c_uint64),
        ("outputs", c_uint64),
        ("errors", POINTER(Text)),
        ("error_count", c_size_t),
    ]


class DeliveryReport(ctypes.Structure):
    """lowtide_delivery_report."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("sent", c_uint64),
        ("failed", c_uint64),
        ("postponed", c_uint64),
        ("errors", POINTER(Text)),
        ("error_count", c_size_t),
    ]


_text = (c_char_p, c_size_t)

# Each function's result, and then its arguments.
PROTOTYPES: Dict[str, Tuple[Any, ...]] = {
    "lowtide_sink_put": (c_int32, c_void_p, c_void_p),
    "lowtide_monitor_create": (c_int32, POINTER(c_void_p), POINTER(Host), POINTER(MonitorOptions)),
    "lowtide_monitor_destroy": (c_int32, c_void_p),
    "lowtide_monitor_observe": (
        c_int32,
        POINTER(EventReport),
        c_void_p,
        *_text,
        POINTER(Observation),
        c_int64,
    ),
    "lowtide_monitor_enable": (
        c_int32,
        POINTER(EventReport),
        c_void_p,
        *_text,
        *_text,
        POINTER(Enable),
        c_int64,
    ),
    "lowtide_monitor_set_threshold": (
        c_int32,
        POINTER(EventReport),
        c_void_p,
        *_text,
        *_text,
        POINTER(SetThreshold),
        c_int64,
    ),
    "lowtide_monitor_disable": (
        c_int32,
        POINTER(EventReport),
        c_void_p,
        *_text,
        *_text,
        c_int64,
        c_int64,
    ),
    "lowtide_monitor_rebase": (
        c_int32,
        POINTER(EventReport),
        c_void_p,
        *_text,
        c_int64,
        c_int64,
        c_int64,
    ),
    "lowtide_monitor_apply": (
        c_int32,
        POINTER(EventReport),
        c_size_t,
        c_void_p,
        POINTER(AccountEvent),
        c_size_t,
        c_size_t,
        c_int64,
    ),
    "lowtide_monitor_tick": (c_int32, POINTER(TickReport), c_void_p, c_int64),
    "lowtide_monitor_tick_until": (
        c_int32,
        POINTER(TickReport),
        c_void_p,
        c_int64,
        c_int64,
        c_uint32,
    ),
    "lowtide_monitor_deliver": (c_int32, POINTER(DeliveryReport), c_void_p, c_int64),
}
