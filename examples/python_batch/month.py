# SPDX-License-Identifier: Apache-2.0
"""A month of balances in DuckDB, decided in one batch a day, with the notices written back into a table.

    python month.py [DATABASE]

The columns go from DuckDB to lowtide by Arrow and are not copied; what lowtide decides is queried in SQL and in polars. Every account
has an alert at 1000. Takes duckdb, polars and pyarrow.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from typing import List, Tuple

import duckdb
import polars

import lowtide

ACCOUNTS = 500
START = datetime(2026, 3, 1, tzinfo=timezone.utc)

# What an account has on each day: cash that is used up at a rate of its own, and a payment on the 24th by those with an even number.
BALANCES = f"""
CREATE TABLE balances AS
SELECT account, day, TIMESTAMP_S '2026-03-01 00:00:00' + to_hours(24 * day + 8) AS seen_at,
       2000 + 4 * account + CASE WHEN day >= 23 AND account % 2 = 0 THEN 5000 ELSE 0 END AS cash_balance,
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
# lowtide takes amounts as DECIMAL(38, 18) and instants as TIMESTAMP_S; so the query casts, and lowtide rounds nothing.
OF_DAY = f"""
SELECT seen_at::TIMESTAMP_S AS seen_at, {", ".join(f"{name}::DECIMAL(38, 18) AS {name}" for name in COMPONENTS)}
FROM balances WHERE day = ? ORDER BY account
"""
NOTICES = "CREATE TABLE notices (key VARCHAR PRIMARY KEY, account INTEGER, sent_at TIMESTAMP, kind VARCHAR, credit DECIMAL(38, 18), why VARCHAR)"


def main(path: str) -> None:
    db = duckdb.connect(path)
    db.execute(BALANCES)
    db.execute(NOTICES)
    alerts = lowtide.Alerts.of([lowtide.Alert().enable(1000, at=START).alert] * ACCOUNTS)
    for day in range(31):
        columns = db.sql(OF_DAY, params=[day]).to_arrow_table().combine_chunks()
        at = START + timedelta(days=day, hours=8)
        results = [alerts.tick(at)]  # what came due since yesterday, and then what changed
        amounts = {name: columns[name] for name in COMPONENTS}
        results.append(alerts.observe_columns(at=columns["seen_at"], sequence=day + 1, **amounts))
        notices: List[Tuple[object, ...]] = []
        for result in results:
            if result.failed:
                raise SystemExit(str(result.error(result.failed[0])))
            for decision in result.decisions:
                account = decision.element
                for output in decision.outputs:
                    told = (
                        output.at.replace(tzinfo=None),
                        str(output.kind),
                        output.available_credit,
                        str(decision.why),
                    )
                    notices.append((output.key(str(account)), account, *told))
        if notices:
            db.executemany("INSERT INTO notices VALUES (?, ?, ?, ?, ?, ?)", notices)

    print("What was sent:")
    for row in db.execute(
        "SELECT kind, why, count(*), min(sent_at) FROM notices GROUP BY ALL ORDER BY kind, why"
    ).fetchall():
        print("  {:7} {:15} {:4}  first at {}".format(*row))
    print("The first three accounts that were told:")
    for row in db.execute(
        "SELECT sent_at, account, credit, key FROM notices WHERE kind = 'fire' ORDER BY sent_at, account LIMIT 3"
    ).fetchall():
        print("  {}  account {}, Available Credit {:.2f}, {}".format(*row))
    # All that is known of the alerts, as columns of Arrow, which polars shares.
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
