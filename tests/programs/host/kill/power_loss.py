#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Simulates a power failure at the calls of lowtide-host.

Everything that was written but not synced is lost, and so are names in folders without a sync.
The effects of every command that ended successfully must survive, and what was sent must be stored.

usage: power_loss.py HOST LIBRARY [--points N] [--only-first-failure]
"""

import argparse
import sys

import harness as h
from kill_points import points, spread
from power import Undo


def lost(image, before):
    """What a command that ended successfully had stored, and is missing now."""
    wrong = []
    for name in ("notices", "messages"):
        missing = [row for row in before.tables[name] if row not in image.tables[name]]
        if missing:
            wrong.append(f"lost from {name}: {missing[:2]}")
    missing = [identity for identity in before.mails if identity not in image.mails]
    if missing:
        wrong.append(f"lost mails: {missing[:2]}")
    return wrong


def try_point(harness, place, images, keys, point, lose_names):
    command, number, when = point
    place.fresh(harness.base)
    recording = {"KILL_UNDO": place.undo, "KILL_ROOT": str(place.data) + "/"}
    commands = harness.scenario.commands(place)
    for arguments in commands[:command]:
        done = harness.run(place, arguments, **recording)
        if done.returncode != 0:
            return [f"{arguments[0]} ended with {done.returncode}"], 0
    place.reset()
    done = harness.run(place, commands[command], KILL_AT=number, KILL_WHEN=when, **recording)
    if not h.was_killed(done):
        return [f"was not killed, but ended with {done.returncode}"], 0
    undone = Undo(place.undo / "log").apply(place, lose_names)
    image = h.Image(place, copy=True)
    wrong = image.check_any_time(keys) + lost(image, images[command])
    wrong += harness.finish(place)
    image = h.Image(place, copy=False)
    return wrong + image.check_any_time(keys) + image.differences(images[-1]), undone


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("library")
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--only-first-failure", action="store_true")
    options = parser.parse_args()
    harness = h.Harness(options.host, options.library)
    try:
        whole, calls, images = harness.whole(images=True)
        keys = harness.key_of_mails(whole)
        chosen = spread(list(points(calls)), max(options.points // h.scale(), 1))
        place = harness.place("unpowered")
        failed, undone = 0, 0
        for i, point in enumerate(chosen):
            wrong, count = try_point(harness, place, images, keys, point, lose_names=i % 2 == 0)
            undone += count
            if wrong:
                failed += 1
                command = harness.scenario.commands(place)[point[0]][0]
                names = "names lost" if i % 2 == 0 else "names kept"
                print(
                    f"failed: command {point[0]} ({command}), {point[2]} call {point[1]} "
                    f"{calls[point[0]][point[1] - 1]}, {names}: " + "; ".join(wrong)[:1500]
                )
                if options.only_first_failure or failed == 20:
                    break
        if failed:
            return 1
        h.exercised("power loss", len(chosen), "points", 300 // h.scale())
        h.exercised("power loss: changes undone", undone, "changes", 300 // h.scale())
        return 0
    finally:
        harness.close()


if __name__ == "__main__":
    sys.exit(main())
