#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests the Python package: builds its wheel, installs that into an environment of its own, and runs
# all tests on it. With --quick it runs the tests on the sources, at a twentieth of their work.
# usage: bindings/python/check.sh [--quick]
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
readonly here root build="$root/build/python"
readonly tools="$build/tools" clean="$build/clean"
readonly python="${PYTHON:-python3}"
export CMAKE_BUILD_PARALLEL_LEVEL="${LOWTIDE_JOBS:-$(nproc 2>/dev/null || echo 2)}"
# The programs that those of the package are compared with.
export LOWTIDE_HOST="${LOWTIDE_HOST:-$root/build/release/bin/lowtide-host}"
export LOWTIDE_REPLAY="${LOWTIDE_REPLAY:-$root/build/release/bin/lowtide-replay}"
unset LOWTIDE_LIBRARY PYTHONPATH

ok() { printf 'ok: %s\n' "$*"; }
fail() {
  printf 'failed: %s\n' "$*" >&2
  exit 1
}

# Runs a command, and prints its output only if it fails.
silently() {
  "$@" >"$build/log" 2>&1 || {
    cat "$build/log" >&2
    fail "$*"
  }
}

# Python 3.9 is the oldest version that the package supports.
check_oldest_python() {
  local package
  mapfile -t package < <(find "$here/src" -name '*.py' | sort)
  ((${#package[@]} >= 48)) || fail "only ${#package[@]} files were checked"
  silently "$tools/bin/vermin" --no-tips --violations --target=3.9- "${package[@]}"
  ok 'the package uses nothing that is newer than Python 3.9'
  printf 'exercised: python: vermin: nothing newer than Python 3.9: %d files\n' "${#package[@]}"
}

# wheel_of SOURCE FOLDER: builds a wheel of a folder or an archive, with the pinned backend.
wheel_of() {
  silently "$tools/bin/pip" wheel --no-build-isolation --no-deps --no-index --wheel-dir "$2" "$1"
}

build_wheels() {
  rm -rf "$build/wheels" "$build/sdist" "$build/from-sdist" "$build/repaired"
  wheel_of "$here" "$build/wheels"
  silently env PATH="$tools/bin:$PATH" "$tools/bin/auditwheel" repair \
    --wheel-dir "$build/repaired" "$build"/wheels/lowtide-*-py3-none-linux_*.whl
  wheel="$(echo "$build"/repaired/lowtide-*-py3-none-manylinux_*.whl)"
  [[ -f "$wheel" ]] || fail "auditwheel found no tag"
  ok "the wheel is built and repaired: ${wheel##*/}"

  (cd "$here" && silently "$tools/bin/python" -c \
    'import sys, scikit_build_core.build as backend; backend.build_sdist(sys.argv[1])' \
    "$build/sdist")
  wheel_of "$(echo "$build"/sdist/lowtide-*.tar.gz)" "$build/from-sdist"
  diff <(names_in "$build"/wheels/*.whl) <(names_in "$build"/from-sdist/*.whl) >&2 ||
    fail "the sdist makes another wheel"
  ok "the sdist has all that a wheel is built from"
}

# The names of the files in a wheel. The library itself differs: it names the folder of its build.
names_in() {
  "$tools/bin/python" -c \
    'import sys, zipfile; print(*sorted(zipfile.ZipFile(sys.argv[1]).namelist()), sep="\n")' "$1"
}

install_wheel() {
  rm -rf "$clean"
  silently "$python" -m venv "$clean"
  silently "$clean/bin/pip" install --no-index --no-deps "$wheel"
  local scenario="$root/tests/scenarios/source-example-9200"
  local until
  until="$(sed -n 's/.*"until": "\(.*\)".*/\1/p' "$scenario.json")"
  (cd / && "$clean/bin/python" -I -m lowtide replay --explain ${until:+--until "$until"} \
    "$scenario.events.jsonl") |
    diff - "$scenario.explained.jsonl" >&2 || fail "the installed wheel plays a scenario otherwise"
  ok "the wheel works in a fresh environment with nothing else in it"
}

# run_tests WHAT LEAST PYTHON…: runs all tests with a Python that finds lowtide.
run_tests() {
  local what="$1" least="$2" log="$build/tests.log" status=0 passed
  shift 2
  (cd "$here" && PYTHONDONTWRITEBYTECODE=1 \
    "$@" -m pytest -q -rfEsxXp --durations=10 -p no:cacheprovider tests) >"$log" 2>&1 || status=$?
  grep -E '^(PASSED|FAILED|ERROR|XFAIL|XPASS|exercised:) ' "$log" || true
  sed -n 's/^SKIPPED /skipped: /p' "$log"
  passed="$(grep -cE '^PASSED ' "$log" || true)"
  if ((status != 0)); then
    cat "$log" >&2
    fail "pytest, status $status"
  fi
  ((passed >= least)) || fail "only $passed tests ran"
  printf 'exercised: python: tests of the %s: %d tests\n' "$what" "$passed"
  printf 'sum: %d tests of the %s\n' "$passed" "$what"
}

test_sources() {
  export LOWTIDE_LIBRARY="$root/build/release/liblowtide.so" PYTHONPATH="$here/src"
  export LOWTIDE_TEST_SCALE="${LOWTIDE_TEST_SCALE:-20}"
  # The tests of hosts would wait for the disk most of the time.
  if [[ -w /dev/shm ]]; then export TMPDIR=/dev/shm; fi
  run_tests 'package, heavy work divided by 20' 820 "$tools/bin/python"
}

# pytest comes from the tools, lowtide from the environment that has nothing else.
test_wheel() {
  [[ -z "$(compgen -G "$tools/lib/python*/site-packages/lowtide")" ]] ||
    fail 'the tools have a lowtide of their own'
  PYTHONPATH="$(echo "$tools"/lib/python*/site-packages)"
  export PYTHONPATH
  run_tests 'installed wheel' 830 "$clean/bin/python"
  if grep -qE '^(SKIPPED|XFAIL|XPASS) ' "$build/tests.log"; then fail 'tests were skipped'; fi
}

"$root/scripts/python_tools.sh" >/dev/null || fail 'the tools cannot be installed'
"$root/scripts/build.sh" release lowtide_host lowtide_replay lowtide_c
if [[ "${1:-}" == --quick ]]; then
  test_sources
else
  check_oldest_python
  build_wheels
  install_wheel
  test_wheel
fi
