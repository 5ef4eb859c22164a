# SPDX-License-Identifier: Apache-2.0
"""Names of accounts and alerts as bytes."""

from __future__ import annotations

from .errors import MalformedError


def encode(value: str, field: str) -> bytes:
    """The UTF-8 of a text. What else holds for a name, 1 to 255 bytes and no control characters, the library looks at."""
    if not isinstance(value, str):
        raise TypeError(f"{field}: must be a str, not {type(value).__name__}")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError.of(field, "must be text that UTF-8 can say, without lone surrogates", value) from None
