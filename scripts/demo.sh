#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plays a month of three accounts through lowtide-host: events go into a database, and notices,
# mails and messages come out of it.
# usage: scripts/demo.sh LOWTIDE_HOST [EVENTS]
set -euo pipefail

readonly host="$1"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly here
readonly events="${2:-$here/../examples/month.jsonl}"
place="$(mktemp -d)"
readonly place
trap 'rm -rf "$place"' EXIT

# Prints a command as a reader would type it, and runs it.
run() {
  local words=("$@") i
  for i in "${!words[@]}"; do
    [[ "${words[i]}" =~ ^[A-Za-z0-9@:./_=-]+$ ]] || words[i]="'${words[i]}'"
  done
  printf '\n$ lowtide-host --db alerts.db %s\n' "${words[*]/#$here\/..\/examples\//}"
  "$host" --db "$place/alerts.db" "$@" 2>&1
}
heading() { printf '\n\n== %s\n' "$1"; }

heading 'Three accounts, and whom to tell'
run profile 'Bluefin Logistics' --contact billing@bluefin.example --language en --currency USD
run profile 'Lighthouse Analytics' --contact finance@lighthouse.example --language en --currency USD
run profile 'Harbour Bakery' --contact till@harbour.example --language en --currency EUR

heading 'March: every balance change, and every reminder when it was due'
run ingest "$events" --now 2026-04-01T00:00:00Z --until 2026-03-31T23:59:59Z
printf '\nAgain: every line was taken in already.\n'
run ingest "$events" --now 2026-04-01T00:00:00Z

heading 'Delivery, apart from it and as often as one likes'
run deliver --now 2026-04-01T00:00:00Z
run deliver --now 2026-04-01T00:00:00Z
printf '(nothing was pending)\n'

heading 'The month as a timeline, each notice with its deliveries'
run notices

heading 'One of the mails'
mail="$(find "$place/alerts.db.mail" -name '*remind-2.eml' | sort | head -n 1)"
readonly mail
printf '\n%s\n\n' "${mail##*/}"
tr -d '\r' <"$mail" | sed 's/^/  /'

heading 'The inbox of one account'
run inbox 'Harbour Bakery' | sed -n '1,30p'
printf '…\n'

heading 'Why is it silent now?'
run show 'Bluefin Logistics'

heading 'How things stand'
run accounts
run status

heading 'The timeline as a query, for any SQL tool'
run notices --sql
