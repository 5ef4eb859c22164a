#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages of the groups that are named, unless they are there already.
# The group python includes the tools of python_tools.sh.
# usage: scripts/packages.sh GROUP…
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Each line: the package, the upstream version it is pinned to, what shows on other systems that it
# is there (a program, a header in <>, or a Python module), and the groups that need it. Configuring
# needs doctest even for the demo, so that one configuration serves all commands.
readonly packages='
g++               12.2.0   g++                       build
cmake             3.25.1   cmake                     build
ninja-build       1.11.1   ninja                     build
libboost-dev      1.74.0   <boost/version.hpp>       build
libmsgsl-dev      4.0.0    <gsl/gsl>                 build
libsimdjson-dev   3.0.1    <simdjson.h>              build
libcli11-dev      2.1.2    <CLI/CLI.hpp>             build
doctest-dev       2.4.9    <doctest/doctest.h>       build
libsqlite3-dev    3.40.1   <sqlite3.h>               build
python3           3.11.2   python3                   build test
binutils          2.40     nm                        test
pkgconf           1.8.1    pkg-config                test
valgrind          3.19.0   valgrind                  test
mandoc            1.14.6   mandoc                    test
libbenchmark-dev  1.7.1    <benchmark/benchmark.h>   bench
openjdk-17-jdk-headless 17.0 javac                   peers
postgresql-15     15       psql                      peers
nodejs            18       node                      peers
npm               9.2.0    npm                       peers
util-linux        2.38.1   taskset                   peers
clang-format-14   14.0.6   clang-format              format
clang-tidy-14     14.0.6   clang-tidy                tidy
gcovr             5.2      gcovr                     coverage
python3-venv      3.11.2   python3                   python
shellcheck        0.9.0    shellcheck                scripts
abigail-tools     2.2      abidw                     abi
python3-clang-14  14.0.6   clang.cindex              abi interface
clang-14          14.0.6   clang++-14                compilers test
clang-16          16.0.6   clang++-16                compilers
clang-19          19.1.7   clang++-19                compilers
lld-19            19.1.7   ld.lld-19                 compilers
g++-mingw-w64-x86-64 12.2.0 x86_64-w64-mingw32-g++   compilers
wine64            8.0      /usr/lib/wine/wine64      compilers
'

# wanted GROUP…: the lines of the table that any of the groups needs.
wanted() {
  awk -v groups=" $* " '
    NF >= 4 { for (i = 4; i <= NF; ++i) if (index(groups, " " $i " ")) { print; next } }
  ' <<<"$packages"
}

# is_installed PACKAGE: that one, or another that provides it, as a newer nodejs provides npm.
is_installed() {
  [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]] ||
    dpkg-query -W -f='${db:Status-Status}, ${Provides},\n' | grep "^installed,.* $1[ ,]" >/dev/null
}

# upstream VERSION: without Debian's epoch and revision.
upstream() { sed -e 's/^[0-9]*://' -e 's/-[^-]*$//' <<<"$1"; }

# 1.74.0.3 and 2.4.9~ds are of the series 1.74.0 and 2.4.9; 2.4.90 is not.
is_of_series() { [[ "$1" == "$2" || "$1" == "$2"[.~+]* ]]; }

# check_pins installed|candidate: reads lines of the table, and warns of every package whose
# version, installed or to be installed, is of another series.
check_pins() {
  local package pin version
  while read -r package pin _; do
    case "$1" in
      installed) version="$(dpkg-query -W -f='${Version}' "$package" 2>/dev/null || true)" ;;
      *) version="$(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')" ;;
    esac
    [[ -n "$version" && "$version" != '(none)' ]] || continue
    is_of_series "$(upstream "$version")" "$pin" ||
      warn "$package is $version here; lowtide is pinned to $pin. Going on with it."
  done
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

is_present() {
  case "$1" in
    '<'*) printf '#include %s\n' "$1" | "${CXX:-g++}" -std=c++20 -E -x c++ - >/dev/null 2>&1 ;;
    clang.cindex) python3 -c 'import clang.cindex' 2>/dev/null ;;
    clang-*) [[ -n "$(clang_tool "$1")" ]] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# Reads lines of the table. Where nothing can be installed, all must be there already.
require_present() {
  local package pin probe absent=''
  while read -r package pin probe _; do
    is_present "$probe" || absent+="  $package $pin"$'\n'
  done
  [[ -z "$absent" ]] || die "$1 Needed, by their Debian 12 names and versions:"$'\n'"$absent"
}

# need GROUP…: installs what is missing, or ends the script with a list of it.
need() {
  local table missing=()
  table="$(wanted "$@")"
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    require_present 'This machine has no apt, and packages are missing.' <<<"$table"
    return
  fi
  while read -r package _; do
    is_installed "$package" || missing+=("$package")
  done <<<"$table"
  if ((${#missing[@]} == 0)); then
    check_pins installed <<<"$table"
    return
  fi
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    require_present "Not root, and no sudo. As root, run:
  apt-get install --no-install-recommends ${missing[*]}" <<<"$table"
    return
  fi
  install_packages "$table" "${missing[@]}"
}

# install_packages TABLE PACKAGE…
install_packages() {
  local table="$1"
  shift
  say "Installing $* …"
  local apt=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  # One unreachable list of many may not matter. If it does, the installation fails.
  quietly apt-update as_root "${apt[@]}" update || warn 'apt-get update failed; trying to install.'
  check_pins candidate <<<"$table"
  quietly apt-install as_root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" \
    install -y --no-install-recommends "$@" || die "could not install $*"
}

need "$@"
if [[ " $* " == *' python '* ]]; then scripts/python_tools.sh >/dev/null; fi
