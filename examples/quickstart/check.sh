#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fails unless the README has the program, from its first #include on, and what it prints.
# usage: check.sh PROGRAM SOURCE README
set -euo pipefail
block() {
  awk -v fence="$1" '
    $0 == "```" fence && !done { on = 1; next }
    on && /^```$/ { on = 0; done = 1 }
    on' "$2"
}
diff <(block cpp "$3") "$2"
diff <(block text "$3") <("$1")
echo "exercised: README program: $(wc -l < "$2") lines"
