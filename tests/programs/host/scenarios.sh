#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plays every scenario through a database, in batches of several sizes, and a second time over the
# same file. The notices must be the expected outputs. Also checks that no statement of an event
# reads a whole table.
# usage: scenarios.sh LOWTIDE_HOST SCENARIOS
set -euo pipefail

readonly host="$1" scenarios="$2"
place="$(mktemp -d)"
readonly place
trap 'rm -rf "$place"' EXIT

declare -i runs=0 lines=0
fail() {
  printf 'failed: %s\n' "$*" >&2
  cat "$place/error" >&2
  exit 1
}

for about in "$scenarios"/*.json; do
  name="$(basename "$about" .json)"
  timer="$(sed -n 's/^ *"timer": *"\([a-z]*\)".*/\1/p' "$about")"
  until="$(sed -n 's/^ *"until": *"\([^"]*\)".*/\1/p' "$about")"
  for batch in 1 7 1000; do
    rm -f "$place"/db*
    for again in first second; do
      played="$name, batches of $batch, $again run"
      "$host" --db "$place/db" ingest --now 9999-12-31T00:00:00Z --batch "$batch" \
        --timer "$timer" ${until:+--until "$until"} "$scenarios/$name.events.jsonl" \
        2>"$place/error" || fail "$played"
      "$host" --db "$place/db" notices --json >"$place/notices" 2>"$place/error" ||
        fail "$played: notices"
      cmp -s "$place/notices" "$scenarios/$name.outputs.jsonl" ||
        fail "$played: not the outputs of $name"
      runs+=1
    done
    lines+=$(wc -l <"$place/notices")
  done
done
"$host" --db "$place/db" plans >"$place/error" || fail 'a statement reads a whole table'

((runs >= 240 && lines >= 1000)) || fail "only $runs runs and $lines notices"
printf 'exercised: scenarios through a database: %d runs\n' "$runs"
printf 'exercised: notices of scenarios through a database: %d notices\n' "$lines"
