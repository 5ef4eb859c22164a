# SPDX-License-Identifier: Apache-2.0
"""Statuses become exceptions. test_drift.py checks that each has a class of its own."""

from __future__ import annotations

import copy
import ctypes
import pickle
import sys
from typing import Any, Callable, List, Set

import pytest
from scale import Exercised

import lowtide
from lowtide import errors
from lowtide._ffi import abi, library
from lowtide._ffi.library import check, failure, lib


def raw(**fields: Any) -> abi.Observation:
    return abi.Observation(
        **{"struct_size": 120, "flags": abi.OBSERVATION_HAS_AVAILABLE_CREDIT, **fields}
    )


def observe(alert: Any, change: Any) -> int:
    status: int = lib.lowtide_alert_observe(abi.Decision(176), abi.Alert(), alert, change)
    return status


def misaligned() -> Any:
    room = ctypes.create_string_buffer(128)
    return ctypes.cast(ctypes.addressof(room) + 1, ctypes.POINTER(abi.Alert))


def call_parse(text: bytes) -> int:
    status: int = lib.lowtide_amount_parse(abi.Amount(), text, len(text))
    return status


def restore(**fields: Any) -> int:
    status: int = lib.lowtide_alert_restore(
        abi.Alert(), ctypes.c_char_p(), abi.AlertFields(ctypes.sizeof(abi.AlertFields), **fields)
    )
    return status


def overlap() -> int:
    alert = abi.Alert()
    at = ctypes.cast(ctypes.pointer(alert), ctypes.POINTER(ctypes.c_int64))
    status: int = lib.lowtide_alert_next_reminder_at(ctypes.c_uint32(), at, alert)
    return status


def decode(data: bytes) -> int:
    status: int = lib.lowtide_alert_decode(abi.Alert(), ctypes.c_char_p(), data, len(data))
    return status


# Calls of the library itself, each with the exception for its status.
CALLS: List[Any] = [
    (lambda: lib.lowtide_alert_init(None), errors.NullArgumentError),
    (lambda: lib.lowtide_alert_init(misaligned()), errors.MisalignedError),
    (lambda: observe(lowtide.Alert()._raw, raw(struct_size=112)), errors.StructSizeError),
    (lambda: lib.lowtide_amount_parse(abi.Amount(), b"1", 2**63), errors.StrideError),
    (overlap, errors.OverlapError),
    (lambda: observe(lowtide.Alert()._raw, raw(flags=64)), errors.FlagsError),
    (lambda: lib.lowtide_phase_name(ctypes.c_char_p(), 99), errors.CodeError),
    (
        lambda: lib.lowtide_amount_format(ctypes.c_size_t(), b"", 0, abi.Amount()),
        errors.BufferTooSmallError,
    ),
    (lambda: call_parse(b"1,5"), errors.MalformedError),
    (lambda: call_parse(b"1e-19"), errors.InexactError),
    (lambda: call_parse(b"1e30"), errors.AmountOverflowError),
    (lambda: restore(count=256), errors.OutOfRangeError),
    (lambda: restore(reminders_sent=1), errors.InconsistentError),
    (lambda: decode(b"damaged"), errors.CorruptError),
    (
        lambda: observe(abi.Alert((ctypes.c_uint64 * 8)(*[2**64 - 1] * 8)), raw()),
        errors.CorruptAlertError,
    ),
    (lambda: observe(lowtide.Alert()._raw, raw(at=-1)), errors.TimeRangeError),
    (lambda: observe(lowtide.Alert()._raw, raw(flags=6, sequence=-1)), errors.SequenceRangeError),
]


@pytest.mark.parametrize(("call", "error"), CALLS, ids=lambda value: getattr(value, "__name__", ""))
def test_status_is_raised_as_its_class(call: Callable[[], int], error: Any) -> None:
    with pytest.raises(error):
        check(call(), "field", "value")


def test_statuses_of_data_all_occur(exercised: Exercised) -> None:
    met: Set[Any] = {error for _, error in CALLS}
    values = {kind for code, kind in errors.BY_STATUS.items() if code <= 108 or 201 <= code <= 210}
    assert met == values - {errors.NewerFormatError}  # test_alert.py has it
    exercised("statuses raised by calls of the library", len(met), "statuses", 17)


def test_error_states_field_rule_and_value() -> None:
    error = failure(abi.INEXACT, "cash_balance", "1e-19")
    assert isinstance(error, lowtide.InexactError) and isinstance(error, ValueError)
    assert (
        str(error)
        == "cash_balance: an amount has a digit other than 0 after the 18th decimal place: '1e-19'"
    )
    assert (error.field, error.value, error.status) == (
        "cash_balance",
        "1e-19",
        lowtide.Status.INEXACT,
    )
    assert (
        str(failure(abi.OUT_OF_RANGE, "threshold", -1, "must be 0 or more"))
        == "threshold: must be 0 or more: -1"
    )
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (
            type(copied) is type(error)
            and str(copied) == str(error)
            and copied.field == error.field
            and copied.value == error.value
        )


def test_status_that_is_unknown_is_raised_as_the_base_class() -> None:
    error = failure(299)
    assert type(error) is lowtide.LowtideError and error.status is None and "299" in str(error)
    check(abi.OK)


def test_errors_are_one_tree_with_builtin_bases() -> None:
    for error in (*errors.BY_STATUS.values(), lowtide.LibraryError):
        assert issubclass(error, lowtide.LowtideError) and error.__doc__
    assert issubclass(lowtide.DataError, ValueError)
    assert issubclass(lowtide.LibraryError, ImportError)
    assert issubclass(lowtide.OutOfMemoryError, MemoryError)
    assert not issubclass(lowtide.CallerError, ValueError)


def test_error_shows_a_value_on_one_short_line() -> None:
    for value in ("x" * 1000, "\x1b[31m\n", "\u202e", 10**100000, b"\xff" * 1000, [1] * 1000):
        text = errors.shown(value)
        assert len(text) <= 63 and text.isascii() and text.isprintable()


class Unshown:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class UnshownNumber(int):
    __repr__ = Unshown.__repr__

    def bit_length(self) -> int:
        raise RuntimeError("no length")


def test_error_about_a_value_without_repr_is_still_raised() -> None:
    assert errors.shown(Unshown()) == "something of type Unshown"
    assert errors.shown(UnshownNumber(7)) == "something of type UnshownNumber"
    assert errors.shown(UnshownNumber(2**1000)) == "a number of 1001 bits"
    if hasattr(sys, "get_int_max_str_digits"):
        assert errors.shown([10**5000]) == "something of type list"
    with pytest.raises(TypeError, match="not Unshown"):
        lowtide.Monitor(Unshown())  # type: ignore[arg-type]
    with pytest.raises(lowtide.AmountOverflowError, match="a number of 1001 bits"):
        lowtide.Alert.on_account(available_credit=UnshownNumber(2**1000))


def test_error_messages_use_the_sentences_of_the_library() -> None:
    for status in lowtide.Status:
        assert (
            library.sentence(status.value) + "."
            == lib.lowtide_status_sentence(status.value).decode()
        )
