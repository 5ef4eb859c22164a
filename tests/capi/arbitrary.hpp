// SPDX-License-Identifier: Apache-2.0
// Random alerts and observations, valid and nearly valid, most of them near a limit.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <random>

#include <lowtide.h>

#include "values.hpp"

namespace capi {

// A valid or nearly valid alert, usually armed.
inline lowtide_alert some_alert(std::mt19937_64& random) {
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  std::array<std::uint8_t, 64> bytes{};
  const auto put = [&](std::size_t at, std::uint64_t value, std::size_t size) {
    std::memcpy(bytes.data() + at, &value, size);
  };
  put(0, pick(4), 8);
  put(16, pick(6), 8);
  if (pick(16) == 0) put(24, UINT64_MAX, 8);
  if (pick(2) == 0) put(32, pick(4), 8);
  const bool fired = pick(2) == 0;
  if (fired) {
    const std::uint64_t reminded = pick(4);
    put(40, pick(last_instant + 1), 8);
    put(48, 1 + pick(3), 4);
    put(59, reminded, 1);
    put(60, reminded == 0 ? 0 : 1 + pick(reminded), 1);
    put(62, 1 + pick(5), 1);
  }
  put(52, pick(2) == 0 ? 0xFFFF : pick(1440), 2);
  put(54, pick(2) == 0 ? 0 : pick(1440), 2);
  put(58, pick(256), 1);
  put(61, pick(4) == 0 ? pick(4) : LOWTIDE_PHASE_ARMED, 1);
  put(63, 1 | (fired ? pick(3) << 1U : 0), 1);
  if (pick(4) == 0) bytes[pick(64)] = static_cast<std::uint8_t>(random());
  if (pick(8) == 0) bytes[pick(64)] ^= static_cast<std::uint8_t>(1U << pick(8));
  lowtide_alert alert{};
  std::memcpy(&alert, bytes.data(), sizeof alert);
  return alert;
}

inline lowtide_observation some_observation(std::mt19937_64& random) {
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  lowtide_observation observation{};
  observation.struct_size = sizeof observation;
  observation.flags = LOWTIDE_OBSERVATION_HAS_BALANCE | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
  if (pick(16) == 0) observation.flags = static_cast<std::uint32_t>(pick(9));
  if (pick(32) == 0) observation.struct_size += static_cast<std::uint32_t>(pick(17)) - 8;
  constexpr std::array<std::int64_t, 5> edges = {-1, 0, last_instant, last_instant + 1, INT64_MIN};
  observation.at = pick(16) == 0 ? edges[pick(5)] : static_cast<std::int64_t>(pick(last_instant));
  observation.sequence = pick(32) == 0 ? INT64_MIN : static_cast<std::int64_t>(pick(6)) - 1;
  // Small amounts near the thresholds. Some intermediate sums are out of range, and some results.
  observation.cash_balance.low = pick(8);
  observation.credit_refunds.low = pick(3);
  observation.unsettled_previous_months.low = pick(3);
  observation.credit_limit.high =
      pick(16) == 0 ? INT64_MAX - static_cast<std::int64_t>(pick(2)) : 0;
  observation.unsettled_current_month.high = pick(2) == 0 ? observation.credit_limit.high : 0;
  if (pick(16) == 0) observation.cash_balance.high = static_cast<std::int64_t>(random());
  observation.available_credit.low = pick(8);
  return observation;
}

}  // namespace capi
