# SPDX-License-Identifier: Apache-2.0
"""The Monitor plays the scenario files: each event is a call, each notice a line of the output."""

from __future__ import annotations

import json
import pathlib
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Dict, List, Optional

from memory_store import MemoryStore
from scale import Exercised

import lowtide

FAR = datetime(9999, 12, 31, tzinfo=timezone.utc)


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def written(at: datetime) -> str:
    return f"{at.year:04}-{at.strftime('%m-%dT%H:%M:%SZ')}"


class OfOneAccount(MemoryStore):
    """A store that can hide all accounts but one from a tick, which is for everything due."""

    only: Optional[str] = None

    def due(
        self, end: datetime, inclusive: bool, limit: int, after: Optional[lowtide.WalkCursor]
    ) -> List[lowtide.Due]:
        return [
            one
            for one in super().due(end, inclusive, limit, after)
            if self.only in (None, one.account)
        ]


class Player:
    """Plays events, and sends reminders when they are due, like the simulated timer."""

    def __init__(self) -> None:
        self.store = OfOneAccount()
        self.monitor = lowtide.Monitor(self.store)
        self.clock: Optional[datetime] = None

    def due_after(self, after: Optional[datetime]) -> Optional[datetime]:
        times = [
            one.next_reminder_at
            for account in self.store.accounts.values()
            for one in account.alerts
            if one.next_reminder_at
        ]
        return min((at for at in times if after is None or at > after), default=None)

    def play(self, until: datetime, inclusive: bool) -> None:
        assert self.clock is not None
        self.monitor.tick_until(
            self.clock, end=self.clock, inclusive=self.clock < until or inclusive
        )
        at = self.due_after(self.clock)
        while at is not None and (at < until or (inclusive and at == until)):
            self.monitor.tick(at)
            at = self.due_after(at)

    def apply(self, event: Dict[str, Any], simulated: bool) -> None:
        at = instant(event["at"])
        after = at if self.clock is None else max(self.clock, at)
        if simulated and self.clock is not None:
            self.play(after, inclusive=False)
        self.clock = after
        {"balance": self.balance, "tick": self.tick, "rebase": self.rebase}.get(
            event["type"], self.settings
        )(event, at)

    def tick(self, event: Dict[str, Any], at: datetime) -> None:
        self.store.only = event.get("account")
        self.monitor.tick(at)
        self.store.only = None

    def balance(self, event: Dict[str, Any], at: datetime) -> None:
        given: Dict[str, Any] = {"at": at, "sequence": event.get("sequence"), "now": FAR}
        if "balance" in event:
            balance = lowtide.Balance(
                **{name: Decimal(value) for name, value in event["balance"].items()}
            )
            self.monitor.observe(event["account"], balance, **given)
        else:
            self.monitor.observe(
                event["account"], available_credit=Decimal(event["available_credit"]), **given
            )

    def rebase(self, event: Dict[str, Any], at: datetime) -> None:
        self.monitor.rebase(event["account"], event["sequence"], at=at, now=FAR)

    def settings(self, event: Dict[str, Any], at: datetime) -> None:
        given: Dict[str, Any] = {"alert": event.get("alert", "low_balance"), "at": at, "now": FAR}
        if "if_below" in event:
            given["if_below"] = lowtide.IfBelow[event["if_below"].upper()]
        if event["type"] == "disable":
            self.monitor.disable(event["account"], **given)
        elif event["type"] == "set_threshold":
            self.monitor.set_threshold(event["account"], Decimal(event["threshold"]), **given)
        else:
            schedule = self.schedule(event["reminders"]) if "reminders" in event else None
            self.monitor.enable(
                event["account"], Decimal(event["threshold"]), schedule=schedule, **given
            )

    @staticmethod
    def schedule(given: Dict[str, Any]) -> lowtide.Schedule:
        offset = given.get("utc_offset", "+00:00")
        minutes = (int(offset[1:3]) * 60 + int(offset[4:])) * (-1 if offset[0] == "-" else 1)
        at = time.fromisoformat(given["at"]) if "at" in given else None
        return lowtide.Schedule(given.get("count", 5), at, timedelta(minutes=minutes))


def line(notice: lowtide.Notice) -> str:
    """A notice as lowtide-replay writes an output."""
    output = notice.output
    parts: Dict[str, Any] = {
        "account": notice.account,
        "alert": notice.alert,
        "at": written(output.at),
        "output": str(output.kind),
    }
    parts["episode"] = output.episode
    if not isinstance(output, lowtide.Fire):
        parts["fired_at"] = written(output.fired_at)
    if isinstance(output, lowtide.Remind):
        parts.update(reminder=output.reminder, skipped=output.skipped)
    if isinstance(output, lowtide.Stop):
        parts.update(reason=str(output.reason), reminders_sent=output.reminders_sent)
    parts.update(available_credit=f"{output.available_credit:f}", threshold=f"{output.threshold:f}")
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def test_monitor_plays_every_scenario(root: pathlib.Path, exercised: Exercised) -> None:
    scenarios = events = outputs = 0
    for about in sorted((root / "tests" / "scenarios").glob("*.json")):
        settings = json.loads(about.read_text("utf-8"))
        player = Player()
        with player.monitor:
            for text in about.with_suffix(".events.jsonl").read_text("utf-8").splitlines():
                if text.strip():
                    player.apply(json.loads(text), settings["timer"] == "simulated")
                    events += 1
            until = instant(settings["until"]) if settings.get("until") else None
            if until is not None and player.clock is not None and until >= player.clock:
                player.play(until, inclusive=True)
        expected = about.with_suffix(".outputs.jsonl").read_text("utf-8").splitlines()
        assert [line(notice) for notice in player.store.notices.values()] == expected, about.name
        scenarios += 1
        outputs += len(expected)
    exercised("scenarios through the Monitor", scenarios, "scenarios", 40)
    exercised("scenarios through the Monitor, events", events, "events", 1500)
    exercised("scenarios through the Monitor, outputs", outputs, "outputs", 300)
