#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures and builds one preset of CMakePresets.json: all of it, or only the targets.
# usage: scripts/build.sh PRESET [TARGET…]
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly preset="$1"
shift
targets=()
if (($# > 0)); then targets=(--target "$@"); fi
quietly "$preset-configure" cmake --preset "$preset"
quietly "$preset-build" cmake --build --preset "$preset" -j "$jobs" "${targets[@]}"
