# SPDX-License-Identifier: Apache-2.0
"""Checks the sizes of the Monitor's structs, as struct_sizes.py does for the others.

The structs that callbacks exchange can only be tried inside a callback. So this creates a Monitor
over a host that fails every call, and calls it. Private.
"""

from __future__ import annotations

import ctypes
from ctypes import c_void_p, sizeof
from typing import Any, Callable, Dict, List, Type

from ..errors import LibraryError
from . import monitor_abi
from .library import check
from .monitor_abi import HOST_FAILED
from .struct_sizes import check_sizes
from .structs import sized


def check_monitor_sizes(library: ctypes.CDLL) -> None:
    """Raises LibraryError, with both sizes, if a struct has another size in the library."""
    path = library._name
    monitor, found = c_void_p(), _Found(library)
    host, options = found.host(), sized(monitor_abi.MonitorOptions)
    check_sizes(
        path,
        {
            monitor_abi.Host: lambda it: library.lowtide_monitor_create(monitor, it, options),
            monitor_abi.MonitorOptions: lambda it: library.lowtide_monitor_create(
                monitor, host, it
            ),
        },
    )
    check(library.lowtide_monitor_create(monitor, host, options))
    try:
        check_sizes(path, _report_probes(library, monitor))
        report, tick = sized(monitor_abi.EventReport), sized(monitor_abi.TickReport)
        deliveries = sized(monitor_abi.DeliveryReport)
        # One call for each callback that puts structs into a sink.
        library.lowtide_monitor_rebase(report, monitor, b"a", 1, 0, 0, 0)
        library.lowtide_monitor_tick(tick, monitor, 0)
        library.lowtide_monitor_deliver(deliveries, monitor, 0)
    finally:
        library.lowtide_monitor_destroy(monitor)
    if found.errors:
        raise found.errors[0]


class _Found:
    """Callbacks that check the structs which they exchange, and keep the errors for later."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self.errors: List[LibraryError] = []

    def host(self) -> monitor_abi.Host:
        """A host that checks, and then fails."""
        loaded = self._check_put(monitor_abi.Account)
        due = self._check_put(monitor_abi.DueAccount)
        pending = self._check_put(monitor_abi.Delivery)
        return monitor_abi.Host(
            sizeof(monitor_abi.Host),
            0,
            None,
            monitor_abi.LoadFunction(lambda _context, sink, _error, _names, _n: loaded(sink, None)),
            monitor_abi.CommitFunction(lambda *_: HOST_FAILED),
            monitor_abi.DueFunction(lambda _context, sink, _error, walk: due(sink, walk)),
            monitor_abi.PendingFunction(lambda _context, sink, _error, walk: pending(sink, walk)),
            monitor_abi.RecordDeliveryFunction(lambda *_: HOST_FAILED),
            monitor_abi.DeliverFunction(lambda *_: HOST_FAILED),
        )

    def _check_put(self, struct: Type[ctypes.Structure]) -> Callable[[Any, Any], int]:
        path, put = self._library._name, self._library.lowtide_sink_put

        def checks(sink: Any, walk: Any) -> int:
            try:
                check_sizes(path, {struct: lambda it: put(sink, it)})
                ours = sizeof(monitor_abi.Walk)
                if walk is not None and walk.contents.struct_size < ours:
                    raise LibraryError(
                        f"{path}: its struct Walk has {walk.contents.struct_size} bytes, "
                        f"and this package needs {ours}"
                    )
            except LibraryError as error:
                self.errors.append(error)
            return HOST_FAILED

        return checks


def _report_probes(
    library: ctypes.CDLL, monitor: c_void_p
) -> Dict[Type[ctypes.Structure], Callable[[Any], int]]:
    """Calls with arguments that are wrong, so that none gets as far as the store."""
    report, stride = sized(monitor_abi.EventReport), 4096
    return {
        monitor_abi.EventReport: lambda it: int(
            library.lowtide_monitor_rebase(it, monitor, b"a", 1, -1, 0, 0)
        ),
        monitor_abi.TickReport: lambda it: int(library.lowtide_monitor_tick(it, monitor, -1)),
        monitor_abi.DeliveryReport: lambda it: int(
            library.lowtide_monitor_deliver(it, monitor, -1)
        ),
        monitor_abi.AccountEvent: lambda it: int(
            library.lowtide_monitor_apply(
                report, sizeof(monitor_abi.EventReport), monitor, it, stride, 1, 0
            )
        ),
    }
