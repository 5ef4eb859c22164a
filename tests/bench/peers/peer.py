# SPDX-License-Identifier: Apache-2.0
"""The common part of the peers in Python: how they are called, the stream, the form of the answers.

A peer is called as `PEER FOLDER ALERTS` and uses the first ALERTS alerts of the stream in FOLDER
(stream.cpp describes its form). Its first line of output gives its name and version. Then, for each
line of input, it plays the stream from the beginning, and writes the seconds that it spent on
decisions, in wall time and in processor time:

    pass           plays the rounds
    answer PATH    plays the rounds and the tick after them; writes the outputs to PATH.outputs, and
                   all alerts as they are afterwards to PATH.states

The columns of the outputs are round, id, kind, episode, reminder, skipped, stop_reason,
reminders_sent, fired_at, at, available_credit, threshold. Kinds and reasons are those of lowtide.h;
the tick has the round after the last one. They are in the order of round, id, and sending. The
columns of the states are id, phase, episode, last_reminder, reminders_sent, stop_reason, fired_at,
fire_day, available_credit, sequence. An empty column means not present.
"""

import itertools
import os
import sys
import time

ROUNDS = 5
DAY = 86400
OFF, ARMED, ALERTING, QUIET = range(4)
FIRE, REMIND, STOP = 1, 2, 3
RECOVERED, OVERDUE, COMPLETED = 1, 2, 3


def rows(folder, name, count):
    with open(os.path.join(folder, name), encoding="ascii") as file:
        taken = 0
        for line in itertools.islice(file, count):
            taken += 1
            yield line[:-1].split("\t")
    if taken < count:
        sys.exit(f"{name} ends after {taken} lines")


def tick_at(folder):
    with open(os.path.join(folder, "tick"), encoding="ascii") as file:
        return int(file.read())


def statements(name):
    """The parts of an SQL file in this folder, by the names in their `--! NAME` lines."""
    with open(
        os.path.join(os.path.dirname(os.path.abspath(__file__)), name), encoding="ascii"
    ) as file:
        parts = file.read().split("--! ")[1:]
    return dict(part.split("\n", 1) for part in parts)


def integer(field):
    return int(field) if field else None


def write(path, lines):
    with open(path, "w", encoding="ascii") as file:
        for line in lines:
            file.write("\t".join("" if field is None else str(field) for field in line) + "\n")


class Clock:
    """Adds up the wall time and the processor time of the code in its context."""

    def __init__(self, processor=time.process_time):
        self.processor, self.taken = processor, [0, 0]

    def __enter__(self):
        self.start = time.perf_counter(), self.processor()

    def __exit__(self, *error):
        end = time.perf_counter(), self.processor()
        self.taken = [sum_ + b - a for sum_, a, b in zip(self.taken, self.start, end)]


def serve(version, play):
    """Answers standard input. play(None) and play(PATH) play the stream; each returns its time."""
    print(version, flush=True)
    for line in sys.stdin:
        command, _, path = line.rstrip("\n").partition(" ")
        print("{:.9f} {:.9f}".format(*play(path if command == "answer" else None)), flush=True)
