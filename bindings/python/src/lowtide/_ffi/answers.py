# SPDX-License-Identifier: Apache-2.0
"""Checks what the methods of a host return, and hands it to C.

Every error begins with the method's name. Private; callbacks.py uses it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from ctypes import byref
from typing import Any, Callable, Set

from ..delivery import Handover
from ..errors import shown
from ..store import Account, CommitResult
from . import monitor_abi, monitor_write
from .library import check, lib
from .structs import Kept

Method = Callable[..., Any]


def put_accounts(method: Method, found: Any, names: Sequence[str], sink: int) -> None:
    """Puts the accounts that `load` returned into a sink."""
    missing = set(names)
    with closing(_items(method, found, Account)) as accounts:
        for account in accounts:
            kept = Kept()  # until the library has copied what the struct points to
            written = monitor_write.account(account, method.__qualname__, kept)
            _take(missing, account, method)
            _put(sink, written, method)


def _take(missing: Set[str], account: Account, method: Method) -> None:
    if account.name not in missing:
        raise ValueError(
            f"{method.__qualname__}: Account.name: "
            f"was not asked for, or came before: {shown(account.name)}"
        )
    missing.remove(account.name)


def put_page(
    method: Method, found: Any, kind: type, limit: int, sink: int, write: Callable[..., Any]
) -> None:
    """Puts a page of a walk into a sink: at most `limit` items of `kind`."""
    with closing(_items(method, found, kind)) as items:
        for place, item in enumerate(items):
            if place == limit:
                raise ValueError(
                    f"{method.__qualname__} must return at most {limit} {kind.__name__}, the limit"
                )
            kept = Kept()
            _put(sink, write(item, method.__qualname__, kept), method)


def _items(method: Method, found: Any, kind: type) -> Generator[Any, None, None]:
    """The items of an iterable that a method returned, each of `kind`.

    The iterable may be a generator. Then its exceptions come from here, and closing this generator
    closes it, so that it releases what it holds before the exception leaves the Monitor.
    """
    if not isinstance(found, Iterable) or isinstance(found, (str, bytes)):
        raise TypeError(
            f"{method.__qualname__} must return an iterable of {kind.__name__}, not {shown(found)}"
        )
    try:
        for item in found:
            if not isinstance(item, kind):
                raise TypeError(
                    f"{method.__qualname__} must return an iterable of {kind.__name__}, "
                    f"not of {shown(item)}"
                )
            yield item
    finally:
        if isinstance(found, Generator):
            found.close()


def _put(sink: int, item: Any, method: Method) -> None:
    check(lib.lowtide_sink_put(sink, byref(item)), f"{method.__qualname__}: {type(item).__name__}")


def write_results(results: Any, method: Method, found: Any, count: int) -> None:
    """Writes the results that `commit` returned. Valid ones count even if others are wrong."""
    if not isinstance(found, Sequence) or isinstance(found, (str, bytes)):
        raise TypeError(
            f"{method.__qualname__} must return a sequence of CommitResult, not {shown(found)}"
        )
    given = list(found)
    if len(given) != count:
        raise ValueError(
            f"{method.__qualname__} must return a CommitResult for each of {count} commits, "
            f"not {len(given)}"
        )
    wrong = [result for result in given if not isinstance(result, CommitResult)]
    for place, result in enumerate(given):
        if isinstance(result, CommitResult):
            results[place] = result.value
    if wrong:
        raise TypeError(
            f"{method.__qualname__} must return a sequence of CommitResult, "
            f"not of {shown(wrong[0])}"
        )


def recorded(method: Method, found: Any) -> None:
    """Checks what `record_delivery` returned."""
    if not isinstance(found, bool):
        raise TypeError(f"{method.__qualname__} must return a bool, not {shown(found)}")


def handover(method: Method, found: Any, error_sink: int) -> int:
    """The code of what `deliver` returned. Puts the reason, if there is one, into a sink."""
    what, why = found if isinstance(found, tuple) and len(found) == 2 else (found, "")
    if not isinstance(what, Handover) or not isinstance(why, str):
        raise TypeError(
            f"{method.__qualname__} must return a Handover, or one with a reason, "
            f"not {shown(found)}"
        )
    if why and what is not Handover.SENT:
        kept, text = Kept(), monitor_abi.Text()
        kept.text(text, why, f"{method.__qualname__}: the reason")
        _put(error_sink, text, method)
    code: int = what.value
    return code
