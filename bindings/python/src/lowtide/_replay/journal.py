# SPDX-License-Identifier: Apache-2.0
"""Lines that tell of decisions and outputs: JSON as lowtide-replay writes it, and text for people."""

from __future__ import annotations

from typing import Iterator

from .._ffi.amounts import plain
from .._ffi.instants import text
from ..output import Output, Remind, Stop
from .player import Told


def json_lines(told: Told, explain: bool) -> Iterator[str]:
    """The outputs of a decision, and ahead of them the decision itself if it is to be explained."""
    (account, alert), at, decision = told
    names = f'{{"account":{_string(account)},"alert":{_string(alert)},"at":"'
    if explain:
        yield f'{names}{text(at)}","why":"{decision.why}","phase":"{decision.phase}"}}'
    for output in decision.outputs:
        fired_at, more = f',"fired_at":"{text(output.fired_at)}"', ""
        if isinstance(output, Remind):
            more = f'{fired_at},"reminder":{output.reminder},"skipped":{output.skipped}'
        elif isinstance(output, Stop):
            more = f'{fired_at},"reason":"{output.reason}","reminders_sent":{output.reminders_sent}'
        amounts = f'"available_credit":"{plain(output.available_credit)}","threshold":"{plain(output.threshold)}"'
        yield f'{names}{text(output.at)}","output":"{output.kind}","episode":{output.episode}{more},{amounts}}}'


def text_lines(told: Told) -> Iterator[str]:
    """A decision in words, and its outputs."""
    (account, alert), at, decision = told
    yield f"{text(at)}  {_visible(account)}  {_visible(alert)}  {decision.phase}: {decision.why.sentence}"
    for output in decision.outputs:
        yield f"{' ' * 20}  {_words(output)}, Available Credit {plain(output.available_credit)}, threshold {plain(output.threshold)}"


def _words(output: Output) -> str:
    if isinstance(output, Remind):
        skipped = f", {output.skipped} skipped" if output.skipped else ""
        return f"remind {output.reminder} of episode {output.episode}{skipped}"
    if isinstance(output, Stop):
        return f"stop of episode {output.episode}: {output.reason}"
    return f"fire: episode {output.episode}"


def _string(name: str) -> str:
    """Names hold no control characters, so only these two must be escaped."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _visible(name: str) -> str:
    return name if name.isprintable() else ascii(name)[1:-1]
