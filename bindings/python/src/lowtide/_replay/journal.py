# SPDX-License-Identifier: Apache-2.0
"""Lines about decisions and outputs: JSON, as lowtide-replay writes it, and text. Private."""

from __future__ import annotations

from typing import Iterator

from .._ffi.amounts import plain
from .._ffi.instants import text
from ..output import Output, Remind, Stop
from .player import Step


def json_lines(step: Step, explain: bool) -> Iterator[str]:
    """The outputs of a decision as JSON; before them the decision itself, if `explain`."""
    (account, alert), at, decision = step
    names = f'{{"account":{_string(account)},"alert":{_string(alert)},"at":"'
    if explain:
        yield f'{names}{text(at)}","why":"{decision.why}","phase":"{decision.phase}"}}'
    for output in decision.outputs:
        fired_at, more = f',"fired_at":"{text(output.fired_at)}"', ""
        if isinstance(output, Remind):
            more = f'{fired_at},"reminder":{output.reminder},"skipped":{output.skipped}'
        elif isinstance(output, Stop):
            more = f'{fired_at},"reason":"{output.reason}","reminders_sent":{output.reminders_sent}'
        credit, threshold = plain(output.available_credit), plain(output.threshold)
        yield (
            f'{names}{text(output.at)}","output":"{output.kind}","episode":{output.episode}{more}'
            f',"available_credit":"{credit}","threshold":"{threshold}"}}'
        )


def text_lines(step: Step) -> Iterator[str]:
    """A decision in words, followed by its outputs."""
    (account, alert), at, decision = step
    names = f"{_visible(account)}  {_visible(alert)}"
    yield f"{text(at)}  {names}  {decision.phase}: {decision.why.sentence}"
    for output in decision.outputs:
        credit, threshold = plain(output.available_credit), plain(output.threshold)
        yield f"{'':20}  {_words(output)}, Available Credit {credit}, threshold {threshold}"


def _words(output: Output) -> str:
    if isinstance(output, Remind):
        skipped = f", {output.skipped} skipped" if output.skipped else ""
        return f"remind {output.reminder} of episode {output.episode}{skipped}"
    if isinstance(output, Stop):
        return f"stop of episode {output.episode}: {output.reason}"
    return f"fire: episode {output.episode}"


def _string(name: str) -> str:
    """A name as a JSON string. Names have no control characters, so these two are all to escape."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _visible(name: str) -> str:
    return name if name.isprintable() else ascii(name)[1:-1]
