# SPDX-License-Identifier: Apache-2.0
"""Notes on exceptions, as BaseException.add_note makes them from Python 3.11 on. Private."""

from __future__ import annotations

_PREFIX = "lowtide: "


def set_note(error: BaseException, note: str) -> None:
    """Sets lowtide's note on an exception. Replaces one of an earlier call: the same exception may
    be raised more than once. Does nothing if the exception cannot have notes.
    """
    try:
        notes = getattr(error, "__notes__", None)
        kept = (
            [one for one in notes if not str(one).startswith(_PREFIX)]
            if isinstance(notes, list)
            else []
        )
        if note:
            kept.append(_PREFIX + note)
        if kept or notes:
            BaseException.__setattr__(error, "__notes__", kept)
    except Exception:
        return
