-- SPDX-License-Identifier: Apache-2.0
-- The tables of a host's database, version 1. lowtide-host has this file built in; the host of
-- examples/python_host reads it. Both can work on one database.
--
-- Amounts are text in the shortest plain form; instants are seconds since 1970. Both are exact, and
-- any SQL tool can read them.
--
-- SQLite stores each statement as it is written here, comments within it included. A version that
-- was released must never change, not even in a blank: a change takes a new version.
--
-- A host sets application_id and user_version itself, because it also checks them. The Python host
-- takes a semicolon at the end of a line as the end of a statement.

CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
  revision INTEGER NOT NULL CHECK (revision >= 1),
  available_credit TEXT,
  sequence INTEGER CHECK (sequence >= 1),
  cash_balance TEXT,
  credit_limit TEXT,
  credit_refunds TEXT,
  unsettled_current_month TEXT,
  unsettled_previous_months TEXT,
  first_cost_at INTEGER,
  -- The bytes of its alerts, one behind the other in the order of their names. They change with every observation, so they stand in the
  -- row that changes anyway; what is derived from them, and changes seldom, is in the table of alerts.
  alert_states BLOB NOT NULL,
  contact TEXT NOT NULL,
  language TEXT NOT NULL,
  currency TEXT NOT NULL,
  currency_digits INTEGER NOT NULL CHECK (currency_digits BETWEEN 0 AND 18),
  -- The five components are known together or not at all.
  CHECK ((cash_balance IS NULL) + (credit_limit IS NULL) + (credit_refunds IS NULL) + (unsettled_current_month IS NULL) +
         (unsettled_previous_months IS NULL) IN (0, 5)),
  CHECK (cash_balance IS NULL OR available_credit IS NOT NULL)
) STRICT;

CREATE TABLE alerts (
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
  phase TEXT NOT NULL CHECK (phase IN ('off', 'armed', 'alerting', 'quiet')),
  threshold TEXT NOT NULL,
  next_reminder_at INTEGER CHECK (next_reminder_at IS NULL OR phase = 'alerting'),
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_due ON alerts (next_reminder_at, account_id) WHERE next_reminder_at IS NOT NULL;

CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  alert TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('fire', 'remind', 'stop')),
  episode INTEGER NOT NULL CHECK (episode >= 1),
  fired_at INTEGER NOT NULL,
  at INTEGER NOT NULL,
  reminder INTEGER NOT NULL CHECK ((reminder >= 1) = (kind = 'remind')),
  skipped INTEGER NOT NULL CHECK (skipped >= 0),
  reason TEXT CHECK ((reason IS NOT NULL) = (kind = 'stop')),
  reminders_sent INTEGER NOT NULL CHECK (reminders_sent >= 0),
  available_credit TEXT NOT NULL,
  threshold TEXT NOT NULL,
  cause INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_of_account ON notices (account_id);

CREATE TABLE deliveries (
  notice_id INTEGER NOT NULL REFERENCES notices (id),
  channel TEXT NOT NULL CHECK (channel <> ''),
  state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  error TEXT,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (notice_id, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (notice_id, channel) WHERE state = 'pending';
CREATE INDEX deliveries_failed ON deliveries (notice_id, channel) WHERE state = 'failed';

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  alert TEXT,
  why TEXT,
  phase TEXT,
  revision INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_of_account ON audit (account_id);

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_of_account ON messages (account_id);

-- How far each file of events has been taken in. It is written in the transaction that stores what the events meant.
CREATE TABLE sources (
  path TEXT PRIMARY KEY,
  offset INTEGER NOT NULL CHECK (offset >= 0),
  line INTEGER NOT NULL CHECK (line >= 0),
  last_size INTEGER NOT NULL CHECK (last_size BETWEEN 0 AND offset),
  checksum INTEGER NOT NULL,
  clock INTEGER,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
