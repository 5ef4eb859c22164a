// SPDX-License-Identifier: Apache-2.0
// How loops over the same data are compared: in turns, within one run. The data is renewed by
// `renew(data)`, found beside its type.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <benchmark/benchmark.h>

namespace turns {

constexpr std::size_t count = 51;

// One pass of a loop over all accounts, in nanoseconds. What makes the changes new stays outside.
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

// A benchmark of one loop alone.
template <auto Loop, class Data>
void passes(benchmark::State& state, Data data, std::size_t accounts) {
  for (auto _ : state) state.SetIterationTime(pass<Loop>(data) * 1e-9);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(accounts));
}

// How much longer each loop takes than the yardstick. The machine's noise hits all loops of a turn
// alike, so the ratio of each turn is taken, and then the median of the ratios.
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
