# SPDX-License-Identifier: Apache-2.0
"""A Monitor's calls one at a time, its context, and when it and its host are freed."""

from __future__ import annotations

import contextvars
import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import weakref
from decimal import getcontext, localcontext
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest
from faulty_store import METHODS, NOW, FaultyStore, low_accounts, run
from memory_store import ListCourier, MemoryStore
from scale import Exercised

import lowtide
from lowtide._ffi import handle as monitor_handle


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore()


@pytest.fixture
def monitor(store: FaultyStore) -> Iterator[lowtide.Monitor]:
    with low_accounts(store) as made:
        yield made


def test_monitor_is_busy_inside_its_own_host(
    monitor: lowtide.Monitor, store: FaultyStore, exercised: Exercised
) -> None:
    calls: Dict[str, Callable[[], Any]] = {
        "observe": lambda: monitor.observe("a", available_credit=1, at=NOW, now=NOW),
        "enable": lambda: monitor.enable("a", 1, at=NOW, now=NOW),
        "set_threshold": lambda: monitor.set_threshold("a", 1, at=NOW, now=NOW),
        "disable": lambda: monitor.disable("a", at=NOW, now=NOW),
        "rebase": lambda: monitor.rebase("a", 1, at=NOW, now=NOW),
        "apply": lambda: monitor.apply([lowtide.Observe("a", NOW, available_credit=1)], now=NOW),
        "tick": lambda: monitor.tick(NOW),
        "tick_until": lambda: monitor.tick_until(NOW, end=NOW),
        "deliver": lambda: monitor.deliver(NOW),
        "close": monitor.close,
    }
    busy = 0

    def reenter(real: Any, *arguments: Any) -> Any:
        nonlocal busy
        for call in calls.values():
            with pytest.raises(lowtide.BusyError):
                call()
            busy += 1
        return real(*arguments)

    store.instead = dict.fromkeys(METHODS, reenter)
    for method in ("due", "deliver", "commit"):
        run(monitor, method)
    assert set(store.called) == set(METHODS)
    exercised("calls on a Monitor inside its own host, all busy", busy, "calls", 60)

    def through(real: Any, names: Any) -> Any:
        monitor.tick(NOW)

    store.instead = {"load": through}
    with pytest.raises(lowtide.BusyError):
        run(monitor, "load")


def test_monitor_is_busy_for_a_second_thread(monitor: lowtide.Monitor, store: FaultyStore) -> None:
    inside, leave = threading.Event(), threading.Event()

    def waits(real: Any, names: Any) -> Any:
        inside.set()
        assert leave.wait(60)
        return real(names)

    store.instead["load"] = waits
    reports: List[lowtide.EventReport] = []
    worker = threading.Thread(
        target=lambda: reports.append(monitor.observe("a", available_credit=1, at=NOW, now=NOW))
    )
    worker.start()
    try:
        assert inside.wait(60)
        with pytest.raises(lowtide.BusyError):
            monitor.tick(NOW)
        with pytest.raises(lowtide.BusyError):
            monitor.close()
    finally:
        leave.set()
        worker.join()
    assert reports[0].stored
    assert monitor.observe("a", available_credit=2, at=NOW, now=NOW).stored


def test_host_sees_the_context_variables_of_the_caller(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    variable: "contextvars.ContextVar[str]" = contextvars.ContextVar("variable")
    variable.set("the caller's")
    seen: List[Tuple[str, int]] = []

    def look(real: Any, names: Any) -> Any:
        seen.append((variable.get(), getcontext().prec))
        return real(names)

    store.instead["load"] = look
    with localcontext() as context:
        context.prec = 7
        run(monitor, "load")
    assert seen == [("the caller's", 7)]
    # A RuntimeError of the host does not mean that the Monitor is busy.
    store.instead["load"] = lambda real, names: (_ for _ in ()).throw(RuntimeError("mine"))
    with pytest.raises(RuntimeError, match="mine"):
        run(monitor, "load")


def run_script(script: str) -> "subprocess.CompletedProcess[str]":
    """Runs a script in a new interpreter that finds the modules of the tests."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.pathsep.join([here, *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=120
    )


BEGIN = """
import gc, threading
from datetime import datetime, timezone
import lowtide
from memory_store import MemoryStore

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
"""


def test_callbacks_are_kept_if_the_interpreter_ends_during_a_call() -> None:
    # The thread leaves the store while the interpreter ends. Then C calls further callbacks.
    ended = run_script(
        BEGIN
        + """
import atexit

inside, leave, left = threading.Event(), threading.Event(), threading.Event()

def last():  # runs after the finalizers of the package
    leave.set()
    print("left" if left.wait(60) else "stuck", flush=True)

atexit.register(last)

class Waiting(MemoryStore):
    def load(self, names):
        inside.set()
        leave.wait(60)
        return list(super().load(names))

    def commit(self, commits):
        return super().commit(commits)

def work():
    try:
        monitor = lowtide.Monitor(Waiting())
        monitor.enable("a", 1000, at=NOW, now=NOW)
        try:
            monitor.enable("a", 1000, at=NOW, now=NOW)
        except ValueError as error:
            print(error, flush=True)
    finally:
        left.set()

threading.Thread(target=work, daemon=True).start()
inside.wait(60)
"""
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        0,
        "the Monitor is closed\nleft\n",
        "",
    )


def test_callbacks_of_a_monitor_that_is_not_freed_are_kept(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    found = monitor._free.peek()
    assert found is not None
    _, _, (_, handle, host), _ = found
    kept: List[int] = []

    def within(real: Any, names: Any) -> Any:
        before = sys.getrefcount(host)
        monitor_handle._destroy(handle, host)
        kept.append(sys.getrefcount(host) - before)
        return real(names)

    store.instead["load"] = within
    assert monitor.observe("a", available_credit=1, at=NOW, now=NOW).stored
    assert kept == [1]


def test_monitor_cannot_be_copied(monitor: lowtide.Monitor) -> None:
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="^a Monitor cannot be copied or pickled"):
            copied(monitor)


def test_monitor_released_by_its_own_store_ends_the_call_first() -> None:
    ended = run_script(
        BEGIN
        + """

class Dropping(MemoryStore):
    def load(self, names):
        held.clear()
        gc.collect()
        return super().load(names)

store = Dropping()
first, second = lowtide.Monitor(store), object.__new__(lowtide.Monitor)
second.__dict__.update(first.__dict__)  # as a copy would be
held = [first]
del first
print(second.enable("a", 1000, at=NOW, now=NOW).stored)
"""
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "True\n", "")


def test_store_that_refers_to_its_monitor_is_freed() -> None:
    store = MemoryStore()
    gone = weakref.ref(store)
    store.monitor = lowtide.Monitor(store, ListCourier())  # type: ignore[attr-defined]
    store.monitor.enable("a", 1000, at=NOW, now=NOW)  # type: ignore[attr-defined]
    assert gone() is not None
    del store
    gc.collect()
    assert gone() is None
