# SPDX-License-Identifier: Apache-2.0
"""The results of a batch: one for each element, and the decisions that have outputs.

The classes are public, as names of lowtide.batch.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple, Union, overload

from .. import output
from ..codes import Phase, Why
from ..errors import LowtideError
from ..output import Output
from . import abi, batch_abi, buffers
from .library import failure

RESULT_SIZE = ctypes.sizeof(batch_abi.BatchResult)
DECISION_SIZE = ctypes.sizeof(batch_abi.BatchDecision)

_WHY = {why.value: why for why in Why}
_PHASE = {phase.value: phase for phase in Phase}
_RESULT = buffers.descr(batch_abi.BatchResult)
_DECISION = buffers.descr(batch_abi.BatchDecision)


@dataclass(frozen=True)
class BatchDecision:
    """A decision that has outputs."""

    element: int
    """The place of the element in the batch."""
    why: Why
    phase: Phase
    """The alert's phase afterwards."""
    outputs: Tuple[Output, ...]
    """What to send, in this order: one or two."""


def array_interface(
    memory: memoryview, count: int, size: int, fields: List[Tuple[Any, ...]]
) -> Dict[str, Any]:
    """The __array_interface__ of an array of structs: NumPy uses the memory without copying it."""
    return {
        "version": 3,
        "shape": (count,),
        "typestr": f"|V{size}",
        "descr": fields,
        "data": memory,
    }


class Decisions(Sequence[BatchDecision]):
    """The decisions that have outputs, in the order of their elements.

    Each BatchDecision is created when it is accessed.

    `numpy.asarray` makes an array of structs of it, with the layout of lowtide_batch_decision,
    without copying.
    """

    __slots__ = ("_count", "_memory")

    def __init__(self, memory: memoryview, count: int) -> None:
        self._memory = memory
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> BatchDecision: ...
    @overload
    def __getitem__(self, index: slice) -> List[BatchDecision]: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[BatchDecision, List[BatchDecision]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        raw = batch_abi.BatchDecision.from_buffer(
            self._memory, range(self._count)[index] * DECISION_SIZE
        )
        outputs = tuple(output.from_abi(raw.outputs[i]) for i in range(raw.output_count))
        return BatchDecision(raw.element, _WHY[raw.why], _PHASE[raw.phase], outputs)

    @property
    def elements(self) -> memoryview:
        """The place of each one's element, as a view of uint64."""
        return (
            self._memory[: self._count * DECISION_SIZE]
            .cast("Q")[:: DECISION_SIZE // 8]
            .toreadonly()
        )

    @property
    def __array_interface__(self) -> Dict[str, Any]:
        return array_interface(self._memory, self._count, DECISION_SIZE, _DECISION)

    def __repr__(self) -> str:
        return f"<lowtide.batch.Decisions, {self._count}>"


class Results:
    """What became of each element. len() is the number of elements.

    `status`, `why`, `phase` and `output_count` are views of numbers, one for each element.
    `numpy.asarray` uses each of them without copying; of the whole object it makes an array of
    structs with these fields. The numbers are values of Status, Why and Phase. If the status of an
    element is not 0, its other fields are 0.

    The next run of a prepared batch overwrites its results.
    """

    __slots__ = ("_count", "_decisions", "_memory", "_report")

    def __init__(self, count: int, capacity: int, report: batch_abi.BatchReport) -> None:
        self._count = count
        self._memory = buffers.fresh(count * RESULT_SIZE)
        self._decisions = buffers.fresh(capacity * DECISION_SIZE)
        self._report = report

    def __len__(self) -> int:
        return self._count

    @property
    def status(self) -> memoryview:
        """0, or the value of the Status that says why nothing was decided, as int32."""
        return self._memory.cast("i")[::2].toreadonly()

    @property
    def why(self) -> memoryview:
        """The value of the Why, as uint8."""
        return self._memory.cast("B")[4::RESULT_SIZE].toreadonly()

    @property
    def phase(self) -> memoryview:
        """The value of the alert's Phase afterwards, as uint8."""
        return self._memory.cast("B")[5::RESULT_SIZE].toreadonly()

    @property
    def output_count(self) -> memoryview:
        """0 to 2, as uint8."""
        return self._memory.cast("B")[6::RESULT_SIZE].toreadonly()

    @property
    def decisions(self) -> Decisions:
        """The decisions that have outputs."""
        return Decisions(self._decisions, self._report.decision_count)

    @property
    def failed(self) -> List[int]:
        """The elements whose status is not 0. Their alerts are unchanged."""
        return (
            [i for i, status in enumerate(self.status) if status]
            if self._report.failed_count
            else []
        )

    def error(self, element: int) -> Optional[LowtideError]:
        """The exception that a single call would raise for an element, such as a CorruptAlertError.
        None if its status is 0.
        """
        status = self.status[range(self._count)[element]]
        return None if status == abi.OK else failure(status, f"element {element}")

    @property
    def __array_interface__(self) -> Dict[str, Any]:
        return array_interface(self._memory, self._count, RESULT_SIZE, _RESULT)

    def __repr__(self) -> str:
        report = self._report
        decisions = f"{report.decision_count} decisions with outputs"
        return (
            f"<lowtide.batch.Results of {self._count}: {decisions}, {report.failed_count} failed>"
        )
