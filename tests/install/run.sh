#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs lowtide as a distribution would, and uses it as its users would: as a package, static and
# shared, and from its sources. Also checks that the library needs no symbol of the system that is
# not allowed.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
readonly here root build="$root/build/install"
readonly jobs="${LOWTIDE_JOBS:-$(nproc 2>/dev/null || echo 2)}"
uses=0
libraries=

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

ok() { printf 'ok: %s\n' "$*"; }
fail() {
  printf 'failed: %s\n' "$*" >&2
  exit 1
}

# Runs a command in silence, unless it fails.
silently() {
  "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "$*"
  }
}

# install_as PRESET: installs the library of a preset, without tests and examples, in $work/PRESET.
# It is moved there after the installation: a package must work wherever it is.
install_as() {
  local preset="$1"
  (cd "$root" && silently cmake --preset "$preset" -B "$build/$preset" -DLOWTIDE_BUILD_TESTS=OFF \
    -DLOWTIDE_BUILD_EXAMPLES=OFF -DLOWTIDE_BUILD_BENCH=OFF)
  silently cmake --build "$build/$preset" -j "$jobs"
  silently cmake --install "$build/$preset" --prefix "$work/first"
  mv "$work/first" "$work/$preset"
  ok "the $preset library installs"
}

expected() {
  cat <<END
why fell_below
fire 2026-03-02T12:00:00Z available_credit 900.5 threshold 1000
key lowtide/1/acme/low_balance/1/1772452800/fire
next_reminder_at 2026-03-03T12:00:00Z
int128 $1
END
}

# use NAME INT128 ARGUMENT…: configures, builds and runs the consumer in a fresh folder, and checks
# what it prints.
use() {
  local name="$1" int128="$2" dir="$work/use/$1"
  shift 2
  silently cmake -S "$here/consumer" -B "$dir" -G Ninja "$@"
  silently cmake --build "$dir" -j "$jobs"
  diff -u <(expected "$int128") <("$dir/consumer") >&2 ||
    fail "$name: the consumer printed something else"
  uses=$((uses + 1))
  ok "used as $name"
}

# Whether a program needs the shared library at run time.
links_shared() { readelf -d "$1" | grep -q 'NEEDED.*\[liblowtide-cpp\.so\.0\]'; }

c_expected() {
  cat <<END
lowtide 0.1.0
why fell_below
key lowtide/1/acme/low_balance/1/1772452800/fire
END
}

# ran_in_c NAME PROGRAM shared|static: checks what a program in C prints, and how it is linked.
ran_in_c() {
  local name="$1" program="$2" needed
  needed="$(readelf -d "$program" | grep -c 'NEEDED.*\[liblowtide\.so\.0\]' || true)"
  [[ "$needed" == "$([[ "$3" == shared ]] && echo 1 || echo 0)" ]] || fail "$name: not linked as $3"
  if readelf -d "$program" | grep 'NEEDED.*liblowtide-cpp'; then
    fail "$name: needs the C++ library"
  fi
  diff -u <(c_expected) <(LD_LIBRARY_PATH="$libraries" "$program") >&2 ||
    fail "$name: the consumer printed something else"
  uses=$((uses + 1))
  ok "used in C as $name"
}

use_in_c() {
  local linked target dir cc="${CC:-cc}"
  local warnings=(-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror)
  libraries="$(dirname "$(find "$1" -name liblowtide.so)")"
  for linked in shared static; do
    target=lowtide::c
    if [[ "$linked" == static ]]; then target=lowtide::c_static; fi
    dir="$work/use/C $linked package"
    silently cmake -S "$here/c_consumer" -B "$dir" -G Ninja "${hidden[@]}" \
      "-DCMAKE_PREFIX_PATH=$1" "-DLOWTIDE_TARGET=$target" "-DCMAKE_C_FLAGS=${warnings[*]}"
    silently cmake --build "$dir" -j "$jobs"
    ran_in_c "C $linked package" "$dir/consumer" "$linked"
  done
  if ! command -v pkg-config >/dev/null; then
    echo 'skipped: C projects through pkg-config, which is not here'
    return
  fi
  export PKG_CONFIG_PATH="$libraries/pkgconfig"
  local flags
  read -ra flags <<<"$(pkg-config --cflags --libs lowtide)"
  silently "$cc" "${warnings[@]}" -o "$work/use/pkg-config shared" "$here/c_consumer/main.c" \
    "${flags[@]}"
  ran_in_c 'C shared through pkg-config' "$work/use/pkg-config shared" shared
  read -ra flags <<<"$(pkg-config --static --cflags --libs lowtide)"
  silently "$cc" "${warnings[@]}" -static -o "$work/use/pkg-config static" \
    "$here/c_consumer/main.c" "${flags[@]}"
  ran_in_c 'C static through pkg-config' "$work/use/pkg-config static" static
}

# Boost and GSL are needed to build lowtide. Whoever uses the installed library needs neither.
check_installed_files() {
  local header config pc
  config="$(find "$1" -name lowtide-config.cmake)"
  [[ -n "$config" ]] || fail 'no package configuration is installed'
  pc="$(find "$1" -name lowtide.pc)"
  [[ -n "$pc" ]] || fail 'no pkg-config file is installed'
  for header in "$root"/include/*.h; do
    cmp -s "$header" "$1/include/${header##*/}" || fail "${header##*/} is not installed as it is"
  done
  if grep -rniE 'boost|\bgsl\b' "$1/include" "${config%/*}" "$pc"; then
    fail 'an installed file mentions Boost or GSL'
  fi
  if grep -rnF -e "$build" -e "$work" "$1/include" "${config%/*}" "$pc"; then
    fail 'an installed file names a path of the build'
  fi
  for header in "$root"/include/lowtide/*.hpp; do
    cmp -s "$header" "$1/include/lowtide/${header##*/}" ||
      fail "${header##*/} is not installed as it is"
    printf '#include <lowtide/%s>\n' "${header##*/}" >"$work/alone.cpp"
    silently "${CXX:-g++}" -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
      "-I$1/include" "$work/alone.cpp"
  done
  ok 'every header is installed and compiles alone; none mentions Boost, GSL or the build tree'
}

# symbols ARCHIVE: "OBJECT SYMBOL" for each symbol that the archive needs and does not define, and
# for each variable that it can write.
symbols() {
  nm --format=posix "$1" | awk '
    /\[.*\]:$/ { object = $0; sub(/^.*\[/, "", object); sub(/\]:$/, "", object); next }
    NF < 2 { next }
    $2 ~ /^[Uwv]$/ { needed[object " " $1] = $1; next }
    { defined[$1] = 1 }
    $2 ~ /^[bBdDsSgGuC]$/ { print object, $1 }
    END { for (key in needed) if (!(needed[key] in defined)) print key }' | sort
}

# refused ARCHIVE: those of its symbols that allowed-symbols.txt does not allow.
refused() {
  symbols "$1" | awk '
    NR == FNR {
      if ($0 !~ /^#/ && NF > 1) { for (i = 2; i <= NF; ++i) allowed[$i " " $1] = 1 }
      next
    }
    !(("* " $2) in allowed) && !($0 in allowed)' "$here/allowed-symbols.txt" -
}

# A check that lets nothing through must be seen to let nothing through.
check_symbols() {
  local archive="$1" count found plant
  count="$(symbols "$archive" | wc -l)"
  ((count >= 10)) || fail "only $count symbols found in $archive"
  found="$(refused "$archive" | c++filt)"
  [[ -z "$found" ]] || fail "${archive##*/} asks for more than it may:"$'\n'"$found"
  printf 'exercised: symbols of the %s library, all allowed: %d symbols\n' "$2" "$count"
  for plant in 'long time(long*); long planted() { return time(nullptr); }' \
    'char* getenv(const char*); char* planted() { return getenv("TZ"); }' \
    'void* malloc(unsigned long); void* planted() { return malloc(8); }' \
    'int planted_count; int planted() { return ++planted_count; }'; do
    printf 'extern "C" { %s }\n' "$plant" >"$work/decide.cpp"
    silently "${CXX:-g++}" -O2 -c -o "$work/decide.cpp.o" "$work/decide.cpp"
    cp "$archive" "$work/planted.a"
    silently ar q "$work/planted.a" "$work/decide.cpp.o"
    [[ -n "$(refused "$work/planted.a")" ]] || fail "this went unnoticed in the library: $plant"
  done
  ok "the $2 library needs only allowed symbols, and four libraries that need more are refused"
}

main() {
  local package hidden
  hidden=(-DCMAKE_DISABLE_FIND_PACKAGE_Boost=TRUE
    -DCMAKE_DISABLE_FIND_PACKAGE_Microsoft.GSL=TRUE)
  mkdir -p "$build"

  install_as release
  check_installed_files "$work/release"
  package=("${hidden[@]}" "-DCMAKE_PREFIX_PATH=$work/release")
  use 'static package' 1 "${package[@]}"
  if links_shared "$work/use/static package/consumer"; then
    fail 'the static package links the shared library'
  fi
  use 'shared package' 1 "${package[@]}" -DBUILD_SHARED_LIBS=ON
  links_shared "$work/use/shared package/consumer" ||
    fail 'the shared package links the static library'
  if cmake -S "$here/consumer" -B "$work/use/newer" -G Ninja "${package[@]}" \
    -DLOWTIDE_VERSION=0.2 >"$work/log" 2>&1; then
    fail 'version 0.1 passes for 0.2'
  fi
  grep -q 'compatible with requested version "0.2"' "$work/log" ||
    fail "version 0.2 is refused for another reason: $(cat "$work/log")"
  ok 'who asks for version 0.2 is refused'

  use_in_c "$work/release"

  # Its user defines nothing, so that this shows whether the package does.
  install_as portable
  use 'portable package' 0 "${hidden[@]}" "-DCMAKE_PREFIX_PATH=$work/portable"
  use 'portable shared package' 0 "${hidden[@]}" "-DCMAKE_PREFIX_PATH=$work/portable" \
    -DBUILD_SHARED_LIBS=ON

  use 'subdirectory' 1 -DLOWTIDE_FROM=subdirectory "-DLOWTIDE_SOURCE=$root"
  use 'fetched content' 1 -DLOWTIDE_FROM=fetch "-DLOWTIDE_SOURCE=$root" -DBUILD_SHARED_LIBS=ON \
    -DFETCHCONTENT_FULLY_DISCONNECTED=ON
  silently cmake --install "$work/use/subdirectory" --prefix "$work/guest"
  [[ "$(cd "$work/guest" && find . -type f)" == ./bin/consumer ]] ||
    fail 'lowtide installs itself along with the project that contains it'
  local options='BUILD_TESTS|BUILD_EXAMPLES|BUILD_BENCH|INSTALL|WERROR'
  if grep -E "^LOWTIDE_($options):BOOL=ON" "$work/use/subdirectory/CMakeCache.txt"; then
    fail 'lowtide brings its tests, examples or install rules along'
  fi
  ok 'as part of another project lowtide adds its library and nothing else'

  check_symbols "$build/release/liblowtide.a" release
  check_symbols "$build/portable/liblowtide.a" portable
  printf 'exercised: projects that use lowtide, configured, built and run: %d projects\n' "$uses"
}

main
