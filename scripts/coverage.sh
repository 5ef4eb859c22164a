#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures which lines and branches the tests reach, and writes the reports to
# build/coverage/report/.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/build.sh coverage
# The counts of an earlier run would be added to.
find build/coverage -name '*.gcda' -delete
LOWTIDE_TEST_SCALE="${LOWTIDE_TEST_SCALE:-20}" \
  quietly coverage-test ctest --preset coverage -j "$jobs"
readonly report=build/coverage/report
mkdir -p "$report"
# The compiler adds branches for exceptions, which say nothing of the tests.
options=(--root . --filter src/ --filter include/ --exclude-throw-branches
  --exclude-unreachable-branches)
quietly coverage-report gcovr "${options[@]}" --branches --txt "$report/branches.txt" build/coverage
gcovr "${options[@]}" --html-details "$report/index.html" --txt - build/coverage
say "Branches: $report/branches.txt; line by line: $report/index.html."
