# SPDX-License-Identifier: Apache-2.0
"""Alert and Decision: the whole product. An event goes in, the alert afterwards comes out, with what to send, and why."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_int64, c_size_t, c_uint8, c_uint32
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, Optional, Tuple, Union, final

from . import fields, output
from ._ffi import abi, amounts, instants, names, numbers
from ._ffi.library import check, failure, lib
from .balance import Balance
from .codes import IfBelow, Phase, Why
from .fields import AlertFields
from .output import Output
from .schedule import Daily, Schedule

# What each call begins with.
_OUTCOME = abi.Decision(ctypes.sizeof(abi.Decision))
_CHANGE = abi.Observation(ctypes.sizeof(abi.Observation))
_ENABLE = abi.Enable(ctypes.sizeof(abi.Enable))
_SET_THRESHOLD = abi.SetThreshold(ctypes.sizeof(abi.SetThreshold))
_Bytes = c_uint8 * abi.ALERT_BYTES

_WHY = {why.value: why for why in Why}
_PHASE = {phase.value: phase for phase in Phase}


@dataclass(frozen=True)
class Decision:
    """What one event means for one alert."""

    alert: Alert
    """The alert afterwards. Store it, together with the outputs, in one transaction."""
    why: Why
    phase: Phase
    """The alert's, afterwards."""
    outputs: Tuple[Output, ...]
    """What to send, in this order: at most two, and usually none."""


@final
class Alert:
    """All that is remembered of one alert: its settings and its state. An immutable value: every event gives another one.

    Alert() is a fresh one: off, threshold 0, five reminders every 24 hours, on an account that was never observed.

    Equal alerts compare and hash as equal. An alert can be copied and pickled; to store one, take `to_bytes`, which every later version
    can read. Any number of threads may use one at once.

    Instants are aware datetimes of any zone, in whole seconds, 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z; those that come out are in
    UTC. Amounts are decimal.Decimal or int. lowtide reads no clock: `at` is when the event happened. All methods raise TypeError for a
    wrong type, and for an instant TimeRangeError or MalformedError (no zone, parts of a second).

    >>> from datetime import datetime, timezone
    >>> from decimal import Decimal
    >>> now = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
    >>> alert = Alert().enable(Decimal("1000"), at=now).alert
    >>> decision = alert.observe(available_credit=Decimal("999.99"), at=now, sequence=7)
    >>> print(decision.why, decision.phase, decision.why.sentence)
    fell_below alerting Available Credit fell below the threshold.
    >>> [fire] = decision.outputs
    >>> fire.key("acme")
    'lowtide/1/acme/low_balance/1/1772438400/fire'
    >>> decision.alert.next_reminder_at
    datetime.datetime(2026, 3, 3, 8, 0, tzinfo=datetime.timezone.utc)
    >>> Alert.from_bytes(decision.alert.to_bytes()) == decision.alert
    True
    """

    __slots__ = ("_raw",)

    _raw: abi.Alert

    def __new__(cls) -> Alert:
        raw = abi.Alert()
        check(lib.lowtide_alert_init(raw))
        return _alert(raw)

    @classmethod
    def on_account(
        cls, *, available_credit: Optional[amounts.Exact] = None, sequence: Optional[int] = None
    ) -> Alert:
        """A fresh alert on an account that was observed before, so that it starts from what the account's other alerts know.

        sequence: the account's last, 1 to 2^63 - 1.

        Raises: those of an amount; SequenceRangeError.

        >>> Alert.on_account(available_credit=5, sequence=3).fields.sequence
        3
        """
        observed = abi.LastObserved(ctypes.sizeof(abi.LastObserved))
        if available_credit is not None:
            observed.flags |= abi.LAST_OBSERVED_HAS_AVAILABLE_CREDIT
            amounts.write(observed.available_credit, available_credit, "available_credit")
        if sequence is not None:
            observed.flags |= abi.LAST_OBSERVED_HAS_SEQUENCE
            observed.sequence = numbers.sequence(sequence)
        raw = abi.Alert()
        check(lib.lowtide_alert_init_observed(raw, observed))
        return _alert(raw)

    @classmethod
    def restore(cls, known: AlertFields) -> Alert:
        """An alert from its fields, to move an existing one in, in mid-episode if need be; nothing is sent twice.

        Raises: OutOfRangeError, InconsistentError, and those of the amounts and instants, each with the field at fault.

        >>> from decimal import Decimal
        >>> Alert.restore(AlertFields(threshold=Decimal("1000"), phase=Phase.ARMED)).phase
        <Phase.ARMED: 1>
        >>> Alert.restore(AlertFields(reminders_sent=1))
        Traceback (most recent call last):
        lowtide.errors.InconsistentError: reminders_sent: the fields together describe no alert that can exist: 1
        """
        if not isinstance(known, AlertFields):
            raise TypeError(f"known: must be a lowtide.AlertFields, not {type(known).__name__}")
        raw, field = abi.Alert(), c_char_p()
        status = lib.lowtide_alert_restore(raw, field, fields.to_abi(known))
        if status:
            name = (field.value or b"").decode("ascii")
            raise failure(status, name, getattr(known, name, getattr(known.schedule, name, None)))
        return _alert(raw)

    @classmethod
    def from_bytes(cls, stored: Union[bytes, bytearray, memoryview]) -> Alert:
        """An alert from its stored bytes, of this version or of an earlier one.

        Raises: CorruptError (damaged, or not an alert's), NewerFormatError (a later version's).
        """
        if not isinstance(stored, (bytes, bytearray, memoryview)):
            raise TypeError(f"stored: must be bytes, not {type(stored).__name__}")
        data, raw, field = names.exact(stored), abi.Alert(), c_char_p()
        status = lib.lowtide_alert_decode(raw, field, data, len(data))
        if status:
            raise failure(status, (field.value or b"").decode("ascii"), data)
        return _alert(raw)

    def to_bytes(self) -> bytes:
        """The bytes to store, at most 128: the same on every machine, with a checksum, readable by every later version."""
        data, size = _Bytes(), c_size_t()
        check(lib.lowtide_alert_encode(size, data, abi.ALERT_BYTES, self._raw))
        return bytes(data)[: size.value]

    # ---- Events ----

    def enable(
        self,
        threshold: amounts.Exact,
        *,
        at: datetime,
        schedule: Union[Schedule, Daily, None] = None,
        if_below: IfBelow = IfBelow.NEXT_CHANGE,
    ) -> Decision:
        """Turns the alert on; if it is on already, sets its threshold and schedule. Never fires.

        threshold: 0 or more.
        schedule:  None keeps it as it is. A Daily takes the offset in force at `at`; Daily.refresh_at says when to enable again.
        if_below:  what to do with an account that is low already.

        Raises: those of an amount; OutOfRangeError (a negative threshold); those of Daily.schedule.

        >>> from datetime import datetime, time, timezone
        >>> from zoneinfo import ZoneInfo
        >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
        >>> decision = Alert().enable(1000, at=now, schedule=Daily(time(9), ZoneInfo("Asia/Singapore")))
        >>> decision.why, decision.alert.fields.schedule.utc_offset
        (<Why.ENABLED: 15>, datetime.timedelta(seconds=28800))
        """
        event, field = abi.Enable.from_buffer_copy(_ENABLE), c_char_p()
        event.at = instants.seconds(at, "at")
        amounts.write(event.threshold, threshold, "threshold")
        event.if_below = _if_below(if_below)
        if schedule is not None:
            if isinstance(schedule, Daily):
                schedule = schedule.schedule(at)
            elif not isinstance(schedule, Schedule):
                raise TypeError(
                    f"schedule: must be a lowtide.Schedule or lowtide.Daily, not {type(schedule).__name__}"
                )
            event.flags |= abi.ENABLE_HAS_SCHEDULE
            event.count, event.utc_offset = schedule.count, schedule.offset_minutes
            if schedule.minutes is not None:
                event.flags |= abi.ENABLE_HAS_TIME_OF_DAY
                event.time_of_day = schedule.minutes
        outcome, raw = (
            abi.Decision.from_buffer_copy(_OUTCOME),
            abi.Alert.from_buffer_copy(self._raw),
        )
        status = lib.lowtide_alert_enable(outcome, raw, field, raw, event)
        if status:
            raise _threshold_failure(status, threshold)
        return _decision(raw, outcome)

    def set_threshold(
        self, threshold: amounts.Exact, *, at: datetime, if_below: IfBelow = IfBelow.NEXT_CHANGE
    ) -> Decision:
        """Sets another threshold, 0 or more. While the alert is off it is remembered. Never fires.

        Raises: those of an amount; OutOfRangeError (a negative threshold).

        >>> Alert().set_threshold(-1, at=datetime.fromisoformat("2026-03-01T00:00:00+00:00"))
        Traceback (most recent call last):
        lowtide.errors.OutOfRangeError: threshold: must be 0 or more: -1
        """
        event = abi.SetThreshold.from_buffer_copy(_SET_THRESHOLD)
        event.at = instants.seconds(at, "at")
        amounts.write(event.threshold, threshold, "threshold")
        event.if_below = _if_below(if_below)
        outcome, raw = (
            abi.Decision.from_buffer_copy(_OUTCOME),
            abi.Alert.from_buffer_copy(self._raw),
        )
        status = lib.lowtide_alert_set_threshold(outcome, raw, raw, event)
        if status:
            raise _threshold_failure(status, threshold)
        return _decision(raw, outcome)

    def disable(self, *, at: datetime) -> Decision:
        """Turns the alert off. In mid-episode that yields a stop."""
        outcome, raw = (
            abi.Decision.from_buffer_copy(_OUTCOME),
            abi.Alert.from_buffer_copy(self._raw),
        )
        check(lib.lowtide_alert_disable(outcome, raw, raw, instants.seconds(at, "at")))
        return _decision(raw, outcome)

    def observe(
        self,
        balance: Optional[Balance] = None,
        *,
        available_credit: Optional[amounts.Exact] = None,
        at: datetime,
        sequence: Optional[int] = None,
    ) -> Decision:
        """What a balance change means. Give either the balance, or its Available Credit.

        sequence: its place among the changes of the account, 1 to 2^63 - 1, growing; one that is not greater than the last is stale and
                  ignored. None: the caller vouches for the order.

        Raises: TypeError (neither or both given); those of an amount; SequenceRangeError; AmountOverflowError (the Available Credit of the
        balance, stale or not).

        >>> alert = Alert.on_account(sequence=8)
        >>> now = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
        >>> print(alert.observe(Balance(1, 2, 3, 4, 5), at=now, sequence=8).why)
        stale
        """
        if balance is not None:
            if available_credit is not None:
                raise TypeError("available_credit: must not be given beside a balance")
            if not isinstance(balance, Balance):
                raise TypeError(f"balance: must be a lowtide.Balance, not {type(balance).__name__}")
            change = abi.Observation.from_buffer_copy(balance.__dict__["_change"])
        elif available_credit is not None:
            change = abi.Observation.from_buffer_copy(_CHANGE)
            change.flags = abi.OBSERVATION_HAS_AVAILABLE_CREDIT
            amounts.write(change.available_credit, available_credit, "available_credit")
        else:
            raise TypeError("balance: is missing, and so is available_credit")
        change.at = instants.seconds(at, "at")
        if sequence is not None:
            change.flags |= abi.OBSERVATION_HAS_SEQUENCE
            change.sequence = numbers.sequence(sequence)
        outcome, raw = (
            abi.Decision.from_buffer_copy(_OUTCOME),
            abi.Alert.from_buffer_copy(self._raw),
        )
        status = lib.lowtide_alert_observe(outcome, raw, raw, change)
        if status:
            check(status, "balance", balance)
        return _decision(raw, outcome)

    def tick(self, *, at: datetime) -> Decision:
        """Time has come to `at`: yields the reminder that is due, if one is. A late tick loses no episode, an early one sends nothing."""
        outcome, raw = (
            abi.Decision.from_buffer_copy(_OUTCOME),
            abi.Alert.from_buffer_copy(self._raw),
        )
        check(lib.lowtide_alert_tick(outcome, raw, raw, instants.seconds(at, "at")))
        return _decision(raw, outcome)

    def rebase(self, sequence: int) -> Alert:
        """The same alert with another last sequence, for a source whose numbering starts over. It is no decision.

        sequence: 0 (none yet) to 2^63 - 1.    Raises: SequenceRangeError.

        >>> Alert.on_account(sequence=8).rebase(0) == Alert()
        True
        """
        raw = abi.Alert.from_buffer_copy(self._raw)
        check(
            lib.lowtide_alert_rebase(raw, raw, numbers.sequence(sequence, least=0)),
            "sequence",
            sequence,
        )
        return _alert(raw)

    # ---- What it is ----

    @property
    def fields(self) -> AlertFields:
        """Every setting and all state."""
        return fields.from_abi(self._read())

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return _PHASE[self._read().phase]

    @property
    def next_reminder_at(self) -> Optional[datetime]:
        """When to call `tick`, in UTC; None unless alerting, and if that would be after the year 9999."""
        present, at = c_uint32(), c_int64()
        check(lib.lowtide_alert_next_reminder_at(present, at, self._raw))
        return instants.instant(at.value) if present.value else None

    def _read(self) -> abi.AlertFields:
        read = abi.AlertFields(ctypes.sizeof(abi.AlertFields))
        check(lib.lowtide_alert_read(read, self._raw))
        return read

    def __eq__(self, other: object) -> bool:
        return bytes(self._raw) == bytes(other._raw) if isinstance(other, Alert) else NotImplemented

    def __hash__(self) -> int:
        return hash(bytes(self._raw))

    def __repr__(self) -> str:
        known = self.fields
        return f"<lowtide.Alert {known.phase}, threshold {known.threshold}, Available Credit {known.available_credit}>"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"an Alert is a value: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"an Alert is a value: {name} cannot be deleted")

    def __copy__(self) -> Alert:
        return self

    def __deepcopy__(self, memo: object) -> Alert:
        return self

    def __reduce__(self) -> Tuple[Any, ...]:
        return Alert.from_bytes, (self.to_bytes(),)


def _alert(raw: abi.Alert) -> Alert:
    alert: Alert = object.__new__(Alert)
    object.__setattr__(alert, "_raw", raw)
    return alert


def _decision(raw: abi.Alert, outcome: abi.Decision) -> Decision:
    count = outcome.output_count
    outputs = tuple(output.from_abi(outcome.outputs[i]) for i in range(count)) if count else ()
    return Decision(_alert(raw), _WHY[outcome.why], _PHASE[outcome.phase], outputs)


def _if_below(value: IfBelow) -> int:
    if not isinstance(value, IfBelow):
        raise TypeError(f"if_below: must be a lowtide.IfBelow, not {type(value).__name__}")
    code: int = value.value
    return code


def _threshold_failure(status: int, threshold: amounts.Exact) -> Exception:
    return failure(
        status, "threshold", threshold, "must be 0 or more" if status == abi.OUT_OF_RANGE else ""
    )
