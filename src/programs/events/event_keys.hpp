// SPDX-License-Identifier: Apache-2.0
// Private: the keys of an event line, and which of them each type of event has. Only
// event_reader.cpp and json_line.hpp include it. The keys are those of docs/events.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "programs/events/input_event.hpp"
#include "programs/events/line_reader.hpp"

namespace lowtide::events {

// A set of keys, one bit for each. The number of a bit is also the index of the key in its table.
using Keys = std::uint32_t;

enum class EventKey : unsigned {
  type,
  account,
  at,
  sequence,
  balance,
  alert,
  available_credit,
  threshold,
  reminders,
  if_below
};
enum class ReminderKey : unsigned { count, at, utc_offset };

constexpr Keys bit(unsigned key) noexcept { return Keys{1} << key; }
constexpr Keys bit(EventKey key) noexcept { return bit(static_cast<unsigned>(key)); }

// A key as it is written in a line. The closing quote is included, so that one comparison of raw
// bytes matches the whole key and not only its beginning.
class KeyText {
 public:
  constexpr explicit KeyText(std::string_view name) noexcept : name_(name) {
    for (std::size_t i = 0; i <= name.size(); ++i) {
      bytes_[i] = i < name.size() ? name[i] : '"';
      mask_[i] = '\xFF';
    }
  }
  constexpr std::string_view name() const noexcept { return name_; }

  // True if the bytes at `raw` are this key. Always compares `size` bytes, in whole words and
  // without a branch for each; LineReader::padding makes that safe at the end of a line.
  bool matches(const char* raw) const noexcept {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < size; i += sizeof(std::uint64_t))
      difference |= (word(raw + i) ^ word(&bytes_[i])) & word(&mask_[i]);
    return difference == 0;
  }

 private:
  static constexpr std::size_t size = 32;
  static_assert(size <= LineReader::padding);

  static std::uint64_t word(const char* bytes) noexcept {
    std::uint64_t loaded = 0;
    std::memcpy(&loaded, bytes, sizeof loaded);
    return loaded;
  }

  std::string_view name_;
  std::array<char, size> bytes_{};
  std::array<char, size> mask_{};
};

// Each table is in the order of its enum.
inline constexpr std::array<KeyText, 10> event_keys = {KeyText("type"),
                                                       KeyText("account"),
                                                       KeyText("at"),
                                                       KeyText("sequence"),
                                                       KeyText("balance"),
                                                       KeyText("alert"),
                                                       KeyText("available_credit"),
                                                       KeyText("threshold"),
                                                       KeyText("reminders"),
                                                       KeyText("if_below")};
inline constexpr std::array<KeyText, 3> reminder_keys = {KeyText("count"), KeyText("at"),
                                                         KeyText("utc_offset")};
inline constexpr std::array<KeyText, 5> balance_keys = {
    KeyText("cash_balance"), KeyText("credit_limit"), KeyText("credit_refunds"),
    KeyText("unsettled_current_month"), KeyText("unsettled_previous_months")};
// The members of a Balance, in the order of balance_keys.
inline constexpr std::array<Amount Balance::*, 5> components = {
    &Balance::cash_balance, &Balance::credit_limit, &Balance::credit_refunds,
    &Balance::unsettled_current_month, &Balance::unsettled_previous_months};

// The keys of a type of event, besides `type` and `at`.
struct Shape {
  std::string_view name;
  Keys required;
  Keys optional;
};

// In the order of EventType.
inline constexpr std::array<Shape, 6> shapes = [] {
  using enum EventKey;
  return std::array<Shape, 6>{{
      {"balance", bit(account), bit(sequence) | bit(balance) | bit(available_credit)},
      {"enable", bit(account) | bit(threshold), bit(alert) | bit(reminders) | bit(if_below)},
      {"set_threshold", bit(account) | bit(threshold), bit(alert) | bit(if_below)},
      {"disable", bit(account), bit(alert)},
      {"rebase", bit(account) | bit(sequence), 0},
      {"tick", 0, bit(account)},
  }};
}();
static_assert(static_cast<std::size_t>(EventType::tick) == shapes.size() - 1);

}  // namespace lowtide::events
