# SPDX-License-Identifier: Apache-2.0
"""Compares lowtide with its peers, on one generated stream in one run: first the answers, then the
time.

    python3 tests/bench/peers/peers.py [--answers-only] [--alerts N] BUILD/bin [PEER…]

Each peer is a process that plays the stream on request (peer.py says how). lowtide and the peer
alternate, all on one core. The first pass, whose answers are compared, does not count. The result
is the median of the ratios of the turns, in wall time or in processor time, whichever is less
favourable to lowtide: a busy machine delays a long pass more than a short one. A slow peer uses
only the first alerts of the stream. If a peer gives another answer, the run ends with the first
difference.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import rows  # noqa: E402  (beside this folder)

ALERTS = 1_000_000
ROUNDS = 5
# The files of an answer, and the column of the id in each.
KINDS = ((".outputs", 1), (".states", 0))


class Peer:
    def __init__(self, name, title, command, alerts, turns, goal, includes, prepare=None):
        self.name, self.title, self.command, self.alerts, self.turns = (
            name,
            title,
            command,
            alerts,
            turns,
        )
        self.goal, self.includes, self.prepare = goal, includes, prepare


def prepare_java(work):
    classes = os.path.join(work, "java")
    subprocess.run(
        ["javac", "-Xlint:all", "-Werror", "-d", classes, os.path.join(HERE, "Peer.java")],
        check=True,
    )


def prepare_node(work):
    """Installs the engines of package-lock.json in the work folder, without their scripts."""
    folder = os.path.join(work, "node")
    if os.path.exists(folder):
        return
    shutil.copytree(
        os.path.join(HERE, "node"), folder, ignore=shutil.ignore_patterns("node_modules")
    )
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"npm ci failed:\n{done.stdout}")


def python(script):
    return lambda work: [sys.executable, os.path.join(HERE, script)]


PEERS = [
    Peer(
        "python",
        "Python Decimal, by hand",
        python("decimal_peer.py"),
        100_000,
        7,
        "at least 60",
        "sum, decision and new state of objects in memory, called one by one; not reading or "
        "writing them",
    ),
    Peer(
        "java",
        "Java BigDecimal, by hand",
        lambda work: ["java", "-Xms3g", "-Xmx3g", "-cp", os.path.join(work, "java"), "Peer"],
        1_000_000,
        7,
        "at least 3",
        "the same, compiled by the JVM in the pass that is not counted; System.gc() before each "
        "round",
        prepare_java,
    ),
    Peer(
        "sqlite",
        "SQLite, set-based",
        python("sqlite_peer.py"),
        1_000_000,
        3,
        "",
        "one INSERT … SELECT and two UPDATE … FROM a round and the outputs put into a table, in a "
        "database in memory without a journal; "
        "amounts are two integers",
    ),
    Peer(
        "postgres",
        "PostgreSQL, set-based",
        python("postgres_peer.py"),
        1_000_000,
        3,
        "",
        "one UPDATE … FROM … RETURNING a round with numeric and the outputs put into a table; "
        "unlogged tables that fit in its buffers, "
        "no fsync, no parallel workers, vacuum not counted",
    ),
    Peer(
        "json-rules-engine",
        "json-rules-engine",
        lambda work: ["node", os.path.join(work, "node", "json_rules_engine.mjs")],
        20_000,
        3,
        "",
        "15 rules with operators on BigInt; the sum, the count of reminders and the state are "
        "JavaScript's, and included",
        prepare_node,
    ),
    Peer(
        "zen-engine",
        "@gorules/zen-engine",
        lambda work: ["node", os.path.join(work, "node", "zen_engine.mjs")],
        20_000,
        3,
        "",
        "an expression node and a decision table over the engine's own decimals, given as text; "
        "the state is JavaScript's, and included",
        prepare_node,
    ),
]


class Player:
    """The process of a peer, pinned to one core if possible."""

    def __init__(self, command, stream, alerts):
        pin = (
            ["taskset", "-c", str(max(os.sched_getaffinity(0)))] if shutil.which("taskset") else []
        )
        self.name = os.path.basename(command[-1])
        self.process = subprocess.Popen(
            [*pin, *command, stream, str(alerts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdin and self.process.stdout
        self.to, self.answers = self.process.stdin, self.process.stdout
        self.version = self.line()

    def line(self):
        line = self.answers.readline()
        if not line:
            sys.exit(f"{self.name} ended early, with status {self.process.wait()}")
        return line.rstrip("\n")

    def play(self, command="pass"):
        """The seconds of wall time and of processor time."""
        self.to.write(command + "\n")
        self.to.flush()
        return [float(seconds) for seconds in self.line().split()]

    def close(self):
        self.to.close()
        self.process.wait()


def lines_of(path, column, alerts):
    """The lines about the first alerts."""
    with open(path, encoding="ascii") as file:
        for line in file:
            if int(line.split("\t", column + 1)[column]) < alerts:
                yield line.rstrip("\n")


def compare(ours, theirs, alerts):
    """The first difference, or None; and the number of equal lines of outputs and of alerts."""
    equal: list[int] = []
    for suffix, column in KINDS:
        left, right, count = (
            lines_of(ours + suffix, column, alerts),
            lines_of(theirs + suffix, column, alerts),
            0,
        )
        while True:
            ours_line, their_line = next(left, None), next(right, None)
            if ours_line != their_line:
                return (
                    f"line {count + 1} of {os.path.basename(theirs)}{suffix}:\n  lowtide: "
                    f"{ours_line}\n  peer:    {their_line}",
                    equal,
                )
            if ours_line is None:
                break
            count += 1
        equal.append(count)
    return None if all(equal) else "nothing was compared", equal


def one_more(line):
    """A line with its third field, a kind or an episode, increased by one."""
    fields = line.split("\t")
    return "\t".join((*fields[:2], str(int(fields[2]) + 1), *fields[3:]))


def see_faults(answer, alerts):
    """Checks that the comparison finds faults in a copy of an answer."""
    planted = answer + "-planted"
    faults = [
        (kind, fault)
        for kind, _ in KINDS
        for fault in (
            lambda lines: lines[:-1],
            lambda lines: lines[1:2] + lines[:1] + lines[2:],
            lambda lines: [*lines[:-1], one_more(lines[-1])],
            lambda lines: [],
        )
    ]
    for kind, fault in faults:
        for suffix, _ in KINDS:
            with (
                open(answer + suffix, encoding="ascii") as source,
                open(planted + suffix, "w", encoding="ascii") as copy,
            ):
                lines = source.readlines()
                copy.writelines(fault(lines) if suffix == kind else lines)
        if compare(answer, planted, alerts)[0] is None:
            sys.exit(f"a fault planted in {kind} was not seen")
    print(
        f"exercised: faults planted in a peer's answer and seen: {len(faults)} faults", flush=True
    )


def measure(peer, ours, theirs, alerts, peer_alerts):
    wall, processor = [], []
    for _ in range(peer.turns):
        our_wall, our_processor = ours.play()
        their_wall, their_processor = theirs.play()
        wall.append(their_wall / our_wall * alerts / peer_alerts)
        processor.append(their_processor / our_processor * alerts / peer_alerts)
    print(
        f"{peer.name}: wall {statistics.median(wall):.2f} x, processor "
        f"{statistics.median(processor):.2f} x",
        flush=True,
    )
    what = f"{peer.title}: time of a decision, in lowtide's"
    part = "" if peer_alerts == alerts else f", on the first {peer_alerts} alerts"
    return rows.row(
        what,
        min(statistics.median(wall), statistics.median(processor)),
        peer.goal,
        f"{peer.includes}{part}; median of {peer.turns} turns",
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--answers-only", action="store_true")
    parser.add_argument("--alerts", type=int, default=ALERTS)
    parser.add_argument("programs")
    parser.add_argument("peers", nargs="*")
    options = parser.parse_args()
    chosen = [peer for peer in PEERS if not options.peers or peer.name in options.peers]
    unknown = set(options.peers) - {peer.name for peer in PEERS}
    if unknown:
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")

    good = True
    with tempfile.TemporaryDirectory(prefix="lowtide-peers-") as work:
        stream, answer = os.path.join(work, "stream"), os.path.join(work, "answer-")
        os.mkdir(stream)
        subprocess.run(
            [os.path.join(options.programs, "peers_stream"), stream, str(options.alerts)],
            check=True,
        )
        ours = Player([os.path.join(options.programs, "peers_ours")], stream, options.alerts)
        ours.play(f"answer {answer}lowtide")
        with open(f"{answer}lowtide.outputs", encoding="ascii") as file:
            outputs = sum(1 for _ in file)
        print(
            f"stream: {options.alerts} alerts, {ROUNDS} rounds of changes and a tick, {outputs} "
            "outputs",
            flush=True,
        )
        rows.version("lowtide", ours.version)
        if options.answers_only:
            see_faults(f"{answer}lowtide", options.alerts)
        for peer in chosen:
            alerts = min(peer.alerts, options.alerts)
            if peer.prepare:
                peer.prepare(work)
            theirs = Player(peer.command(work), stream, alerts)
            theirs.play(f"answer {answer}{peer.name}")
            difference, equal = compare(f"{answer}lowtide", f"{answer}{peer.name}", alerts)
            if difference:
                sys.exit(f"{peer.name} answers otherwise, {difference}")
            print(
                f"{peer.name} ({theirs.version}) answers as lowtide does: {equal[0]} outputs, and "
                f"{equal[1]} alerts afterwards",
                flush=True,
            )
            print(
                f"exercised: peers of the bench answer alike: {alerts * (ROUNDS + 1)} decisions",
                flush=True,
            )
            rows.version(peer.name, theirs.version)
            if not options.answers_only:
                good = measure(peer, ours, theirs, options.alerts, alerts) and good
            theirs.close()
        ours.close()
    return 0 if good else rows.MISSED


if __name__ == "__main__":
    sys.exit(main())
