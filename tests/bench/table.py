# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks, prints their ratios and the machine, and writes both as JSON.

    python3 tests/bench/table.py BUILD/bin [NAME…]
        runs all, or only the named parts and peers
    python3 tests/bench/table.py --document FILE.json
        puts the table of an earlier run into docs/benchmarks.md

The JSON is written to build/bench.json; with names, to build/bench-part.json.

To add a benchmark, add a line to PARTS: its name, and the command that runs it. The command appends
its ratios to the file named by LOWTIDE_BENCH_ROWS, with `rows.row(what, ratio, goal, includes)` of
rows.py or rows.hpp. A goal is a text such as "at most 2" or "at least 60", or empty. The exit
status is 0, rows.MISSED after a missed goal, and any other if the benchmark did not complete.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import textwrap
import time

import rows

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# On a shared machine, the median of several repetitions is more reliable than their mean.
REPEAT = ("--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true")
PEERS = ("python", "java", "sqlite", "postgres", "json-rules-engine", "zen-engine")


def script(name, *arguments):
    return lambda programs: [sys.executable, os.path.join(HERE, name), programs, *arguments]


def program(name, *arguments):
    return lambda programs: [os.path.join(programs, name), *arguments]


PARTS = {
    "decide": program("lowtide_bench", *REPEAT),
    "capi": program("lowtide_bench_c", *REPEAT),
    "batch": lambda programs: [
        os.path.join(programs, "lowtide_bench_batch"),
        os.path.join(programs, "..", "..", "portable", "liblowtide.so"),
    ],
    "python-batch": script("python_batch_bench.py"),
    "replay": script("replay_bench.py"),
    "host": script("host_bench.py"),
    "bindings": script("python_bench.py"),
    "peers": script("peers/peers.py"),
}


def output_of(*command):
    try:
        return subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def first_match(path, prefix):
    """The text behind the separator in the first line of a file that begins with `prefix`."""
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith(prefix):
                    return line[len(prefix) :].strip().lstrip(":=").strip().strip('"')
    except OSError:
        pass
    return ""


def machine(programs):
    cache = os.path.join(os.path.dirname(programs), "CMakeCache.txt")
    compiler = first_match(cache, "CMAKE_CXX_COMPILER:") or first_match(cache, "CMAKE_CXX_COMPILER")
    compiler = compiler.split("=", 1)[-1]
    return {
        "processor": first_match("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": first_match("/etc/os-release", "PRETTY_NAME"),
        "kernel": f"{platform.system()} {platform.release()}",
        "compiler": output_of(compiler, "--version").split("\n")[0],
        "flags": first_match(cache, "CMAKE_CXX_FLAGS_RELWITHDEBINFO:STRING"),
        "load_before": round(os.getloadavg()[0], 2),
    }


def take(path, part):
    """The rows and versions that a benchmark has passed on."""
    found, versions = [], {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            kind, *fields = line.rstrip("\n").split("\t")
            if kind == "version":
                versions[fields[0]] = fields[1]
                continue
            what, ratio, goal, includes = fields
            found.append(
                {
                    "part": part,
                    "what": what,
                    "ratio": float(ratio),
                    "goal": goal,
                    "met": rows.met(float(ratio), goal),
                    "includes": includes,
                }
            )
    return found, versions


def run(part, command):
    """The rows, the versions, and whether the benchmark completed."""
    print(f"--- {part}", flush=True)
    with tempfile.NamedTemporaryFile(prefix="lowtide-rows-") as file:
        status = subprocess.run(
            command, env={**os.environ, "LOWTIDE_BENCH_ROWS": file.name}, check=False
        ).returncode
        found, versions = take(file.name, part)
    return found, versions, bool(found) and status in (0, rows.MISSED)


def chosen(names):
    """The parts, with their additional arguments."""
    if not names:
        return {part: [] for part in PARTS}
    parts: dict[str, list[str]] = {}
    for name in names:
        if name in PEERS:
            parts.setdefault("peers", []).append(name)
        elif name in PARTS:
            parts[name] = []
        else:
            sys.exit(
                f"error: there is no benchmark {name}; there are: {' '.join((*PARTS, *PEERS))}"
            )
    return parts


def number(ratio):
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def about(report):
    m = report["machine"]
    yield (
        f"{m['processor']}, {m['cores']} cores, {m['memory_gib']} GiB; "
        f"{m['system']}, {m['kernel']}; {m['compiler']}, {m['flags']}"
    )
    if report["versions"]:
        yield "; ".join(report["versions"].values())


def table(report):
    lines: list[tuple[str, ...]] = [("what", "ratio", "goal", "what the figure includes")]
    for row in report["rows"]:
        goal = row["goal"] + (" MISSED" if row["met"] is False else "")
        texts = [
            textwrap.wrap(row["what"], 44),
            [number(row["ratio"])],
            [goal],
            textwrap.wrap(row["includes"], 60),
        ]
        for i in range(max(map(len, texts))):
            lines.append(tuple(text[i] if i < len(text) else "" for text in texts))
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    for i, line in enumerate(lines):
        what, ratio, goal, includes = line
        cells = (f"{what:{widths[0]}}", f"{ratio:>{widths[1]}}", f"{goal:{widths[2]}}", includes)
        yield " | ".join(cells).rstrip()
        if i == 0:
            yield "-+-".join("-" * width for width in widths)


def markdown(report):
    """The table for docs/benchmarks.md; `document` inserts it between two marks."""
    yield "| what | ratio | goal | what the figure includes |"
    yield "| --- | ---: | --- | --- |"
    for row in report["rows"]:
        goal = row["goal"] + (", **missed**" if row["met"] is False else "")
        yield f"| {row['what']} | {number(row['ratio'])} | {goal} | {row['includes']} |"
    yield ""
    yield from textwrap.wrap(
        " ".join(line + "." for line in about(report)),
        100,
        break_long_words=False,
        break_on_hyphens=False,
    )


def document(report):
    begin, end = "<!-- table of ./dev bench -->\n", "\n<!-- end of table -->"
    path = os.path.join(ROOT, "docs", "benchmarks.md")
    with open(path, encoding="utf-8") as file:
        before, rest = file.read().split(begin)
    after = rest.split(end)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + begin + "\n".join(markdown(report)) + end + after)


def main():
    if sys.argv[1] == "--document":
        with open(sys.argv[2], encoding="utf-8") as file:
            document(json.load(file))
        return 0
    programs, names = os.path.abspath(sys.argv[1]), sys.argv[2:]
    parts = chosen(names)
    report = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": output_of("git", "-C", ROOT, "rev-parse", "HEAD"),
        "machine": machine(programs),
        "versions": {},
        "rows": [],
        "failed": [],
    }
    for part, arguments in parts.items():
        found, versions, complete = run(part, [*PARTS[part](programs), *arguments])
        report["rows"] += found
        report["versions"].update(versions)
        if not complete:
            report["failed"].append(part)
    path = os.path.join(ROOT, "build", "bench-part.json" if names else "bench.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2, ensure_ascii=False)
        file.write("\n")
    print("\n" + "\n".join((*about(report), "", *table(report), "")))
    print(f"{os.path.relpath(path, ROOT)} has the same as JSON.")
    missed = sum(row["met"] is False for row in report["rows"])
    if report["failed"]:
        print(f"failed: {', '.join(report['failed'])}")
    if missed:
        print(f"{missed} of {len(report['rows'])} missed their goals")
    return 1 if report["failed"] or missed else 0


if __name__ == "__main__":
    sys.exit(main())
