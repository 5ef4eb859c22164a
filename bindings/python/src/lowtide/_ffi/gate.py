# SPDX-License-Identifier: Apache-2.0
"""Gate: admits one call at a time and turns the others away. Private."""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import Callable, TypeVar

from ..errors import BusyError

_Result = TypeVar("_Result")


class Gate:
    """A lock that no interrupt can leave locked.

    An interrupt may come between any two steps of the interpreter: after a lock was taken but
    before the try that would release it, or inside the finally that is about to release it. So this
    enters a context of contextvars instead: the interpreter enters and leaves it in one step, and
    refuses to enter it twice. The work that runs inside gets a copy of the caller's variables.
    """

    def __init__(self) -> None:
        self._context = Context()

    def run(self, work: Callable[[], _Result]) -> _Result:
        """Calls `work`, and returns or raises what it does.

        Raises BusyError if other work is running, on this thread or another.
        """
        entered = False

        def inside() -> _Result:
            nonlocal entered
            entered = True
            return work()

        try:
            return self._context.run(copy_context().run, inside)
        except RuntimeError as error:
            if entered or type(error) is not RuntimeError:
                raise
            raise BusyError(
                "the Monitor is serving a call, "
                "perhaps the one from whose store or courier this one comes"
            ) from None
