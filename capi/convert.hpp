// SPDX-License-Identifier: Apache-2.0
// Private to capi/. Converts values of lowtide.h to those of C++, and back. Decides nothing.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include <lowtide/alert.hpp>
#include <lowtide/amount.hpp>
#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>
#include <lowtide/result.hpp>

#include <lowtide.h>

#include "engine/access.hpp"
#include "engine/invariants.hpp"

namespace lowtide::capi {

static_assert(sizeof(lowtide_amount) == sizeof(Amount));
static_assert(alignof(lowtide_amount) == alignof(Amount));
static_assert(offsetof(lowtide_amount, low) == offsetof(Amount, low) &&
              offsetof(lowtide_amount, high) == offsetof(Amount, high));
static_assert(sizeof(lowtide_alert) == sizeof(detail::AlertState));
static_assert(alignof(lowtide_alert) == alignof(detail::AlertState));

inline Amount from_c(const lowtide_amount& amount) noexcept {
  return lowtide::Amount::from_halves(amount.high, amount.low);
}
inline lowtide_amount to_c(Amount amount) noexcept { return {amount.low, amount.high}; }

// The five components of any struct that has them.
template <class Components>
Balance balance_from_c(const Components& from) noexcept {
  return {from_c(from.cash_balance), from_c(from.credit_limit), from_c(from.credit_refunds),
          from_c(from.unsettled_current_month), from_c(from.unsettled_previous_months)};
}

inline Alert from_c(const lowtide_alert& alert) noexcept { return std::bit_cast<Alert>(alert); }
inline lowtide_alert to_c(const Alert& alert) noexcept {
  return std::bit_cast<lowtide_alert>(alert);
}

// The alert in place. A lowtide_alert has the bytes of an Alert, and the C ABI is compiled with
// -fno-strict-aliasing, so that the one may be used as the other.
inline Alert& as_alert(lowtide_alert& alert) noexcept {
  return *reinterpret_cast<Alert*>(&alert);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}
inline const Alert& as_alert(const lowtide_alert& alert) noexcept {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  return *reinterpret_cast<const Alert*>(&alert);
}

// The five components of an observation in place: a Balance has the same layout.
inline const Balance& as_balance(const lowtide_observation& observation) noexcept {
  static_assert(offsetof(lowtide_observation, unsettled_previous_months) -
                    offsetof(lowtide_observation, cash_balance) ==
                offsetof(Balance, unsettled_previous_months));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  return *reinterpret_cast<const Balance*>(&observation.cash_balance);
}

inline bool is_valid(const Alert& alert) noexcept {
  return detail::is_valid(AlertAccess::state(alert));
}

inline std::string_view text(const char* data, std::size_t size) noexcept { return {data, size}; }

constexpr lowtide_status status(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::malformed: return LOWTIDE_MALFORMED;
    case ErrorCode::inexact: return LOWTIDE_INEXACT;
    case ErrorCode::overflow: return LOWTIDE_OVERFLOW;
    case ErrorCode::out_of_range: return LOWTIDE_OUT_OF_RANGE;
    case ErrorCode::inconsistent: return LOWTIDE_INCONSISTENT;
    case ErrorCode::corrupt: return LOWTIDE_CORRUPT;
    case ErrorCode::newer_format: return LOWTIDE_NEWER_FORMAT;
  }
  return LOWTIDE_INTERNAL_ERROR;
}

template <class T>
constexpr std::int32_t code(T value) noexcept {
  return static_cast<std::int32_t>(value);
}

// Writes an output in place, every field of it.
void write(lowtide_output& to, const Output& output) noexcept;
lowtide_output to_c(const Output& output) noexcept;

// What is wrong with an output that was passed in.
struct OutputError {
  lowtide_status status;
  const char* field;
};
std::optional<OutputError> from_c(Output& to, const lowtide_output& from) noexcept;

}  // namespace lowtide::capi
