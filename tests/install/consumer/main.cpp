// SPDX-License-Identifier: Apache-2.0
// A user's program: one balance change, and what it means.
#include <iostream>

#include <lowtide/alert.hpp>
#include <lowtide/amount.hpp>
#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>
#include <lowtide/instant.hpp>
#include <lowtide/key.hpp>
#include <lowtide/name.hpp>
#include <lowtide/result.hpp>
#include <lowtide/schedule.hpp>

int main() {
  using lowtide::Amount;
  const auto noon = lowtide::Instant::parse("2026-03-02T12:00:00Z").value();
  const auto enabled = lowtide::decide(
      lowtide::Alert(), lowtide::Enable{lowtide::Threshold::parse("1000").value(), noon});

  lowtide::Balance balance;
  balance.cash_balance = Amount::parse("4000").value();
  balance.credit_limit = Amount::parse("5000").value();
  balance.credit_refunds = Amount::parse("200").value();
  balance.unsettled_current_month = Amount::parse("5299.5").value();
  balance.unsettled_previous_months = Amount::parse("3000").value();
  const Amount credit = lowtide::available_credit(balance).value();

  const auto decision = lowtide::decide(enabled.alert, lowtide::Observation{credit, noon});
  std::cout << "why " << name(decision.why) << '\n';
  for (const lowtide::Output& output : decision.outputs) {
    std::cout << name(output.kind) << ' ' << to_text(output.at) << " available_credit "
              << to_text(output.available_credit) << " threshold " << to_text(output.threshold)
              << '\n';
    std::cout << "key " << output_key("acme", lowtide::default_alert_name, output).value() << '\n';
  }
  std::cout << "next_reminder_at " << to_text(decision.alert.next_reminder_at().value()) << '\n';
  std::cout << "int128 " << LOWTIDE_HAS_INT128 << '\n';
}
