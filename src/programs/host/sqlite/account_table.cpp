// SPDX-License-Identifier: Apache-2.0
// AccountTable: reads and writes account records. SqliteStore and the views call it. Everything
// that is read may be damaged, so every column is checked.
#include "programs/host/sqlite/account_table.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "programs/host/sqlite/columns.hpp"
#include "programs/host/sqlite/sql.hpp"

namespace lowtide::host {
namespace {

AccountProfile read_profile(const Statement::Rows& rows, int column) {
  return {std::string(rows.text(column)), std::string(rows.text(column + 1)),
          std::string(rows.text(column + 2)), static_cast<std::uint8_t>(rows.integer(column + 3))};
}

std::optional<Balance> read_balance(const Statement::Rows& rows, int column, std::string& damage) {
  constexpr std::array<const char*, 5> names = {"cash_balance", "credit_limit", "credit_refunds",
                                                "unsettled_current_month",
                                                "unsettled_previous_months"};
  if (rows.is_null(column)) return std::nullopt;
  std::array<Amount, 5> amounts{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    amounts.at(i) =
        read_amount(rows, column + static_cast<int>(i), names.at(i), damage).value_or(Amount());
  }
  return Balance{amounts[0], amounts[1], amounts[2], amounts[3], amounts[4]};
}

std::optional<Amount> component(const AccountRecord& record, Amount Balance::*which) {
  if (!record.balance) return std::nullopt;
  return (*record.balance).*which;
}

// The states of all alerts in one value, one after the other.
std::vector<std::byte> joined_states(const AccountRecord& record) {
  std::vector<std::byte> states;
  for (const StoredAlert& alert : record.alerts)
    states.insert(states.end(), alert.state.begin(), alert.state.end());
  return states;
}

// Moves the first state from `states` to `state`. The second byte of a state is its length. Returns
// false if that length is wrong.
bool take_state(std::span<const std::byte>& states, std::vector<std::byte>& state) {
  const std::size_t size = states.size() < 2 ? 0 : std::to_integer<std::size_t>(states[1]);
  if (size < 2 || size > states.size()) return false;
  state.assign(states.begin(), states.begin() + static_cast<std::ptrdiff_t>(size));
  states = states.subspan(size);
  return true;
}

}  // namespace

AccountTable::AccountTable(Database& database)
    : database_(database),
      load_account_(database, sql::load_account),
      load_alerts_(database, sql::load_alerts),
      find_(database, sql::find_account),
      insert_(database, sql::insert_account),
      update_(database, sql::update_account),
      observe_(database, sql::observe_account),
      write_alert_(database, sql::write_alert) {}

std::optional<AccountRow> AccountTable::load(std::string_view name) {
  AccountRow row;
  AccountRecord& record = row.record;
  record.name = name;
  std::vector<std::byte> all_states;
  {
    auto rows = load_account_.query(name);
    if (!rows.next()) return std::nullopt;
    row.id = rows.integer(0);
    record.revision = rows.integer(1);
    record.available_credit = read_amount(rows, 2, "available_credit", record.damage);
    if (!rows.is_null(3)) record.sequence = read_sequence(rows, 3, "sequence", record.damage);
    record.balance = read_balance(rows, 4, record.damage);
    record.first_cost_at = read_instant(rows, 9, "first_cost_at", record.damage);
    record.profile = read_profile(rows, 10);
    const auto blob = rows.blob(14);
    all_states.assign(blob.begin(), blob.end());
  }
  std::span<const std::byte> states = all_states;
  bool complete = true;
  auto rows = load_alerts_.query(row.id);
  while (rows.next()) {
    StoredAlert alert;
    alert.name = rows.text(0);
    // These columns are derived from the state. The state has a checksum, and the Monitor compares
    // the columns with it.
    alert.phase = read_phase(rows.text(1), record.damage);
    alert.threshold = read_amount(rows, 2, "threshold", record.damage).value_or(Amount());
    alert.available_credit = record.available_credit;
    alert.next_reminder_at = read_instant(rows, 3, "next_reminder_at", record.damage);
    complete = complete && take_state(states, alert.state);
    record.alerts.push_back(std::move(alert));
  }
  if (!complete || !states.empty())
    record.damage += (record.damage.empty() ? "" : "; ") +
                     std::string("alert_states: does not hold one state for each alert");
  return row;
}

std::optional<std::int64_t> AccountTable::find(std::string_view name) {
  auto rows = find_.query(name);
  if (!rows.next()) return std::nullopt;
  return rows.integer(0);
}

std::int64_t AccountTable::insert(const AccountRecord& record) {
  insert_.run(record.name, record.revision, record.available_credit, record.sequence,
              component(record, &Balance::cash_balance), component(record, &Balance::credit_limit),
              component(record, &Balance::credit_refunds),
              component(record, &Balance::unsettled_current_month),
              component(record, &Balance::unsettled_previous_months), record.first_cost_at,
              joined_states(record), record.profile.contact, record.profile.language,
              record.profile.currency, std::int64_t{record.profile.currency_digits});
  return database_.last_id();
}

bool AccountTable::update(std::int64_t id, std::int64_t expected, const AccountRecord& record) {
  update_.run(record.revision, record.available_credit, record.sequence,
              component(record, &Balance::cash_balance), component(record, &Balance::credit_limit),
              component(record, &Balance::credit_refunds),
              component(record, &Balance::unsettled_current_month),
              component(record, &Balance::unsettled_previous_months), record.first_cost_at,
              joined_states(record), record.profile.contact, record.profile.language,
              record.profile.currency, std::int64_t{record.profile.currency_digits}, id, expected);
  return database_.changes() == 1;
}

bool AccountTable::observe(std::int64_t id, std::int64_t expected, const AccountRecord& record) {
  observe_.run(record.revision, record.available_credit, record.sequence,
               component(record, &Balance::cash_balance), component(record, &Balance::credit_limit),
               component(record, &Balance::credit_refunds),
               component(record, &Balance::unsettled_current_month),
               component(record, &Balance::unsettled_previous_months), record.first_cost_at,
               joined_states(record), id, expected);
  return database_.changes() == 1;
}

void AccountTable::write_alert(std::int64_t id, const StoredAlert& alert) {
  write_alert_.run(id, alert.name, lowtide::name(alert.phase), alert.threshold,
                   alert.next_reminder_at);
}

}  // namespace lowtide::host
