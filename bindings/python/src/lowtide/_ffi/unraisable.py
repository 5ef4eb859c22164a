# SPDX-License-Identifier: Apache-2.0
"""Catches interrupts that strike at the moment when C enters a callback, before its `try`.

ctypes has no caller to raise such an exception to, so it only goes to sys.unraisablehook. The hook
here passes it on to the callbacks that it belongs to. Private; callbacks.py uses it.
"""

from __future__ import annotations

import re
import sys
import weakref
from types import MethodType
from typing import Any, Callable, Optional, Tuple


class Interruptible:
    """Callbacks that are notified of such exceptions."""

    def __init__(self) -> None:
        _LIVE[id(self)] = self

    def interrupted(self, method: str, error: BaseException) -> None:
        """An exception ended the callback of this name before it began."""
        raise NotImplementedError


# By their addresses.
_LIVE: weakref.WeakValueDictionary[int, Interruptible] = weakref.WeakValueDictionary()

# From Python 3.13 on the hook gets only a text that contains the callback's repr.
_TEXT = re.compile(
    r"ctypes callback function "
    r"<bound method \w+\.(\w+) of <lowtide\._ffi\.[\w.]+ object at 0x([0-9a-f]+)>>"
)


def _target(unraisable: Any) -> Tuple[Optional[Interruptible], str]:
    """The callbacks that an exception belongs to, if any, and the name of the method."""
    function = unraisable.object
    if isinstance(function, MethodType) and isinstance(function.__self__, Interruptible):
        return function.__self__, function.__name__
    text = None if function is not None else _TEXT.search(unraisable.err_msg or "")
    return (_LIVE.get(int(text[2], 16)), text[1]) if text else (None, "")


class _Hook:
    """Passes exceptions of callbacks on, and all others to the hook that was set before."""

    def __init__(self, previous: Callable[[Any], Any]) -> None:
        self._previous = previous

    def __call__(self, unraisable: Any) -> None:
        callbacks, method = _target(unraisable)
        if callbacks is None or unraisable.exc_value is None:
            self._previous(unraisable)
        else:
            callbacks.interrupted(method, unraisable.exc_value)


def install() -> None:
    """Installs the hook, unless it is in place. Others may have replaced it since the last call."""
    if not isinstance(sys.unraisablehook, _Hook):
        sys.unraisablehook = _Hook(sys.unraisablehook)
