#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats all C and C++ files with clang-format 14 and all Python files with ruff, or only checks
# them. The public C headers are formatted by hand: their comments stand in columns.
# usage: scripts/format.sh [--check]
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ "${1:---check}" == --check ]] || die "format takes --check or nothing, not $1"
tool="$(clang_tool clang-format)"
readonly tool ruff=(build/python/tools/bin/ruff format --cache-dir build/python/ruff)
mapfile -t python < <(sources '*.py')
mapfile -t files < <(sources '*.cpp' '*.hpp' '*.c' '*.h' | grep -v '^include/lowtide[a-z_]*\.h$')
if (($# == 0)); then
  "$tool" --style=file -i "${files[@]}"
  "${ruff[@]}" "${python[@]}"
  exit
fi
# shellcheck disable=SC2016  # The inner shell expands these.
printf '%s\n' "${files[@]}" | xargs -P "$jobs" -n 1 sh -c '
  "$0" --style=file --dry-run --Werror "$1" 2>/dev/null || {
    printf "not formatted: %s\n" "$1"
    exit 1
  }' "$tool" || die './dev format formats them.'
long="$(grep -nE '^.{101,}$' include/lowtide*.h || true)"
[[ -z "$long" ]] || die "lines of more than 100 columns:"$'\n'"$long"
((${#files[@]} >= 200)) || die "only ${#files[@]} files were checked"
"${ruff[@]}" --check "${python[@]}" || die './dev format formats them.'
say 'ok: all C, C++ and Python files are formatted'
say "exercised: clang-format: ${#files[@]} files"
say "exercised: ruff format: ${#python[@]} files"
