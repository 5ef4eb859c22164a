# SPDX-License-Identifier: Apache-2.0
"""Draws the comparison with the peers as a logarithmic bar chart, from the JSON of table.py.

python3 tests/bench/picture.py build/bench.json docs/bench.svg
"""

import json
import math
import sys
from xml.sax.saxutils import escape

import table

WIDTH, LEFT, RIGHT, TOP, BAR, STEP = 820, 250, 90, 78, 26, 42

# The picture follows the light or dark setting of the reader.
STYLE = """
    text { fill: #1f2328 }
    text { font: 16px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
    .title { font-size: 19px; font-weight: 600 }
    .note { font-size: 14px; fill: #59636e }
    .grid { stroke: #d1d9e0; stroke-width: 1 }
    .peer { fill: #8c959f }
    .ours { fill: #0969da }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .note { fill: #9198a1 }
      .grid { stroke: #3d444d }
      .peer { fill: #656c76 }
      .ours { fill: #4493f8 }
    }
"""


def bars(report):
    """The names and ratios, lowtide first."""
    return [("lowtide, batches in C", 1.0)] + [
        (row["what"].split(":")[0], row["ratio"])
        for row in report["rows"]
        if row["part"] == "peers"
    ]


def picture(report):
    rows = bars(report)
    decades = math.ceil(math.log10(max(ratio for _, ratio in rows)))
    room = WIDTH - LEFT - RIGHT
    bottom = TOP + len(rows) * STEP
    height = bottom + 60

    def x(ratio):
        return LEFT + room * math.log10(ratio) / decades

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">'
    )
    summary = ", ".join(f"{name} {table.number(ratio)}" for name, ratio in rows)
    yield f"  <title>{escape(f'Time of one decision, in that of lowtide: {summary}')}</title>"
    yield f"  <style>{STYLE}  </style>"
    yield '  <text class="title" x="16" y="30">Time of one decision, in that of lowtide</text>'
    yield (
        '  <text class="note" x="16" y="54">Shorter is better. Logarithmic scale: each line is '
        "ten times the one before.</text>"
    )
    for decade in range(decades + 1):
        at = x(10**decade)
        yield f'  <line class="grid" x1="{at:.1f}" y1="{TOP - 8}" x2="{at:.1f}" y2="{bottom}"/>'
        yield (
            f'  <text class="note" x="{at:.1f}" y="{bottom + 20}" '
            f'text-anchor="middle">{10**decade:,}</text>'
        )
    for i, (name, ratio) in enumerate(rows):
        y = TOP + i * STEP
        # lowtide is the unit. On this scale a ratio of 1 has length 0, so its bar gets a minimum.
        length = max(x(ratio) - LEFT, 4)
        yield f'  <text x="{LEFT - 12}" y="{y + 19}" text-anchor="end">{escape(name)}</text>'
        kind, text = ("peer", table.number(ratio)) if i else ("ours", "1")
        yield (
            f'  <rect class="{kind}" x="{LEFT}" y="{y}" '
            f'width="{length:.1f}" height="{BAR}" rx="3"/>'
        )
        yield f'  <text x="{LEFT + length + 8:.1f}" y="{y + 19}">{text}</text>'
    machine = report["machine"]
    note = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; ./dev bench"
    yield f'  <text class="note" x="16" y="{height - 10}">{escape(note)}</text>'
    yield "</svg>"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    if len(bars(report)) < 2:
        sys.exit("this run compared no peers")
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("\n".join(picture(report)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
