# SPDX-License-Identifier: Apache-2.0
"""Low-balance alerts: an observation of a balance goes in; fire, remind, stop or nothing comes out,
with the reason.

An account has cash, a credit line, refunds and unsettled usage. Their sum is its Available Credit.
When it falls below the threshold that the account's owner has set, the owner is notified once, and
then reminded daily for up to five days, but no longer once the account has recovered or is overdue
(below 0).

>>> from datetime import datetime, timezone
>>> from decimal import Decimal
>>> import lowtide
>>> now = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
>>> alert = lowtide.Alert().enable(Decimal("1000"), at=now).alert
>>> balance = lowtide.Balance(cash_balance=Decimal("900.50"), credit_limit=0, credit_refunds=0,
...                           unsettled_current_month=0, unsettled_previous_months=0)
>>> decision = alert.observe(balance, at=now, sequence=7)
>>> for output in decision.outputs:
...     print(output.kind, output.episode, output.available_credit, output.key("acme"))
fire 1 900.5 lowtide/1/acme/low_balance/1/1772438400/fire

Start with `Alert`: it decides, and you store it and send its outputs. A `Monitor` does that too,
over a store and a courier of yours. `batch` decides for many alerts at once. `errors` has the
exceptions.
"""

from . import batch, errors
from ._ffi.abi import DEFAULT_ALERT_NAME
from ._ffi.library import lib as _lib
from .alert import Alert, Decision
from .balance import Balance
from .batch import Alerts
from .codes import IfBelow, OutputKind, Phase, StopReason, Why
from .delivery import (
    AccountProfile,
    Courier,
    Delivery,
    DeliveryState,
    Handover,
    Pending,
    WalkCursor,
)
from .errors import (
    AmountOverflowError,
    BufferTooSmallError,
    BusyError,
    CallerError,
    CodeError,
    ConflictError,
    CorruptAlertError,
    CorruptError,
    DataError,
    EngineError,
    FlagsError,
    HostError,
    HostFailureError,
    IncompleteError,
    InconsistentError,
    InexactError,
    InternalError,
    LibraryError,
    LowtideError,
    MalformedError,
    MisalignedError,
    NewerFormatError,
    NullArgumentError,
    OutOfMemoryError,
    OutOfRangeError,
    OverlapError,
    RefusedError,
    SequenceRangeError,
    SinkClosedError,
    SinkFullError,
    Status,
    StrideError,
    StructSizeError,
    TimeRangeError,
    UnknownResultError,
)
from .event import AccountEvent, Disable, Enable, Observe, Rebase, SetThreshold, Tick
from .fields import AlertFields
from .monitor import Monitor
from .output import Fire, Output, Remind, Stop
from .report import AlertDecision, DeliveryReport, EventReport, TickReport
from .schedule import Daily, Schedule
from .store import (
    Account,
    AuditLine,
    Commit,
    CommitResult,
    Due,
    Notice,
    Store,
    StoredAlert,
)

__version__: str = _lib.lowtide_version().decode("ascii")

__all__ = [
    "DEFAULT_ALERT_NAME",
    "Account",
    "AccountEvent",
    "AccountProfile",
    "Alert",
    "AlertDecision",
    "AlertFields",
    "Alerts",
    "AmountOverflowError",
    "AuditLine",
    "Balance",
    "BufferTooSmallError",
    "BusyError",
    "CallerError",
    "CodeError",
    "Commit",
    "CommitResult",
    "ConflictError",
    "CorruptAlertError",
    "CorruptError",
    "Courier",
    "Daily",
    "DataError",
    "Decision",
    "Delivery",
    "DeliveryReport",
    "DeliveryState",
    "Disable",
    "Due",
    "Enable",
    "EngineError",
    "EventReport",
    "Fire",
    "FlagsError",
    "Handover",
    "HostError",
    "HostFailureError",
    "IfBelow",
    "IncompleteError",
    "InconsistentError",
    "InexactError",
    "InternalError",
    "LibraryError",
    "LowtideError",
    "MalformedError",
    "MisalignedError",
    "Monitor",
    "NewerFormatError",
    "Notice",
    "NullArgumentError",
    "Observe",
    "OutOfMemoryError",
    "OutOfRangeError",
    "Output",
    "OutputKind",
    "OverlapError",
    "Pending",
    "Phase",
    "Rebase",
    "RefusedError",
    "Remind",
    "Schedule",
    "SequenceRangeError",
    "SetThreshold",
    "SinkClosedError",
    "SinkFullError",
    "Status",
    "Stop",
    "StopReason",
    "Store",
    "StoredAlert",
    "StrideError",
    "StructSizeError",
    "Tick",
    "TickReport",
    "TimeRangeError",
    "UnknownResultError",
    "WalkCursor",
    "Why",
    "__version__",
    "batch",
    "errors",
]
