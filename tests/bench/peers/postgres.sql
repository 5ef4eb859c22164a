-- SPDX-License-Identifier: Apache-2.0
-- The rules of an alert as sets, in PostgreSQL, with numeric. Times are in seconds; codes are those
-- of lowtide.h.

--! load
CREATE UNLOGGED TABLE fresh (
  id integer, threshold numeric NOT NULL, count smallint NOT NULL, time_of_day smallint, utc_offset smallint NOT NULL, phase smallint NOT NULL,
  episode bigint NOT NULL, fired_at bigint, fire_day integer, last_reminder smallint NOT NULL, reminders_sent smallint NOT NULL,
  stop_reason smallint, credit numeric, sequence bigint);
\copy fresh FROM PROGRAM 'head -n {count} {folder}/alerts.tsv' WITH (NULL '')
CREATE UNLOGGED TABLE outputs (
  round integer, id integer, kind integer, episode bigint, reminder bigint, skipped bigint, stop_reason integer, reminders_sent integer,
  fired_at bigint, at bigint, credit numeric, threshold numeric);

--! load_changes
CREATE UNLOGGED TABLE changes_{round} (
  id integer, at bigint NOT NULL, sequence bigint, cash numeric NOT NULL, credit_limit numeric NOT NULL, refunds numeric NOT NULL,
  current numeric NOT NULL, previous numeric NOT NULL);
\copy changes_{round} FROM PROGRAM 'head -n {count} {folder}/round-{round}.tsv' WITH (NULL '')
ALTER TABLE changes_{round} ADD PRIMARY KEY (id);
VACUUM ANALYZE changes_{round};

--! begin
-- The alerts before the first round, with free space in each page for as many again.
DROP TABLE IF EXISTS alerts;
CREATE UNLOGGED TABLE alerts (LIKE fresh INCLUDING ALL) WITH (fillfactor = 45, autovacuum_enabled = off);
INSERT INTO alerts SELECT * FROM fresh ORDER BY id;
ALTER TABLE alerts ADD PRIMARY KEY (id);
TRUNCATE outputs;
VACUUM ANALYZE alerts;
CHECKPOINT;

--! rest
-- Between the rounds, not measured: clears what the updates left.
VACUUM alerts;

--! decide
WITH told AS (
  UPDATE alerts AS a
     SET credit = d.credit,
         sequence = coalesce(d.sequence, a.sequence),
         phase = d.next_phase,
         episode = a.episode + d.fires,
         fired_at = CASE d.fires WHEN 1 THEN d.at ELSE a.fired_at END,
         fire_day = CASE d.fires WHEN 1 THEN (d.at + a.utc_offset * 60) / 86400 ELSE a.fire_day END,
         last_reminder = CASE d.fires WHEN 1 THEN 0 ELSE coalesce(d.reminder, a.last_reminder) END,
         reminders_sent = CASE d.fires WHEN 1 THEN 0 ELSE a.reminders_sent + (d.reminder IS NOT NULL)::integer END,
         stop_reason = CASE d.fires WHEN 1 THEN d.stops ELSE coalesce(d.stops, a.stop_reason) END
    FROM (SELECT id, at, sequence, credit, fires,
                 CASE WHEN phase = 2 AND below AND NOT overdue AND k > last_reminder AND k <= count THEN k END AS reminder,
                 k - last_reminder - 1 AS skipped,
                 CASE WHEN phase IN (0, 3) OR phase = 1 AND fires = 0 THEN NULL
                      WHEN NOT below THEN 1
                      WHEN overdue THEN 2
                      WHEN phase = 1 THEN CASE WHEN count = 0 THEN 3 END
                      WHEN k > last_reminder AND k >= count THEN 3 END AS stops,
                 CASE WHEN phase = 0 OR phase = 1 AND fires = 0 THEN phase
                      WHEN NOT below THEN 1
                      WHEN overdue OR phase = 3 THEN 3
                      WHEN phase = 1 THEN CASE WHEN count = 0 THEN 3 ELSE 2 END
                      WHEN k > last_reminder AND k >= count THEN 3
                      ELSE 2 END AS next_phase
            FROM (SELECT id, c.at, c.sequence, c.credit, phase, count, last_reminder, c.credit < threshold AS below, c.credit < 0 AS overdue,
                         (phase = 1 AND c.credit < threshold AND c.credit IS DISTINCT FROM b.credit)::integer AS fires,
                         CASE phase WHEN 2 THEN (c.at - CASE WHEN time_of_day IS NULL THEN fired_at
                                                             ELSE fire_day::bigint * 86400 + (time_of_day - utc_offset) * 60 END
                                                 + 86400000) / 86400 - 1000 END AS k
                    FROM alerts AS b
                    -- OFFSET 0: so that each sum is computed only once.
                    JOIN (SELECT id, at, sequence, cash + credit_limit + refunds - current - previous AS credit
                            FROM changes_{round} OFFSET 0) AS c USING (id)
                   WHERE c.sequence IS NULL OR b.sequence IS NULL OR c.sequence > b.sequence
                  OFFSET 0) AS looked) AS d
   WHERE a.id = d.id
  RETURNING a.*, d.at, d.fires, d.reminder, d.skipped, d.stops)
INSERT INTO outputs
SELECT {round}, id, kind, episode, CASE kind WHEN 2 THEN reminder ELSE 0 END, CASE kind WHEN 2 THEN skipped ELSE 0 END,
       CASE kind WHEN 3 THEN stops ELSE 0 END, reminders_sent, fired_at, at, credit, threshold
  FROM told
  JOIN (VALUES (1), (2), (3)) AS said (kind)
    ON CASE kind WHEN 1 THEN fires = 1 WHEN 2 THEN reminder IS NOT NULL ELSE stops IS NOT NULL END;

--! tick
WITH told AS (
  UPDATE alerts AS a
     SET phase = CASE WHEN k >= count THEN 3 ELSE 2 END,
         last_reminder = CASE WHEN k <= count THEN k ELSE a.last_reminder END,
         reminders_sent = reminders_sent + (k <= count)::integer,
         stop_reason = CASE WHEN k >= count THEN 3 ELSE stop_reason END
    FROM (SELECT id, last_reminder, ({at} - CASE WHEN time_of_day IS NULL THEN fired_at
                                                 ELSE fire_day::bigint * 86400 + (time_of_day - utc_offset) * 60 END
                                     + 86400000) / 86400 - 1000 AS k
            FROM alerts WHERE phase = 2) AS d
   WHERE a.id = d.id AND k > d.last_reminder
  RETURNING a.*, k, k - d.last_reminder - 1 AS skipped)
INSERT INTO outputs
SELECT {round}, id, kind, episode, CASE kind WHEN 2 THEN k ELSE 0 END, CASE kind WHEN 2 THEN skipped ELSE 0 END,
       CASE kind WHEN 3 THEN 3 ELSE 0 END, reminders_sent, fired_at, {at}, credit, threshold
  FROM told
  JOIN (VALUES (2), (3)) AS said (kind) ON CASE kind WHEN 2 THEN k <= count ELSE k >= count END;

--! answer
\copy (SELECT round, id, kind, episode, reminder, skipped, stop_reason, reminders_sent, fired_at, at, trim_scale(credit), trim_scale(threshold) FROM outputs ORDER BY round, id, kind) TO '{answers}.outputs' WITH (NULL '')
\copy (SELECT id, phase, episode, last_reminder, reminders_sent, stop_reason, fired_at, fire_day, trim_scale(credit), sequence FROM alerts ORDER BY id) TO '{answers}.states' WITH (NULL '')
