# SPDX-License-Identifier: Apache-2.0
"""Gate: lets one call in at a time, and turns the others away."""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import Callable, TypeVar

from ..errors import BusyError

_Told = TypeVar("_Told")


class Gate:
    """Cannot be left shut, whatever interrupts a call.

    An interrupt may come between any two steps of Python's, so also between a lock that was taken and the try that would release it, or
    within the finally that is about to. A context of contextvars is entered and left in one step that nothing can come between, and
    refuses to be entered twice. What runs inside sees the variables of the caller, by a copy.
    """

    def __init__(self) -> None:
        self._context = Context()

    def run(self, work: Callable[[], _Told]) -> _Told:
        """Runs it, and returns or raises what it does; raises BusyError if something is running, on this thread or another."""
        entered = False

        def inside() -> _Told:
            nonlocal entered
            entered = True
            return work()

        try:
            return self._context.run(copy_context().run, inside)
        except RuntimeError as error:
            if entered or type(error) is not RuntimeError:
                raise
            raise BusyError(
                "the Monitor is serving a call, perhaps the one from whose store or courier this one comes"
            ) from None
