# SPDX-License-Identifier: Apache-2.0
"""MemoryStore, which checks the arguments that the documentation of Store promises; ListCourier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Dict, Iterator, List, Optional, Sequence, Tuple, Union

import lowtide


@dataclass
class DeliveryRow:
    delivery: lowtide.Delivery
    state: Optional[lowtide.DeliveryState] = None
    error: str = ""


class MemoryStore(lowtide.Store):
    def __init__(self) -> None:
        self.accounts: Dict[str, lowtide.Account] = {}
        self.notices: Dict[str, lowtide.Notice] = {}
        self.deliveries: List[DeliveryRow] = []
        self.audit: List[Tuple[str, lowtide.AuditLine]] = []
        self.calls: List[str] = []

    def snapshot(self) -> Tuple[object, ...]:
        """Everything stored, to see whether something has changed."""
        rows = [(row.delivery, row.state, row.error) for row in self.deliveries]
        return dict(self.accounts), dict(self.notices), rows, list(self.audit)

    def load(self, names: Sequence[str]) -> Iterator[lowtide.Account]:
        self.calls.append("load")
        assert len(set(names)) == len(names)
        # The Monitor ignores the derived columns, so this leaves them out.
        for name in names:
            if name in self.accounts:
                account = self.accounts[name]
                yield replace(
                    account,
                    alerts=tuple(
                        lowtide.StoredAlert(one.name, one.state) for one in reversed(account.alerts)
                    ),
                )

    def commit(self, commits: Sequence[lowtide.Commit]) -> List[lowtide.CommitResult]:
        self.calls.append("commit")
        names = [commit.after.name.encode() for commit in commits]
        assert names == sorted(set(names))
        return [self.commit_one(commit) for commit in commits]

    def commit_one(self, commit: lowtide.Commit) -> lowtide.CommitResult:
        before = self.accounts.get(commit.after.name)
        if (before.revision if before else 0) != commit.after.revision - 1:
            return lowtide.CommitResult.CONFLICT
        self._check(commit, before)
        self.accounts[commit.after.name] = commit.after
        for notice in commit.notices:
            if notice.key in self.notices:
                continue
            self.notices[notice.key] = notice
            for channel in notice.channels:
                delivery = lowtide.Delivery(
                    notice.key,
                    notice.account,
                    notice.alert,
                    channel,
                    notice.output,
                    notice.cause,
                    commit.after.profile,
                )
                self.deliveries.append(DeliveryRow(delivery))
        self.audit += [(commit.after.name, line) for line in commit.audit]
        return lowtide.CommitResult.COMMITTED

    @staticmethod
    def _check(commit: lowtide.Commit, before: Optional[lowtide.Account]) -> None:
        """Checks what the documentation promises about a commit."""
        known = {one.name: one.state for one in before.alerts} if before else {}
        names = [one.name.encode() for one in commit.after.alerts]
        assert names == sorted(set(names))
        for one in commit.after.alerts:
            assert one.changed or known.get(one.name) == one.state
            alert = one.alert
            assert (one.phase, one.next_reminder_at) == (alert.phase, alert.next_reminder_at)
            assert (one.threshold, one.available_credit) == (
                alert.fields.threshold,
                alert.fields.available_credit,
            )
        for notice in commit.notices:
            assert notice.key == notice.output.key(notice.account, notice.alert)
            assert (notice.account, notice.cause) == (commit.after.name, commit.after.revision)

    def due(
        self, end: datetime, inclusive: bool, limit: int, after: Optional[lowtide.WalkCursor]
    ) -> List[lowtide.Due]:
        self.calls.append("due")
        places = {
            (int(alert.next_reminder_at.timestamp()), account.name)
            for account in self.accounts.values()
            for alert in account.alerts
            if alert.next_reminder_at is not None
            and (alert.next_reminder_at < end or (inclusive and alert.next_reminder_at == end))
        }
        found = sorted(place for place in places if after is None or place > (after.at, after.text))
        return [lowtide.Due(name, lowtide.WalkCursor(at, name)) for at, name in found[:limit]]

    def pending(self, limit: int, after: Optional[lowtide.WalkCursor]) -> Iterator[lowtide.Pending]:
        self.calls.append("pending")
        found = 0
        for place in range(0 if after is None else after.at + 1, len(self.deliveries)):
            if found < limit and self.deliveries[place].state is None:
                found += 1
                yield lowtide.Pending(self.deliveries[place].delivery, lowtide.WalkCursor(place))

    def record_delivery(
        self, delivery: lowtide.Delivery, state: lowtide.DeliveryState, error: str, now: datetime
    ) -> bool:
        self.calls.append("record_delivery")
        for row in self.deliveries:
            if (row.delivery.key, row.delivery.channel) == (
                delivery.key,
                delivery.channel,
            ) and row.state is None:
                row.state, row.error = state, error
                return True
        return False


class ListCourier(lowtide.Courier):
    """Puts every delivery into a list."""

    def __init__(self) -> None:
        self.handed: List[lowtide.Delivery] = []

    def deliver(
        self, delivery: lowtide.Delivery
    ) -> Union[lowtide.Handover, Tuple[lowtide.Handover, str]]:
        self.handed.append(delivery)
        return lowtide.Handover.SENT
