// SPDX-License-Identifier: Apache-2.0
// Compares loops over the same data, in turns within one run. Before each pass, `renew(data)`
// renews the data; it must be declared next to the type of the data.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <benchmark/benchmark.h>

namespace turns {

constexpr std::size_t count = 51;

// Measures one pass of a loop over all accounts, in nanoseconds, without renewing the data.
template <auto Loop, class Data>
double pass(Data& data) {
  renew(data);
  benchmark::ClobberMemory();
  const auto start = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(Loop(data));
  benchmark::ClobberMemory();
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  return taken.count();
}

template <auto Loop, class Data>
double turn(Data& data) {
  double taken = 0;
  for (int i = 0; i < 400; ++i) taken += pass<Loop>(data);
  return taken;
}

// Registers a benchmark of one loop.
template <auto Loop, class Data>
void passes(benchmark::State& state, Data data, std::size_t accounts) {
  for (auto _ : state) state.SetIterationTime(pass<Loop>(data) * 1e-9);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(accounts));
}

// The time of each loop divided by that of the reference. Noise of the machine affects all loops of
// a turn alike, so the result is the median of the ratios of the turns.
template <auto Yardstick, auto... Loops, class Data>
std::array<double, sizeof...(Loops)> ratios(Data& data) {
  std::array<std::array<double, count>, sizeof...(Loops)> all{};
  for (std::size_t i = 0; i < count; ++i) {
    const double yardstick = turn<Yardstick>(data);
    std::size_t loop = 0;
    ((all[loop++][i] = turn<Loops>(data) / yardstick), ...);
  }
  std::array<double, sizeof...(Loops)> medians{};
  for (std::size_t loop = 0; loop < all.size(); ++loop) {
    std::nth_element(all[loop].begin(), all[loop].begin() + count / 2, all[loop].end());
    medians[loop] = all[loop][count / 2];
  }
  return medians;
}

}  // namespace turns
