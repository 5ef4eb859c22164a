# SPDX-License-Identifier: Apache-2.0
"""Monitor: drives a host's store and courier in the one order that is safe."""

from __future__ import annotations

import weakref
from ctypes import PYFUNCTYPE, byref, c_void_p, pointer, py_object, pythonapi, sizeof
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Callable, Iterable, List, NoReturn, Optional, Tuple, Type, TypeVar, Union

from ._ffi import abi, events, monitor_abi, monitor_read, names, numbers, reports
from ._ffi.amounts import Exact
from ._ffi.callbacks import LOOK_FAILED, Callbacks
from ._ffi.gate import Gate
from ._ffi.instants import seconds
from ._ffi.library import check, declare, lib
from ._ffi.monitor_read import sized
from ._ffi.monitor_sizes import check_host_sizes
from ._ffi.monitor_write import Kept, instance
from .balance import Balance
from .codes import IfBelow
from .errors import BusyError, MalformedError, OutOfRangeError, shown
from .host import AccountEvent, DeliveryReport, EventReport, TickReport
from .schedule import Daily, Schedule
from .store import Courier, Store

_Told = TypeVar("_Told")

_NOTE = "lowtide: "
_CHANNELS = ("email", "internal_message")
_MOST_SKEW = timedelta(seconds=253402300799)
_SECOND = timedelta(seconds=1)

declare(lib, monitor_abi.PROTOTYPES)
check_host_sizes(lib)


class Monitor:
    """Loads, decides, commits and delivers, over a host's Store and Courier.

    Every change is decided on what the store has: load the account, decide for each of its alerts, commit the account with its notices
    under one revision; on a conflict, all over again. Only what was committed is delivered. `now` is your clock; the Monitor reads none.

        with Monitor(store, courier) as monitor:
            monitor.enable("acme", 1000, at=now, now=now)
            monitor.observe("acme", available_credit=Decimal("999.99"), sequence=7, at=now, now=now)
            monitor.tick(now)
            monitor.deliver(now)

    courier:        who delivers. None: this Monitor delivers nothing.
    joined:         the store writes within a transaction of yours, that of the change itself: there is no second attempt, and conflicts go
                    to you.
    deliver_stops:  stops are delivered too. Without, they are recorded only.
    skew:           0 s to 253402300799 s, in whole seconds: a change later than now + skew is refused.
    attempts:       in all, on conflicts and unknown results: 1 to 4294967295.
    channels:       on which each notice is delivered: names of 1 to 255 bytes of UTF-8 without control characters, each once.

    `close` frees it, as does the end of a `with`, or of the last reference to it.

    Whatever a method of the store or the courier raises, KeyboardInterrupt and SystemExit included, comes out of the method of the Monitor
    that was called, with its traceback. The call ends there; nothing more is stored. What was stored before, such as the accounts that
    a tick had reached, stays. An interrupt between two steps of lowtide's own comes out too. For the instant at which C enters Python,
    where the interpreter would only print it, each call of a Monitor sees to it that sys.unraisablehook passes it on; the hook that
    was there is called for all else.

    A note on the exception (`__notes__`) tells how many changes were stored, not stored, or not known to be, since nobody looked or the
    look failed; of a tick, how many accounts, and of a delivery, how many were sent.

    All methods also raise

    TypeError, DataError   wrong arguments. Nothing was done.
    BusyError              it is serving a call: that of another thread, or the one from whose store or courier this call comes.
    RefusedError           the change is wrong: a name, an Available Credit out of range, an instant later than the skew allows, an alert
                           that was never enabled. Nothing was stored.
    HostFailureError       what was loaded cannot be read, or the store could not commit. Nothing was stored.
    ConflictError          others kept committing the account. Nothing was stored.
    UnknownResultError     the store could not tell whether it committed.
    IncompleteError        one of these holds for some of many changes; its `report` tells which.
    ValueError             it is closed; `deliver` without a courier; or what the store or the courier returned is not what was promised
                           (a TypeError if it is of a wrong type).

    The errors of what the Monitor was asked to do name the account in their message, and leave `field` and `value` empty; those of an
    argument name it in `field`.

    Threads: one call at a time, from any thread; workers have a Monitor each, over one database if they like. While lowtide decides, other
    Python threads run. The methods of the store and the courier run on the thread that called the Monitor, and see its context variables,
    such as the decimal context, in a copy.

    Processes: after a fork, make a Monitor of its own in the child. If another thread was within a call, the one that came along stays
    busy there for ever, with whatever locks of the host's that thread held.
    """

    def __init__(
        self,
        store: Store,
        courier: Optional[Courier] = None,
        *,
        joined: bool = False,
        deliver_stops: bool = False,
        skew: timedelta = timedelta(days=1),
        attempts: int = 16,
        channels: Iterable[str] = _CHANNELS,
    ) -> None:
        instance(store, Store, "store")
        if courier is not None:
            instance(courier, Courier, "courier")
        kept = Kept()
        options = _options(joined, deliver_stops, skew, attempts, channels, kept)
        self._store = store
        self._courier = courier
        self._callbacks = Callbacks()
        self._gate = Gate()
        host = self._callbacks.host()
        handle = c_void_p()
        check(lib.lowtide_monitor_create(byref(handle), byref(host), byref(options)))
        self._handle = handle.value or 0
        self._free = weakref.finalize(self, _forget, self._gate, self._handle, host)

    def close(self) -> None:
        """Frees it. A second time does nothing. Raises BusyError while it serves a call; then it stays open."""

        def release() -> None:
            found = self._free.detach()
            if found is not None:
                _destroy(*found[2][1:])

        self._gate.run(release)

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Monitor cannot be copied or pickled; make another one over the same store"
        )

    # ---- One change. All return its EventReport, and raise unless it came to its end. ----

    def observe(
        self,
        account: str,
        balance: Optional[Balance] = None,
        *,
        available_credit: Optional[Exact] = None,
        at: datetime,
        sequence: Optional[int] = None,
        now: datetime,
    ) -> EventReport:
        """The account's balance changed. Give either the balance, or its Available Credit.

        sequence: its place among the changes of the account, 1 to 2^63 - 1, growing; one that is not greater than the last is stale and
                  ignored. None: the caller vouches for the order.
        """
        change = events.observation(balance, available_credit, at, sequence)
        return self._change(lib.lowtide_monitor_observe, (account,), now, byref(change))

    def enable(
        self,
        account: str,
        threshold: Exact,
        *,
        alert: str = abi.DEFAULT_ALERT_NAME,
        at: datetime,
        schedule: Union[Schedule, Daily, None] = None,
        if_below: IfBelow = IfBelow.NEXT_CHANGE,
        now: datetime,
    ) -> EventReport:
        """Turns an alert on, and makes it if it is not there; if it is on already, sets its threshold and schedule. Never fires.

        threshold: 0 or more.
        schedule:  None keeps it as it is; a new alert has five reminders every 24 hours.
        """
        event = events.enable(threshold, at, schedule, if_below)
        return self._change(lib.lowtide_monitor_enable, (account, alert), now, byref(event))

    def set_threshold(
        self,
        account: str,
        threshold: Exact,
        *,
        alert: str = abi.DEFAULT_ALERT_NAME,
        at: datetime,
        if_below: IfBelow = IfBelow.NEXT_CHANGE,
        now: datetime,
    ) -> EventReport:
        """Sets another threshold, 0 or more. While the alert is off it is remembered. Never fires."""
        event = events.set_threshold(threshold, at, if_below)
        return self._change(lib.lowtide_monitor_set_threshold, (account, alert), now, byref(event))

    def disable(
        self, account: str, *, alert: str = abi.DEFAULT_ALERT_NAME, at: datetime, now: datetime
    ) -> EventReport:
        """Turns an alert off. In mid-episode that yields a stop."""
        return self._change(lib.lowtide_monitor_disable, (account, alert), now, seconds(at, "at"))

    def rebase(self, account: str, sequence: int, *, at: datetime, now: datetime) -> EventReport:
        """Sets the account's last sequence, 0 (none yet) to 2^63 - 1, for a source whose numbering starts over. It is no decision."""
        last = numbers.sequence(sequence, least=0)
        return self._change(lib.lowtide_monitor_rebase, (account,), now, last, seconds(at, "at"))

    # ---- Many ----

    def apply(self, changes: Iterable[AccountEvent], *, now: datetime) -> Tuple[EventReport, ...]:
        """Many changes, each with its report, in their order. Those of one account are decided in that order and committed together, and
        stand and fall together in the store; one that is refused does not keep the others.

        Raises IncompleteError unless all came to their end, with all reports as its `report`.
        """
        clock, kept = seconds(now, "now"), Kept()
        given = list(changes)
        many = (monitor_abi.AccountEvent * len(given))()
        written = (monitor_abi.EventReport * len(given))()
        for place, one in enumerate(given):
            where = f"changes[{place}]"
            instance(one, AccountEvent, where)
            event = events.observation(
                one.balance, one.available_credit, one.at, one.sequence, f"{where}."
            )
            many[place].struct_size = sizeof(monitor_abi.AccountEvent)
            many[place].observation = pointer(event)
            kept.text(many[place].account, one.account, f"{where}.account")
            written[place].struct_size = sizeof(monitor_abi.EventReport)

        def call(handle: int) -> int:
            if not given:
                return abi.OK
            strides = sizeof(monitor_abi.EventReport), sizeof(monitor_abi.AccountEvent)
            status: int = lib.lowtide_monitor_apply(
                written, strides[0], handle, many, strides[1], len(given), clock
            )
            return status

        def read(status: int) -> Tuple[EventReport, ...]:
            told = tuple(reports.change(one) for one in written)
            return reports.complete(
                told,
                tuple(str(one.error) for one in told if one.error),
                "changes did not come to their end",
            )

        return self._serve(call, read, lambda: self._what_was_stored(list(written)))

    def tick(self, now: datetime) -> TickReport:
        """Sends every reminder that is due at `now`. An account that cannot be ticked keeps no other waiting.

        Raises IncompleteError if there is such a one, with the TickReport as its `report`.
        """
        clock = seconds(now, "now")
        return self._tick(clock, clock, 1)

    def tick_until(self, at: datetime, *, end: datetime, inclusive: bool = False) -> TickReport:
        """Sends, decided at `at`, every reminder that falls before `end`, or at it if `inclusive`: for a host that plays past time."""
        instance(inclusive, bool, "inclusive")
        return self._tick(seconds(at, "at"), seconds(end, "end"), int(inclusive))

    def _tick(self, at: int, end: int, inclusive: int) -> TickReport:
        report = sized(monitor_abi.TickReport)

        def read(status: int) -> TickReport:
            told = TickReport(report.accounts, report.outputs, monitor_read.errors(report))
            return reports.complete(told, told.errors, "accounts could not be ticked")

        def note() -> str:
            doubt = self._callbacks.doubt
            return f"accounts: {report.accounts} ticked and stored" + (
                f", those of the last commit not known ({doubt})" if doubt else ""
            )

        return self._serve(
            lambda handle: int(
                lib.lowtide_monitor_tick_until(byref(report), handle, at, end, inclusive)
            ),
            read,
            note,
        )

    def deliver(self, now: datetime) -> DeliveryReport:
        """Hands every pending delivery over, and records what became of it after each.

        Raises IncompleteError if one was rejected, put off or not recorded, with the DeliveryReport as its `report`.
        """
        if self._courier is None:
            raise ValueError("courier: this Monitor has none, so it cannot deliver")
        clock = seconds(now, "now")
        report = sized(monitor_abi.DeliveryReport)

        def read(status: int) -> DeliveryReport:
            told = DeliveryReport(
                report.sent, report.failed, report.postponed, monitor_read.errors(report)
            )
            return reports.complete(told, told.errors, "deliveries were not sent")

        return self._serve(
            lambda handle: int(lib.lowtide_monitor_deliver(byref(report), handle, clock)),
            read,
            lambda: f"deliveries: {report.sent} sent, {report.failed} failed",
        )

    # ---- Serving ----

    def _change(
        self, function: Callable[..., int], named: Tuple[str, ...], now: datetime, *event: Any
    ) -> EventReport:
        texts: List[Any] = []
        for field, name in zip(("account", "alert"), named):
            encoded = names.encode(name, field)
            texts += [encoded, len(encoded)]
        clock = seconds(now, "now")
        report = sized(monitor_abi.EventReport)

        def read(status: int) -> EventReport:
            return reports.good_change(report)

        return self._serve(
            lambda handle: function(byref(report), handle, *texts, *event, clock),
            read,
            lambda: self._what_was_stored([report]),
        )

    def _serve(
        self, call: Callable[[int], int], read: Callable[[int], _Told], note: Callable[[], str]
    ) -> _Told:
        """Makes a call with the Monitor's address, and reads what it told before another call may end that."""

        def serve() -> _Told:
            if not self._free.alive:
                raise ValueError("the Monitor is closed")
            self._callbacks.begin(self._store, self._courier)
            try:
                status = call(self._handle)
                if self._callbacks.raised is not None:
                    self._raise(note() if status in reports.WRITTEN else "")
                if status not in reports.WRITTEN:
                    check(status)
                return read(status)
            finally:
                self._callbacks.end()

        return self._gate.run(serve)

    def _what_was_stored(self, written: List[monitor_abi.EventReport]) -> str:
        callbacks = self._callbacks
        return reports.what_was_stored(
            written, "" if callbacks.looked else callbacks.doubt or LOOK_FAILED
        )

    def _raise(self, note: str) -> NoReturn:
        error, self._callbacks.raised = self._callbacks.raised, None
        assert error is not None
        try:
            _set_note(error, note)
            raise error
        finally:
            del error  # or its traceback, which has this frame, would keep it alive


# A prototype of our own: those of ctypes.pythonapi are everybody's.
_keep: Any = PYFUNCTYPE(None, py_object)(("Py_IncRef", pythonapi))


def _destroy(handle: int, host: monitor_abi.Host) -> None:
    """Frees a Monitor; until then the callbacks are kept. If C is inside of it, they are kept for ever, for C will return to them."""
    if lib.lowtide_monitor_destroy(handle) != abi.OK:
        _keep(host)


def _forget(gate: Gate, handle: int, host: monitor_abi.Host) -> None:
    """Frees a Monitor that nobody refers to, or at the end of the process, when a thread may be within a call, or about to make one."""
    try:
        gate.run(lambda: _destroy(handle, host))
    except BusyError:
        _keep(host)


def _set_note(error: BaseException, note: str) -> None:
    """As BaseException.add_note, which Python has from 3.11 on, in the place of the note of an earlier call: an exception may be raised
    time and again. One that takes no notes goes without."""
    try:
        notes = getattr(error, "__notes__", None)
        kept = (
            [one for one in notes if not str(one).startswith(_NOTE)]
            if isinstance(notes, list)
            else []
        )
        if note:
            kept.append(_NOTE + note)
        if kept or notes:
            BaseException.__setattr__(error, "__notes__", kept)
    except Exception:
        return


def _options(
    joined: bool,
    deliver_stops: bool,
    skew: timedelta,
    attempts: int,
    channels: Iterable[str],
    kept: Kept,
) -> monitor_abi.MonitorOptions:
    options = sized(monitor_abi.MonitorOptions)
    for name, value, flag in (
        ("joined", joined, monitor_abi.OPTIONS_JOINED),
        ("deliver_stops", deliver_stops, monitor_abi.OPTIONS_DELIVER_STOPS),
    ):
        instance(value, bool, name)
        options.flags |= flag if value else 0
    options.flags |= (
        monitor_abi.OPTIONS_HAS_SKEW
        | monitor_abi.OPTIONS_HAS_ATTEMPTS
        | monitor_abi.OPTIONS_HAS_CHANNELS
    )
    instance(skew, timedelta, "skew")
    if skew % _SECOND:
        raise MalformedError.of("skew", "must be whole seconds", skew)
    if not timedelta(0) <= skew <= _MOST_SKEW:
        raise OutOfRangeError.of("skew", "must be from 0 to 253402300799 seconds", skew)
    options.skew = skew // _SECOND
    options.attempts = numbers.whole(attempts, "attempts", 1, 2**32 - 1)
    if isinstance(channels, str):
        raise TypeError(f"channels: must be an iterable of str, not {shown(channels)}")
    given = list(channels)
    texts = (monitor_abi.Text * len(given))()
    for place, name in enumerate(given):
        kept.text(texts[place], names.checked(name, f"channels[{place}]"), f"channels[{place}]")
        if name in given[:place]:
            raise MalformedError.of(f"channels[{place}]", "must not come twice", name)
    options.channels = texts
    options.channel_count = len(texts)
    return options
