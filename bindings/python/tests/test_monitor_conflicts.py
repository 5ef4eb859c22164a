# SPDX-License-Identifier: Apache-2.0
"""Conflicts and unknown results of a commit: the Monitor tries again, and loses nothing."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Dict, List

import pytest
from memory_store import MemoryStore

import lowtide

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
CONFLICT = lowtide.CommitResult.CONFLICT
UNKNOWN = lowtide.CommitResult.UNKNOWN
NOT_STORED = lowtide.CommitResult.NOT_STORED


def fire(
    monitor: lowtide.Monitor, account: str = "acme", alert: str = "low_balance"
) -> lowtide.EventReport:
    monitor.enable(account, 1000, alert=alert, at=NOW, now=NOW)
    return monitor.observe(account, available_credit=Decimal("999.5"), at=NOW, now=NOW)


class Contested(MemoryStore):
    """Answers the first commits with given results, without storing anything."""

    def __init__(self, *answers: lowtide.CommitResult) -> None:
        super().__init__()
        self.answers = list(answers)

    def commit_one(self, commit: lowtide.Commit) -> lowtide.CommitResult:
        return self.answers.pop(0) if self.answers else super().commit_one(commit)


@pytest.mark.parametrize(
    ("answers", "options", "error", "commits"),
    [
        ([CONFLICT] * 15, {}, None, 16),
        ([CONFLICT] * 16, {}, lowtide.ConflictError, 16),
        ([CONFLICT] * 3, {"attempts": 3}, lowtide.ConflictError, 3),
        ([CONFLICT], {"joined": True}, lowtide.ConflictError, 1),
        ([UNKNOWN] * 15, {}, None, 16),
        ([UNKNOWN] * 16, {}, lowtide.UnknownResultError, 16),
        ([UNKNOWN], {"joined": True}, lowtide.UnknownResultError, 1),
        ([NOT_STORED], {}, lowtide.HostFailureError, 1),
    ],
)
def test_conflicts_and_unknown_results_are_tried_again(
    answers: List[lowtide.CommitResult], options: Dict[str, Any], error: Any, commits: int
) -> None:
    store = Contested(*answers)
    with lowtide.Monitor(store, **options) as monitor:
        if error is None:
            assert monitor.observe("acme", available_credit=1, at=NOW, now=NOW).stored
        else:
            with pytest.raises(error, match="account 'acme': "):
                monitor.observe("acme", available_credit=1, at=NOW, now=NOW)
            assert store.accounts == {}
    assert store.calls.count("commit") == commits


def test_unknown_result_that_was_stored_is_not_decided_again() -> None:
    class Lost(MemoryStore):
        def commit_one(self, commit: lowtide.Commit) -> lowtide.CommitResult:
            super().commit_one(commit)
            return UNKNOWN

    store = Lost()
    with lowtide.Monitor(store) as monitor:
        assert fire(monitor).decisions[0].why is lowtide.Why.FELL_BELOW
    assert (len(store.notices), store.accounts["acme"].revision) == (1, 2)
