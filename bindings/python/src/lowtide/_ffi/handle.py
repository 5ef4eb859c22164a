# SPDX-License-Identifier: Apache-2.0
"""Creates and frees lowtide_monitor. Loads the Monitor's part of the library. Private."""

from __future__ import annotations

from ctypes import PYFUNCTYPE, byref, c_void_p, py_object, pythonapi
from typing import Any

from ..errors import BusyError
from . import abi, monitor_abi
from .gate import Gate
from .library import check, declare, lib
from .monitor_sizes import check_monitor_sizes

declare(lib, monitor_abi.PROTOTYPES)
check_monitor_sizes(lib)

# A prototype of this package's own: those of ctypes.pythonapi are shared with all other code.
_keep_forever: Any = PYFUNCTYPE(None, py_object)(("Py_IncRef", pythonapi))


def create(host: monitor_abi.Host, options: monitor_abi.MonitorOptions) -> int:
    """The address of a new lowtide_monitor. Keep `host` until it is freed."""
    handle = c_void_p()
    check(lib.lowtide_monitor_create(byref(handle), byref(host), byref(options)))
    return handle.value or 0


def close(finalizer: Any) -> None:
    """Frees a Monitor whose finalizer would call `forget`, unless that was done already."""
    found = finalizer.detach()
    if found is not None:
        _destroy(*found[2][1:])


def forget(gate: Gate, handle: int, host: monitor_abi.Host) -> None:
    """Frees a Monitor that nothing refers to.

    Also runs at the end of the process, when a thread may be inside a call or about to make one.
    """
    try:
        gate.run(lambda: _destroy(handle, host))
    except BusyError:
        _keep_forever(host)


def _destroy(handle: int, host: monitor_abi.Host) -> None:
    # If C is inside the Monitor, it will still call the callbacks: they must never be freed.
    if lib.lowtide_monitor_destroy(handle) != abi.OK:
        _keep_forever(host)
