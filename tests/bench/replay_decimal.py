# SPDX-License-Identifier: Apache-2.0
"""Replays events in plain Python, with json, Decimal, datetime and a heap, from standard input to
standard output.

The reference for lowtide-replay: a straightforward implementation. It expects well-formed events,
and plays the simulated timer.
"""

import heapq
import json
import sys
from datetime import datetime, timedelta, timezone
from decimal import Context, Decimal, setcontext
from typing import Any

DAY = timedelta(days=1)
COMPONENTS = (
    ("cash_balance", 1),
    ("credit_limit", 1),
    ("credit_refunds", 1),
    ("unsettled_current_month", -1),
    ("unsettled_previous_months", -1),
)
setcontext(Context(prec=100))


def amount_text(amount):
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class Schedule:
    def __init__(self, given=None):
        given = given or {}
        self.count = given.get("count", 5)
        self.time = None
        if "at" in given:
            self.time = timedelta(hours=int(given["at"][:2]), minutes=int(given["at"][3:]))
        offset = given.get("utc_offset", "+00:00")
        self.offset = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:])) * (
            -1 if offset[0] == "-" else 1
        )


class Alert:
    def __init__(self, account, name, credit, sequence):
        self.account, self.name, self.credit, self.sequence = account, name, credit, sequence
        self.threshold = Decimal(0)
        self.schedule = Schedule()
        self.phase = "off"
        self.episode = self.reminded = self.sent = 0
        self.fired_at: Any = None
        self.fire_day: Any = None
        self.pending: Any = None

    def origin(self):
        if self.schedule.time is None:
            return self.fired_at
        return self.fire_day + self.schedule.time - self.schedule.offset

    def next_reminder(self):
        return self.origin() + (self.reminded + 1) * DAY if self.phase == "alerting" else None

    def emit(self, at, output, **more):
        line = {
            "account": self.account,
            "alert": self.name,
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "output": output,
            "episode": self.episode,
        }
        if output != "fire":
            line["fired_at"] = self.fired_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        line.update(more)
        line["available_credit"] = amount_text(self.credit)
        line["threshold"] = amount_text(self.threshold)
        print(json.dumps(line, separators=(",", ":"), ensure_ascii=False))

    def stop(self, at, reason, phase):
        self.phase = phase
        self.emit(at, "stop", reason=reason, reminders_sent=self.sent)

    def remind(self, at):
        k = (at - self.origin()) // DAY
        if k <= self.reminded:
            return
        if k > self.schedule.count:
            self.stop(at, "completed", "quiet")
            return
        skipped, self.reminded = k - self.reminded - 1, k
        self.sent += 1
        self.emit(at, "remind", reminder=k, skipped=skipped)
        if k == self.schedule.count:
            self.stop(at, "completed", "quiet")

    def balance(self, at, credit, sequence):
        if sequence is not None:
            if self.sequence is not None and sequence <= self.sequence:
                return
            self.sequence = sequence
        last, self.credit = self.credit, credit
        below = credit < self.threshold
        if self.phase == "armed" and below and credit != last:
            self.episode += 1
            self.reminded = self.sent = 0
            self.fired_at = at
            self.fire_day = (at + self.schedule.offset).replace(hour=0, minute=0, second=0)
            self.phase = "alerting"
            self.emit(at, "fire")
            if credit < 0:
                self.stop(at, "overdue", "quiet")
            elif self.schedule.count == 0:
                self.stop(at, "completed", "quiet")
        elif self.phase == "alerting":
            if not below:
                self.stop(at, "recovered", "armed")
            elif credit < 0:
                self.stop(at, "overdue", "quiet")
            else:
                self.remind(at)
        elif self.phase == "quiet" and not below:
            self.phase = "armed"

    def tick(self, at):
        if self.phase == "alerting":
            self.remind(at)

    def enable(self, at, threshold, schedule, if_below):
        differs, self.threshold = self.threshold != threshold, threshold
        self.schedule = schedule or self.schedule
        clear = self.credit is not None and self.credit >= threshold
        armed = "quiet" if if_below == "recovery_first" and not clear else "armed"
        if self.phase == "alerting":
            if clear:
                self.stop(at, "threshold_changed", "armed")
            elif self.reminded >= self.schedule.count:
                self.stop(at, "completed", "quiet")
        elif self.phase != "quiet" or differs:
            self.phase = armed

    def disable(self, at):
        if self.phase == "alerting":
            self.stop(at, "disabled", "off")
        self.phase = "off"


class Replay:
    def __init__(self):
        self.accounts = {}
        self.heap = []
        self.clock = None

    def account(self, name):
        return self.accounts.setdefault(name, {"credit": None, "sequence": None, "alerts": {}})

    def reschedule(self, alert):
        due = alert.next_reminder()
        if due != alert.pending:
            alert.pending = due
            if due is not None:
                heapq.heappush(self.heap, (due, alert.account, alert.name, alert))

    def play_timer(self, until):
        late = []
        while self.heap and self.heap[0][0] < until:
            due, account, name, alert = heapq.heappop(self.heap)
            if alert.pending != due:
                continue
            if due <= self.clock:
                late.append((account, name, alert))
                continue
            self.play_late(late)
            late = []
            alert.tick(due)
            self.reschedule(alert)
        self.play_late(late)

    def play_late(self, late):
        for _, _, alert in sorted(late, key=lambda entry: entry[:2]):
            alert.tick(self.clock)
            self.reschedule(alert)

    def apply(self, event):
        at = datetime.strptime(event["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        if self.clock is not None:
            self.play_timer(max(self.clock, at))
        self.clock = at if self.clock is None else max(self.clock, at)
        kind = event["type"]
        if kind == "tick":
            names = [event["account"]] if "account" in event else sorted(self.accounts)
            for name in names:
                for _, alert in sorted(self.accounts.get(name, {"alerts": {}})["alerts"].items()):
                    alert.tick(at)
                    self.reschedule(alert)
            return
        account = self.account(event["account"])
        alerts = account["alerts"]
        if kind == "balance":
            sequence = event.get("sequence")
            if "balance" in event:
                credit = sum(sign * Decimal(event["balance"][name]) for name, sign in COMPONENTS)
            else:
                credit = Decimal(event["available_credit"])
            if sequence is None or account["sequence"] is None or sequence > account["sequence"]:
                account["credit"] = credit
                account["sequence"] = account["sequence"] if sequence is None else sequence
            for _, alert in sorted(alerts.items()):
                alert.balance(at, credit, sequence)
                self.reschedule(alert)
        elif kind == "rebase":
            account["sequence"] = event["sequence"] or None
            for alert in alerts.values():
                alert.sequence = account["sequence"]
        else:
            name = event.get("alert", "low_balance")
            if name not in alerts:
                alerts[name] = Alert(event["account"], name, account["credit"], account["sequence"])
            alert = alerts[name]
            if kind == "disable":
                alert.disable(at)
            elif kind == "set_threshold" and alert.phase == "off":
                alert.threshold = Decimal(event["threshold"])
            else:
                schedule = Schedule(event["reminders"]) if "reminders" in event else None
                alert.enable(at, Decimal(event["threshold"]), schedule, event.get("if_below"))
            self.reschedule(alert)


def main():
    replay = Replay()
    for line in sys.stdin:
        if line.strip():
            replay.apply(json.loads(line))


if __name__ == "__main__":
    main()
