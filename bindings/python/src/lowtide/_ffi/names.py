# SPDX-License-Identifier: Apache-2.0
"""Names of accounts and alerts, and the keys that are made of them. Private."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_size_t
from typing import Union

from ..errors import DataError, MalformedError
from . import abi
from .arguments import wrong_type
from .library import check, failure, lib

_RULE = "must have 1 to 255 bytes of UTF-8 without control characters"
_FIRE = abi.Output(ctypes.sizeof(abi.Output), abi.OUTPUT_FIRE, episode=1)


def exact(value: Union[bytes, bytearray, memoryview]) -> bytes:
    """The bytes of a value as they lie in memory: a subclass of bytes may lie about its length."""
    return value if type(value) is bytes else memoryview(value).tobytes()


def encode(value: str, field: str) -> bytes:
    """The UTF-8 of a text. Whether it is a valid name is for the library to say."""
    if not isinstance(value, str):
        raise wrong_type(field, "a str", value)
    try:
        return str.encode(value, "utf-8")
    except UnicodeEncodeError:
        raise MalformedError.of(field, "must have no lone surrogates", value) from None


def key(account: str, alert: str, output: abi.Output) -> str:
    """The key of an output.

    Raises MalformedError and OutOfRangeError, whose field is account, alert or one of the output.
    """
    given = {"account": account, "alert": alert}
    account_bytes, alert_bytes = (encode(value, field) for field, value in given.items())
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
        if name in given:
            raise failure(status, name, given[name], _RULE)
        check(status, name, getattr(output, name, None))
    return text.raw[: size.value].decode("ascii")


def checked(value: str, field: str) -> str:
    """The same text, if it is a valid name.

    The library has no function that checks a name, so this makes a key with it.
    """
    encode(value, field)
    try:
        key(value, abi.DEFAULT_ALERT_NAME, _FIRE)
    except DataError as error:
        raise type(error).of(field, _RULE, value) from None
    return value
