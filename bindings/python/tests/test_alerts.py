# SPDX-License-Identifier: Apache-2.0
"""Alerts: a sequence over memory that may be anything."""

from __future__ import annotations

import mmap
import pathlib
from datetime import datetime, timezone

import pytest

import lowtide
from lowtide import Alert, Alerts
from lowtide._ffi import buffers

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)


def test_alerts_are_a_sequence_over_their_memory() -> None:
    armed = Alert().enable(1000, at=NOW).alert
    for count in (0, 1, 2, 3, 64, 100_000):
        alerts = Alerts(count)
        assert len(alerts) == count and alerts.memory.nbytes == 64 * count
        assert bytes(alerts.memory) == bytes(Alerts(1).memory) * count
        assert buffers.address(alerts.memory) % 64 == 0
    alerts = Alerts.of([Alert(), armed, Alert()])
    assert [alert.phase for alert in alerts] == [
        lowtide.Phase.OFF,
        lowtide.Phase.ARMED,
        lowtide.Phase.OFF,
    ]
    assert alerts[-2] == armed and alerts.to_bytes() == [alert.to_bytes() for alert in alerts]
    assert list(Alerts.from_bytes(alerts.to_bytes())) == list(alerts)
    part, own = alerts[1:], alerts.copy()
    part[1] = armed
    assert alerts[2] == armed and own[2] == Alert()
    assert len(alerts[2:1]) == 0 and len(alerts[3:]) == 0
    assert list(alerts[1:].tick(NOW).phase) == [1, 1]
    for beyond in (3, -4):
        with pytest.raises(IndexError):
            alerts[beyond]
        with pytest.raises(IndexError):
            alerts[beyond] = armed
    with pytest.raises(TypeError, match="must have step 1, not 2"):
        alerts[::2]


def test_alerts_over_a_mapped_file_change_the_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "alerts"
    path.write_bytes(bytes(Alerts.of([Alert().enable(1000, at=NOW).alert] * 3).memory))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        alerts = Alerts.over(mapped)
        assert len(alerts.observe_columns(available_credit=[1, 1000, 2], at=NOW).decisions) == 2
        with pytest.raises(BufferError):
            mapped.close()
        del alerts
    phases = list(Alerts.over(bytearray(path.read_bytes())).read()["phase"])
    assert phases == [2, 1, 2]


def test_alerts_that_are_corrupt_are_skipped_and_do_not_stop_the_others() -> None:
    memory = bytearray(bytes(Alerts(3).memory))
    memory[64:128] = b"\xff" * 64
    before = bytes(memory)
    alerts = Alerts.over(memory)
    results = alerts.observe_columns(available_credit=1, at=NOW)
    assert results.failed == [1] and isinstance(results.error(1), lowtide.CorruptAlertError)
    assert "element 1: " in str(results.error(1))
    assert bytes(memory[64:128]) == before[64:128]
    with pytest.raises(lowtide.CorruptAlertError, match=r"alerts\[1\]\."):
        alerts[1]
    with pytest.raises(lowtide.CorruptAlertError):
        alerts.to_bytes()
