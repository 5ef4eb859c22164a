# SPDX-License-Identifier: Apache-2.0
"""Batches: decisions for many alerts in one call.

A batch decides what single calls for its elements decide, one after the other. Each element has a
status of its own: a wrong element changes nothing and does not stop the others.

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

Columns are read where they lie, without copying:

- arrays of NumPy: int64 and datetime64[s]; amounts as V16, as a struct of a uint64 `low` and an
  int64 `high`, or as pairs of uint64;
- any other object with a buffer;
- by Arrow's C data interface, arrays of pyarrow, polars, DuckDB and others: int64,
  timestamp('s') (without a zone it is UTC), decimal128(38, 18).

Values may lie apart, such as one field of an array of structs. Lists and tuples are copied. A
single Decimal, int or datetime, or an array of no dimension, is the same value for all elements.

The call runs without the GIL: other Python threads run meanwhile, and batches of different alerts
run side by side. Give each thread a slice, such as alerts[:500] and alerts[500:]. Two threads must
never write to the same alerts.
"""

from __future__ import annotations

from ctypes import c_int64, c_size_t
from datetime import datetime
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Union

from ._ffi import abi, arguments, batch_input, buffers, column
from ._ffi.alert_array import SIZE, AlertArray
from ._ffi.alert_columns import COLUMNS, AlertColumns, read
from ._ffi.batch_abi import ALERT_COLUMN_HAS_AVAILABLE_CREDIT as HAS_AVAILABLE_CREDIT
from ._ffi.batch_abi import ALERT_COLUMN_HAS_FIRED_AT as HAS_FIRED_AT
from ._ffi.batch_abi import ALERT_COLUMN_HAS_NEXT_REMINDER_AT as HAS_NEXT_REMINDER_AT
from ._ffi.batch_abi import ALERT_COLUMN_HAS_SEQUENCE as HAS_SEQUENCE
from ._ffi.prepared import Prepared
from ._ffi.results import BatchDecision, Decisions, Results
from .alert import Alert
from .event import Observation

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

OBSERVATION_DTYPE = buffers.descr(abi.Observation)
"""The dtype of an array of lowtide_observation, for `Alerts.observe`.

In each element set struct_size to 120, and flags to 1 (the five components) or 2
(available_credit), plus 4 if it has a sequence."""


class Alerts(AlertArray):
    """Many alerts in one piece of memory: 64 bytes each, at a multiple of 64.

    Alerts(3) are three fresh ones. `alerts[1]` is an Alert, `alerts[1] = alert` replaces it, and
    `alerts[1:3]` are Alerts over the same memory. `memory` is that memory; `numpy.asarray(alerts)`
    shares it, with dtype V64. Its bytes are valid on one machine and for one version only. Use
    `to_bytes` to store alerts.

    count: how many, 0 or more.    Raises: TypeError, OutOfRangeError.
    """

    __slots__ = ()

    @classmethod
    def of(cls, alerts: Iterable[Alert]) -> Alerts:
        """Copies of alerts. Raises TypeError.

        >>> len(Alerts.of([Alert(), Alert()]))
        2
        """
        given = list(alerts)
        for i, alert in enumerate(given):
            arguments.instance(alert, Alert, f"alerts[{i}]")
        made = cls.over(buffers.fresh(len(given) * SIZE))
        made._memory[:] = b"".join([bytes(alert._raw) for alert in given])
        return made

    @classmethod
    def from_bytes(cls, stored: Iterable[bytes]) -> Alerts:
        """Alerts from their stored bytes, as returned by Alert.to_bytes.

        Raises TypeError, CorruptError, NewerFormatError.

        >>> Alerts.from_bytes([Alert().to_bytes()])[0] == Alert()
        True
        """
        return cls.of(Alert.from_bytes(one) for one in stored)

    def to_bytes(self) -> List[bytes]:
        """The bytes to store for each. Raises CorruptAlertError if an element is not an alert."""
        return [alert.to_bytes() for alert in self]

    def copy(self) -> Alerts:
        """A copy of the alerts in new memory."""
        made = Alerts.over(buffers.fresh(self._memory.nbytes))
        made._memory[:] = self._memory
        return made

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
        """An observation for each element: either all five components, or available_credit.

        at:                instants, or seconds since 1970-01-01T00:00:00Z.
        sequence:          1 to 2^63 - 1. Without it the caller guarantees the order.
        index:             element i is about alerts[index[i]]. Without it, about alerts[i], and
                           there are as many elements as alerts.
        decision_capacity: room for so many decisions with outputs at first. It grows as needed.

        Raises, before anything is decided: TypeError (a wrong type, or missing columns),
        MalformedError (nulls, several chunks), OutOfRangeError (a wrong length), StrideError,
        MisalignedError, OverlapError, and the errors of single values. Errors of elements are in
        the results: the status of an element is OUT_OF_RANGE (there is no alert with this index),
        CORRUPT_ALERT, TIME_RANGE, SEQUENCE_RANGE or OVERFLOW.

        >>> Alerts(2).observe_columns(available_credit=[1], at=0)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        lowtide.errors.OutOfRangeError: available_credit: must have 2 values, ..., not 1
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
        """Prepares `observe_columns`, with the same arguments, to be run any number of times.

        Each run reads what the columns contain then.

        >>> from array import array
        >>> at, credit = array("q", [0]), array("q", [5 * 10**18, 0])  # low and high of one amount
        >>> column = memoryview(credit).cast("B")
        >>> with Alerts(1).prepare_columns(at=at, available_credit=column) as prepared:
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
        made, kept = batch_input.columns(given, count)
        return Prepared(
            "lowtide_batch_observe_columns", self, index, count, capacity, (made,), kept
        )

    def observe(
        self,
        observations: Union[Sequence[Observation], Any],
        *,
        index: Any = None,
        decision_capacity: Optional[int] = None,
    ) -> Results:
        """An observation for each element: a list of Observation, or a buffer of
        lowtide_observation, such as an array of NumPy with OBSERVATION_DTYPE.

        Raises as observe_columns does. An element may also have the status STRUCT_SIZE or FLAGS.

        >>> from datetime import timezone
        >>> now = datetime(2026, 3, 2, tzinfo=timezone.utc)
        >>> list(Alerts(1).observe([Observation(at=now, available_credit=7, sequence=1)]).why)
        [2]
        """
        return self.prepare(observations, index=index, decision_capacity=decision_capacity).run()

    def prepare(
        self,
        observations: Union[Sequence[Observation], Any],
        *,
        index: Any = None,
        decision_capacity: Optional[int] = None,
    ) -> Prepared:
        """Prepares `observe`, with the same arguments, to be run any number of times.

        Each run reads what the buffer of observations contains then.
        """
        count = self._count(index)
        place = batch_input.observations(observations, count)
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
        """It is now `at`, a datetime or seconds: sends the reminder that is due for each element.

        Raises as observe_columns does; TimeRangeError. Statuses of elements: OUT_OF_RANGE,
        CORRUPT_ALERT.

        >>> [str(phase) for phase in Alerts(2).tick(0).phase]
        ['0', '0']
        """
        if column.INSTANT.one is None or not isinstance(at, (int, datetime)):
            raise arguments.wrong_type("at", "a datetime.datetime or an int", at)
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
        """The fields of each element's alert, as columns.

        columns: the names of the columns, as in AlertColumns.
        into:    buffers of the caller's to write columns into, by name, such as arrays of NumPy.
                 The other columns are written into new memory.

        Raises: MalformedError (an unknown name), TypeError, OutOfRangeError (a wrong length),
        MisalignedError, OverlapError. Statuses of elements: OUT_OF_RANGE, CORRUPT_ALERT, OVERFLOW
        (an amount of more than 38 digits).

        >>> Alerts(2).read(["phase", "episode"])["phase"].tolist()
        [0, 0]
        """
        return read(self, index, self._count(index), tuple(columns), into or {})

    def _count(self, index: Any) -> int:
        return len(self) if index is None else column.length(index, "index")


# Their modules are private; their names are not.
for _public in (AlertColumns, BatchDecision, Decisions, Observation, Prepared, Results):
    _public.__module__ = __name__
