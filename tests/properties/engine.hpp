// SPDX-License-Identifier: Apache-2.0
// The engine under test: applies the events of event.hpp to it, and compares it with the oracle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <lowtide/alert.hpp>
#include <lowtide/decide.hpp>

#include "event.hpp"
#include "oracle.hpp"

namespace properties {

constexpr lowtide::Amount amount(Units units) noexcept {
  return lowtide::Amount::from_halves(units.high, units.low);
}
constexpr Units units(lowtide::Amount amount) noexcept { return {amount.high, amount.low}; }
inline lowtide::Instant instant(std::int64_t seconds) {
  return *lowtide::Instant::from_seconds(seconds);
}
inline std::optional<lowtide::Sequence> sequence(std::int64_t value) {
  return value == 0 ? std::nullopt : std::optional(*lowtide::Sequence::from(value));
}
lowtide::Schedule schedule(const Plan& plan);

// Applies the event to the alert. Returns no decision for a rebase.
std::optional<lowtide::InPlaceDecision> apply(lowtide::Alert& alert, const Event& event);

// The fields that the alert must have after this history.
lowtide::AlertFields fields(const History& history);

// Describes how the engine after its last step differs from the oracle; empty if it does not.
std::string difference(const lowtide::Alert& alert,
                       const std::optional<lowtide::InPlaceDecision>& decision,
                       const History& history, const Answer& answer);

// Restores the alert from its fields and decodes it from its bytes. Describes what is wrong; empty
// if both give the same alert.
std::string check_storage(const lowtide::Alert& alert);

std::string describe(const Event& event);
std::string describe(const lowtide::AlertFields& fields);

}  // namespace properties
