#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs lowtide as a distribution would, and uses it as its users would: as a package, static and
# shared, through CMake and pkg-config, and from its sources. Also checks which symbols the library
# needs from the system. Prints a line for each thing that works, and ends at the first that does
# not.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
readonly here root build="$root/build/install"
readonly jobs="${LOWTIDE_JOBS:-$(nproc 2>/dev/null || echo 2)}"
readonly hidden=(
  -DCMAKE_DISABLE_FIND_PACKAGE_Boost=TRUE
  -DCMAKE_DISABLE_FIND_PACKAGE_Microsoft.GSL=TRUE
)
uses=0
libraries=

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

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

# install_as PRESET: installs a preset into $work/PRESET, without tests and examples. It is moved
# there after the installation, because a package must not remember where it was put.
install_as() {
  local preset="$1"
  (cd "$root" && silently cmake --preset "$preset" -B "$build/$preset" -DLOWTIDE_BUILD_TESTS=OFF \
    -DLOWTIDE_BUILD_EXAMPLES=OFF -DLOWTIDE_BUILD_BENCH=OFF)
  silently cmake --build "$build/$preset" -j "$jobs"
  silently cmake --install "$build/$preset" --prefix "$work/first"
  mv "$work/first" "$work/$preset"
  libraries="$(dirname "$(find "$work/$preset" -name liblowtide.so)")"
  ok "the $preset library installs"
}

# ---- What is installed ----

# Users of an installed lowtide need neither Boost nor GSL, and nothing there may mention them.
check_installed_files() {
  local header config pc
  config="$(find "$1" -name lowtide-config.cmake)"
  [[ -n "$config" ]] || fail 'no package configuration is installed'
  pc="$libraries/pkgconfig"
  [[ -e "$pc/lowtide.pc" && -e "$pc/lowtide-cpp.pc" ]] || fail 'a pkg-config file is not installed'
  for header in "$root"/include/*.h; do
    cmp -s "$header" "$1/include/${header##*/}" || fail "${header##*/} is not installed unchanged"
  done
  if grep -rniE 'boost|\bgsl\b' "$1/include" "${config%/*}" "$pc"; then
    fail 'an installed file mentions Boost or GSL'
  fi
  if grep -rnF -e "$build" -e "$work" "$1/include" "${config%/*}" "$pc"; then
    fail 'an installed file names a path of the build'
  fi
  for header in "$root"/include/lowtide/*.hpp; do
    cmp -s "$header" "$1/include/lowtide/${header##*/}" ||
      fail "${header##*/} is not installed unchanged"
    printf '#include <lowtide/%s>\n' "${header##*/}" >"$work/alone.cpp"
    silently "${CXX:-g++}" -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
      "-I$1/include" "$work/alone.cpp"
  done
  ok 'every header is installed and compiles alone; Boost, GSL and the build are not mentioned'
}

check_installed_programs() {
  local program page
  for program in lowtide-host lowtide-replay; do
    [[ "$("$1/bin/$program" --version)" == "$program 0.1.0" ]] ||
      fail "$program is not installed, or prints another version"
    page="$1/share/man/man1/$program.1"
    cmp -s "$root/docs/man/$program.1" "$page" || fail "$program has no manual page"
    silently "$root/tests/programs/manual.py" "$1/bin/$program" "$page"
  done
  ok 'both programs are installed, each with a manual page that describes every option'
}

# ---- Users in C++ ----

expected() {
  cat <<END_OF_OUTPUT
why fell_below
fire 2026-03-02T12:00:00Z available_credit 900.5 threshold 1000
key lowtide/1/acme/low_balance/1/1772452800/fire
next_reminder_at 2026-03-03T12:00:00Z
int128 $1
END_OF_OUTPUT
}

# use NAME INT128 ARGUMENT...: configures, builds and runs the consumer in a fresh folder, and
# compares what it prints.
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

# links_shared PROGRAM: true if it needs the shared library at run time.
links_shared() { readelf -d "$1" | grep -q 'NEEDED.*\[liblowtide-cpp\.so\.0\]'; }

use_packages() {
  local package=("${hidden[@]}" "-DCMAKE_PREFIX_PATH=$work/release")
  use 'static package' 1 "${package[@]}"
  if links_shared "$work/use/static package/consumer"; then
    fail 'the static package links the shared library'
  fi
  use 'shared package' 1 "${package[@]}" -DBUILD_SHARED_LIBS=ON
  links_shared "$work/use/shared package/consumer" ||
    fail 'the shared package links the static library'
  if cmake -S "$here/consumer" -B "$work/use/newer" -G Ninja "${package[@]}" \
    -DLOWTIDE_VERSION=0.2 >"$work/log" 2>&1; then
    fail 'version 0.1 is accepted for version 0.2'
  fi
  grep -q 'compatible with requested version "0.2"' "$work/log" ||
    fail "version 0.2 is refused for another reason: $(cat "$work/log")"
  ok 'a project that requires version 0.2 is refused'
}

# README's program, compiled as README says. pkg-config --static names the archive's needs too, but
# only -static makes the linker take it.
use_pkg_config() {
  local linked flags options program="$root/examples/quickstart/main.cpp" out
  for linked in shared static; do
    out="$work/use/quickstart $linked"
    options=()
    if [[ "$linked" == static ]]; then options=(-static); fi
    read -ra flags <<<"$(pkg-config ${options[0]:+--static} --cflags --libs lowtide-cpp)"
    silently "${CXX:-g++}" -std=c++20 "${options[@]}" -o "$out" "$program" "${flags[@]}"
    if [[ "$linked" == static ]]; then
      if links_shared "$out"; then fail 'lowtide-cpp.pc: --static links the shared library'; fi
    else
      links_shared "$out" || fail 'lowtide-cpp.pc: links the archive'
    fi
    diff <(LD_LIBRARY_PATH="$libraries" "$out") <(quickstart_output) >&2 ||
      fail "README's program printed something else"
    uses=$((uses + 1))
    ok "used in C++ as $linked library through pkg-config"
  done
}

quickstart_output() {
  awk '$0 == "```text" { on = 1; next } on && /^```$/ { exit } on' "$root/README.md"
}

# ---- Users in C ----

c_expected() {
  cat <<'END_OF_OUTPUT'
lowtide 0.1.0
why fell_below
key lowtide/1/acme/low_balance/1/1772452800/fire
END_OF_OUTPUT
}

# check_in_c NAME PROGRAM shared|static: the program is linked like that, and prints what it must.
check_in_c() {
  local name="$1" program="$2" needed wanted=0
  if [[ "$3" == shared ]]; then wanted=1; fi
  needed="$(readelf -d "$program" | grep -c 'NEEDED.*\[liblowtide\.so\.0\]' || true)"
  [[ "$needed" == "$wanted" ]] || fail "$name: not linked as $3"
  if readelf -d "$program" | grep 'NEEDED.*liblowtide-cpp'; then
    fail "$name: needs the C++ library"
  fi
  diff -u <(c_expected) <(LD_LIBRARY_PATH="$libraries" "$program") >&2 ||
    fail "$name: the consumer printed something else"
  uses=$((uses + 1))
  ok "used in C as $name"
}

use_in_c() {
  local linked target dir flags cc="${CC:-cc}" main="$here/c_consumer/main.c"
  local warnings=(-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror)
  for linked in shared static; do
    target=lowtide::c
    if [[ "$linked" == static ]]; then target=lowtide::c_static; fi
    dir="$work/use/C $linked package"
    silently cmake -S "$here/c_consumer" -B "$dir" -G Ninja "${hidden[@]}" \
      "-DCMAKE_PREFIX_PATH=$work/release" "-DLOWTIDE_TARGET=$target" \
      "-DCMAKE_C_FLAGS=${warnings[*]}"
    silently cmake --build "$dir" -j "$jobs"
    check_in_c "C $linked package" "$dir/consumer" "$linked"
  done
  if [[ -z "${PKG_CONFIG_PATH:-}" ]]; then return; fi
  read -ra flags <<<"$(pkg-config --cflags --libs lowtide)"
  silently "$cc" "${warnings[@]}" -o "$work/use/pkg-config shared" "$main" "${flags[@]}"
  check_in_c 'C shared through pkg-config' "$work/use/pkg-config shared" shared
  read -ra flags <<<"$(pkg-config --static --cflags --libs lowtide)"
  silently "$cc" "${warnings[@]}" -static -o "$work/use/pkg-config static" "$main" "${flags[@]}"
  check_in_c 'C static through pkg-config' "$work/use/pkg-config static" static
}

# ---- Users who build the sources ----

# optimisation FOLDER: the optimisation options with which lowtide's own sources are compiled there,
# each once, or "none".
optimisation() {
  grep -E "\"command\": .* -c $root/(src|capi)/" "$1/compile_commands.json" >"$work/commands"
  (($(wc -l <"$work/commands") >= 20)) || fail "$1: not all sources of lowtide are compiled"
  awk '{
    found = "none"
    for (i = 1; i <= NF; ++i) if ($i ~ /^-O/) found = $i
    print found
  }' "$work/commands" | sort -u | paste -sd ' '
}

# check_optimisation NAME WANTED FOLDER
check_optimisation() {
  local found
  found="$(optimisation "$3")"
  [[ "$found" == "$2" ]] || fail "$1: lowtide is compiled with $found instead of $2"
}

# The compile commands are compared, not times. A build type, or an option, that somebody chose is
# left as it is.
check_default_optimisation() {
  local from dir options
  for from in subdirectory fetch; do
    dir="$work/optimised/$from"
    options=("-DLOWTIDE_FROM=$from" "-DLOWTIDE_SOURCE=$root" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
      -DFETCHCONTENT_FULLY_DISCONNECTED=ON)
    silently cmake -S "$here/consumer" -B "$dir" -G Ninja "${options[@]}"
    check_optimisation "$from" -O2 "$dir"
    grep -qx 'CMAKE_BUILD_TYPE:STRING=' "$dir/CMakeCache.txt" ||
      fail "$from: lowtide changes the build type of the project that contains it"
    if grep -E -- "-O[^ ]* .*-c $here/consumer" "$dir/compile_commands.json"; then
      fail "$from: lowtide changes how the project that contains it is compiled"
    fi
    silently cmake -S "$here/consumer" -B "$dir" "${options[@]}" -DCMAKE_BUILD_TYPE=Debug
    check_optimisation "$from with Debug" none "$dir"
    silently cmake -S "$here/consumer" -B "$dir" "${options[@]}" -DCMAKE_BUILD_TYPE= \
      -DCMAKE_CXX_FLAGS=-Og
    check_optimisation "$from with -Og" -Og "$dir"
  done
  dir="$work/optimised/alone"
  options=(-DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DLOWTIDE_BUILD_TESTS=OFF
    -DLOWTIDE_BUILD_EXAMPLES=OFF)
  silently cmake -S "$root" -B "$dir" -G Ninja "${options[@]}"
  check_optimisation 'the install command of the documents' -O3 "$dir"
  silently cmake -S "$root" -B "$dir" "${options[@]}" -DCMAKE_BUILD_TYPE=Debug
  check_optimisation 'a build of type Debug' none "$dir"
  ok 'lowtide is optimised where nobody chose how to build it, and only there'
  printf 'exercised: configurations whose optimisation was checked: 8 configurations\n'
}

use_sources() {
  use 'subdirectory' 1 -DLOWTIDE_FROM=subdirectory "-DLOWTIDE_SOURCE=$root"
  use 'fetched content' 1 -DLOWTIDE_FROM=fetch "-DLOWTIDE_SOURCE=$root" -DBUILD_SHARED_LIBS=ON \
    -DFETCHCONTENT_FULLY_DISCONNECTED=ON
  silently cmake --install "$work/use/subdirectory" --prefix "$work/guest"
  [[ "$(cd "$work/guest" && find . -type f)" == ./bin/consumer ]] ||
    fail 'lowtide is installed together with the project that contains it'
  if grep -E '^LOWTIDE_(BUILD_[A-Z]+|INSTALL|WERROR):BOOL=ON' \
    "$work/use/subdirectory/CMakeCache.txt"; then
    fail 'lowtide adds more than its library to the project that contains it'
  fi
  ok 'in another project, lowtide adds its libraries and nothing else'
}

# ---- What the library needs from the system ----

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
    NR != FNR { if (!(("* " $2) in allowed) && !($0 in allowed)) print; next }
    /^#/ || NF < 2 { next }
    /^@/ { for (i = 3; i <= NF; ++i) groups[$1] = groups[$1] " " $i; next }
    {
      for (i = 2; i <= NF; ++i) {
        count = split($i in groups ? groups[$i] : $i, objects, " ")
        for (j = 1; j <= count; ++j) allowed[objects[j] " " $1] = 1
      }
    }' "$here/allowed-symbols.txt" -
}

# Also checks that four objects which need more are refused.
check_symbols() {
  local archive="$1" count found plant
  count="$(symbols "$archive" | wc -l)"
  ((count >= 10)) || fail "only $count symbols found in $archive"
  found="$(refused "$archive" | c++filt)"
  [[ -z "$found" ]] || fail "${archive##*/} needs more than it may:"$'\n'"$found"
  printf 'exercised: symbols of the %s library, all allowed: %d symbols\n' "$2" "$count"
  for plant in 'long time(long*); long planted() { return time(nullptr); }' \
    'char* getenv(const char*); char* planted() { return getenv("TZ"); }' \
    'void* malloc(unsigned long); void* planted() { return malloc(8); }' \
    'int planted_count; int planted() { return ++planted_count; }'; do
    printf 'extern "C" { %s }\n' "$plant" >"$work/decide.cpp"
    silently "${CXX:-g++}" -O2 -c -o "$work/decide.cpp.o" "$work/decide.cpp"
    cp "$archive" "$work/planted.a"
    silently ar q "$work/planted.a" "$work/decide.cpp.o"
    [[ -n "$(refused "$work/planted.a")" ]] || fail "not noticed in the library: $plant"
  done
  ok "the $2 library needs only what it may, and four objects that need more are refused"
}

main() {
  mkdir -p "$build"
  install_as release
  if command -v pkg-config >/dev/null; then
    export PKG_CONFIG_PATH="$libraries/pkgconfig"
  else
    echo 'skipped: projects through pkg-config, which is not installed'
  fi
  check_installed_files "$work/release"
  check_installed_programs "$work/release"
  use_packages
  if [[ -n "${PKG_CONFIG_PATH:-}" ]]; then use_pkg_config; fi
  use_in_c

  # The consumer defines nothing for it: the package has to say so.
  install_as portable
  use 'portable package' 0 "${hidden[@]}" "-DCMAKE_PREFIX_PATH=$work/portable"
  use 'portable shared package' 0 "${hidden[@]}" "-DCMAKE_PREFIX_PATH=$work/portable" \
    -DBUILD_SHARED_LIBS=ON

  use_sources
  check_default_optimisation
  check_symbols "$build/release/liblowtide.a" release
  check_symbols "$build/portable/liblowtide.a" portable
  printf 'exercised: projects that use lowtide, configured, built and run: %d projects\n' "$uses"
}

main
