#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fails unless an example prints what its file expected.txt has.
# usage: check.sh NAME PROGRAM EXPECTED
set -euo pipefail
diff "$3" <("$2")
echo "exercised: $1: $(wc -l < "$3") lines"
