# SPDX-License-Identifier: Apache-2.0
"""The callbacks of a Monitor: C calls them, and they call the host's store and courier.

No exception can pass through C. The first one is kept, the callback fails, and the Monitor raises
the exception when C has returned. Until then no method of the host is called again, except for one
`load` with which the Monitor finds out whether a commit that raised was stored. Private.
"""

from __future__ import annotations

from typing import Any, Optional, Set

from ..delivery import Courier, DeliveryState, Pending
from ..store import Due, Store
from . import answers, monitor_abi, monitor_read, monitor_write, unraisable
from .instants import instant
from .monitor_abi import HOST_FAILED, HOST_NOT_STORED, HOST_OK, HOST_TRY_AGAIN, WALK_INCLUSIVE
from .structs import each, sized

# Why it is not known what became of a commit.
NOT_CHECKED = "not checked"
CHECK_FAILED = "the check failed"


class Callbacks(unraisable.Interruptible):
    """Refers to the host only during a call, and never to the struct that C is given.

    So a host may refer to its Monitor without making a cycle of garbage.
    """

    _store: Store
    _courier: Optional[Courier]

    def __init__(self) -> None:
        self.end()
        super().__init__()

    def begin(self, store: Store, courier: Optional[Courier]) -> None:
        """A call of the Monitor begins."""
        self.end()
        unraisable.install()
        self._store = store
        self._courier = courier

    def end(self) -> None:
        """The call is over."""
        self.__dict__.pop("_store", None)
        self._courier = None
        self.raised: Optional[BaseException] = None
        # Why it is not known what became of a commit that raised; "" if it is known.
        self.doubt = ""
        # Whether the accounts of a commit that raised were loaded again.
        self.checked = False
        # The accounts of a commit that raised, if the next load is to find out about them.
        self._to_check: Optional[Set[str]] = None

    def host(self) -> monitor_abi.Host:
        """What C is given. Keep it for as long as C may call it."""
        host = sized(monitor_abi.Host)
        host.load = monitor_abi.LoadFunction(self._load)
        host.commit = monitor_abi.CommitFunction(self._commit)
        host.due = monitor_abi.DueFunction(self._due)
        host.pending = monitor_abi.PendingFunction(self._pending)
        host.record_delivery = monitor_abi.RecordDeliveryFunction(self._record_delivery)
        host.deliver = monitor_abi.DeliverFunction(self._deliver)
        return host

    def keep(self, error: BaseException) -> None:
        """Keeps an exception for the Monitor to raise.

        The first one counts. A later one, of the load that checks a commit, counts only if it ends
        the program and the first one does not.
        """
        first = self.raised
        if first is None:
            self.raised = error
        elif isinstance(first, Exception) and not isinstance(error, Exception):
            if error.__context__ is None:
                error.__context__ = first
            self.raised = error

    def interrupted(self, method: str, error: BaseException) -> None:
        self.keep(error)
        if method == "_commit":
            self.doubt = NOT_CHECKED

    def _failed(self, error: BaseException) -> int:
        self.keep(error)
        return HOST_FAILED

    def _load(self, _context: int, accounts: int, _error: int, texts: Any, count: int) -> int:
        try:
            to_check, self._to_check = self._to_check, None
            if self.raised is not None and to_check is None:
                return HOST_FAILED
            names = [monitor_read.text(texts[place]) for place in range(count)]
            if to_check is not None:
                # With one attempt there is no such load. The next one is of other accounts.
                if not to_check.issuperset(names):
                    return HOST_FAILED
                self.doubt = CHECK_FAILED
            method = self._store.load
            answers.put_accounts(method, method(names), names, accounts)
            if to_check is not None:
                self.doubt, self.checked = "", True
            return HOST_OK
        except BaseException as error:
            return self._failed(error)

    def _commit(
        self, _context: int, results: Any, _error: int, address: int, count: int, stride: int
    ) -> int:
        names: Set[str] = set()
        try:
            if self.raised is not None:
                for place in range(count):
                    results[place] = HOST_NOT_STORED
                return HOST_FAILED
            method = self._store.commit
            commits = [
                monitor_read.commit(one) for one in each(monitor_abi.Commit, address, count, stride)
            ]
            names.update(commit.after.name for commit in commits)
            answers.write_results(results, method, method(commits), count)
            return HOST_OK
        except BaseException as error:
            self.doubt = NOT_CHECKED
            self._to_check = names if isinstance(error, Exception) else None
            return self._failed(error)

    def _due(self, _context: int, accounts: int, _error: int, walk: Any) -> int:
        try:
            if self.raised is not None:
                return HOST_FAILED
            method = self._store.due
            page = walk.contents
            found = method(
                instant(page.end),
                bool(page.flags & WALK_INCLUSIVE),
                page.limit,
                monitor_read.cursor(page),
            )
            answers.put_page(method, found, Due, page.limit, accounts, monitor_write.due)
            return HOST_OK
        except BaseException as error:
            return self._failed(error)

    def _pending(self, _context: int, deliveries: int, _error: int, walk: Any) -> int:
        try:
            if self.raised is not None:
                return HOST_FAILED
            method = self._store.pending
            page = walk.contents
            found = method(page.limit, monitor_read.cursor(page))
            answers.put_page(method, found, Pending, page.limit, deliveries, monitor_write.pending)
            return HOST_OK
        except BaseException as error:
            return self._failed(error)

    def _record_delivery(self, _context: int, _error: int, result: Any) -> int:
        try:
            if self.raised is not None:
                return HOST_FAILED
            method = self._store.record_delivery
            given = result.contents
            found = method(
                monitor_read.delivery(given.delivery.contents),
                DeliveryState(given.state),
                monitor_read.error_text(given.error),
                instant(given.now),
            )
            answers.recorded(method, found)
            return HOST_OK
        except BaseException as error:
            return self._failed(error)

    def _deliver(self, _context: int, error_sink: int, delivery: Any) -> int:
        try:
            if self.raised is not None or self._courier is None:
                return HOST_TRY_AGAIN
            method = self._courier.deliver
            found = method(monitor_read.delivery(delivery.contents))
            return answers.handover(method, found, error_sink)
        except BaseException as error:
            return self._failed(error)
