#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/month.svg: what lowtide sends for the month of events in examples/month.jsonl.

usage: scripts/month_picture.py LOWTIDE_REPLAY [OUT]

The lines are the Available Credit of the events. The marks are the outputs of lowtide-replay.
OUT is docs/month.svg unless given. The check of the documents draws the picture again, and fails
if it differs from the one that is committed.
"""

from __future__ import annotations

import datetime
import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
EVENTS = ROOT / "examples" / "month.jsonl"
UNTIL = "2026-04-01T00:00:00Z"
FIRST, DAYS = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc), 31

WIDTH, LEFT, RIGHT = 840, 24, 24
HEAD, PANEL, GAP, FOOT = 84, 124, 34, 44

# A card of its own color, so that the texts can be read whatever the page around it looks like.
STYLE = """
    text { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
    .card { fill: #ffffff; stroke: #d1d9e0 }
    .title { font-size: 19px; font-weight: 600 }
    .name { font-size: 15px; font-weight: 600 }
    .note { font-size: 13px; fill: #59636e }
    .grid { stroke: #e6eaef }
    .zero { stroke: #8c959f }
    .credit { fill: none; stroke: #0969da; stroke-width: 2 }
    .event { fill: #0969da }
    .threshold { fill: none; stroke: #9a6700; stroke-dasharray: 5 4 }
    .episode { fill: #cf222e; fill-opacity: 0.08 }
    .fire { fill: #cf222e }
    .remind { fill: #bf8700 }
    .stop { fill: none; stroke: #1a7f37; stroke-width: 2.5 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .card { fill: #0d1117; stroke: #3d444d }
      .note { fill: #9198a1 }
      .grid { stroke: #21262d }
      .zero { stroke: #656c76 }
      .credit { stroke: #4493f8 }
      .event { fill: #4493f8 }
      .threshold { stroke: #d29922 }
      .episode { fill: #f85149; fill-opacity: 0.14 }
      .fire { fill: #f85149 }
      .remind { fill: #e3b341 }
      .stop { stroke: #3fb950 }
    }
"""
RADIUS = {"fire": 6.5, "remind": 4.5, "stop": 7}


class Step(NamedTuple):
    """A value that holds from `at` on."""

    at: datetime.datetime
    value: Decimal


class Account:
    """One panel: the balances and the threshold of an account, and what is sent for it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.credit: list[Step] = []
        self.threshold: list[Step] = []
        self.outputs: list[dict[str, Any]] = []


def instant(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def available_credit(event: dict[str, Any]) -> Decimal:
    if "available_credit" in event:
        return Decimal(event["available_credit"])
    balance = {component: Decimal(text) for component, text in event["balance"].items()}
    unsettled = balance["unsettled_current_month"] + balance["unsettled_previous_months"]
    return balance["cash_balance"] + balance["credit_limit"] + balance["credit_refunds"] - unsettled


def read(replay: str) -> tuple[dict[str, Account], int]:
    """The accounts with all that is drawn of them, and the number of events."""
    accounts: dict[str, Account] = {}
    lines = EVENTS.read_text(encoding="utf-8").splitlines()
    for event in map(json.loads, lines):
        account = accounts.setdefault(event["account"], Account(event["account"]))
        if event["type"] == "balance":
            account.credit.append(Step(instant(event["at"]), available_credit(event)))
        elif "threshold" in event and event.get("alert", "low_balance") == "low_balance":
            account.threshold.append(Step(instant(event["at"]), Decimal(event["threshold"])))
    command = [replay, "--until", UNTIL, str(EVENTS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    for output in map(json.loads, done.stdout.splitlines()):
        accounts[output["account"]].outputs.append(output)
    return accounts, len(lines)


def x(at: datetime.datetime) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * ((at - FIRST).total_seconds() / 86400) / DAYS


class Scale:
    """From amounts to heights within a panel: what is far above the threshold is cut off."""

    def __init__(self, account: Account, top: int) -> None:
        self.high = Decimal("3.8") * max(step.value for step in account.threshold)
        self.low = min(Decimal(0), *(step.value for step in account.credit)) - self.high / 12
        self.top = top

    def y(self, amount: Decimal) -> float:
        return self.top + float(PANEL * (self.high - amount) / (self.high - self.low))


def stairs(steps: list[Step], scale: Scale) -> str:
    """The path of a value that stays as it is until the next step."""
    end = FIRST + datetime.timedelta(days=DAYS)
    parts = [f"M{x(steps[0].at):.1f} {scale.y(steps[0].value):.1f}"]
    for step in steps[1:]:
        parts.append(f"H{x(step.at):.1f}V{scale.y(step.value):.1f}")
    return "".join(parts) + f"H{x(end):.1f}"


def episodes(account: Account) -> Iterator[tuple[float, float]]:
    """From each fire to its stop, or to the end of the month."""
    begin = None
    for output in account.outputs:
        if output["output"] == "fire":
            begin = x(instant(output["at"]))
        elif output["output"] == "stop" and begin is not None:
            yield begin, x(instant(output["at"]))
            begin = None
    if begin is not None:
        yield begin, x(FIRST + datetime.timedelta(days=DAYS))


def panel(account: Account, number: int) -> Iterator[str]:
    top = HEAD + number * (PANEL + GAP) + 22
    scale = Scale(account, top)
    thresholds = " then ".join(f"{step.value:f}" for step in account.threshold)
    yield f'  <clipPath id="panel{number}">'
    yield f'    <rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{PANEL}"/>'
    yield "  </clipPath>"
    yield (
        f'  <text x="{LEFT}" y="{top - 8}"><tspan class="name">{escape(account.name)}</tspan>'
        f'<tspan class="note" dx="10">threshold {thresholds}</tspan></text>'
    )
    yield f'  <g clip-path="url(#panel{number})">'
    for begin, end in episodes(account):
        yield (
            f'    <rect class="episode" x="{begin:.1f}" y="{top}" width="{end - begin:.1f}"'
            f' height="{PANEL}"/>'
        )
    zero = scale.y(Decimal(0))
    yield f'    <path class="zero" d="M{LEFT} {zero:.1f}H{WIDTH - RIGHT}"/>'
    yield f'    <path class="threshold" d="{stairs(account.threshold, scale)}"/>'
    yield f'    <path class="credit" d="{stairs(account.credit, scale)}"/>'
    for step in account.credit:
        at, height = x(step.at), scale.y(step.value)
        yield f'    <circle class="event" cx="{at:.1f}" cy="{height:.1f}" r="3"/>'
    yield "  </g>"
    yield from marks(account, scale)


def marks(account: Account, scale: Scale) -> Iterator[str]:
    for output in account.outputs:
        kind = output["output"]
        at = x(instant(output["at"]))
        height = max(scale.y(Decimal(output["available_credit"])), scale.top + 8.0)
        yield f'  <circle class="{kind}" cx="{at:.1f}" cy="{height:.1f}" r="{RADIUS[kind]}"/>'
        if kind == "stop":
            reason = output["reason"].replace("_", " ")
            # Beside a line that rises, else above or below one that goes on to the right.
            lift = {"recovered": 5, "overdue": 17}.get(output["reason"], -10)
            end = at > WIDTH - 120
            anchor, beside = ("end", at - 10) if end else ("start", at + 10)
            yield (
                f'  <text class="note" x="{beside:.1f}" y="{height + lift:.1f}"'
                f' text-anchor="{anchor}">{reason}</text>'
            )


def legend(y: int) -> Iterator[str]:
    at = LEFT + 6
    for kind, text in (
        ("event", "balance event"),
        ("fire", "alert"),
        ("remind", "reminder"),
        ("stop", "stop, with its reason (recorded, not sent)"),
    ):
        yield f'  <circle class="{kind}" cx="{at}" cy="{y - 5}" r="{RADIUS.get(kind, 3)}"/>'
        yield f'  <text class="note" x="{at + 13}" y="{y}">{text}</text>'
        at += 40 + 7 * len(text)


def picture(accounts: dict[str, Account], events: int) -> Iterator[str]:
    kinds = [output["output"] for account in accounts.values() for output in account.outputs]
    fires, reminders = kinds.count("fire"), kinds.count("remind")
    bottom = HEAD + len(accounts) * (PANEL + GAP)
    height = bottom + FOOT
    sent = f"{fires} alerts and {reminders} reminders"
    title = f"One month, three accounts: {events} events in, {sent} out"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img">'
    )
    yield f"  <title>{escape(title)}</title>"
    yield f"  <style>{STYLE}  </style>"
    yield f'  <rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>'
    yield f'  <text class="title" x="{LEFT}" y="34">{escape(title)}</text>'
    yield from legend(60)
    anchors = {0: "start", DAYS - 1: "end"}
    for day in range(0, DAYS, 5):
        at = FIRST + datetime.timedelta(days=day)
        yield f'  <path class="grid" d="M{x(at):.1f} {HEAD}V{bottom}"/>'
        yield (
            f'  <text class="note" x="{x(at):.1f}" y="{bottom + 22}"'
            f' text-anchor="{anchors.get(day, "middle")}">{at.day} {at:%B}</text>'
        )
    for number, account in enumerate(accounts.values()):
        yield from panel(account, number)
    yield "</svg>"


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    out = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else ROOT / "docs" / "month.svg"
    out.write_text("\n".join(picture(*read(sys.argv[1]))) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
