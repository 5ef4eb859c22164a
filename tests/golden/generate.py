#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the golden files of stored format 1, with an implementation independent of the library.

Each file is one encoded alert. The files of a released format must never change: a library that
reads them differently is wrong.
"""

import pathlib
import struct

UNITS = 10**18


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def encode(
    threshold: int = 0,
    credit: int = 0,
    sequence: int = 0,
    fired_at: int = 0,
    episode: int = 0,
    time_of_day: int = -1,
    utc_offset: int = 0,
    count: int = 5,
    reminded: int = 0,
    sent: int = 0,
    phase: int = 0,
    ended: int = 0,
    flags: int = 0,
) -> bytes:
    fields = threshold.to_bytes(16, "little", signed=True) + credit.to_bytes(
        16, "little", signed=True
    )
    fields += struct.pack(
        "<qqIhhBBBBBB",
        sequence,
        fired_at,
        episode,
        time_of_day,
        utc_offset,
        count,
        reminded,
        sent,
        phase,
        ended,
        flags,
    )
    head = bytes([1, 2 + len(fields) + 4]) + fields
    return head + struct.pack("<I", crc32c(head))


GOLDEN = {
    "fresh": encode(),
    "armed": encode(threshold=1000 * UNITS, credit=9200 * UNITS, sequence=7, phase=1, flags=1),
    # Fired 2026-03-01T23:50:00Z at +08:00: the local day is the day after. Two reminders were due,
    # and one was sent.
    "alerting": encode(
        threshold=1000 * UNITS,
        credit=900 * UNITS + UNITS // 2,
        sequence=2**63 - 1,
        fired_at=1772409000,
        episode=3,
        time_of_day=540,
        utc_offset=480,
        count=5,
        reminded=2,
        sent=1,
        phase=2,
        flags=1 | 1 << 1,
    ),
    # Fired 2026-03-02T05:00:00Z at -12:00: the local day is the day before. It ended as overdue.
    "quiet": encode(
        threshold=2**127 - 1,
        credit=-(2**127),
        sequence=12,
        fired_at=1772427600,
        episode=2**32 - 1,
        time_of_day=1439,
        utc_offset=-720,
        count=255,
        reminded=255,
        sent=255,
        phase=3,
        ended=2,
        flags=1 | 2 << 1,
    ),
    "off": encode(
        threshold=1,
        credit=1,
        fired_at=253402300799,
        episode=1,
        utc_offset=-1439,
        count=0,
        phase=0,
        ended=5,
        flags=1,
    ),
}

if __name__ == "__main__":
    for name, data in GOLDEN.items():
        pathlib.Path(__file__).with_name(f"format-1-{name}.alert").write_bytes(data)
