// SPDX-License-Identifier: Apache-2.0
// Views: print accounts, inboxes, notices and the status of the host. main.cpp of lowtide-host
// calls them. They change nothing in the database; account_view.cpp has the view of one account.
#include "programs/host/common/views.hpp"

#include <vector>

#include <lowtide/store.hpp>

#include "programs/events/json_writer.hpp"
#include "programs/host/common/message.hpp"
#include "programs/host/common/report.hpp"
#include "programs/host/sqlite/columns.hpp"
#include "programs/host/sqlite/schema.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {
namespace {

constexpr const char* notices_sql =
    "SELECT accounts.name, notices.alert, notices.kind, notices.episode, notices.fired_at, "
    "notices.at, notices.reminder,\n"
    "       notices.skipped, notices.reason, notices.reminders_sent, notices.available_credit, "
    "notices.threshold,\n"
    "       (SELECT group_concat(channel || ' ' || state, ', ') FROM deliveries WHERE notice_id = "
    "notices.id) AS deliveries,\n"
    "       accounts.currency, accounts.currency_digits\n"
    "FROM notices JOIN accounts ON accounts.id = notices.account_id\n"
    "WHERE (?1 IS NULL OR accounts.name = ?1)\n"
    "  AND (?2 = 0 OR EXISTS (SELECT 1 FROM deliveries WHERE notice_id = notices.id AND state = "
    "'pending'))\n"
    "ORDER BY notices.id";

std::string instant_or(const Statement::Rows& rows, int column, const char* otherwise) {
  std::string damage;
  const auto instant = read_instant(rows, column, "", damage);
  return instant ? in_words(*instant) : damage.empty() ? otherwise : damage;
}

std::string text_or(const Statement::Rows& rows, int column, const char* otherwise) {
  return rows.is_null(column) ? otherwise : std::string(rows.text(column));
}

std::string spaced(std::string_view code) {
  std::string words(code);
  for (char& c : words) c = c == '_' ? ' ' : c;
  return words;
}

std::string kind_in_words(const Output& output) {
  switch (output.kind) {
    case OutputKind::fire: return "FIRE";
    case OutputKind::remind:
      return "reminder " + std::to_string(output.reminder) +
             (output.skipped > 0 ? ", " + std::to_string(output.skipped) + " skipped" : "");
    case OutputKind::stop: return "stop: " + spaced(output.reason ? name(*output.reason) : "");
  }
  return "";
}

std::string state_json(const Statement::Rows& rows) {
  std::string damage;  // ignored: the next event of the account reports it
  const auto due = read_instant(rows, 5, "next_reminder_at", damage);
  return JsonObject()
      .text("alert", rows.text(2))
      .text("phase", rows.text(3))
      .text("threshold", rows.text(4))
      .raw("next_reminder_at", due ? "\"" + to_text(*due) + "\"" : "null")
      .str();
}

}  // namespace

const char* notices_query() noexcept { return notices_sql; }

void show_accounts(Database& database, Format format) {
  Statement select(database,
                   "SELECT accounts.name, accounts.available_credit, alerts.name, alerts.phase, "
                   "alerts.threshold, alerts.next_reminder_at "
                   "FROM accounts LEFT JOIN alerts ON alerts.account_id = accounts.id ORDER BY "
                   "accounts.name, alerts.name");
  Table table({"account", "Available Credit", "alert", "phase", "threshold", "next reminder"});
  JsonObject object;
  std::string account;
  std::vector<std::string> alerts;
  const auto flush = [&] {
    if (!account.empty() && format == Format::json)
      print(object.raw("alerts", json_array(alerts)).str() + "\n");
  };
  auto rows = select.query();
  while (rows.next()) {
    const bool first = rows.text(0) != account;
    if (format == Format::text) {
      table.add({first ? std::string(rows.text(0)) : "",
                 first ? text_or(rows, 1, "not observed") : "", text_or(rows, 2, "none"),
                 text_or(rows, 3, ""), text_or(rows, 4, ""), instant_or(rows, 5, "")});
    } else if (first) {
      flush();
      alerts.clear();
      object = JsonObject();
      object.text("account", rows.text(0));
      if (rows.is_null(1)) {
        object.raw("available_credit", "null");
      } else {
        object.text("available_credit", rows.text(1));
      }
    }
    if (format == Format::json && !rows.is_null(2)) alerts.push_back(state_json(rows));
    account = rows.text(0);
  }
  flush();
}

bool show_inbox(Database& database, const std::string& account, Format format) {
  Statement known(database, "SELECT id FROM accounts WHERE name = ?");
  auto found = known.query(account);
  if (!found.next()) return false;
  Statement select(database,
                   "SELECT key, subject, body, at FROM messages WHERE account_id = ? ORDER BY id");
  auto rows = select.query(found.integer(0));
  bool first = true;
  while (rows.next()) {
    if (format == Format::json) {
      std::string damage;
      JsonObject object;
      object.text("key", rows.text(0)).text("at", read_instant(rows, 3, "at", damage));
      print(object.text("subject", rows.text(1)).text("body", rows.text(2)).str() + "\n");
      continue;
    }
    if (!first) print("\n");
    print(instant_or(rows, 3, "") + "  " + std::string(rows.text(1)) + "\n");
    first = false;
    std::string_view body = rows.text(2);
    while (!body.empty()) {
      const std::size_t end = std::min(body.find('\n'), body.size());
      print(std::string(end == 0 ? "" : "  ").append(body.substr(0, end)).append("\n"));
      body.remove_prefix(std::min(end + 1, body.size()));
    }
  }
  return true;
}

void show_notices(Database& database, const NoticeFilter& filter, Format format) {
  Statement select(database, notices_sql);
  auto rows = select.query(filter.account, std::int64_t{filter.pending ? 1 : 0});
  Table table({"at", "account", "alert", "notice", "Available Credit", "threshold", "deliveries"});
  std::string damage;
  while (rows.next()) {
    const Output output = read_output(rows, 2, damage);
    if (!damage.empty())
      throw DatabaseError(SQLITE_CORRUPT, database.path() + ": account '" +
                                              std::string(rows.text(0)) + "': " + damage);
    if (format == Format::json) {
      std::string line;
      events::append_json(line, rows.text(0), rows.text(1), output);
      print(line);
      continue;
    }
    const AccountProfile profile{"", "", std::string(rows.text(13)),
                                 static_cast<std::uint8_t>(rows.integer(14))};
    table.add({in_words(output.at), std::string(rows.text(0)), std::string(rows.text(1)),
               kind_in_words(output), money(output.available_credit, profile),
               money(output.threshold, profile), text_or(rows, 12, "(recorded only)")});
  }
}

namespace {

// The host at a glance.
struct Status {
  std::int64_t accounts = 0;
  std::int64_t alerts = 0;
  std::int64_t notices = 0;
  std::int64_t pending = 0;  // deliveries
  std::int64_t failed = 0;   // deliveries
  std::optional<Instant> oldest_pending;
  std::optional<Instant> next_due;
};

Status read_status(Database& database) {
  const auto instant = [&](const char* sql) -> std::optional<Instant> {
    Statement select(database, sql);
    auto rows = select.query();
    std::string damage;
    return rows.next() ? read_instant(rows, 0, "", damage) : std::nullopt;
  };
  Status status;
  status.accounts = database.integer("SELECT count(*) FROM accounts");
  status.alerts = database.integer("SELECT count(*) FROM alerts");
  status.notices = database.integer("SELECT count(*) FROM notices");
  status.pending = database.integer("SELECT count(*) FROM deliveries WHERE state = 'pending'");
  status.failed = database.integer("SELECT count(*) FROM deliveries WHERE state = 'failed'");
  status.oldest_pending = instant(
      "SELECT at FROM notices WHERE id = (SELECT notice_id FROM deliveries INDEXED BY "
      "deliveries_pending WHERE state = 'pending' ORDER BY notice_id LIMIT 1)");
  status.next_due =
      instant("SELECT min(next_reminder_at) FROM alerts WHERE next_reminder_at IS NOT NULL");
  return status;
}

// Failed deliveries, and pending ones with a failed attempt, by account, channel and error.
constexpr const char* failures_sql =
    "SELECT accounts.name, deliveries.channel, deliveries.error, count(*) FROM deliveries "
    "JOIN notices ON notices.id = deliveries.notice_id "
    "JOIN accounts ON accounts.id = notices.account_id "
    "WHERE deliveries.state = 'failed' "
    "OR (deliveries.state = 'pending' AND deliveries.error IS NOT NULL) "
    "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT 20";

void print_json(const Status& status, Statement::Rows& failures) {
  std::vector<std::string> items;
  while (failures.next()) {
    JsonObject item;
    item.text("account", failures.text(0))
        .text("channel", failures.text(1))
        .text("error", failures.text(2));
    items.push_back(item.number("deliveries", failures.integer(3)).str());
  }
  JsonObject object;
  object.number("accounts", status.accounts)
      .number("alerts", status.alerts)
      .number("notices", status.notices)
      .number("pending", status.pending)
      .text("oldest_pending", status.oldest_pending)
      .number("failed", status.failed)
      .text("next_due", status.next_due)
      .raw("troubles", json_array(items));
  print(object.str() + "\n");
}

void print_text(const Status& status, Statement::Rows& failures) {
  Table table({});
  table.add({"accounts", std::to_string(status.accounts)});
  table.add({"alerts", std::to_string(status.alerts)});
  table.add({"notices", std::to_string(status.notices)});
  table.add(
      {"deliveries pending",
       std::to_string(status.pending) +
           (status.oldest_pending ? ", the oldest from " + in_words(*status.oldest_pending) : "")});
  table.add({"deliveries failed", std::to_string(status.failed)});
  table.add({"next reminder due", status.next_due ? in_words(*status.next_due) : "none"});
  table.flush();
  while (failures.next()) {
    print("account '" + std::string(failures.text(0)) + "': " + std::string(failures.text(1)) +
          ": " + std::string(failures.text(2)) + " (" + std::to_string(failures.integer(3)) +
          (failures.integer(3) == 1 ? " delivery)\n" : " deliveries)\n"));
  }
}

}  // namespace

void show_status(Database& database, Format format) {
  const Status status = read_status(database);
  Statement select(database, failures_sql);
  auto failures = select.query();
  if (format == Format::json) {
    print_json(status, failures);
  } else {
    print_text(status, failures);
  }
}

bool show_plans(Database& database) {
  bool all_search = true;
  for (const QueryPlan& plan : query_plans(database)) {
    print(plan.sql + "\n");
    for (const std::string& step : plan.steps) print("  " + step + "\n");
    if (!plan.searches) print("  NOT A SEARCH\n");
    all_search = all_search && plan.searches;
  }
  return all_search;
}

}  // namespace lowtide::host
