#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills lowtide-host before, after and in the middle of each call that changes a file.

Nothing may be lost, and nothing sent twice.

usage: kill_points.py HOST LIBRARY [--points N] [--only-first-failure]
"""

import argparse
import shutil
import sys

import harness as h


def points(calls):
    """All combinations of command, call, and before, after or short."""
    for command, made in enumerate(calls):
        for number, (kind, size) in enumerate(made, 1):
            yield command, number, "before"
            yield command, number, "after"
            if kind == "write" and size > 1:
                yield command, number, "short"


def spread(all_points, count):
    """`count` of them, evenly spread."""
    if count >= len(all_points):
        return all_points
    return [all_points[i * len(all_points) // count] for i in range(count)]


def try_point(harness, place, snapshots, whole, keys, point):
    command, number, when = point
    shutil.rmtree(place.data)
    shutil.copytree(snapshots[command], place.data)
    place.reset()
    arguments = harness.scenario.commands(place)[command]
    done = harness.run(place, arguments, KILL_AT=number, KILL_WHEN=when)
    if not h.was_killed(done):
        return [f"was not killed, but ended with {done.returncode}"]
    wrong = h.Image(place, copy=True).check_any_time(keys)
    wrong += harness.finish(place)
    image = h.Image(place, copy=False)
    return wrong + image.check_any_time(keys) + image.differences(whole)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("library")
    parser.add_argument("--points", type=int, default=4000)
    parser.add_argument("--at-least", type=int, default=3000)
    parser.add_argument("--only-first-failure", action="store_true")
    options = parser.parse_args()
    harness = h.Harness(options.host, options.library)
    try:
        whole, calls, snapshots = harness.whole()
        keys = harness.key_of_mails(whole)
        everything = list(points(calls))
        chosen = spread(everything, max(options.points // h.scale(), 1))
        print(
            f"kill points: {sum(map(len, calls))} calls, {len(everything)} points, "
            f"{len(whole.tables['notices'])} notices, {len(whole.mails)} mails"
        )
        place = harness.place("killed")
        place.fresh()
        failed = 0
        for point in chosen:
            wrong = try_point(harness, place, snapshots, whole, keys, point)
            if wrong:
                failed += 1
                command = harness.scenario.commands(place)[point[0]][0]
                print(
                    f"failed: command {point[0]} ({command}), {point[2]} call {point[1]} "
                    f"{calls[point[0]][point[1] - 1]}: " + "; ".join(wrong)[:1500]
                )
                if options.only_first_failure or failed == 20:
                    break
        if failed:
            return 1
        h.exercised("kill points", len(chosen), "points", options.at_least // h.scale())
        h.exercised(
            "kill points: outputs that each run must end with",
            len(whole.tables["notices"]),
            "outputs",
            20,
        )
        return 0
    finally:
        harness.close()


if __name__ == "__main__":
    sys.exit(main())
