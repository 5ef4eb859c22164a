// SPDX-License-Identifier: Apache-2.0
// A month end: every account of a service is charged at once. The balances lie in columns, as a
// query returns them, and two threads decide for half of the accounts each.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <lowtide/batch.hpp>
#include <lowtide/key.hpp>

using namespace lowtide;

namespace {

constexpr std::size_t accounts = 100'000;
constexpr std::int64_t month_end = 1775001600;  // 2026-04-01T00:00:00Z

Amount dollars(std::int64_t count) { return Amount::from_number(count, 0).value(); }

// What a query would return: one column for each component, and the alerts of the accounts beside
// them.
struct Columns {
  std::vector<Alert> alerts;
  std::vector<Amount> cash;
  std::vector<Amount> usage;
  std::vector<std::int64_t> sequence;
};

Columns load() {
  const auto start = Instant::from_seconds(month_end - 86400).value();
  Columns columns;
  for (std::size_t i = 0; i < accounts; ++i) {
    Alert alert;
    (void)step(alert, Enable{Threshold::from(dollars(100)).value(), start});
    columns.alerts.push_back(alert);
    columns.cash.push_back(dollars(static_cast<std::int64_t>(1000 + i)));
    columns.usage.push_back(i % 30'000 == 7 ? columns.cash.back()
                                            : dollars(50));  // a few spent all that they had
    columns.sequence.push_back(1);
  }
  return columns;
}

// Decides for some of the accounts, and gives what is to be sent. Only `decisions` is short: a full
// one is handed on, and filled again.
std::vector<BatchDecision> decide(Columns& columns, std::size_t first, std::size_t count) {
  static const Amount nothing;
  static const std::int64_t at = month_end;
  BatchColumns changes;
  changes.at = {&at, Column<std::int64_t>::one_for_all};
  changes.sequence = {columns.sequence.data() + first};
  changes.cash_balance = {columns.cash.data() + first};
  changes.unsettled_current_month = {columns.usage.data() + first};
  changes.credit_limit = changes.credit_refunds =
      changes.unsettled_previous_months = {&nothing, Column<Amount>::one_for_all};

  std::vector<BatchResult> results(count);
  std::vector<BatchDecision> room(2);
  std::vector<BatchDecision> all;
  Batch batch{std::span(columns.alerts).subspan(first, count), {}, results, room, 0};
  while (batch.first < count) {
    const BatchReport report = observe_batch(batch, changes);
    for (BatchDecision& decision : std::span(room).first(report.decisions)) {
      decision.element += first;
      all.push_back(decision);
    }
    if (report.failed != 0) std::cerr << report.failed << " accounts could not be decided\n";
    batch.first = report.done;
  }
  return all;
}

}  // namespace

int main() {
  Columns columns = load();
  std::vector<BatchDecision> halves[2];
  std::thread other([&] { halves[1] = decide(columns, accounts / 2, accounts / 2); });
  halves[0] = decide(columns, 0, accounts / 2);
  other.join();

  for (const auto& half : halves) {
    for (const BatchDecision& decision : half) {
      std::cout << "account " << decision.element << ": " << name(decision.why) << '\n';
      for (const Output& output : decision.outputs) {
        std::cout << "  "
                  << output_key(std::to_string(decision.element), "low_balance", output).value()
                  << '\n';
      }
    }
  }
  const auto armed = std::count_if(columns.alerts.begin(), columns.alerts.end(),
                                   [](const Alert& a) { return a.phase() == Phase::armed; });
  std::cout << armed << " of " << accounts << " accounts have nothing to hear\n";
}
