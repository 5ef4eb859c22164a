# SPDX-License-Identifier: Apache-2.0
"""What became of a batch: a result for each element, and the decisions that yield outputs."""

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
    """A decision that yields an output."""

    element: int
    """Which element of the batch."""
    why: Why
    phase: Phase
    """The alert's, afterwards."""
    outputs: Tuple[Output, ...]
    """What to send, in this order: one or two."""


def array_interface(
    memory: memoryview, count: int, size: int, fields: List[Tuple[Any, ...]]
) -> Dict[str, Any]:
    """How NumPy takes an array of structs, without copying."""
    return {
        "version": 3,
        "shape": (count,),
        "typestr": f"|V{size}",
        "descr": fields,
        "data": memory,
    }


class Decisions(Sequence[BatchDecision]):
    """The decisions that yield outputs, in the order of their elements. Each is made when it is asked for.

    `numpy.asarray` takes them as an array of structs, as lowtide_batch_decision is laid out, without copying.
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
        """The element of each, as a view of uint64."""
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
    """What became of each element. len() is how many elements there are.

    `status`, `why`, `phase` and `output_count` are views of numbers, one for each element, which `numpy.asarray` takes without copying;
    `numpy.asarray` of the whole is an array of structs with these fields. Codes are those of Status, Why and Phase; unless the status of an
    element is 0, the rest of it is 0.

    Results of a prepared batch are written over by its next run.
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
        """Those that yield outputs."""
        return Decisions(self._decisions, self._report.decision_count)

    @property
    def failed(self) -> List[int]:
        """The elements whose status is not 0. Their alerts are as they were."""
        return (
            [i for i, status in enumerate(self.status) if status]
            if self._report.failed_count
            else []
        )

    def error(self, element: int) -> Optional[LowtideError]:
        """The exception that a single call would have raised for an element, such as a CorruptAlertError; None if nothing was wrong."""
        status = self.status[range(self._count)[element]]
        return None if status == abi.OK else failure(status, f"element {element}")

    @property
    def __array_interface__(self) -> Dict[str, Any]:
        return array_interface(self._memory, self._count, RESULT_SIZE, _RESULT)

    def __repr__(self) -> str:
        report = self._report
        return f"<lowtide.batch.Results of {self._count}: {report.decision_count} decisions with outputs, {report.failed_count} failed>"
