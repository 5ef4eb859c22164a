# SPDX-License-Identifier: Apache-2.0
"""The rules of an alert in plain Python, with Decimal: a straightforward implementation.

peers.py runs it; peer.py says how a peer is called.
"""

import platform
import sys
from decimal import Context, Decimal, Inexact, setcontext
from typing import Any

import peer
from peer import ALERTING, ARMED, COMPLETED, DAY, FIRE, OVERDUE, QUIET, RECOVERED, REMIND, STOP

# Results are exact; otherwise there is an exception.
setcontext(Context(prec=60, traps=[Inexact]))
ZERO = Decimal(0)


class Alert:
    __slots__ = (
        "count",
        "credit",
        "episode",
        "fire_day",
        "fired_at",
        "last_reminder",
        "phase",
        "reminders_sent",
        "sequence",
        "stop_reason",
        "threshold",
        "time_of_day",
        "utc_offset",
    )
    # make() fills it in.
    count: int
    credit: Any
    episode: int
    fire_day: int
    fired_at: int
    last_reminder: int
    phase: int
    reminders_sent: int
    sequence: Any
    stop_reason: Any
    threshold: Any
    time_of_day: Any
    utc_offset: int

    def observe(self, at, sequence, cash, limit, refunds, current, previous):
        """The outputs for an observation; almost always None."""
        if sequence is not None:
            if self.sequence is not None and sequence <= self.sequence:
                return None
            self.sequence = sequence
        last, self.credit = self.credit, cash + limit + refunds - current - previous
        phase = self.phase
        if phase == ARMED:
            if self.credit >= self.threshold or self.credit == last:
                return None
            return self.fire(at)
        if phase == ALERTING:
            if self.credit >= self.threshold:
                return [self.stop(at, RECOVERED, ARMED)]
            if self.credit < ZERO:
                return [self.stop(at, OVERDUE, QUIET)]
            return self.tick(at)
        if phase == QUIET and self.credit >= self.threshold:
            self.phase = ARMED
        return None

    def tick(self, at):
        if self.phase != ALERTING:
            return None
        if self.time_of_day is None:
            origin = self.fired_at
        else:
            origin = self.fire_day * DAY + (self.time_of_day - self.utc_offset) * 60
        k = (at - origin) // DAY
        if k <= self.last_reminder:
            return None
        if k > self.count:
            return [self.stop(at, COMPLETED, QUIET)]
        skipped = k - self.last_reminder - 1
        self.last_reminder = k
        self.reminders_sent += 1
        outputs = [self.output(REMIND, at, reminder=k, skipped=skipped)]
        if k == self.count:
            outputs.append(self.stop(at, COMPLETED, QUIET))
        return outputs

    def fire(self, at):
        self.episode += 1
        self.fired_at = at
        self.fire_day = (at + self.utc_offset * 60) // DAY
        self.last_reminder = self.reminders_sent = 0
        self.stop_reason = None
        self.phase = ALERTING
        outputs = [self.output(FIRE, at)]
        if self.credit < ZERO:
            outputs.append(self.stop(at, OVERDUE, QUIET))
        elif self.count == 0:
            outputs.append(self.stop(at, COMPLETED, QUIET))
        return outputs

    def stop(self, at, reason, phase):
        self.phase = phase
        self.stop_reason = reason
        return self.output(STOP, at, reason=reason)

    def output(self, kind, at, reminder=0, skipped=0, reason=0):
        return (
            kind,
            self.episode,
            reminder,
            skipped,
            reason,
            self.reminders_sent,
            self.fired_at,
            at,
            self.credit,
            self.threshold,
        )


def amount(field):
    return Decimal(field) if field else None


def text(value):
    if value is None:
        return ""
    plain = format(value, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def read_alerts(folder, count):
    alerts = []
    for fields in peer.rows(folder, "alerts.tsv", count):
        alert = Alert()
        alert.threshold, alert.count, alert.time_of_day = (
            amount(fields[1]),
            int(fields[2]),
            peer.integer(fields[3]),
        )
        alert.utc_offset, alert.phase, alert.episode = (
            int(fields[4]),
            int(fields[5]),
            int(fields[6]),
        )
        alert.fired_at, alert.fire_day = peer.integer(fields[7]), peer.integer(fields[8])
        alert.last_reminder, alert.reminders_sent, alert.stop_reason = (
            int(fields[9]),
            int(fields[10]),
            peer.integer(fields[11]),
        )
        alert.credit, alert.sequence = amount(fields[12]), peer.integer(fields[13])
        alerts.append(alert)
    return alerts


def read_changes(folder, number, count):
    return [
        (int(fields[1]), peer.integer(fields[2]), *map(Decimal, fields[3:]))
        for fields in peer.rows(folder, f"round-{number}.tsv", count)
    ]


def decide(alerts, changes):
    """The measured part: the outputs, each with the id of its alert."""
    sent = []
    for number, (alert, change) in enumerate(zip(alerts, changes)):
        outputs = alert.observe(*change)
        if outputs is not None:
            sent.append((number, outputs))
    return sent


def lines(number, sent):
    for alert, outputs in sent:
        for *fields, credit, threshold in outputs:
            yield (number, alert, *fields, text(credit), text(threshold))


def states(alerts):
    for number, a in enumerate(alerts):
        yield (
            number,
            a.phase,
            a.episode,
            a.last_reminder,
            a.reminders_sent,
            a.stop_reason,
            a.fired_at,
            a.fire_day,
            text(a.credit),
            a.sequence,
        )


def play(folder, count, answers):
    alerts, clock, answer = read_alerts(folder, count), peer.Clock(), []
    for number in range(1, peer.ROUNDS + 1):
        changes = read_changes(folder, number, count)
        with clock:
            sent = decide(alerts, changes)
        answer.extend(lines(number, sent))
    if answers:
        at = peer.tick_at(folder)
        ticked = ((number, alert.tick(at)) for number, alert in enumerate(alerts))
        answer.extend(
            lines(peer.ROUNDS + 1, [(number, outputs) for number, outputs in ticked if outputs])
        )
        peer.write(answers + ".outputs", answer)
        peer.write(answers + ".states", states(alerts))
    return clock.taken


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    peer.serve(
        f"{platform.python_implementation()} {platform.python_version()}",
        lambda answers: play(folder, count, answers),
    )


if __name__ == "__main__":
    main()
