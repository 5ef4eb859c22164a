// SPDX-License-Identifier: Apache-2.0
// Measures what one decision costs through the shared library of the C ABI, with five amounts and
// all checks, as a ratio to a loop of 128-bit integers over the same data, in turns within one run.
// table.py runs it.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include <lowtide.h>

#include "rows.hpp"
#include "turns.hpp"

namespace {

__extension__ typedef __int128 int128;  // NOLINT(modernize-use-using): __extension__ takes no alias

constexpr std::size_t accounts = 1000;  // fits into the cache, so that memory does not matter

struct Data {
  std::vector<std::array<int128, 5>> terms;
  std::vector<int128> thresholds;
  std::vector<lowtide_observation> changes;
  std::vector<lowtide_alert> alerts;
  lowtide_decision outcome{};
};

int128 units(std::uint64_t whole, std::uint64_t fraction) {
  return static_cast<int128>(whole) * 1'000'000'000'000'000'000 + fraction;
}

lowtide_amount amount(int128 units) {
  return {static_cast<std::uint64_t>(units), static_cast<std::int64_t>(units >> 64U)};
}

// Every account stays above its threshold, so that no decision sends anything, as nearly all
// decisions of a host.
Data make_data() {
  std::mt19937_64 random(20260301);
  const auto fraction = [&] { return random() % 1'000'000'000'000'000'000U; };
  Data data;
  data.outcome.struct_size = sizeof data.outcome;
  for (std::size_t i = 0; i < accounts; ++i) {
    const std::array<int128, 5> terms = {units(5000 + random() % 5000, fraction()), units(1000, 0),
                                         units(20, fraction()), units(random() % 1000, fraction()),
                                         units(100, fraction())};
    const int128 threshold = units(random() % 1000, 0);
    data.terms.push_back(terms);
    data.thresholds.push_back(threshold);

    lowtide_observation change{};
    change.struct_size = sizeof change;
    change.flags = LOWTIDE_OBSERVATION_HAS_BALANCE | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
    change.at = 1'772'352'000;
    change.sequence = 1;
    change.cash_balance = amount(terms[0]);
    change.credit_limit = amount(terms[1]);
    change.credit_refunds = amount(terms[2]);
    change.unsettled_current_month = amount(terms[3]);
    change.unsettled_previous_months = amount(terms[4]);
    data.changes.push_back(change);

    lowtide_enable enable{};
    enable.struct_size = sizeof enable;
    enable.at = change.at;
    enable.threshold = amount(threshold);
    lowtide_alert alert{};
    const char* field = "";
    lowtide_alert_init(&alert);
    if (lowtide_alert_enable(&data.outcome, &alert, &field, &alert, &enable) != LOWTIDE_OK)
      std::abort();
    data.alerts.push_back(alert);
  }
  return data;
}

// The reference: five terms and two comparisons on the compiler's 128-bit integers, without any
// check.
std::size_t bare(Data& data) {
  std::size_t low = 0;
  const auto* const all_terms = data.terms.data();
  const auto* const thresholds = data.thresholds.data();
  for (std::size_t i = 0; i < accounts; ++i) {
    const auto& terms = all_terms[i];
    const int128 credit = terms[0] + terms[1] + terms[2] - terms[3] - terms[4];
    low += static_cast<std::size_t>(credit < thresholds[i]);
    low += static_cast<std::size_t>(credit < 0);
  }
  return low;
}

std::size_t observed(Data& data) {
  std::size_t outputs = 0;
  for (std::size_t i = 0; i < accounts; ++i) {
    if (lowtide_alert_observe(&data.outcome, &data.alerts[i], &data.alerts[i], &data.changes[i]) !=
        LOWTIDE_OK)
      std::abort();
    outputs += data.outcome.output_count;
  }
  return outputs;
}

// Only the call of an empty function.
std::size_t called(Data& data) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < accounts; ++i) sum += lowtide_abi_version();
  benchmark::DoNotOptimize(data.alerts.data());
  return sum;
}

// Makes every observation a change: with the next sequence and another amount.
void renew(Data& data) {
  for (lowtide_observation& change : data.changes) {
    ++change.sequence;
    change.cash_balance.low ^= 1U;
  }
}

template <auto Loop>
void passes(benchmark::State& state) {
  turns::passes<Loop>(state, make_data(), accounts);
}
BENCHMARK(passes<bare>)->Name("bare_int128")->UseManualTime();
BENCHMARK(passes<observed>)->Name("lowtide_alert_observe")->UseManualTime();
BENCHMARK(passes<called>)->Name("call_that_does_nothing")->UseManualTime();

void print_ratios() {
  Data data = make_data();
  const auto ratio = turns::ratios<bare, observed, called>(data);
  std::printf("\nratios to the bare 128-bit loop, medians of %zu turns\n", turns::count);
  rows::row("lowtide_alert_observe, nothing to send", ratio[0], "at most 2",
            "the C ABI with every check, five amounts in; in the time of a bare loop of 128-bit "
            "integers over the same data");
  rows::row("a call of the C ABI that does nothing", ratio[1], "",
            "the call alone; in the time of the same bare loop");
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  print_ratios();
}
