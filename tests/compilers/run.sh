#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds lowtide with each compiler other than the gcc of this machine, without a warning, and runs
# the quick tests. Prints a line for each thing that works, and ends at the first that does not.
#
# Compilers: clang 14, 16 and 19; clang 19 again with link-time optimisation by its own linker;
# clang 16 again without the 128-bit integer; MinGW for Windows, in both thread models, for which
# the libraries are built, and run if there is a wine.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
readonly here root build="$root/build/compilers"
readonly jobs="${LOWTIDE_JOBS:-$(nproc 2>/dev/null || echo 2)}"
export LOWTIDE_TEST_SCALE="${LOWTIDE_TEST_SCALE:-20}"

readonly library=(lowtide_c lowtide_shared lowtide_static)
readonly programs=(lowtide_host lowtide_replay)
readonly unit=(unit_{alert,allocation,amount,balance,batch,decide,instant,key,name,schedule})
readonly capi=(capi_test capi_agreement capi_introduction)
readonly quick_tests='^(unit_.*|monitor_test|capi_(test|agreement|introduction|surface))$'

work="$(mktemp -d)"
wine_used=
clean_up() {
  # Ends the wine of this folder only.
  if [[ -n "$wine_used" ]]; then "$wine_used"server64 -k >"$work/log" 2>&1 || true; fi
  rm -rf "$work"
}
trap clean_up EXIT

ok() { printf 'ok: %s\n' "$*"; }
fail() {
  printf 'failed: %s\n' "$*" >&2
  exit 1
}

# silently COMMAND...: shows the output only if the command fails.
silently() {
  "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "$*"
  }
}

# configure NAME PRESET ARGUMENT...
configure() {
  local name="$1" preset="$2"
  shift 2
  (cd "$root" && silently cmake --preset "$preset" -B "$build/$name" -DLOWTIDE_WERROR=ON \
    -DLOWTIDE_BUILD_EXAMPLES=OFF "$@")
}

# build_targets NAME TARGET...
build_targets() {
  local name="$1"
  shift
  silently cmake --build "$build/$name" -j "$jobs" --target "$@"
}

# test_quickly NAME TESTS: runs those tests that match, and counts them.
test_quickly() {
  local count
  silently ctest --test-dir "$build/$1" -R "$2" -j "$jobs" --output-on-failure --no-tests=error
  count="$(sed -nE 's/^100% tests passed, 0 tests failed out of ([0-9]+)$/\1/p' "$work/log")"
  [[ -n "$count" ]] || fail "$1: ctest does not say how many tests ran"
  printf 'exercised: tests built with %s: %d tests\n' "$1" "$count"
}

# check_headers NAME: the test of the C headers tried them with every clang.
check_headers() {
  local version log="$build/$1/Testing/Temporary/LastTest.log"
  for version in 14 16 19; do
    grep -qE "^The C headers compile with .*clang\+\+-$version .*clang-$version( |\$)" "$log" ||
      fail "the C headers were not compiled with clang $version"
  done
}

use_clang() {
  local version="$1" name="clang-$1"
  CC="clang-$version" CXX="clang++-$version" configure "$name" release
  build_targets "$name" "${library[@]}" "${programs[@]}" "${unit[@]}" monitor_test "${capi[@]}"
  test_quickly "$name" "$quick_tests"
  check_headers "$name"
  ok "$name builds the libraries, the programs and the tests without a warning"
}

# The archive is left out: CMake takes llvm-ar of another version, which cannot read the objects.
use_lto() {
  local name=clang-19-lto lld=-fuse-ld=lld
  CC=clang-19 CXX=clang++-19 configure "$name" release -DLOWTIDE_BUILD_PROGRAMS=OFF \
    -DBUILD_SHARED_LIBS=ON -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON \
    "-DCMAKE_EXE_LINKER_FLAGS=$lld" "-DCMAKE_SHARED_LINKER_FLAGS=$lld"
  build_targets "$name" lowtide_c lowtide_shared "${capi[@]}"
  readelf -p .comment "$build/$name/liblowtide.so" | grep -q LLD ||
    fail "$name: not linked by lld"
  test_quickly "$name" '^capi_(test|agreement|introduction|surface)$'
  ok 'clang-19 builds with link-time optimisation and lld'
}

use_portable() {
  local name=clang-16-portable
  CC=clang-16 CXX=clang++-16 configure "$name" portable -DLOWTIDE_BUILD_PROGRAMS=OFF
  build_targets "$name" "${library[@]}" "${unit[@]}"
  test_quickly "$name" '^unit_'
  ok 'clang-16 builds without the 128-bit integer'
}

# windows_headers FOLDER: a root for CMake with nothing but Boost and GSL in it. The other headers
# of /usr/include are those of this system.
windows_headers() {
  local include
  mkdir -p "$1/include" "$1/share/cmake"
  for include in boost gsl; do ln -s "/usr/include/$include" "$1/include/"; done
  cp -r /usr/share/cmake/Microsoft.GSL "$1/share/cmake/"
}

# check_exports DLL: exports the functions of the C headers and nothing else.
check_exports() {
  local count
  count="$(grep -cE '^ *lowtide_\w+;$' "$root/capi/lowtide.map")"
  x86_64-w64-mingw32-objdump -p "$1" | sed -n '/^\[Ordinal\/Name Pointer\]/,/^$/p' |
    sed -nE 's/^\s*\[ *[0-9]+\] //p' >"$work/exports"
  diff <(sed -nE 's/^ *(lowtide_\w+);$/\1/p' "$root/capi/lowtide.map" | sort) \
    <(sort "$work/exports") >&2 || fail "${1##*/} does not export what capi/lowtide.map lists"
  printf 'exercised: exports of %s for Windows: %d functions\n' "${1##*/}" "$count"
}

# run_windows PROGRAM EXPECTED: only if there is a wine.
run_windows() {
  local wine
  for wine in wine64 /usr/lib/wine/wine64; do
    command -v "$wine" >/dev/null || continue
    export WINEPREFIX="$work/wine" WINEDEBUG=-all
    [[ ! -x /usr/lib/wine/wineserver64 ]] || wine_used=/usr/lib/wine/wine
    timeout 120 "$wine" "$1" 2>"$work/log" | tr -d '\r' >"$work/output"
    diff "$2" "$work/output" >&2 || fail "${1##*/} prints something else on Windows"
    return
  done
  return 1
}

# The libraries, and README's program with the archive.
use_mingw() {
  local threads="$1" name="mingw-$1" prefix="$work/mingw" target=x86_64-w64-mingw32
  [[ -d "$prefix" ]] || windows_headers "$prefix"
  silently cmake -S "$root" -B "$build/$name" -G Ninja -DCMAKE_SYSTEM_NAME=Windows \
    "-DCMAKE_C_COMPILER=$target-gcc-$threads" "-DCMAKE_CXX_COMPILER=$target-g++-$threads" \
    "-DCMAKE_FIND_ROOT_PATH=$prefix" -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY \
    -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DLOWTIDE_WERROR=ON -DLOWTIDE_BUILD_TESTS=OFF \
    -DLOWTIDE_BUILD_PROGRAMS=OFF -DLOWTIDE_BUILD_EXAMPLES=OFF
  silently cmake --build "$build/$name" -j "$jobs"
  check_exports "$build/$name/bin/liblowtide.dll"
  silently "$target-g++-$threads" -static -std=c++20 "-I$root/include" -o "$work/quickstart.exe" \
    "$root/examples/quickstart/main.cpp" "$build/$name/liblowtide.a"
  silently "$target-gcc-$threads" -std=c11 "-I$root/include" -o "$work/consumer.exe" \
    "$root/tests/install/c_consumer/main.c" "$build/$name/liblowtide.dll.a"
  ok "MinGW with $threads threads builds the libraries, and two programs link them"
  awk '$0 == "```text" { on = 1; next } on && /^```$/ { exit } on' "$root/README.md" \
    >"$work/expected"
  if run_windows "$work/quickstart.exe" "$work/expected"; then
    ok "README's program runs on Windows ($threads threads)"
  fi
}

main() {
  local version threads
  for version in 14 16 19; do use_clang "$version"; done
  use_portable
  use_lto
  for threads in win32 posix; do use_mingw "$threads"; done
}

main
