# SPDX-License-Identifier: Apache-2.0
"""Batches: decisions for many alerts in one call.

A batch decides what the same single calls decide, element by element, in their order. Each element has a status of its own: a bad one
changes nothing and stops nothing.

>>> from datetime import datetime, timezone
>>> from decimal import Decimal
>>> import lowtide
>>> now = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
>>> armed = lowtide.Alert().enable(1000, at=now).alert
>>> alerts = lowtide.Alerts.of([armed] * 3)
>>> results = alerts.observe_columns(available_credit=[Decimal("999.99"), 1000, -5], at=now)
>>> [str(lowtide.Why(why)) for why in results.why]
['fell_below', 'not_below', 'fell_below']
>>> for decision in results.decisions:
...     print(decision.element, decision.phase, [str(output.kind) for output in decision.outputs])
0 alerting ['fire']
2 quiet ['fire', 'stop']
>>> alerts[0].phase
<Phase.ALERTING: 2>

Columns are taken where they lie, whatever they belong to: arrays of NumPy (int64, datetime64[s]; amounts as V16, as a struct of a uint64
`low` and an int64 `high`, or as pairs of uint64), anything else with a buffer, and, by Arrow's C data interface, arrays of pyarrow,
polars, DuckDB and others: int64, timestamp('s') (without a zone it is UTC), decimal128(38, 18). Values may lie apart, such as a field of
an array of structs. Lists and tuples are copied. A Decimal, an int or a datetime stands for all elements, as does an array of no
dimension.

The call runs without the GIL, so that other threads of Python go on, and batches of different alerts run side by side: give each thread
a slice, such as alerts[:500] and alerts[500:]. Two threads must never write to the same alerts.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_size_t
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Union, overload

from ._ffi import abi, buffers, column, events
from ._ffi.amounts import Exact
from ._ffi.batch_abi import ALERT_COLUMN_HAS_AVAILABLE_CREDIT as HAS_AVAILABLE_CREDIT
from ._ffi.batch_abi import ALERT_COLUMN_HAS_FIRED_AT as HAS_FIRED_AT
from ._ffi.batch_abi import ALERT_COLUMN_HAS_NEXT_REMINDER_AT as HAS_NEXT_REMINDER_AT
from ._ffi.batch_abi import ALERT_COLUMN_HAS_SEQUENCE as HAS_SEQUENCE
from ._ffi.batch_read import COLUMNS, AlertColumns, read, writable
from ._ffi.batch_results import BatchDecision, Decisions, Results, array_interface
from ._ffi.batch_run import Prepared, columns
from ._ffi.library import check, failure, lib
from .alert import Alert, _alert
from .balance import COMPONENTS, Balance
from .errors import OutOfRangeError

__all__ = [
    "OBSERVATION_DTYPE",
    "HAS_AVAILABLE_CREDIT",
    "HAS_FIRED_AT",
    "HAS_NEXT_REMINDER_AT",
    "HAS_SEQUENCE",
    "AlertColumns",
    "Alerts",
    "BatchDecision",
    "Observation",
    "Decisions",
    "Prepared",
    "Results",
]

_SIZE = ctypes.sizeof(abi.Alert)
_CHANGE_SIZE = ctypes.sizeof(abi.Observation)

OBSERVATION_DTYPE = buffers.descr(abi.Observation)
"""lowtide_observation as numpy.dtype takes it: what `Alerts.observe` takes an array of. In each set struct_size to 120, and flags to 1 (the five
components) or 2 (available_credit), plus 4 for a sequence."""


@dataclass(frozen=True)
class Observation:
    """An observation of an account, for `Alerts.observe`. Either the balance, or its Available Credit; as in Alert.observe."""

    at: datetime
    balance: Optional[Balance] = None
    available_credit: Optional[Exact] = None
    sequence: Optional[int] = None


class Alerts:
    """Alerts side by side in memory, 64 bytes each, at multiples of 64.

    Alerts(3) are three fresh ones. `alerts[1]` is an Alert, `alerts[1] = alert` replaces it, and `alerts[1:3]` are Alerts over the same
    memory. `memory` is that memory, which `numpy.asarray(alerts)` shares too, with dtype V64; its bytes are of one machine and one
    version, so to store alerts, take `to_bytes`.

    count: how many, 0 or more.    Raises: TypeError, OutOfRangeError.
    """

    __slots__ = ("__weakref__", "_memory")

    def __init__(self, count: int) -> None:
        if not isinstance(count, int) or isinstance(count, bool):
            raise TypeError(f"count: must be an int, not {type(count).__name__}")
        if not 0 <= count <= 2**48:
            raise OutOfRangeError.of("count", f"must be from 0 to {2**48}", count)
        self._memory = buffers.fresh(count * _SIZE)
        if count:
            check(lib.lowtide_alert_init(abi.Alert.from_buffer(self._memory)))
            filled = 1
            while filled < count:  # twice as many each time
                more = min(filled, count - filled)
                self._memory[filled * _SIZE : (filled + more) * _SIZE] = self._memory[
                    : more * _SIZE
                ]
                filled += more

    @classmethod
    def of(cls, alerts: Iterable[Alert]) -> Alerts:
        """Copies of alerts. Raises TypeError.

        >>> len(Alerts.of([Alert(), Alert()]))
        2
        """
        given = list(alerts)
        for i, alert in enumerate(given):
            if not isinstance(alert, Alert):
                raise TypeError(f"alerts[{i}]: must be a lowtide.Alert, not {type(alert).__name__}")
        made = cls.over(buffers.fresh(len(given) * _SIZE))
        made._memory[:] = b"".join([bytes(alert._raw) for alert in given])
        return made

    @classmethod
    def over(cls, memory: Any) -> Alerts:
        """Alerts that lie in a buffer that can be written, and stay there: a bytearray, a mapped file, an array of NumPy. Nothing is
        copied; as long as the Alerts live, it can be neither resized nor unmapped.

        Whatever its bytes are, nothing is sent that no alert would send: those that are no alert have the status CORRUPT_ALERT.

        memory: a multiple of 64 bytes, without gaps, at a multiple of 8.    Raises: TypeError, OutOfRangeError, MisalignedError.
        """
        view = writable(memory, "memory")
        if view.nbytes % _SIZE:
            raise OutOfRangeError(
                f"memory: must have a multiple of {_SIZE} bytes, not {view.nbytes}",
                "memory",
                view.nbytes,
            )
        made = cls.__new__(cls)
        made._memory = view
        return made

    @classmethod
    def from_bytes(cls, stored: Iterable[bytes]) -> Alerts:
        """Alerts from their stored bytes, each as of Alert.to_bytes. Raises TypeError, CorruptError, NewerFormatError.

        >>> Alerts.from_bytes([Alert().to_bytes()])[0] == Alert()
        True
        """
        return cls.of(Alert.from_bytes(one) for one in stored)

    def to_bytes(self) -> List[bytes]:
        """The bytes to store of each. Raises CorruptAlertError for one that is no alert."""
        return [alert.to_bytes() for alert in self]

    def copy(self) -> Alerts:
        """The same alerts in memory of their own."""
        made = Alerts.over(buffers.fresh(self._memory.nbytes))
        made._memory[:] = self._memory
        return made

    # ---- As a sequence ----

    @property
    def memory(self) -> memoryview:
        """The memory, as bytes."""
        return self._memory

    @property
    def __array_interface__(self) -> Dict[str, Any]:
        return array_interface(self._memory, len(self), _SIZE, [("", f"|V{_SIZE}")])

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self._memory)

    def __len__(self) -> int:
        return self._memory.nbytes // _SIZE

    @overload
    def __getitem__(self, index: int) -> Alert: ...
    @overload
    def __getitem__(self, index: slice) -> Alerts: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[Alert, Alerts]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise TypeError(
                    f"a slice of alerts is without gaps, so its step must be 1, not {step}"
                )
            return Alerts.over(self._memory[start * _SIZE : max(start, stop) * _SIZE])
        place = range(len(self))[index]
        raw, field = abi.Alert.from_buffer_copy(self._memory, place * _SIZE), ctypes.c_char_p()
        status = lib.lowtide_alert_check(field, raw)
        if status:
            raise failure(status, f"alerts[{place}].{(field.value or b'').decode('ascii')}")
        return _alert(raw)

    def __setitem__(self, index: int, alert: Alert) -> None:
        if not isinstance(alert, Alert):
            raise TypeError(f"alert: must be a lowtide.Alert, not {type(alert).__name__}")
        place = range(len(self))[index] * _SIZE
        self._memory[place : place + _SIZE] = bytes(alert._raw)

    def __iter__(self) -> Iterator[Alert]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<lowtide.Alerts, {len(self)}>"

    # ---- Decisions ----

    def observe_columns(
        self,
        *,
        at: Any,
        cash_balance: Any = None,
        credit_limit: Any = None,
        credit_refunds: Any = None,
        unsettled_current_month: Any = None,
        unsettled_previous_months: Any = None,
        available_credit: Any = None,
        sequence: Any = None,
        index: Any = None,
        decision_capacity: Optional[int] = None,
    ) -> Results:
        """What a change of each element's account means. Give either all five components, or available_credit.

        at:                instants, or seconds since 1970-01-01T00:00:00Z.
        sequence:          1 to 2^63 - 1; without, the caller vouches for the order.
        index:             element i concerns alerts[index[i]]; without, alerts[i], and there are as many elements as alerts.
        decision_capacity: how many decisions with outputs there is room for at first. There is always room for all in the end.

        Raises, before anything is decided: TypeError (another type, or not the columns that are asked for), MalformedError (nulls, several
        chunks), OutOfRangeError (another length), StrideError, MisalignedError, OverlapError, and those of scalars. What is wrong with an
        element is in the results: its status is OUT_OF_RANGE (no alert has this index), CORRUPT_ALERT, TIME_RANGE, SEQUENCE_RANGE or
        OVERFLOW.

        >>> Alerts(2).observe_columns(available_credit=[1], at=0)
        Traceback (most recent call last):
        lowtide.errors.OutOfRangeError: available_credit: must have 2 values, one for each element, not 1
        """
        given = {
            name: value
            for name, value in locals().items()
            if name not in ("self", "index", "decision_capacity")
        }
        return self._prepare_columns(given, index, decision_capacity).run()

    def prepare_columns(
        self,
        *,
        at: Any,
        cash_balance: Any = None,
        credit_limit: Any = None,
        credit_refunds: Any = None,
        unsettled_current_month: Any = None,
        unsettled_previous_months: Any = None,
        available_credit: Any = None,
        sequence: Any = None,
        index: Any = None,
        decision_capacity: Optional[int] = None,
    ) -> Prepared:
        """`observe_columns`, with the same arguments, to be run time after time on what is in the columns then.

        >>> from array import array
        >>> at, credit = array("q", [0]), array("q", [5 * 10**18, 0])  # low and high of one amount
        >>> with Alerts(1).prepare_columns(at=at, available_credit=memoryview(credit).cast("B")) as prepared:
        ...     at[0] = 86400
        ...     print(prepared.run())
        <lowtide.batch.Results of 1: 0 decisions with outputs, 0 failed>
        """
        given = {
            name: value
            for name, value in locals().items()
            if name not in ("self", "index", "decision_capacity")
        }
        return self._prepare_columns(given, index, decision_capacity)

    def _prepare_columns(
        self, given: Mapping[str, Any], index: Any, capacity: Optional[int]
    ) -> Prepared:
        count = self._count(index)
        missing = [name for name in COMPONENTS if given[name] is None]
        if given["available_credit"] is None and missing:
            raise TypeError(
                f"{missing[0]}: is missing"
                + (", and so is available_credit" if missing == list(COMPONENTS) else "")
            )
        if given["available_credit"] is not None and missing != list(COMPONENTS):
            raise TypeError("available_credit: must not be given beside a balance")
        made, kept = columns(given, count)
        made.flags = (
            abi.OBSERVATION_HAS_AVAILABLE_CREDIT if missing else abi.OBSERVATION_HAS_BALANCE
        )
        made.flags |= 0 if given["sequence"] is None else abi.OBSERVATION_HAS_SEQUENCE
        return Prepared(
            "lowtide_batch_observe_columns", self, index, count, capacity, (made,), kept
        )

    def observe(
        self,
        changes: Union[Sequence[Observation], Any],
        *,
        index: Any = None,
        decision_capacity: Optional[int] = None,
    ) -> Results:
        """The same from changes side by side: Observation objects, or a buffer of lowtide_observation, such as an array of NumPy with OBSERVATION_DTYPE.

        Raises as observe_columns does. Of an element also: STRUCT_SIZE, FLAGS.

        >>> from datetime import timezone
        >>> now = datetime(2026, 3, 2, tzinfo=timezone.utc)
        >>> list(Alerts(1).observe([Observation(at=now, available_credit=7, sequence=1)]).why)
        [2]
        """
        return self.prepare(changes, index=index, decision_capacity=decision_capacity).run()

    def prepare(
        self,
        changes: Union[Sequence[Observation], Any],
        *,
        index: Any = None,
        decision_capacity: Optional[int] = None,
    ) -> Prepared:
        """`observe`, with the same arguments, to be run time after time on what is in the buffer of changes then."""
        count = self._count(index)
        place = _changes_at(changes, count)
        first = abi.Observation.from_address(place.address) if place.address else abi.Observation()
        return Prepared(
            "lowtide_batch_observe",
            self,
            index,
            count,
            decision_capacity,
            (first, c_size_t(place.stride)),
            [place.kept],
        )

    def tick(
        self, at: Any, *, index: Any = None, decision_capacity: Optional[int] = None
    ) -> Results:
        """Time has come to `at`, a datetime or seconds, for each element's alert.

        Raises as observe_columns does; TimeRangeError. Of an element: OUT_OF_RANGE, CORRUPT_ALERT.

        >>> [str(phase) for phase in Alerts(2).tick(0).phase]
        ['0', '0']
        """
        if column.INSTANT.one is None or not isinstance(at, (int, datetime)):
            raise TypeError(f"at: must be a datetime or an int, not {type(at).__name__}")
        instant: c_int64 = column.INSTANT.one(at, "at")
        return Prepared(
            "lowtide_batch_tick", self, index, self._count(index), decision_capacity, (instant,), []
        ).run()

    def read(
        self,
        columns: Sequence[str] = tuple(COLUMNS),
        *,
        index: Any = None,
        into: Optional[Mapping[str, Any]] = None,
    ) -> AlertColumns:
        """What is known of each element's alert, by columns.

        columns: their names, as AlertColumns has them.
        into:    buffers of yours to write columns into, by name, such as arrays of NumPy; the others are in memory of their own.

        Raises: MalformedError (a name), TypeError, OutOfRangeError (a length), MisalignedError, OverlapError. Of an element: OUT_OF_RANGE,
        CORRUPT_ALERT, OVERFLOW (an amount of more than 38 digits).

        >>> Alerts(2).read(["phase", "episode"])["phase"].tolist()
        [0, 0]
        """
        return read(self, index, self._count(index), tuple(columns), into or {})

    def _count(self, index: Any) -> int:
        return len(self) if index is None else column.length(index, "index")


def _changes_at(changes: Any, count: int) -> column.Place:
    """Where the changes lie."""
    if isinstance(changes, (list, tuple)):
        if len(changes) != count:
            raise OutOfRangeError(
                f"changes: must have {count} values, one for each element, not {len(changes)}",
                "changes",
                len(changes),
            )
        made = []
        for i, change in enumerate(changes):
            if not isinstance(change, Observation):
                raise TypeError(
                    f"changes[{i}]: must be a lowtide.batch.Observation, not {type(change).__name__}"
                )
            made.append(
                events.observation(
                    change.balance,
                    change.available_credit,
                    change.at,
                    change.sequence,
                    f"changes[{i}].",
                )
            )
        return column.packed(made, _CHANGE_SIZE)
    return column.structs(changes, "changes", _CHANGE_SIZE, count)
