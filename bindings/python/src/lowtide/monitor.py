# SPDX-License-Identifier: Apache-2.0
"""Monitor: applies events to stored accounts and delivers the notices."""

from __future__ import annotations

import weakref
from ctypes import byref
from datetime import datetime, timedelta
from types import TracebackType
from typing import Callable, Iterable, List, NoReturn, Optional, Type, TypeVar, Union

from ._ffi import monitor_abi, reports
from ._ffi.abi import DEFAULT_ALERT_NAME
from ._ffi.amounts import Exact
from ._ffi.apply import Apply
from ._ffi.arguments import instance
from ._ffi.callbacks import CHECK_FAILED, Callbacks
from ._ffi.gate import Gate
from ._ffi.handle import close, create, forget
from ._ffi.instants import seconds
from ._ffi.library import check, lib
from ._ffi.notes import set_note
from ._ffi.options import monitor_options
from ._ffi.structs import Kept, sized
from .balance import Balance
from .codes import IfBelow
from .delivery import Courier
from .event import AccountEvent, Disable, Enable, Observe, Rebase, SetThreshold
from .report import DeliveryReport, EventReport, TickReport
from .schedule import Daily, Schedule
from .store import Store

_Result = TypeVar("_Result")


class Monitor:
    """Loads, decides, commits and delivers, over a host's Store and Courier.

    Every event is decided on what the store holds: the Monitor loads the account, decides for each
    of its alerts, and commits the account together with its notices under one revision. On a
    conflict it starts again. It delivers only what was committed. `now` is the host's clock: a
    Monitor reads none.

        with Monitor(store, courier) as monitor:
            monitor.enable("acme", 1000, at=now, now=now)
            monitor.observe("acme", available_credit=Decimal("999.99"), sequence=7, at=now, now=now)
            monitor.tick(now)
            monitor.deliver(now)

    courier:              hands deliveries over. None: this Monitor delivers nothing.
    joined:               the store writes within a transaction of the caller's. There is one
                          attempt, and conflicts go to the caller.
    deliver_stops:        whether stops are delivered. If not, they are only recorded.
    skew:                 0 s to 253402300799 s, in whole seconds. An event later than now + skew is
                          refused.
    attempts:             in all, on conflicts and unknown results: 1 to 4294967295.
    accounts_per_commit:  the most accounts in one load or commit: 1 to 4294967295.
    channels:             each notice is delivered on all of them. Names of 1 to 255 bytes of UTF-8
                          without control characters, each once.

    `close`, the end of a `with`, or the end of the last reference frees the Monitor.

    Exceptions of the host: whatever a method of the store or the courier raises, including
    KeyboardInterrupt and SystemExit, leaves the Monitor's method with its traceback. The call ends
    there. Nothing more is stored, but what was stored before stays, such as the accounts that a
    tick has reached. A note on the exception (`__notes__`) says how many events were stored, not
    stored, or not known to be; of a tick, how many accounts; of a delivery, how many were sent.
    Interrupts inside lowtide's own code leave the method in the same way. For those that strike
    just as C enters a callback, every call installs a sys.unraisablehook; the hook that was there
    before gets everything else.

    All methods also raise

    TypeError, DataError   wrong arguments. Nothing was done.
    BusyError              the Monitor is serving another call: on another thread, or the call from
                           whose store or courier this one comes.
    RefusedError           the event is wrong: a name, an Available Credit out of range, an instant
                           later than the skew allows, an alert that was never enabled. Nothing was
                           stored.
    HostFailureError       what was loaded cannot be read, or the store could not commit. Nothing
                           was stored.
    ConflictError          others committed the account at every attempt. Nothing was stored.
    UnknownResultError     the store does not know whether it committed.
    IncompleteError        one of the last four, for some of many accounts or events; its `report`
                           says for which.
    ValueError             the Monitor is closed; `deliver` without a courier; or the store or the
                           courier returned a wrong value (a TypeError if it has a wrong type).

    An error about an argument has its name in `field`. An error about an account names the account
    in its message, and has no `field` and no `value`.

    Threads: one call at a time, from any thread. Give each worker a Monitor of its own, over the
    same database if you like. Other Python threads run while lowtide decides. The store and the
    courier are called on the thread that called the Monitor, with a copy of its context variables,
    such as the decimal context.

    Processes: after a fork, create a new Monitor in the child. If another thread was inside a call,
    the inherited Monitor stays busy in the child forever, and so do the host's locks that the
    thread held.
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
        accounts_per_commit: int = 256,
        channels: Iterable[str] = ("email", "internal_message"),
    ) -> None:
        instance(store, Store, "store")
        if courier is not None:
            instance(courier, Courier, "courier")
        kept = Kept()
        options = monitor_options(
            joined, deliver_stops, skew, attempts, accounts_per_commit, channels, kept
        )
        self._store = store
        self._courier = courier
        self._callbacks = Callbacks()
        self._gate = Gate()
        host = self._callbacks.host()
        self._handle = create(host, options)
        self._free = weakref.finalize(self, forget, self._gate, self._handle, host)

    def close(self) -> None:
        """Frees the Monitor. Does nothing the second time.

        Raises BusyError while it serves a call; then it stays open.
        """
        self._gate.run(lambda: close(self._free))

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
            "a Monitor cannot be copied or pickled; create another one over the same store"
        )

    # ---- One event. Each returns its report, and raises the error if the event failed. ----

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
        """An observation of the account's balance: its five components, or their sum.

        sequence: its place among the observations of the account, 1 to 2^63 - 1, growing. An
                  observation whose sequence is not greater than the last one is stale, and ignored.
                  None: the caller guarantees the order.
        """
        return self._apply_one(Observe(account, at, balance, available_credit, sequence), now)

    def enable(
        self,
        account: str,
        threshold: Exact,
        *,
        alert: str = DEFAULT_ALERT_NAME,
        at: datetime,
        schedule: Union[Schedule, Daily, None] = None,
        if_below: IfBelow = IfBelow.NEXT_CHANGE,
        now: datetime,
    ) -> EventReport:
        """Turns an alert on, and makes it if the account has none of this name. If it is on, sets
        its threshold and schedule. Never fires.

        threshold: 0 or more.
        schedule:  None keeps the alert's; a new alert has five reminders every 24 hours.
        """
        return self._apply_one(Enable(account, threshold, at, alert, schedule, if_below), now)

    def set_threshold(
        self,
        account: str,
        threshold: Exact,
        *,
        alert: str = DEFAULT_ALERT_NAME,
        at: datetime,
        if_below: IfBelow = IfBelow.NEXT_CHANGE,
        now: datetime,
    ) -> EventReport:
        """Sets another threshold, 0 or more. An alert that is off remembers it. Never fires."""
        return self._apply_one(SetThreshold(account, threshold, at, alert, if_below), now)

    def disable(
        self, account: str, *, alert: str = DEFAULT_ALERT_NAME, at: datetime, now: datetime
    ) -> EventReport:
        """Turns an alert off. In mid-episode that sends a stop."""
        return self._apply_one(Disable(account, at, alert), now)

    def rebase(self, account: str, sequence: int, *, at: datetime, now: datetime) -> EventReport:
        """Sets the account's last sequence, 0 (none yet) to 2^63 - 1, for a source that restarts
        its numbering. Decides nothing.
        """
        return self._apply_one(Rebase(account, sequence, at), now)

    # ---- Many ----

    def apply(self, events: Iterable[AccountEvent], *, now: datetime) -> List[EventReport]:
        """Applies any number of events, of any kind and for any accounts.

        Returns one report for each event, in the order of the events. The events of one account are
        decided in that order and committed together: all of them are stored, or none. An event that
        is refused does not affect the others. Accounts are committed in the order of their names'
        UTF-8, at most `accounts_per_commit` at a time.

        Raises IncompleteError if an event failed, with the list of all reports as its `report`.

            monitor.apply(
                [
                    lowtide.Enable("acme", 1000, at=now),
                    lowtide.Observe("acme", available_credit=Decimal("999.99"), at=now, sequence=7),
                    lowtide.Tick("zenith", at=now),
                ],
                now=now,
            )
        """
        given = list(events)
        call = Apply(given, [f"events[{place}]." for place in range(len(given))], now)
        return self._serve(call.run, lambda: reports.events(call.reports), lambda: self._note(call))

    def tick(self, now: datetime) -> TickReport:
        """Sends every reminder that is due at `now`. An account that cannot be ticked does not hold
        up the others.

        Raises IncompleteError if there is one, with the TickReport as its `report`.
        """
        return self._tick("now", now, now, inclusive=True)

    def tick_until(self, at: datetime, *, end: datetime, inclusive: bool = False) -> TickReport:
        """Sends, decided at `at`, every reminder due before `end`, or at it if `inclusive`.

        For a host that replays the past.
        """
        instance(inclusive, bool, "inclusive")
        return self._tick("at", at, end, inclusive)

    def _tick(self, field: str, at: datetime, end: datetime, inclusive: bool) -> TickReport:
        report = sized(monitor_abi.TickReport)
        arguments = seconds(at, field), seconds(end, "end"), int(inclusive)

        def note() -> str:
            doubt = self._callbacks.doubt
            unknown = f", those of the last commit not known ({doubt})" if doubt else ""
            return f"accounts: {report.accounts} ticked and stored{unknown}"

        return self._serve(
            lambda monitor: int(lib.lowtide_monitor_tick_until(byref(report), monitor, *arguments)),
            lambda: reports.tick(report),
            note,
        )

    def deliver(self, now: datetime) -> DeliveryReport:
        """Hands every pending delivery to the courier, and records each result before the next.

        Raises IncompleteError if a delivery was rejected, postponed or not recorded, with the
        DeliveryReport as its `report`.
        """
        if self._courier is None:
            raise ValueError("courier: this Monitor has none, so it cannot deliver")
        clock = seconds(now, "now")
        report = sized(monitor_abi.DeliveryReport)
        return self._serve(
            lambda monitor: int(lib.lowtide_monitor_deliver(byref(report), monitor, clock)),
            lambda: reports.deliveries(report),
            lambda: f"deliveries: {report.sent} sent, {report.failed} failed",
        )

    # ---- Serving a call ----

    def _apply_one(self, event: AccountEvent, now: datetime) -> EventReport:
        call = Apply([event], [""], now)
        return self._serve(
            call.run, lambda: reports.good_event(call.reports[0]), lambda: self._note(call)
        )

    def _serve(
        self, call: Callable[[int], int], read: Callable[[], _Result], note: Callable[[], str]
    ) -> _Result:
        """Makes a call with the Monitor's address. Reads its report before another call may free
        what the report points to.
        """

        def serve() -> _Result:
            if not self._free.alive:
                raise ValueError("the Monitor is closed")
            self._callbacks.begin(self._store, self._courier)
            try:
                status = call(self._handle)
                written = status in reports.WRITTEN
                if self._callbacks.raised is not None:
                    self._raise(note() if written else "")
                if not written:
                    check(status)
                return read()
            finally:
                self._callbacks.end()

        return self._gate.run(serve)

    def _note(self, call: Apply) -> str:
        callbacks = self._callbacks
        doubt = "" if callbacks.checked else callbacks.doubt or CHECK_FAILED
        return reports.what_was_stored(call.reports, doubt)

    def _raise(self, note: str) -> NoReturn:
        error, self._callbacks.raised = self._callbacks.raised, None
        assert error is not None
        try:
            set_note(error, note)
            raise error
        finally:
            del error  # its traceback refers to this frame, so the frame must not refer to it
