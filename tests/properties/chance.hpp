// SPDX-License-Identifier: Apache-2.0
// Reproducible random numbers, and how much work the property tests do with them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>

#include "event.hpp"
#include "scale.hpp"

namespace properties {

using ::scaled;
using ::test_scale;

// The label of a check in the table of what was exercised, with the scale unless that is 1.
inline std::string at_scale(const char* check) {
  return test_scale() == 1
             ? check
             : std::string(check) + " (scaled down by " + std::to_string(test_scale()) + ")";
}

// Random numbers that are equal on every machine: the C++ standard defines the output of the
// engine, but not that of its distributions.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  // 0 to n - 1. The bias is too small to matter here.
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  // low to high, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class Container>
  auto pick(const Container& among) {
    return among[below(std::size(among))];
  }

 private:
  std::mt19937_64 engine_;
};

// `value` plus `by`, or `value` itself if that would leave the range.
constexpr Units moved(Units value, std::int64_t by) noexcept {
  const Units step = units(by);
  Units sum{0, value.low + step.low};
  const std::uint64_t carry = sum.low < value.low ? 1 : 0;
  sum.high = static_cast<std::int64_t>(static_cast<std::uint64_t>(value.high) +
                                       static_cast<std::uint64_t>(step.high) + carry);
  const bool wrapped = by < 0 ? sum > value : sum < value;
  return wrapped ? value : sum;
}
constexpr Units lowest{INT64_MIN, 0};
constexpr Units highest{INT64_MAX, UINT64_MAX};

}  // namespace properties
