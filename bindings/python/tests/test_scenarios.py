# SPDX-License-Identifier: Apache-2.0
"""Alerts play every scenario, with reasons, keys and stored bytes; every bad line is refused."""

from __future__ import annotations

import json
import pathlib
import pickle
import re
from datetime import timezone
from typing import Any, Callable, Dict, List, Set
from urllib.parse import quote

import pytest
from scale import Exercised

import lowtide
from lowtide import Alert, Remind, Why
from lowtide._ffi import instants
from lowtide._replay import event, journal
from lowtide._replay.player import Player, Step


def scenarios(root: pathlib.Path) -> List[pathlib.Path]:
    return sorted((root / "tests" / "scenarios").glob("*.json"))


class Played:
    """Plays a scenario, and checks on the way what the output lines do not show."""

    def __init__(self, path: pathlib.Path) -> None:
        about = json.loads(path.read_text(encoding="utf-8"))
        self.player = Player(about["timer"] == "simulated")
        self.outputs: List[str] = []
        self.explained: List[str] = []
        self.whys: Set[Why] = set()
        self.keys: Set[str] = set()
        self.stored = self.events = 0
        for line in path.with_name(path.stem + ".events.jsonl").read_bytes().splitlines():
            self.take(self.player.apply(event.read(line)))
            self.store_and_load()
            self.events += 1
        if about.get("until") is not None:
            self.take(self.player.finish(instants.parse(about["until"], "until")))

    def take(self, steps: Any) -> None:
        for one in steps:
            self.whys.add(one[2].why)
            self.outputs += journal.json_lines(one, explain=False)
            self.explained += journal.json_lines(one, explain=True)
            self.check_keys(one)

    def check_keys(self, step: Step) -> None:
        """Compares a key with one that is computed without the library. No two keys are equal."""
        (account, alert), at, decision = step
        for output in decision.outputs:
            assert output.at == at and output.at.tzinfo is timezone.utc
            kind = f"remind-{output.reminder}" if isinstance(output, Remind) else str(output.kind)
            names = "/".join(quote(name, safe="") for name in (account, alert))
            key = output.key(account, alert)
            assert (
                key
                == f"lowtide/1/{names}/{output.episode}/{int(output.fired_at.timestamp())}/{kind}"
            )
            assert key not in self.keys
            self.keys.add(key)

    def store_and_load(self) -> None:
        """Replaces each alert by one restored from its bytes, its fields or a pickle, in turn."""
        forms: List[Callable[[Alert], Alert]] = [
            lambda alert: Alert.from_bytes(alert.to_bytes()),
            lambda alert: Alert.restore(alert.fields),
            lambda alert: pickle.loads(pickle.dumps(alert)),
        ]
        for name, alert in self.player.alerts.items():
            loaded = forms[self.stored % 3](alert)
            assert (
                loaded == alert
                and loaded.to_bytes() == alert.to_bytes()
                and loaded.next_reminder_at == alert.next_reminder_at
            )
            self.player.alerts[name] = loaded
            self.stored += 1


def test_alerts_play_every_scenario(root: pathlib.Path, exercised: Exercised) -> None:
    totals: Dict[str, int] = {"events": 0, "outputs": 0, "decisions": 0, "keys": 0, "alerts": 0}
    whys: Set[Why] = set()
    for path in scenarios(root):
        played = Played(path)
        for lines, ending in (
            (played.outputs, ".outputs.jsonl"),
            (played.explained, ".explained.jsonl"),
        ):
            expected = path.with_name(path.stem + ending).read_text(encoding="utf-8")
            assert "".join(line + "\n" for line in lines) == expected, path.stem + ending
        whys |= played.whys
        totals["events"] += played.events
        totals["outputs"] += len(played.outputs)
        totals["decisions"] += len(played.explained) - len(played.outputs)
        totals["keys"] += len(played.keys)
        totals["alerts"] += played.stored
    assert whys == set(Why)
    exercised("scenarios", len(scenarios(root)), "scenarios", 43)
    exercised("scenarios, events", totals["events"], "events", 3300)
    exercised("scenarios, decisions and their reasons", totals["decisions"], "decisions", 3300)
    exercised("scenarios, outputs", totals["outputs"], "outputs", 500)
    exercised("scenarios, keys that are unique", totals["keys"], "keys", 500)
    exercised(
        "scenarios, alerts stored and loaded between events", totals["alerts"], "alerts", 3000
    )


BALANCE = b'{"type":"balance","account":"a","at":"2026-03-01T00:00:00Z",'
ENABLE = b'{"type":"enable","account":"a","at":"2026-03-01T00:00:00Z","threshold":"1",'
# Bad lines that a text file cannot have, and some that it lacks.
MORE_BAD_LINES = [
    b'{"type":"tick","at":"2026-03-01T00:00:00Z","account":null}',
    b'{"type":"tick","at":"2026-03-01T00:00:00Z","account":"\xff"}',
    b'{"type":"tick","at":"2026-03-01T00:00:00Z","account":"\\ud800"}',
    b'{"type":"tick","at":"2026-03-01T00:00:00Z","\\u0061t":"2026-03-01T00:00:00Z"}',
    BALANCE + b'"sequence":true,"available_credit":"1"}',
    BALANCE + b'"sequence":1.0,"available_credit":"1"}',
    BALANCE + b'"sequence":1e2,"available_credit":"1"}',
    BALANCE + b'"sequence":' + b"9" * 5000 + b',"available_credit":"1"}',
    BALANCE + b'"available_credit":NaN}',
    ENABLE + b'"reminders":null}',
    ENABLE + b'"reminders":{"utc_offset":"09:00"}}',
    ENABLE + b'"reminders":{"zone":"UTC"}}',
    b'{"type":"disable","account":"b","at":"2026-03-01T00:00:00Z"}',
    b"[" * 100000,
    b'{"type":["tick"],"at":"2026-03-01T00:00:00Z"}',
    b"",
]


def test_player_refuses_every_bad_line_and_changes_nothing(
    root: pathlib.Path, exercised: Exercised
) -> None:
    text = (root / "tests" / "scenarios" / "bad-lines.tsv").read_bytes()
    lines = [line.split(b"\t", 1)[1] for line in text.splitlines()[1:]]
    player = Player()
    first = event.read(
        b'{"type":"enable","account":"a","at":"2026-02-01T00:00:00Z","threshold":"10"}'
    )
    drop = event.read(
        b'{"type":"balance","account":"a","at":"2026-02-01T00:00:00Z","available_credit":"9"}'
    )
    assert len([*player.apply(first), *player.apply(drop)]) == 2
    before = dict(player.alerts)
    for line in lines + MORE_BAD_LINES:
        with pytest.raises(lowtide.DataError) as raised:
            list(player.apply(event.read(line)))
        # The message is one line of printable ASCII with the field and its value.
        assert re.fullmatch(r"[\w. ]+: [ -~]{1,300}", str(raised.value))
        assert player.alerts == before
    # If one of them had moved the clock, the first reminder would be lost.
    assert [step[1] for step in player.finish(instants.parse("2026-02-02T00:00:00Z", "until"))] == [
        instants.parse("2026-02-02T00:00:00Z", "at")
    ]
    exercised("bad lines that are refused", len(lines), "lines", 43)
    exercised("bad lines beyond the file's", len(MORE_BAD_LINES), "lines", 16)
