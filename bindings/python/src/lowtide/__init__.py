# SPDX-License-Identifier: Apache-2.0
"""Low-balance alerts: a balance change goes in; fire, remind, stop or nothing comes out, with the reason.

An account has cash, a credit line, refunds and unsettled usage. What is left of all that is its Available Credit. When that drops below
the threshold that the account's owner set, the owner hears of it once, is reminded daily for up to five days, and hears nothing more once
the account recovered or went overdue (below 0).

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

`Alert` is the place to begin; `errors` tells what is raised.
"""

from . import batch, errors
from ._ffi.abi import DEFAULT_ALERT_NAME
from ._ffi.library import lib as _lib
from .alert import Alert, Decision
from .balance import Balance
from .batch import Alerts
from .codes import IfBelow, OutputKind, Phase, StopReason, Why
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
from .fields import AlertFields
from .host import (
    Account,
    AccountEvent,
    AccountProfile,
    AlertDecision,
    AuditLine,
    Commit,
    CommitResult,
    Delivery,
    DeliveryReport,
    DeliveryState,
    Due,
    EventReport,
    Handover,
    Notice,
    Pending,
    StoredAlert,
    TickReport,
    WalkCursor,
)
from .monitor import Monitor
from .output import Fire, Output, Remind, Stop
from .schedule import Daily, Schedule
from .store import Courier, Store

__version__: str = _lib.lowtide_version().decode("ascii")

__all__ = [
    "DEFAULT_ALERT_NAME",
    "Account",
    "AccountEvent",
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
    "WalkCursor",
    "Daily",
    "DataError",
    "Decision",
    "Delivery",
    "DeliveryReport",
    "DeliveryState",
    "Due",
    "EngineError",
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
    "OutOfMemoryError",
    "OutOfRangeError",
    "Output",
    "OutputKind",
    "OverlapError",
    "Pending",
    "Phase",
    "AccountProfile",
    "RefusedError",
    "Remind",
    "EventReport",
    "Schedule",
    "SequenceRangeError",
    "SinkClosedError",
    "SinkFullError",
    "Status",
    "Stop",
    "StopReason",
    "Store",
    "StoredAlert",
    "StrideError",
    "StructSizeError",
    "TickReport",
    "TimeRangeError",
    "UnknownResultError",
    "Why",
    "__version__",
    "batch",
    "errors",
]
