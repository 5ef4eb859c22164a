# SPDX-License-Identifier: Apache-2.0
"""Interrupts during a Monitor's call are raised, and leave the Monitor usable."""

from __future__ import annotations

import random
import signal
import sys
import types
from typing import Any, Iterator, List

import pytest
from faulty_store import METHODS, NOW, FaultyStore, low_accounts, notes, run
from memory_store import MemoryStore
from scale import Exercised, scaled

import lowtide
from lowtide._ffi.callbacks import Callbacks


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore()


@pytest.fixture
def monitor(store: FaultyStore) -> Iterator[lowtide.Monitor]:
    with low_accounts(store) as made:
        yield made


def test_interrupt_inside_a_method_leaves_the_monitor_usable(
    monitor: lowtide.Monitor, store: FaultyStore, exercised: Exercised
) -> None:
    def interrupted(usual: Any, names: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return usual(names)

    store.instead["load"] = interrupted
    before = store.snapshot()
    # A shell that runs this in the background sets interrupts to be ignored.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for _ in range(100):
            with pytest.raises(KeyboardInterrupt):
                run(monitor, "load")
    finally:
        signal.signal(signal.SIGINT, usual)
    assert store.snapshot() == before
    store.instead.clear()
    run(monitor, "load")
    exercised("interrupts inside a store", 100, "interrupts", 100)


def test_interrupts_at_any_time_are_raised_and_leave_the_monitor_usable(
    monkeypatch: pytest.MonkeyPatch, exercised: Exercised
) -> None:
    """Even between two steps of the Monitor's own code."""
    ignored: List[BaseException] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda caught: ignored.append(caught.exc_value))
    chance = random.Random(1)
    struck = interrupted = 0
    store = MemoryStore()
    count = scaled(20000)

    def interrupt(*_: object) -> None:
        nonlocal struck
        struck += 1
        raise KeyboardInterrupt

    usual = signal.signal(signal.SIGALRM, interrupt)
    try:
        with lowtide.Monitor(store) as monitor:
            for place in range(count):
                stored = False
                try:
                    signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-5, 3e-4))
                    try:
                        stored = monitor.observe(
                            "acme", available_credit=place, at=NOW, now=NOW
                        ).stored
                    finally:
                        signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    interrupted += 1
                assert struck == interrupted
                # What was reported as stored is stored. An interrupted event is stored whole or not
                # at all.
                credit = store.accounts["acme"].available_credit if store.accounts else None
                assert credit == place or not stored
                assert credit is None or store.accounts["acme"].alerts == ()
            assert monitor.observe("acme", available_credit=-1, at=NOW, now=NOW).stored
    finally:
        signal.signal(signal.SIGALRM, usual)
    assert ignored == []
    exercised("interrupts at any instant", interrupted, "interrupts", count // 100)


@pytest.mark.parametrize("method", METHODS)
def test_interrupt_at_the_start_of_a_callback_is_raised(
    monitor: lowtide.Monitor, store: FaultyStore, method: str
) -> None:
    error = KeyboardInterrupt()
    code = getattr(Callbacks, f"_{method}").__code__

    def strike(frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code is code:
            sys.setprofile(None)
            raise error

    before = store.snapshot()
    sys.setprofile(strike)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            run(monitor, method)
    finally:
        sys.setprofile(None)
    assert caught.value is error
    assert method == "record_delivery" or store.snapshot() == before
    assert method not in store.called
    assert method != "commit" or notes(error) == ["lowtide: events: 3 not known (not checked)"]
    run(monitor, method)


def test_unraisable_hook_passes_on_everything_else(
    monitor: lowtide.Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: List[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", caught.append)
    for _ in range(3):
        monitor.tick(NOW)
    hook = sys.unraisablehook
    monitor.tick(NOW)
    assert sys.unraisablehook is hook is not caught.append

    class Falling:
        def __del__(self) -> None:
            raise KeyError("fell")

    Falling()
    assert [type(one.exc_value) for one in caught] == [KeyError]

    # From Python 3.13 on the hook gets only a text that contains the callback.
    callbacks = Callbacks()
    error = KeyboardInterrupt()
    message = f"Exception ignored on calling ctypes callback function {callbacks._load!r}"
    hook(types.SimpleNamespace(object=None, err_msg=message, exc_value=error))
    assert callbacks.raised is error
    assert callbacks.doubt == ""
    hook(
        types.SimpleNamespace(
            object=None, err_msg=message.replace("_load", "_commit"), exc_value=error
        )
    )
    assert callbacks.doubt == "not checked"
    other = types.SimpleNamespace(
        object=None, err_msg="Exception ignored in a thread", exc_value=error
    )
    hook(other)
    assert caught[1:] == [other]
