#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks all scripts: shell with shellcheck, Python with ruff and mypy, and every file of both and
# of CMake for lines of more than 100 columns.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly tools="$PWD/build/python/tools/bin" cache="$PWD/build/python"
# Their functions have no types yet, so mypy checks only what it can infer.
readonly untyped=(tests/abi tests/capi tests/programs/host/kill tests/bench tests/bench/peers)
# Programs whose names are part of what others know.
readonly without_suffix=(dev .ci/run)
mapfile -t shell < <(sources '*.sh' "${without_suffix[@]}")
mapfile -t python < <(sources '*.py')
mapfile -t cmake < <(sources '*.cmake' '*.cmake.in' '*CMakeLists.txt')

check_names() {
  local file
  sources '*' | while read -r file; do
    [[ ! -x "$file" || "$file" =~ \.(sh|py)$ || " ${without_suffix[*]} " == *" $file "* ]] ||
      die "$file: a script is named .sh or .py"
  done
  say 'ok: every script has its suffix'
}

check_lines() {
  local long
  long="$(LC_ALL=C.UTF-8 grep -nE '^.{101,}$' "$@" || true)"
  [[ -z "$long" ]] || die "lines of more than 100 columns:"$'\n'"$long"
  say 'ok: no line has more than 100 columns'
  say "exercised: lines of up to 100 columns: $# files"
}

check_shell() {
  quietly shellcheck shellcheck -x "$@"
  say 'ok: shellcheck has no finding'
  say "exercised: shellcheck: $# files"
}

# check_types FOLDER: the files of a folder import each other by their names.
check_types() {
  local options=()
  if [[ " ${untyped[*]} " == *" $1 "* ]]; then
    options=(--allow-untyped-defs --allow-untyped-calls --allow-incomplete-defs
      --allow-any-generics --no-warn-return-any --check-untyped-defs)
  fi
  quietly mypy "$tools/mypy" --cache-dir "$cache/mypy" "${options[@]}" "$1"/*.py
}

check_python() {
  local folder folders
  quietly ruff "$tools/ruff" check --cache-dir "$cache/ruff" "$@"
  say 'ok: ruff has no finding'
  say "exercised: ruff: $# files"
  # The package, its tests and the examples have the settings of bindings/python.
  quietly mypy "$tools/mypy" --config-file bindings/python/pyproject.toml \
    --cache-dir "$cache/mypy-package" bindings/python/src bindings/python/tests examples
  mapfile -t folders < <(printf '%s\n' "$@" | grep -vE '^(bindings/python|examples)/' |
    xargs -n 1 dirname | sort -u)
  for folder in "${folders[@]}"; do check_types "$folder"; done
  say 'ok: mypy has no finding'
  say "exercised: mypy: $# files"
}

check_names
check_lines "${shell[@]}" "${python[@]}" "${cmake[@]}"
check_shell "${shell[@]}"
check_python "${python[@]}"
((${#shell[@]} >= 18 && ${#python[@]} >= 110)) || die 'too few files were checked'
