-- SPDX-License-Identifier: Apache-2.0
-- The rules of an alert as sets, in SQLite. SQLite has no decimals: an amount is two integers,
-- whole and units, with the value whole + units / 10^18 and 0 <= units < 10^18. This is exact for
-- whole parts of up to 18 digits. Times are in seconds; codes are those of lowtide.h.

--! schema
CREATE TABLE alerts (
  id INTEGER PRIMARY KEY, threshold_whole INTEGER NOT NULL, threshold_units INTEGER NOT NULL, count INTEGER NOT NULL, time_of_day INTEGER,
  utc_offset INTEGER NOT NULL, phase INTEGER NOT NULL, episode INTEGER NOT NULL, fired_at INTEGER, fire_day INTEGER,
  last_reminder INTEGER NOT NULL, reminders_sent INTEGER NOT NULL, stop_reason INTEGER, credit_whole INTEGER, credit_units INTEGER,
  sequence INTEGER) STRICT;
CREATE TABLE fresh AS SELECT * FROM alerts;
CREATE TABLE outputs (
  round INTEGER, id INTEGER, kind INTEGER, episode INTEGER, reminder INTEGER, skipped INTEGER, stop_reason INTEGER, reminders_sent INTEGER,
  fired_at INTEGER, at INTEGER, credit_whole INTEGER, credit_units INTEGER, threshold_whole INTEGER, threshold_units INTEGER) STRICT;
CREATE TEMP TABLE told (
  id INTEGER PRIMARY KEY, at INTEGER, fires INTEGER, reminder INTEGER, skipped INTEGER, stops INTEGER, next_phase INTEGER,
  credit_whole INTEGER, credit_units INTEGER) STRICT;

--! changes
CREATE TABLE changes_{round} (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, sequence INTEGER, cash_whole INTEGER NOT NULL, cash_units INTEGER NOT NULL,
  limit_whole INTEGER NOT NULL, limit_units INTEGER NOT NULL, refunds_whole INTEGER NOT NULL, refunds_units INTEGER NOT NULL,
  current_whole INTEGER NOT NULL, current_units INTEGER NOT NULL, previous_whole INTEGER NOT NULL, previous_units INTEGER NOT NULL) STRICT;

--! decide
-- The observations with a decision other than storing the balance, with the balance before. The sum
-- of the units is less than 2^63; the carry rounds down.
INSERT INTO told
WITH sums AS (
  SELECT id, at, sequence, cash_whole + limit_whole + refunds_whole - current_whole - previous_whole AS whole,
         cash_units + limit_units + refunds_units - current_units - previous_units AS units
    FROM changes_{round}),
credits AS (
  SELECT id, at, sequence, whole + (units + 2000000000000000000) / 1000000000000000000 - 2 AS whole,
         (units + 2000000000000000000) % 1000000000000000000 AS units
    FROM sums),
looked AS (
  SELECT a.id, c.at, c.whole, c.units, a.phase, a.count, a.last_reminder,
         (c.whole, c.units) < (a.threshold_whole, a.threshold_units) AS below, c.whole < 0 AS overdue,
         CASE WHEN a.phase = 2
              THEN (c.at - CASE WHEN a.time_of_day IS NULL THEN a.fired_at
                                ELSE a.fire_day * 86400 + (a.time_of_day - a.utc_offset) * 60 END + 86400000) / 86400 - 1000
              ELSE 0 END AS k
    FROM credits AS c JOIN alerts AS a ON a.id = c.id
   WHERE (c.sequence IS NULL OR a.sequence IS NULL OR c.sequence > a.sequence)
     AND CASE a.phase
           WHEN 1 THEN (c.whole, c.units) < (a.threshold_whole, a.threshold_units)
                       AND (a.credit_whole IS NULL OR (c.whole, c.units) <> (a.credit_whole, a.credit_units))
           WHEN 2 THEN 1
           WHEN 3 THEN (c.whole, c.units) >= (a.threshold_whole, a.threshold_units)
           ELSE 0 END)
SELECT id, at, phase = 1,
       CASE WHEN phase = 2 AND below AND NOT overdue AND k > last_reminder AND k <= count THEN k END,
       k - last_reminder - 1,
       CASE WHEN phase = 3 THEN NULL
            WHEN NOT below THEN 1
            WHEN overdue THEN 2
            WHEN phase = 1 THEN CASE WHEN count = 0 THEN 3 END
            WHEN k > last_reminder AND k >= count THEN 3 END,
       CASE WHEN NOT below THEN 1
            WHEN overdue THEN 3
            WHEN phase = 1 THEN CASE WHEN count = 0 THEN 3 ELSE 2 END
            WHEN k > last_reminder AND k >= count THEN 3
            ELSE 2 END,
       whole, units
  FROM looked;

-- All observations that are not stale.
UPDATE alerts
   SET credit_whole = c.whole + (c.units + 2000000000000000000) / 1000000000000000000 - 2,
       credit_units = (c.units + 2000000000000000000) % 1000000000000000000,
       sequence = coalesce(c.sequence, alerts.sequence)
  FROM (SELECT id, sequence, cash_whole + limit_whole + refunds_whole - current_whole - previous_whole AS whole,
               cash_units + limit_units + refunds_units - current_units - previous_units AS units
          FROM changes_{round}) AS c
 WHERE c.id = alerts.id AND (c.sequence IS NULL OR alerts.sequence IS NULL OR c.sequence > alerts.sequence);

--! tick
INSERT INTO told
SELECT id, {at}, 0, CASE WHEN k <= count THEN k END, k - last_reminder - 1, CASE WHEN k >= count THEN 3 END,
       CASE WHEN k >= count THEN 3 ELSE 2 END, credit_whole, credit_units
  FROM (SELECT *, ({at} - CASE WHEN time_of_day IS NULL THEN fired_at
                               ELSE fire_day * 86400 + (time_of_day - utc_offset) * 60 END + 86400000) / 86400 - 1000 AS k
          FROM alerts WHERE phase = 2)
 WHERE k > last_reminder;

--! apply
-- Records the outputs and applies them.
UPDATE alerts
   SET phase = t.next_phase,
       episode = episode + t.fires,
       fired_at = CASE WHEN t.fires THEN t.at ELSE fired_at END,
       fire_day = CASE WHEN t.fires THEN (t.at + utc_offset * 60) / 86400 ELSE fire_day END,
       last_reminder = CASE WHEN t.fires THEN 0 ELSE coalesce(t.reminder, last_reminder) END,
       reminders_sent = CASE WHEN t.fires THEN 0 ELSE reminders_sent + (t.reminder IS NOT NULL) END,
       stop_reason = CASE WHEN t.fires THEN t.stops ELSE coalesce(t.stops, stop_reason) END
  FROM told AS t
 WHERE t.id = alerts.id;
INSERT INTO outputs
SELECT {round}, a.id, said.kind, a.episode, CASE said.kind WHEN 2 THEN t.reminder ELSE 0 END, CASE said.kind WHEN 2 THEN t.skipped ELSE 0 END,
       CASE said.kind WHEN 3 THEN t.stops ELSE 0 END, a.reminders_sent, a.fired_at, t.at, a.credit_whole, a.credit_units, a.threshold_whole,
       a.threshold_units
  FROM told AS t
  JOIN alerts AS a ON a.id = t.id
  JOIN (SELECT 1 AS kind UNION ALL SELECT 2 UNION ALL SELECT 3) AS said
    ON CASE said.kind WHEN 1 THEN t.fires WHEN 2 THEN t.reminder IS NOT NULL ELSE t.stops IS NOT NULL END;
DELETE FROM told;
