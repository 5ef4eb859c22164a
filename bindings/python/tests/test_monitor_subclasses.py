# SPDX-License-Identifier: Apache-2.0
"""Values whose class lies about their length or contents do not harm the Monitor."""

from __future__ import annotations

import dataclasses
from typing import Any, Iterator, List, Tuple

import pytest
from faulty_store import NOW, FaultyStore, low_accounts

import lowtide


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore()


@pytest.fixture
def monitor(store: FaultyStore) -> Iterator[lowtide.Monitor]:
    with low_accounts(store) as made:
        yield made


class LyingBytes(bytes):
    def __len__(self) -> int:
        return 130

    def __bytes__(self) -> bytes:
        return self


class LyingText(str):
    def encode(self, *_: Any, **__: Any) -> bytes:
        return LyingBytes(b"x")


class LyingList(List[Any]):
    def __len__(self) -> int:
        return 1


class LyingTuple(Tuple[Any, ...]):
    def __len__(self) -> int:
        return 0


def test_lengths_are_those_of_memory_even_if_a_subclass_lies(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    state = store.accounts["a"].alerts[0].state
    alert = lowtide.StoredAlert("low_balance", LyingBytes(state))
    name, before = LyingText("a"), store.accounts["a"]
    store.instead["load"] = lambda real, names: [
        dataclasses.replace(before, name=name, alerts=LyingTuple([alert]))
    ]
    assert (
        monitor.observe("a", available_credit=1, at=NOW, now=NOW).decisions[0].alert
        == "low_balance"
    )
    store.instead.clear()
    # More results than there are commits.
    store.instead["commit"] = lambda real, commits: LyingList(
        [*real(commits), *[lowtide.CommitResult.COMMITTED] * 4096]
    )
    with pytest.raises(
        ValueError,
        match=r"^FaultyStore.commit must return a CommitResult for each of 1 commits, not 4097",
    ):
        monitor.observe("a", available_credit=2, at=NOW, now=NOW)
    assert lowtide.Alert.from_bytes(LyingBytes(state)) == lowtide.Alert.from_bytes(state)
