#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Python tools of bindings/python/requirements-dev.txt into build/python/tools, once.
# Each has the version and the hash that stand there. Prints the path of their python.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly list=bindings/python/requirements-dev.txt tools=build/python/tools
readonly python="${PYTHON:-python3}"

wanted="$("$python" --version; cat "$list")"
if [[ ! -f "$tools/installed" || "$(cat "$tools/installed")" != "$wanted" ]]; then
  mkdir -p build/logs
  rm -rf "$tools"
  {
    "$python" -m venv "$tools"
    "$tools/bin/pip" install --require-hashes --only-binary :all: -r "$list"
  } >build/logs/python-tools.log 2>&1 || {
    tail -n 40 build/logs/python-tools.log >&2
    exit 1
  }
  printf '%s\n' "$wanted" >"$tools/installed"
fi
printf '%s\n' "$PWD/$tools/bin/python"
