# SPDX-License-Identifier: Apache-2.0
"""The callbacks of a Monitor: from C to a host's store and courier, and back.

No exception can cross C. The first one is kept, C is told that the callback failed, and the Monitor raises it once C has returned. From
then on nothing of the host's is called, but for the one load with which the Monitor looks whether a commit that raised was stored.

An interrupt may strike as a callback is entered, ahead of its try. Nobody but sys.unraisablehook is told of it then, so that is where it
is taken from.
"""

from __future__ import annotations

import re
import sys
import weakref
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from ctypes import byref
from types import MethodType
from typing import Any, Callable, Optional, Set, Tuple

from ..errors import shown
from ..host import Account, CommitResult, DeliveryState, Due, Handover, Pending
from ..store import Courier, Store
from . import monitor_abi, monitor_read, monitor_write
from .instants import instant
from .library import check, lib
from .monitor_abi import HOST_FAILED, HOST_NOT_STORED, HOST_OK, HOST_TRY_AGAIN, WALK_INCLUSIVE

# Why it is not known what became of a commit.
NOBODY_LOOKED = "nobody looked"
LOOK_FAILED = "the look failed"


class Callbacks:
    """Holds no reference to what C is given, and to the host only during a call, so that a host may refer to its Monitor."""

    _store: Store
    _courier: Optional[Courier]

    def __init__(self) -> None:
        self.end()
        _LIVE[id(self)] = self

    def begin(self, store: Store, courier: Optional[Courier]) -> None:
        """A call of the Monitor begins."""
        self.end()
        _watch()
        self._store = store
        self._courier = courier

    def end(self) -> None:
        """It is over."""
        self.__dict__.pop("_store", None)
        self._courier = None
        self.raised: Optional[BaseException] = None
        # Why it is not known what became of a commit that raised; "" if that is known.
        self.doubt = ""
        self.looked = False
        self._looks = False

    def host(self) -> monitor_abi.Host:
        """What C is given; to be kept for as long as C may call it."""
        host = monitor_read.sized(monitor_abi.Host)
        host.load = monitor_abi.LoadFunction(self._load)
        host.commit = monitor_abi.CommitFunction(self._commit)
        host.due = monitor_abi.DueFunction(self._due)
        host.pending = monitor_abi.PendingFunction(self._pending)
        host.record_delivery = monitor_abi.RecordDeliveryFunction(self._record_delivery)
        host.deliver = monitor_abi.DeliverFunction(self._deliver)
        return host

    def take(self, error: BaseException) -> None:
        """The first one is what the caller is to see; what came of looking says no more, unless it ends more than the call."""
        first = self.raised
        if first is None:
            self.raised = error
        elif isinstance(first, Exception) and not isinstance(error, Exception):
            if error.__context__ is None:
                error.__context__ = first
            self.raised = error

    def _failed(self, error: BaseException) -> int:
        self.take(error)
        return HOST_FAILED

    def _load(self, _context: int, accounts: int, _error: int, names: Any, count: int) -> int:
        try:
            if self.raised is not None and not self._looks:
                return HOST_FAILED
            looks, self._looks = self._looks, False
            if looks:
                self.doubt = LOOK_FAILED
            method = self._store.load
            asked = [monitor_read.text(names[place]) for place in range(count)]
            missing = set(asked)
            with closing(_items(method, method(asked), Account)) as found:
                for account in found:
                    kept = monitor_write.Kept()
                    written = monitor_write.account(account, method.__qualname__, kept)
                    _take(missing, account, method)
                    _put(accounts, written, method)
            if looks:
                self.doubt, self.looked = "", True
            return HOST_OK
        except BaseException as error:
            return self._failed(error)

    def _commit(
        self, _context: int, results: Any, _error: int, commits: int, count: int, stride: int
    ) -> int:
        try:
            if self.raised is not None:
                for place in range(count):
                    results[place] = HOST_NOT_STORED
                return HOST_FAILED
            method = self._store.commit
            asked = [
                monitor_read.commit(one)
                for one in monitor_read.array(monitor_abi.Commit, commits, count, stride)
            ]
            _write_results(results, method, method(asked), count)
            return HOST_OK
        except BaseException as error:
            self.doubt = NOBODY_LOOKED
            self._looks = isinstance(error, Exception)
            return self._failed(error)

    def _due(self, _context: int, accounts: int, _error: int, walk: Any) -> int:
        try:
            if self.raised is not None:
                return HOST_FAILED
            method = self._store.due
            asked = walk.contents
            found = method(
                instant(asked.end),
                bool(asked.flags & WALK_INCLUSIVE),
                asked.limit,
                monitor_read.cursor(asked),
            )
            _walk(method, found, Due, asked.limit, accounts, monitor_write.due)
            return HOST_OK
        except BaseException as error:
            return self._failed(error)

    def _pending(self, _context: int, deliveries: int, _error: int, walk: Any) -> int:
        try:
            if self.raised is not None:
                return HOST_FAILED
            method = self._store.pending
            asked = walk.contents
            found = method(asked.limit, monitor_read.cursor(asked))
            _walk(method, found, Pending, asked.limit, deliveries, monitor_write.pending)
            return HOST_OK
        except BaseException as error:
            return self._failed(error)

    def _record_delivery(self, _context: int, _error: int, settlement: Any) -> int:
        try:
            if self.raised is not None:
                return HOST_FAILED
            method = self._store.record_delivery
            asked = settlement.contents
            delivery = monitor_read.delivery(asked.delivery.contents)
            done = method(
                delivery,
                DeliveryState(asked.state),
                monitor_read.words(asked.error),
                instant(asked.now),
            )
            if not isinstance(done, bool):
                raise TypeError(f"{method.__qualname__} must return a bool, not {shown(done)}")
            return HOST_OK
        except BaseException as error:
            return self._failed(error)

    def _deliver(self, _context: int, error_sink: int, delivery: Any) -> int:
        try:
            if self.raised is not None or self._courier is None:
                return HOST_TRY_AGAIN
            method = self._courier.deliver
            answer = method(monitor_read.delivery(delivery.contents))
            what, why = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, "")
            if not isinstance(what, Handover) or not isinstance(why, str):
                raise TypeError(
                    f"{method.__qualname__} must return a Handover, or one with a reason, not {shown(answer)}"
                )
            if why and what is not Handover.SENT:
                kept, text = monitor_write.Kept(), monitor_abi.Text()
                kept.text(text, why, f"{method.__qualname__}: the reason")
                _put(error_sink, text, method)
            code: int = what.value
            return code
        except BaseException as error:
            return self._failed(error)


# By their addresses.
_LIVE: "weakref.WeakValueDictionary[int, Callbacks]" = weakref.WeakValueDictionary()
# What Python 3.13 and later tell of a callback is its text.
_SHOWN = re.compile(
    r"ctypes callback function <bound method Callbacks\.(\w+) of <lowtide\._ffi\.callbacks\.Callbacks object at 0x([0-9a-f]+)>>"
)


def _of(told: Any) -> Tuple[Optional[Callbacks], str]:
    """The callbacks that sys.unraisablehook is told of, if it is told of any, and which of them it is."""
    if isinstance(told.object, MethodType) and isinstance(told.object.__self__, Callbacks):
        return told.object.__self__, told.object.__name__
    text = None if told.object is not None else _SHOWN.search(told.err_msg or "")
    return (_LIVE.get(int(text[2], 16)), text[1]) if text else (None, "")


class _Hook:
    """Takes what strikes as a callback is entered; everything else goes to the hook that was there before."""

    def __init__(self, usual: Callable[[Any], Any]) -> None:
        self._usual = usual

    def __call__(self, told: Any) -> None:
        callbacks, method = _of(told)
        if callbacks is None or told.exc_value is None:
            self._usual(told)
        else:
            callbacks.take(told.exc_value)
            if method == "_commit":
                callbacks.doubt = NOBODY_LOOKED


def _watch() -> None:
    """Others may have put a hook of their own in its place, so each call looks."""
    if not isinstance(sys.unraisablehook, _Hook):
        sys.unraisablehook = _Hook(sys.unraisablehook)


def _items(method: Callable[..., Any], found: Any, kind: type) -> Generator[Any, None, None]:
    """What a method returned, one by one: an iterable of `kind`. It may be a generator, whose exceptions come from here then, and which
    is closed with this one, so that what it holds is let go before the exception comes out of the Monitor."""
    if not isinstance(found, Iterable) or isinstance(found, (str, bytes)):
        raise TypeError(
            f"{method.__qualname__} must return an iterable of {kind.__name__}, not {shown(found)}"
        )
    try:
        for item in found:
            if not isinstance(item, kind):
                raise TypeError(
                    f"{method.__qualname__} must return an iterable of {kind.__name__}, not of {shown(item)}"
                )
            yield item
    finally:
        if isinstance(found, Generator):
            found.close()


def _take(missing: Set[str], account: Account, method: Callable[..., Any]) -> None:
    if account.name not in missing:
        raise ValueError(
            f"{method.__qualname__}: Account.name: was not asked for, or came before: {shown(account.name)}"
        )
    missing.remove(account.name)


def _walk(
    method: Callable[..., Any],
    found: Any,
    kind: type,
    limit: int,
    sink: int,
    write: Callable[..., Any],
) -> None:
    with closing(_items(method, found, kind)) as items:
        for place, item in enumerate(items):
            if place == limit:
                raise ValueError(
                    f"{method.__qualname__} must return at most the {limit} {kind.__name__} that were asked for"
                )
            kept = monitor_write.Kept()
            _put(sink, write(item, method.__qualname__, kept), method)


def _put(sink: int, item: Any, method: Callable[..., Any]) -> None:
    check(lib.lowtide_sink_put(sink, byref(item)), f"{method.__qualname__}: {type(item).__name__}")


def _write_results(results: Any, method: Callable[..., Any], found: Any, count: int) -> None:
    """Those that are results hold, whatever the others are."""
    if not isinstance(found, Sequence) or isinstance(found, (str, bytes)):
        raise TypeError(
            f"{method.__qualname__} must return a sequence of CommitResult, not {shown(found)}"
        )
    given = list(found)
    if len(given) != count:
        raise ValueError(
            f"{method.__qualname__} must return a CommitResult for each of {count} commits, not {len(given)}"
        )
    wrong = [result for result in given if not isinstance(result, CommitResult)]
    for place, result in enumerate(given):
        if isinstance(result, CommitResult):
            results[place] = result.value
    if wrong:
        raise TypeError(
            f"{method.__qualname__} must return a sequence of CommitResult, not of {shown(wrong[0])}"
        )
