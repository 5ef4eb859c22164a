# SPDX-License-Identifier: Apache-2.0
"""Alert and Decision: an event goes in; the changed alert comes out, with what to send and why."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_int64, c_size_t, c_uint8, c_uint32
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, Optional, Tuple, Union, final

from . import fields, output
from ._ffi import abi, amounts, arguments, events, instants, names
from ._ffi.library import check, failure, lib
from .balance import Balance
from .codes import IfBelow, Phase, Why
from .fields import AlertFields
from .output import Output
from .schedule import Daily, Schedule

# Copied for every call: that is faster than creating the struct and setting its size.
_DECISION = abi.Decision(ctypes.sizeof(abi.Decision))
_Bytes = c_uint8 * abi.ALERT_BYTES

_WHY = {why.value: why for why in Why}
_PHASE = {phase.value: phase for phase in Phase}


@dataclass(frozen=True)
class Decision:
    """What one event means for one alert."""

    alert: Alert
    """The alert afterwards. Store it together with the outputs, in one transaction."""
    why: Why
    phase: Phase
    """The alert's phase afterwards."""
    outputs: Tuple[Output, ...]
    """What to send, in this order: at most two, usually none."""


@final
class Alert:
    """The settings and the state of one alert. An immutable value: every event returns a new one.

    Alert() is a fresh one: off, threshold 0, five reminders every 24 hours, on an account that was
    never observed.

    Alerts are equal, and have the same hash, if their contents are. They can be copied and pickled.
    To store one, use `to_bytes`, which every later version can read. Any number of threads may use
    the same alert at once.

    Instants are aware datetimes of any zone, in whole seconds, from 1970-01-01T00:00:00Z to
    9999-12-31T23:59:59Z; those that come out are in UTC. Amounts are decimal.Decimal or int.
    lowtide reads no clock: `at` is when the event happened. All methods raise TypeError for a wrong
    type, and TimeRangeError or MalformedError (no zone, parts of a second) for an instant.

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
        """A fresh alert on an account that was observed before. It starts with what the account's
        other alerts know.

        sequence: the account's last, 1 to 2^63 - 1.

        Raises: the errors of an amount; SequenceRangeError.

        >>> Alert.on_account(available_credit=5, sequence=3).fields.sequence
        3
        """
        observed = abi.LastObserved(ctypes.sizeof(abi.LastObserved))
        if available_credit is not None:
            observed.flags |= abi.LAST_OBSERVED_HAS_AVAILABLE_CREDIT
            amounts.write(observed.available_credit, available_credit, "available_credit")
        if sequence is not None:
            observed.flags |= abi.LAST_OBSERVED_HAS_SEQUENCE
            observed.sequence = arguments.sequence(sequence)
        raw = abi.Alert()
        check(lib.lowtide_alert_init_observed(raw, observed))
        return _alert(raw)

    @classmethod
    def restore(cls, known: AlertFields) -> Alert:
        """An alert with these fields, to move an existing alert into lowtide, even in mid-episode.
        Nothing is sent twice.

        Raises: OutOfRangeError, InconsistentError, and the errors of amounts and instants, each
        with the field at fault.

        >>> from decimal import Decimal
        >>> Alert.restore(AlertFields(threshold=Decimal("1000"), phase=Phase.ARMED)).phase
        <Phase.ARMED: 1>
        >>> Alert.restore(AlertFields(reminders_sent=1))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        lowtide.errors.InconsistentError: reminders_sent: each field is in range, but ...
        """
        arguments.instance(known, AlertFields, "known")
        raw, field = abi.Alert(), c_char_p()
        status = lib.lowtide_alert_restore(raw, field, fields.to_abi(known))
        if status:
            name = (field.value or b"").decode("ascii")
            raise failure(status, name, getattr(known, name, getattr(known.schedule, name, None)))
        return _alert(raw)

    @classmethod
    def from_bytes(cls, stored: Union[bytes, bytearray, memoryview]) -> Alert:
        """An alert from its stored bytes, written by this version or an earlier one.

        Raises: CorruptError (damaged, or not an alert), NewerFormatError (of a later version).
        """
        if not isinstance(stored, (bytes, bytearray, memoryview)):
            raise arguments.wrong_type("stored", "bytes", stored)
        data, raw, field = names.exact(stored), abi.Alert(), c_char_p()
        status = lib.lowtide_alert_decode(raw, field, data, len(data))
        if status:
            raise failure(status, (field.value or b"").decode("ascii"), data)
        return _alert(raw)

    def to_bytes(self) -> bytes:
        """The bytes to store, at most 128. They are the same on every machine, have a checksum, and
        every later version can read them.
        """
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
        """Turns the alert on. If it is on already, sets its threshold and schedule. Never fires.

        threshold: 0 or more.
        schedule:  None keeps the alert's. A Daily takes the offset in force at `at`;
                   Daily.refresh_at says when to enable again.
        if_below:  what to do with an account that is low already.

        Raises: the errors of an amount; OutOfRangeError (a threshold below 0); those of
        Daily.schedule.

        >>> from datetime import datetime, time, timezone
        >>> from zoneinfo import ZoneInfo
        >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
        >>> at_nine = Daily(time(9), ZoneInfo("Asia/Singapore"))
        >>> decision = Alert().enable(1000, at=now, schedule=at_nine)
        >>> decision.why, decision.alert.fields.schedule.utc_offset
        (<Why.ENABLED: 15>, datetime.timedelta(seconds=28800))
        """
        event, field = events.enable(threshold, at, schedule, if_below), c_char_p()
        raw = abi.Alert.from_buffer_copy(self._raw)
        decision = abi.Decision.from_buffer_copy(_DECISION)
        check(lib.lowtide_alert_enable(decision, raw, field, raw, event))
        return _decision(raw, decision)

    def set_threshold(
        self, threshold: amounts.Exact, *, at: datetime, if_below: IfBelow = IfBelow.NEXT_CHANGE
    ) -> Decision:
        """Sets another threshold, 0 or more. An alert that is off remembers it. Never fires.

        Raises: the errors of an amount; OutOfRangeError (a threshold below 0).

        >>> Alert().set_threshold(-1, at=datetime.fromisoformat("2026-03-01T00:00:00+00:00"))
        Traceback (most recent call last):
        lowtide.errors.OutOfRangeError: threshold: must be 0 or more: -1
        """
        event = events.set_threshold(threshold, at, if_below)
        raw = abi.Alert.from_buffer_copy(self._raw)
        decision = abi.Decision.from_buffer_copy(_DECISION)
        check(lib.lowtide_alert_set_threshold(decision, raw, raw, event))
        return _decision(raw, decision)

    def disable(self, *, at: datetime) -> Decision:
        """Turns the alert off. In mid-episode that sends a stop."""
        raw = abi.Alert.from_buffer_copy(self._raw)
        decision = abi.Decision.from_buffer_copy(_DECISION)
        check(lib.lowtide_alert_disable(decision, raw, raw, instants.seconds(at, "at")))
        return _decision(raw, decision)

    def observe(
        self,
        balance: Optional[Balance] = None,
        *,
        available_credit: Optional[amounts.Exact] = None,
        at: datetime,
        sequence: Optional[int] = None,
    ) -> Decision:
        """An observation of the account's balance: its five components, or their sum.

        sequence: its place among the observations of the account, 1 to 2^63 - 1, growing. An
                  observation whose sequence is not greater than the last one is stale, and ignored.
                  None: the caller guarantees the order.

        Raises: TypeError (neither or both given); the errors of an amount; SequenceRangeError;
        AmountOverflowError (the sum of the components, even of a stale observation).

        >>> alert = Alert.on_account(sequence=8)
        >>> now = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
        >>> print(alert.observe(Balance(1, 2, 3, 4, 5), at=now, sequence=8).why)
        stale
        """
        event = events.observation(balance, available_credit, at, sequence)
        raw = abi.Alert.from_buffer_copy(self._raw)
        decision = abi.Decision.from_buffer_copy(_DECISION)
        status = lib.lowtide_alert_observe(decision, raw, raw, event)
        if status:
            check(status, "balance", balance)
        return _decision(raw, decision)

    def tick(self, *, at: datetime) -> Decision:
        """It is now `at`: sends the reminder that is due, if there is one.

        A late tick loses no episode, and an early one sends nothing.
        """
        raw = abi.Alert.from_buffer_copy(self._raw)
        decision = abi.Decision.from_buffer_copy(_DECISION)
        check(lib.lowtide_alert_tick(decision, raw, raw, instants.seconds(at, "at")))
        return _decision(raw, decision)

    def rebase(self, sequence: int) -> Alert:
        """The same alert with another last sequence, for a source that restarts its numbering.

        Decides nothing.

        sequence: 0 (none yet) to 2^63 - 1.    Raises: SequenceRangeError.

        >>> Alert.on_account(sequence=8).rebase(0) == Alert()
        True
        """
        raw = abi.Alert.from_buffer_copy(self._raw)
        check(lib.lowtide_alert_rebase(raw, raw, events.rebase(sequence)))
        return _alert(raw)

    # ---- What it is ----

    @property
    def fields(self) -> AlertFields:
        """All settings and all state."""
        return fields.from_abi(self._read())

    @property
    def phase(self) -> Phase:
        """Its phase."""
        return _PHASE[self._read().phase]

    @property
    def next_reminder_at(self) -> Optional[datetime]:
        """When to call `tick`, in UTC. None unless it is alerting, and if that would be after the
        year 9999.
        """
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
        credit = f"Available Credit {known.available_credit}"
        return f"<lowtide.Alert {known.phase}, threshold {known.threshold}, {credit}>"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"an Alert is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"an Alert is immutable: {name} cannot be deleted")

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


def _decision(raw: abi.Alert, decision: abi.Decision) -> Decision:
    count = decision.output_count
    outputs = tuple(output.from_abi(decision.outputs[i]) for i in range(count)) if count else ()
    return Decision(_alert(raw), _WHY[decision.why], _PHASE[decision.phase], outputs)
