// SPDX-License-Identifier: Apache-2.0
// The view of one account: amounts, settings, explanations and history. main.cpp of lowtide-host
// calls it. It must work for a damaged account too, and say what is damaged.
#include <utility>
#include <vector>

#include <lowtide/store.hpp>

#include "programs/host/common/explanation.hpp"
#include "programs/host/common/message.hpp"
#include "programs/host/common/report.hpp"
#include "programs/host/common/views.hpp"
#include "programs/host/sqlite/account_table.hpp"
#include "programs/host/sqlite/columns.hpp"

namespace lowtide::host {
namespace {

// Explains an alert in words, or says how its bytes are damaged.
std::string explain_stored(const StoredAlert& stored, const AccountProfile& profile) {
  const Result<Alert> alert = Alert::decode(stored.state);
  if (!alert) return std::string("Damaged: ") + alert.error().rule + ".";
  return explain(*alert, profile);
}

std::vector<std::pair<const char*, Amount>> components(const Balance& balance) {
  return {{"cash_balance", balance.cash_balance},
          {"credit_limit", balance.credit_limit},
          {"credit_refunds", balance.credit_refunds},
          {"unsettled_current_month", balance.unsettled_current_month},
          {"unsettled_previous_months", balance.unsettled_previous_months}};
}

// The audit lines, each with the notices of the same account, alert, instant and revision.
constexpr const char* history_sql =
    "SELECT audit.at, audit.event, audit.alert, audit.why, audit.phase, "
    "(SELECT group_concat(what, ', ') FROM (SELECT CASE kind WHEN 'remind' THEN 'reminder ' || "
    "reminder WHEN 'stop' THEN 'stop (' || "
    "reason "
    "|| ')' ELSE kind END AS what FROM notices WHERE account_id = audit.account_id AND alert = "
    "audit.alert AND cause = audit.revision AND "
    "at = audit.at ORDER BY id)) FROM audit WHERE account_id = ? ORDER BY id";

void show_text(Database& database, const AccountRow& row) {
  const AccountRecord& record = row.record;
  const AccountProfile& profile = record.profile;
  Table facts({});
  facts.add({"account", record.name});
  facts.add({"Available Credit",
             record.available_credit ? money(*record.available_credit, profile) : "not observed"});
  if (record.balance) {
    for (const auto& [name, amount] : components(*record.balance))
      facts.add({std::string("  ") + name, money(amount, profile)});
  }
  facts.add({"last sequence", record.sequence ? std::to_string(record.sequence->value()) : "none"});
  facts.add({"first cost at", record.first_cost_at ? in_words(*record.first_cost_at) : "never"});
  facts.add({"contact", profile.contact.empty() ? "none" : profile.contact});
  facts.add(
      {"language, currency",
       (profile.language.empty() ? "none" : profile.language) + ", " +
           (profile.currency.empty() ? "none"
                                     : profile.currency + " with " +
                                           std::to_string(profile.currency_digits) + " digits")});
  facts.flush();
  if (!record.damage.empty()) print("Damaged: " + record.damage + ".\n");
  for (const StoredAlert& stored : record.alerts) {
    print("\nalert " + stored.name + " (" + std::string(name(stored.phase)) + ")\n");
    if (const Result<Alert> alert = Alert::decode(stored.state))
      print("  " + settings_in_words(*alert, profile) + "\n");
    print("  " + explain_stored(stored, profile) + "\n");
  }
  if (record.alerts.empty()) print("\nSilent: no alert was ever enabled.\n");

  print("\nhistory\n");
  Statement select(database, history_sql);
  auto rows = select.query(row.id);
  Table history({});
  while (rows.next()) {
    std::string damage;
    const auto at = read_instant(rows, 0, "at", damage);
    const auto text = [&](int column) {
      return rows.is_null(column) ? std::string() : std::string(rows.text(column));
    };
    history.add(
        {"  " + (at ? in_words(*at) : damage), text(1), text(2), text(3), text(4), text(5)});
  }
}

void show_json(Database& database, const AccountRow& row) {
  const AccountRecord& record = row.record;
  JsonObject object;
  object.text("account", record.name)
      .number("revision", record.revision)
      .text("available_credit", record.available_credit);
  if (record.balance) {
    JsonObject balance;
    for (const auto& [name, amount] : components(*record.balance))
      balance.text(name, std::optional(amount));
    object.raw("balance", balance.str());
  } else {
    object.raw("balance", "null");
  }
  object.raw("sequence", record.sequence ? std::to_string(record.sequence->value()) : "null");
  object.text("first_cost_at", record.first_cost_at)
      .text("contact", record.profile.contact)
      .text("language", record.profile.language);
  object.text("currency", record.profile.currency)
      .number("currency_digits", record.profile.currency_digits);
  if (!record.damage.empty()) object.text("damage", record.damage);
  std::vector<std::string> alerts;
  for (const StoredAlert& stored : record.alerts) {
    JsonObject alert;
    alert.text("alert", stored.name)
        .text("phase", name(stored.phase))
        .text("threshold", std::optional(stored.threshold));
    alerts.push_back(alert.text("next_reminder_at", stored.next_reminder_at)
                         .text("explanation", explain_stored(stored, record.profile))
                         .str());
  }
  object.raw("alerts", json_array(alerts));
  std::vector<std::string> history;
  Statement select(database, history_sql);
  auto rows = select.query(row.id);
  while (rows.next()) {
    std::string damage;
    JsonObject line;
    line.text("at", read_instant(rows, 0, "at", damage))
        .text("event", rows.text(1))
        .text("alert", rows.text(2));
    history.push_back(line.text("why", rows.text(3))
                          .text("phase", rows.text(4))
                          .text("notices", rows.text(5))
                          .str());
  }
  print(object.raw("history", json_array(history)).str() + "\n");
}

}  // namespace

bool show_account(Database& database, const std::string& account, Format format) {
  AccountTable table(database);
  const auto row = table.load(account);
  if (!row) return false;
  if (format == Format::json) {
    show_json(database, *row);
  } else {
    show_text(database, *row);
  }
  return true;
}

}  // namespace lowtide::host
