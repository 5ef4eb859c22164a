// SPDX-License-Identifier: Apache-2.0
// Values of lowtide.h for the tests: amounts from and to text, structs with their sizes, instants.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <lowtide.h>

namespace capi {

inline constexpr std::int64_t start = 1772352000;
inline constexpr std::int64_t day = 86400;
inline constexpr std::int64_t last_instant = 253402300799;

// The greatest and the least amount.
inline const std::string most = "170141183460469231731.687303715884105727";
inline const std::string least = "-170141183460469231731.687303715884105728";

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

inline lowtide_amount amount(std::string_view text) {
  lowtide_amount amount{};
  REQUIRE(lowtide_amount_parse(&amount, text.data(), text.size()) == LOWTIDE_OK);
  return amount;
}

inline std::string to_text(const lowtide_amount& amount) {
  std::array<char, LOWTIDE_AMOUNT_TEXT_SIZE> text{};
  std::size_t size = 0;
  REQUIRE(lowtide_amount_format(&size, text.data(), text.size(), &amount) == LOWTIDE_OK);
  return {text.data(), size};
}

// An observation of this Available Credit; without a sequence if it is 0.
inline lowtide_observation an_observation(std::string_view credit, std::int64_t at,
                                          std::int64_t sequence = 0) {
  auto observation = sized<lowtide_observation>();
  observation.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT |
                      (sequence != 0 ? LOWTIDE_OBSERVATION_HAS_SEQUENCE : 0);
  observation.at = at;
  observation.sequence = sequence;
  observation.available_credit = amount(credit);
  return observation;
}

// Turns an alert on at `start`, with a threshold of 1000.
inline lowtide_enable an_enable() {
  auto enable = sized<lowtide_enable>();
  enable.at = start;
  enable.threshold = amount("1000");
  return enable;
}

// Whether two values have the same bytes.
template <class T>
bool same(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

inline lowtide_text text_of(std::string_view characters) {
  return {characters.data(), characters.size()};
}
inline std::string string_of(const lowtide_text& text) { return {text.data, text.size}; }

}  // namespace capi
