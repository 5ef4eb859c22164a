# SPDX-License-Identifier: Apache-2.0
"""What a batch reads: alerts, index and observations as C structs, where they lie in memory.

Every function also returns the objects that own the memory. Keep them for as long as C may read it.
Private.
"""

from __future__ import annotations

from ctypes import sizeof
from typing import Any, List, Mapping, Tuple

from ..balance import COMPONENTS
from ..errors import OutOfRangeError
from ..event import Observation
from . import abi, batch_abi, buffers, column, events
from .arguments import wrong_type
from .column import Place


def batch(alerts: Any, index: Any, count: int) -> Tuple[batch_abi.Batch, List[Any]]:
    """A lowtide_batch over Alerts, without its results."""
    made = batch_abi.Batch(sizeof(batch_abi.Batch))
    made.count, made.alert_count = count, len(alerts)
    made.alerts = buffers.address(alerts.memory)
    kept: List[Any] = [alerts.memory, made]
    if index is not None:
        place = column.place(index, "index", column.INDEX, count)
        if place.stride != column.INDEX.size:
            raise TypeError("index: must be without gaps")
        made.flags = batch_abi.BATCH_HAS_INDEX
        made.index = place.address
        kept.append(place.kept)
    return made, kept


def columns(given: Mapping[str, Any], count: int) -> Tuple[batch_abi.ObservationColumns, List[Any]]:
    """A lowtide_observation_columns. Columns that are None are left out."""
    missing = [name for name in COMPONENTS if given[name] is None]
    balance = missing != list(COMPONENTS)
    credit = given["available_credit"] is not None
    events.check_given(balance, credit, COMPONENTS[0])
    if balance and missing:
        raise TypeError(f"{missing[0]}: is missing")
    made, kept = batch_abi.ObservationColumns(sizeof(batch_abi.ObservationColumns)), []
    made.flags = abi.OBSERVATION_HAS_AVAILABLE_CREDIT if credit else abi.OBSERVATION_HAS_BALANCE
    if given["sequence"] is not None:
        made.flags |= abi.OBSERVATION_HAS_SEQUENCE
    for name, value in given.items():
        if value is None:
            continue
        kind = {"at": column.INSTANT, "sequence": column.SEQUENCE}.get(name, column.AMOUNT)
        place = column.place(value, name, kind, count)
        stride = place.stride or batch_abi.COLUMN_ONE_FOR_ALL
        setattr(made, name, batch_abi.Column(place.address, stride))
        kept.append(place.kept)
    return made, kept


def observations(given: Any, count: int) -> Place:
    """Where `count` lowtide_observation lie: copies of Observations in a list, or a buffer."""
    if not isinstance(given, (list, tuple)):
        return column.structs(given, "observations", sizeof(abi.Observation), count)
    if len(given) != count:
        raise OutOfRangeError(
            f"observations: must have {count} values, one for each element, not {len(given)}",
            "observations",
            len(given),
        )
    structs = []
    for place, one in enumerate(given):
        where = f"observations[{place}]"
        if not isinstance(one, Observation):
            raise wrong_type(where, "a lowtide.batch.Observation", one)
        structs.append(
            events.observation(one.balance, one.available_credit, one.at, one.sequence, f"{where}.")
        )
    return column.packed(structs, sizeof(abi.Observation))
