# SPDX-License-Identifier: Apache-2.0
# What the scripts share: messages, log files, and the list of source files. To be sourced by bash;
# it also makes the root of the repository the current folder.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

readonly logs=build/logs
# shellcheck disable=SC2034  # Other scripts use it.
readonly jobs="${LOWTIDE_JOBS:-$(nproc 2>/dev/null || echo 2)}"

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# quietly LOG COMMAND…: runs it with its output in build/logs/LOG.log, and prints the end of that
# only if it fails.
quietly() {
  local log="$logs/$1.log" status=0
  shift
  mkdir -p "$logs"
  "$@" >"$log" 2>&1 || status=$?
  if ((status != 0)); then
    printf 'failed (%d): %s\n--- the end of %s:\n' "$status" "$*" "$log" >&2
    tail -n 60 "$log" >&2
    printf '%s\n' '---' >&2
  fi
  return "$status"
}

# sources PATTERN…: all files of this repository that match, new ones included. It also works where
# there is no git, as in an unpacked archive.
sources() {
  local pattern names=()
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
      if [[ -f "$file" ]]; then printf '%s\n' "$file"; fi
    done
  else
    for pattern in "$@"; do names+=(-o -name "$pattern"); done
    find . -path ./build -prune -o -path ./.git -prune -o \
      -type f \( "${names[@]:1}" \) -print | sed 's|^\./||'
  fi | sort -u
}

# clang_tool NAME: the program of version 14, whatever it is called here; nothing if there is none.
# Other versions judge otherwise.
clang_tool() {
  local candidate
  for candidate in "$1-14" "$1"; do
    if command -v "$candidate" >/dev/null && "$candidate" --version | grep -q 'version 14\.'; then
      echo "$candidate"
      return
    fi
  done
}
