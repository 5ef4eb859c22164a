# SPDX-License-Identifier: Apache-2.0
"""Names of accounts and alerts."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_size_t
from typing import Union

from ..errors import DataError, MalformedError
from . import abi
from .library import check, failure, lib

_RULE = "must have 1 to 255 bytes of UTF-8 without control characters"
_FIRE = abi.Output(ctypes.sizeof(abi.Output), abi.OUTPUT_FIRE, episode=1)


def exact(value: Union[bytes, bytearray, memoryview]) -> bytes:
    """The bytes of a value as they lie in memory: a class of somebody's may say that it has more."""
    return value if type(value) is bytes else memoryview(value).tobytes()


def encode(value: str, field: str) -> bytes:
    """The UTF-8 of a text. What else holds for a name, 1 to 255 bytes and no control characters, the library looks at."""
    if not isinstance(value, str):
        raise TypeError(f"{field}: must be a str, not {type(value).__name__}")
    try:
        return str.encode(value, "utf-8")
    except UnicodeEncodeError:
        raise MalformedError.of(
            field, "must be text that UTF-8 can say, without lone surrogates", value
        ) from None


def key(account: str, alert: str, output: abi.Output) -> str:
    """The key of an output. Raises MalformedError and OutOfRangeError, with the field account, alert or one of the output."""
    names = {"account": account, "alert": alert}
    account_bytes, alert_bytes = (encode(value, field) for field, value in names.items())
    text, size, field = ctypes.create_string_buffer(abi.KEY_SIZE), c_size_t(), c_char_p()
    status = lib.lowtide_output_key(
        size,
        text,
        abi.KEY_SIZE,
        field,
        account_bytes,
        len(account_bytes),
        alert_bytes,
        len(alert_bytes),
        output,
    )
    if status:
        name = (field.value or b"").decode("ascii")
        if name in names:
            raise failure(status, name, names[name], _RULE)
        check(status, name, getattr(output, name, None))
    return text.raw[: size.value].decode("ascii")


def checked(value: str, field: str) -> str:
    """A name that is one. The library looks at names where it makes keys."""
    encode(value, field)
    try:
        key(value, abi.DEFAULT_ALERT_NAME, _FIRE)
    except DataError as error:
        raise type(error).of(field, _RULE, value) from None
    return value
