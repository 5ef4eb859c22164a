# SPDX-License-Identifier: Apache-2.0
"""A month of balances in DuckDB: one batch a day decides, and the notices go back into a table.

    python month.py [DATABASE]

lowtide reads the columns of DuckDB through Arrow, without copying them. SQL and polars query what
it decided. Every account has an alert at 1000. Needs duckdb, polars and pyarrow.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from typing import List, Tuple

import duckdb
import lowtide
import polars

ACCOUNTS = 500
START = datetime(2026, 3, 1, tzinfo=timezone.utc)

# The balance of each account on each day. Usage grows at a rate of the account's own. Accounts with
# an even number pay on the 24th.
BALANCES = f"""
CREATE TABLE balances AS
SELECT account, day, TIMESTAMP_S '2026-03-01 00:00:00' + to_hours(24 * day + 8) AS seen_at,
       2000 + 4 * account
         + CASE WHEN day >= 23 AND account % 2 = 0 THEN 5000 ELSE 0 END AS cash_balance,
       account % 3 * 100 AS credit_limit, 0 AS credit_refunds,
       (account % 50 + 60.25) * day AS unsettled_current_month, 10.5 AS unsettled_previous_months
FROM range({ACCOUNTS}) AS a(account), range(31) AS d(day)
"""
COMPONENTS = (
    "cash_balance",
    "credit_limit",
    "credit_refunds",
    "unsettled_current_month",
    "unsettled_previous_months",
)
# lowtide takes amounts as DECIMAL(38, 18) and instants as TIMESTAMP_S. The query converts them, so
# that nothing is rounded later.
OF_DAY = f"""
SELECT seen_at::TIMESTAMP_S AS seen_at,
       {", ".join(f"{name}::DECIMAL(38, 18) AS {name}" for name in COMPONENTS)}
FROM balances WHERE day = ? ORDER BY account
"""
NOTICES = """
CREATE TABLE notices (
  key VARCHAR PRIMARY KEY, account INTEGER, sent_at TIMESTAMP, kind VARCHAR,
  credit DECIMAL(38, 18), why VARCHAR)
"""
FIRST_THREE = """
SELECT sent_at, account, credit, key FROM notices WHERE kind = 'fire'
ORDER BY sent_at, account LIMIT 3
"""


def main(path: str) -> None:
    db = duckdb.connect(path)
    db.execute(BALANCES)
    db.execute(NOTICES)
    alerts = lowtide.Alerts.of([lowtide.Alert().enable(1000, at=START).alert] * ACCOUNTS)
    for day in range(31):
        columns = db.sql(OF_DAY, params=[day]).to_arrow_table().combine_chunks()
        at = START + timedelta(days=day, hours=8)
        amounts = {name: columns[name] for name in COMPONENTS}
        results = [
            alerts.tick(at),  # the reminders that are due since yesterday
            alerts.observe_columns(at=columns["seen_at"], sequence=day + 1, **amounts),
        ]
        notices: List[Tuple[object, ...]] = []
        for result in results:
            if result.failed:
                raise SystemExit(str(result.error(result.failed[0])))
            for decision in result.decisions:
                account = decision.element
                for output in decision.outputs:
                    row = (
                        output.key(str(account)),
                        account,
                        output.at.replace(tzinfo=None),
                        str(output.kind),
                        output.available_credit,
                        str(decision.why),
                    )
                    notices.append(row)
        if notices:
            db.executemany("INSERT INTO notices VALUES (?, ?, ?, ?, ?, ?)", notices)

    print("What was sent:")
    for row in db.execute(
        "SELECT kind, why, count(*), min(sent_at) FROM notices GROUP BY ALL ORDER BY kind, why"
    ).fetchall():
        print("  {:7} {:15} {:4}  first at {}".format(*row))
    print("The first three accounts that were notified:")
    for row in db.execute(FIRST_THREE).fetchall():
        print("  {}  account {}, Available Credit {:.2f}, {}".format(*row))
    # The fields of all alerts as Arrow columns. polars shares their memory.
    known = polars.from_arrow(alerts.read().to_arrow())
    assert isinstance(known, polars.DataFrame)
    print("Where the alerts stand at the end of the month:")
    for phase, count, least in (
        known.group_by("phase")
        .agg(polars.len(), polars.col("available_credit").min())
        .sort("phase")
        .rows()
    ):
        print(f"  {lowtide.Phase(phase)!s:9} {count:4}  least Available Credit {least:.2f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ":memory:")
