# SPDX-License-Identifier: Apache-2.0
"""Shows that the check of the documents finds what it is there for: documents with one fault each,
and one without. Used by run.py before the real documents."""

from __future__ import annotations

import pathlib

import references
from blocks import Runner, Tools
from documents import Document, Wrong

GOOD = """\
# A page

See [this](#a-page) and `docs/semantics.md`.

<!-- save: two.jsonl -->
```jsonl
{"type":"tick","at":"2026-03-01T00:00:00Z"}
```

```sh
wc -l < two.jsonl  # counts
```

<!-- output -->
```text
1
```

```console
$ printf 'a\\nb\\nc\\n'
a
…
c
```

```c
#include <lowtide.h>
int main(void) { return lowtide_abi_version() == LOWTIDE_ABI_VERSION ? 0 : 1; }
```
"""

# A fault each, and a part of what must be said of it.
FAULTS = (
    ("[a](nowhere.md)", "the link leads nowhere"),
    ("# One\n\n[a](#two)", "there is no such heading"),
    ("[a](http://plain.example)", "not a link to follow"),
    ("`src/engine/no_such.cpp`", "there is no src/engine/no_such.cpp"),
    ("`no_such.hpp`", "no file is named no_such.hpp"),
    ("`lowtide_no_such()`", "nothing is named lowtide_no_such"),
    ("word " * 30, "columns"),
    ("```\nplain\n```", "needs a comment"),
    ("```rust\nfn main() {}\n```", "needs a comment"),
    ("<!-- trust: me -->\n```text\nplain\n```", "no such way"),
    ("```cpp\nint x;\n```", "no whole program"),
    ("```cpp\nint main() { return 3; }\n```", "status 3 of ./program"),
    ("```c\nint main(void) { return x; }\n```", "undeclared"),
    ("<!-- part: LICENSE -->\n```text\nno such line\n```", "is not in LICENSE"),
    ("<!-- file: LICENSE -->\n```text\nno such line\n```", "differs from LICENSE"),
    ("<!-- output: echo 1 -->\n```text\n2\n```", "something else is printed"),
    ("```console\n$ echo 1\n2\n```", "something else is printed"),
    ("```console\n$ printf '1\\n2\\n'\n2\n…\n1\n```", "this is not printed"),
    ("```sh\nexit 3\n```", "status 3"),
    ("```sh\n./dev no-such\n```", "does not know no-such"),
    ("```sh\ncmake --build --preset release --target no-such\n```", "no target no-such"),
    ("```sh\nctest --preset release -R '^no_such'\n```", "no test is named"),
    ("```sh\ntests/no_such.py\n```", "is no script"),
    ('```jsonl\n{"type":"tick"}\n```', "-:1: at:"),
    ("```cmake\nfind_package(lowtide 9 REQUIRED)\n```", 'requested version "9"'),
    ("```pycon\n>>> 1 + 1\n3\n```", "Expected:"),
    ("```python\nraise SystemExit(3)\n```", "status 3"),
    ("<!-- paths -->\n```text\nsrc/none/  nothing\n```", "there is no src/none/"),
)


def faults_of(text: str, name: str, folder: pathlib.Path, tools: Tools) -> list[str]:
    path = folder / f"{name}.md"
    path.write_text(text + "\n", encoding="utf-8")
    document = Document(path)
    wrong, _, _ = references.check([document])
    return wrong + Runner(document, folder / name, tools).run()


def run(tools: Tools, folder: pathlib.Path) -> None:
    folder.mkdir()
    wrong = faults_of(GOOD, "good", folder, tools)
    if wrong:
        raise Wrong("a document without a fault is refused:\n" + "\n".join(wrong))
    for number, (text, expected) in enumerate(FAULTS):
        found = faults_of(text, f"fault-{number}", folder, tools)
        if not any(expected in one for one in found):
            raise Wrong(f"this went unnoticed ({expected}):\n{text}\nfound: {found}")
    print(f"exercised: docs: documents with a fault, each found: {len(FAULTS)} documents")
