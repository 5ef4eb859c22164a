// SPDX-License-Identifier: Apache-2.0
// Measures what exact amounts and the rules cost, as ratios to a loop of 128-bit integers over the
// same data, in turns within one run. table.py runs it.
#include <array>
#include <cstdio>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>

#include "rows.hpp"
#include "turns.hpp"

namespace {

using namespace lowtide;

constexpr std::size_t accounts = 1000;  // fits into the cache, so that memory does not matter

struct Data {
  std::vector<Balance> balances;
  std::vector<Amount> thresholds;
  std::vector<std::array<detail::int128, 5>> bare_terms;  // the same amounts for the reference
  std::vector<detail::int128> bare_thresholds;
  std::vector<Observation> changes;
  std::vector<Alert> alerts;
};

Amount units(std::int64_t whole, std::uint64_t fraction) {
  return Amount::from_units(static_cast<detail::int128>(whole) * 1'000'000'000'000'000'000 +
                            fraction);
}

// Every account stays above its threshold, so that no decision sends anything, as nearly all
// decisions of a host.
Data make_data() {
  std::mt19937_64 random(20260301);
  Data data;
  const auto now = Instant::from_seconds(1'772'352'000).value();
  for (std::size_t i = 0; i < accounts; ++i) {
    const auto fraction = [&] { return random() % 1'000'000'000'000'000'000U; };
    const Balance balance{units(5000 + static_cast<std::int64_t>(random() % 5000), fraction()),
                          units(1000, 0), units(20, fraction()),
                          units(static_cast<std::int64_t>(random() % 1000), fraction()),
                          units(100, fraction())};
    const Amount threshold = units(static_cast<std::int64_t>(random() % 1000), 0);
    Alert alert;
    (void)step(alert, Enable{Threshold::from(threshold).value(), now});
    data.balances.push_back(balance);
    data.thresholds.push_back(threshold);
    data.bare_terms.push_back(
        {balance.cash_balance.units(), balance.credit_limit.units(), balance.credit_refunds.units(),
         balance.unsettled_current_month.units(), balance.unsettled_previous_months.units()});
    data.bare_thresholds.push_back(threshold.units());
    data.changes.push_back({available_credit(balance).value(), now, Sequence::from(1).value()});
    data.alerts.push_back(alert);
  }
  return data;
}

// The reference: five terms and two comparisons on the compiler's 128-bit integers, without any
// check.
std::size_t bare(const Data& data) {
  std::size_t low = 0;
  const auto* const all_terms = data.bare_terms.data();
  const auto* const thresholds = data.bare_thresholds.data();
  for (std::size_t i = 0; i < accounts; ++i) {
    const auto& terms = all_terms[i];
    const detail::int128 credit = terms[0] + terms[1] + terms[2] - terms[3] - terms[4];
    low += static_cast<std::size_t>(credit < thresholds[i]);
    low += static_cast<std::size_t>(credit < 0);
  }
  return low;
}

std::size_t checked(const Data& data) {
  std::size_t low = 0;
  const Balance* const balances = data.balances.data();
  const Amount* const thresholds = data.thresholds.data();
  for (std::size_t i = 0; i < accounts; ++i) {
    const Result<Amount> credit = available_credit(balances[i]);
    if (!credit) return 0;
    low += static_cast<std::size_t>(*credit < thresholds[i]);
    low += static_cast<std::size_t>(credit->negative());
  }
  return low;
}

std::size_t decided(Data& data) {
  std::size_t outputs = 0;
  for (std::size_t i = 0; i < accounts; ++i)
    outputs += step(data.alerts[i], data.changes[i]).outputs.size();
  return outputs;
}

std::size_t decided_pure(Data& data) {
  std::size_t outputs = 0;
  for (std::size_t i = 0; i < accounts; ++i) {
    const Decision decision = decide(data.alerts[i], data.changes[i]);
    data.alerts[i] = decision.alert;
    outputs += decision.outputs.size();
  }
  return outputs;
}

// Makes every observation a change: with the next sequence and another amount.
void renew(Data& data) {
  for (Observation& change : data.changes) {
    change.sequence = Sequence::from(change.sequence->value() + 1).value();
    change.available_credit.low ^= 1U;
  }
}

template <auto Loop>
void passes(benchmark::State& state) {
  turns::passes<Loop>(state, make_data(), accounts);
}
BENCHMARK(passes<bare>)->Name("bare_int128")->UseManualTime();
BENCHMARK(passes<checked>)->Name("available_credit_and_comparisons")->UseManualTime();
BENCHMARK(passes<decided>)->Name("step_silent")->UseManualTime();
BENCHMARK(passes<decided_pure>)->Name("decide_silent")->UseManualTime();

void print_ratios() {
  Data data = make_data();
  const auto ratio = turns::ratios<bare, checked, decided, decided_pure>(data);
  std::printf("\nratios to the bare 128-bit loop, medians of %zu turns\n", turns::count);
  rows::row("available_credit and both comparisons", ratio[0], "at most 1.3",
            "five amounts in, overflow checked; in the time of a bare loop of 128-bit integers "
            "over the same data");
  rows::row("step, nothing to send", ratio[1], "at most 2",
            "a whole decision in place, from the Available Credit; in the same time");
  rows::row("decide, nothing to send", ratio[2], "", "the same, to a new alert; in the same time");
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  print_ratios();
}
