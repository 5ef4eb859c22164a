#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the benchmarks, runs all or those that are named, and prints a table of ratios.
# usage: scripts/bench.sh [NAME…]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/packages.sh build test bench
for name in "${@:-peers}"; do
  case "$name" in
    peers | java | postgres | json-rules-engine | zen-engine) scripts/packages.sh peers ;;
  esac
done
scripts/build.sh bench
scripts/build.sh portable lowtide_c
python3 tests/bench/table.py build/release/bin "$@"
