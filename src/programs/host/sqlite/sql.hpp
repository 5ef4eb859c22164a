// SPDX-License-Identifier: Apache-2.0
// Private: the SQL statements that run for every event, tick or delivery. The tables and
// SqliteStore use them. They are in one place so that `lowtide-host plans` and the tests can check
// their query plans.
#pragma once

#include <array>

namespace lowtide::host::sql {

inline constexpr const char* load_account =
    "SELECT id, revision, available_credit, sequence, cash_balance, credit_limit, credit_refunds, "
    "unsettled_current_month, "
    "unsettled_previous_months, first_cost_at, contact, language, currency, currency_digits, "
    "alert_states FROM accounts WHERE name = ?";
inline constexpr const char* load_alerts =
    "SELECT name, phase, threshold, next_reminder_at FROM alerts WHERE account_id = ? ORDER BY "
    "name";

inline constexpr const char* find_account = "SELECT id FROM accounts WHERE name = ?";
inline constexpr const char* insert_account =
    "INSERT INTO accounts (name, revision, available_credit, sequence, cash_balance, credit_limit, "
    "credit_refunds, "
    "unsettled_current_month, unsettled_previous_months, first_cost_at, alert_states, contact, "
    "language, currency, currency_digits) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
inline constexpr const char* update_account =
    "UPDATE accounts SET revision = ?, available_credit = ?, sequence = ?, cash_balance = ?, "
    "credit_limit = ?, credit_refunds = ?, "
    "unsettled_current_month = ?, unsettled_previous_months = ?, first_cost_at = ?, alert_states = "
    "?, contact = ?, language = ?, currency "
    "= ?, "
    "currency_digits = ? WHERE id = ? AND revision = ?";
// The same without the profile: no event changes it.
inline constexpr const char* observe_account =
    "UPDATE accounts SET revision = ?, available_credit = ?, sequence = ?, cash_balance = ?, "
    "credit_limit = ?, credit_refunds = ?, "
    "unsettled_current_month = ?, unsettled_previous_months = ?, first_cost_at = ?, alert_states = "
    "? WHERE id = ? AND revision = ?";

inline constexpr const char* write_alert =
    "INSERT INTO alerts (account_id, name, phase, threshold, next_reminder_at) VALUES (?, ?, ?, ?, "
    "?) "
    "ON CONFLICT (account_id, name) DO UPDATE SET phase = excluded.phase, threshold = "
    "excluded.threshold, "
    "next_reminder_at = excluded.next_reminder_at";

inline constexpr const char* insert_notice =
    "INSERT INTO notices (key, account_id, alert, kind, episode, fired_at, at, reminder, skipped, "
    "reason, reminders_sent, "
    "available_credit, threshold, cause, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "?, ?, ?) ON CONFLICT (key) DO NOTHING";
inline constexpr const char* insert_delivery =
    "INSERT INTO deliveries (notice_id, channel, state, attempts, updated_at) VALUES (?, ?, "
    "'pending', 0, ?)";
inline constexpr const char* insert_audit =
    "INSERT INTO audit (account_id, at, event, alert, why, phase, revision, recorded_at) VALUES "
    "(?, ?, ?, ?, ?, ?, ?, ?)";

inline constexpr const char* due =
    "SELECT alerts.next_reminder_at, alerts.account_id, accounts.name FROM alerts INDEXED BY "
    "alerts_due "
    "JOIN accounts ON accounts.id = alerts.account_id "
    "WHERE (alerts.next_reminder_at, alerts.account_id) > (?, ?) AND alerts.next_reminder_at <= ? "
    "ORDER BY alerts.next_reminder_at, alerts.account_id LIMIT ?";
inline constexpr const char* next_due =
    "SELECT next_reminder_at FROM alerts INDEXED BY alerts_due WHERE next_reminder_at > ? ORDER BY "
    "next_reminder_at LIMIT 1";
inline constexpr const char* pending =
    "SELECT deliveries.notice_id, deliveries.channel, notices.key, accounts.name, notices.alert, "
    "notices.kind, notices.episode, "
    "notices.fired_at, notices.at, notices.reminder, notices.skipped, notices.reason, "
    "notices.reminders_sent, notices.available_credit, "
    "notices.threshold, notices.cause, accounts.contact, accounts.language, accounts.currency, "
    "accounts.currency_digits "
    "FROM deliveries INDEXED BY deliveries_pending "
    "JOIN notices ON notices.id = deliveries.notice_id JOIN accounts ON accounts.id = "
    "notices.account_id "
    "WHERE deliveries.state = 'pending' AND (deliveries.notice_id, deliveries.channel) > (?, ?) "
    "ORDER BY deliveries.notice_id, deliveries.channel LIMIT ?";
inline constexpr const char* record_delivery =
    "UPDATE deliveries SET state = ?, attempts = attempts + 1, error = ?, updated_at = ? "
    "WHERE notice_id = (SELECT id FROM notices WHERE key = ?) AND channel = ? AND state = "
    "'pending'";

inline constexpr const char* load_source =
    "SELECT offset, line, last_size, checksum, clock FROM sources WHERE path = ?";
inline constexpr const char* update_source =
    "UPDATE sources SET offset = ?, line = ?, last_size = ?, checksum = ?, clock = ?, updated_at = "
    "? WHERE path = ? AND offset = ?";

// Each of these must be a search by a key or an index: the tables may be large.
inline constexpr std::array searches = {load_account,    load_alerts, find_account, update_account,
                                        observe_account, due,         next_due,     pending,
                                        record_delivery, load_source, update_source};

}  // namespace lowtide::host::sql
