// SPDX-License-Identifier: Apache-2.0
// The engine under test, spoken to in the plain integers of event.hpp, and compared with the
// oracle's answers.
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

// Lets the event happen to the alert. None for a rebase, which is no decision.
std::optional<lowtide::InPlaceDecision> happen(lowtide::Alert& alert, const Event& event);

// The fields that the alert must have after this history.
lowtide::AlertFields fields(const History& history);

// What is different between the engine after its last step and the oracle's answer; empty if
// nothing is.
std::string difference(const lowtide::Alert& alert,
                       const std::optional<lowtide::InPlaceDecision>& outcome,
                       const History& history, const Answer& answer);

// What is wrong with the two other forms of an alert, its fields and its bytes; empty if each gives
// the same alert back.
std::string lost_in_storage(const lowtide::Alert& alert);

std::string describe(const Event& event);
std::string describe(const lowtide::AlertFields& fields);

}  // namespace properties
