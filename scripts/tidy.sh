#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy 14 on every C++ source file, the benchmarks included, in a configuration of its
# own. Prints a line for each file, and at the end every finding once.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly findings="$logs/tidy-findings.log"
tool="$(clang_tool clang-tidy)"
readonly tool
status=0
quietly tidy-configure cmake --preset release -B build/tidy -DLOWTIDE_BUILD_BENCH=ON
# clang does not know some of gcc's warnings. The consumer in tests/install is not built here, so it
# needs the include path. A finding in a header shows once for each file that includes it.
# shellcheck disable=SC2016  # The inner shell expands these.
sources '*.cpp' | xargs -P "$jobs" -n 1 sh -c '
  start=$(date +%s)
  found=$("$0" -p build/tidy --quiet --extra-arg=-Wno-unknown-warning-option \
    --extra-arg="-I$PWD/include" "$1" 2>&1) || { printf "%s\n" "$found"; exit 1; }
  printf "tidy: %s: %s s\n" "$1" $(($(date +%s) - start))' "$tool" | tee "$findings" || status=1
if ((status != 0)); then
  printf -- '--- every finding once:\n'
  grep -E ': (error|warning): ' "$findings" | sed "s|^$PWD/||" | sort -u
  exit "$status"
fi
say 'ok: clang-tidy has no finding'
say "exercised: clang-tidy: $(grep -c '^tidy: ' "$findings") files"
