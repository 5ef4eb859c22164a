# SPDX-License-Identifier: Apache-2.0
"""Whether the Monitor's structs have the sizes that the library knows, as _library asks of the others."""

from __future__ import annotations

import ctypes
from ctypes import c_void_p, sizeof
from typing import Any, Callable, Dict, List, Type

from ..errors import LibraryError
from . import monitor_abi
from .library import check, check_sizes
from .monitor_abi import HOST_FAILED


def check_host_sizes(library: ctypes.CDLL) -> None:
    """A Monitor without a host is made, and asked for what fails right behind its look at the struct. What a callback puts into a sink
    can only be tried inside of the callback. Raises LibraryError, with both numbers."""
    path, raised = library._name, []
    monitor, report = c_void_p(), monitor_abi.EventReport(sizeof(monitor_abi.EventReport))

    def put(struct: Type[ctypes.Structure]) -> Callable[[Any, Any], int]:
        def into(sink: Any, walk: Any) -> int:
            try:
                check_sizes(path, {struct: lambda it: library.lowtide_sink_put(sink, it)})
                if walk is not None and walk.contents.struct_size < sizeof(monitor_abi.Walk):
                    ours = sizeof(monitor_abi.Walk)
                    raise LibraryError(
                        f"{path}: its struct Walk has {walk.contents.struct_size} bytes, and this package needs {ours}"
                    )
            except LibraryError as error:
                raised.append(error)
            return HOST_FAILED

        return into

    loaded, due, pending = (
        put(monitor_abi.Account),
        put(monitor_abi.DueAccount),
        put(monitor_abi.Delivery),
    )
    host = monitor_abi.Host(
        sizeof(monitor_abi.Host),
        0,
        None,
        monitor_abi.LoadFunction(
            lambda _context, accounts, _error, _names, _count: loaded(accounts, None)
        ),
        monitor_abi.CommitFunction(lambda *_: HOST_FAILED),
        monitor_abi.DueFunction(lambda _context, accounts, _error, walk: due(accounts, walk)),
        monitor_abi.PendingFunction(
            lambda _context, deliveries, _error, walk: pending(deliveries, walk)
        ),
        monitor_abi.RecordDeliveryFunction(lambda *_: HOST_FAILED),
        monitor_abi.DeliverFunction(lambda *_: HOST_FAILED),
    )
    options = monitor_abi.MonitorOptions(sizeof(monitor_abi.MonitorOptions))
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
        check_sizes(path, _report_probes(library, monitor, report))
        calls: List[Callable[[], int]] = [
            lambda: library.lowtide_monitor_rebase(report, monitor, b"a", 1, 0, 0, 0),
            lambda: library.lowtide_monitor_tick(
                monitor_abi.TickReport(sizeof(monitor_abi.TickReport)), monitor, 0
            ),
            lambda: library.lowtide_monitor_deliver(
                monitor_abi.DeliveryReport(sizeof(monitor_abi.DeliveryReport)), monitor, 0
            ),
        ]
        for call in calls:
            call()
    finally:
        library.lowtide_monitor_destroy(monitor)
    if raised:
        raise raised[0]


def _report_probes(
    library: ctypes.CDLL, monitor: c_void_p, report: monitor_abi.EventReport
) -> Dict[Type[ctypes.Structure], Callable[[Any], int]]:
    """An instant or a sequence below 0, or flags that are none, keep the call from the store."""
    stride = 4096
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
