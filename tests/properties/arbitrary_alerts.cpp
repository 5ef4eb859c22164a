// SPDX-License-Identifier: Apache-2.0
// Alerts from arbitrary fields, not only those that events can lead to: each is refused, or all
// rules hold for it.
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "arbitrary.hpp"
#include "chance.hpp"
#include "engine.hpp"
#include "exercised.hpp"
#include "rules.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace)
using lowtide::Alert;
using lowtide::AlertFields;
using lowtide::Phase;

TEST_CASE("restore: arbitrary fields are refused by name, or every rule holds for the alert") {
  Chance chance(20260302);
  std::array<std::uint64_t, 4> accepted{};
  std::uint64_t refused = 0;
  std::string story;
  const std::uint64_t tries = scaled(17000000);
  for (std::uint64_t i = 0; i < tries; ++i) {
    AlertFields fields = likely_fields(chance);
    if (chance.one_in(3)) {
      for (std::uint64_t n = 1 + chance.below(3); n > 0; --n) disturb(chance, fields);
    }
    const auto alert = Alert::restore(fields);
    const char* const broken = broken_invariant(fields);
    if (alert.has_value() != (broken == nullptr)) {
      FAIL("restore and the invariants disagree: "
           << std::string(broken == nullptr ? alert.error().field : broken));
    }
    if (!alert) {
      const auto code = alert.error().code;
      const bool says_why =
          code == lowtide::ErrorCode::out_of_range || code == lowtide::ErrorCode::inconsistent;
      if (!says_why || std::strlen(alert.error().field) == 0 ||
          std::strlen(alert.error().rule) == 0)
        FAIL("refused without a field and a rule");
      ++refused;
      continue;
    }
    if (alert->fields() != fields)
      FAIL("restored with other fields\n" << describe(fields) << "\n" << describe(alert->fields()));
    ++accepted[static_cast<std::size_t>(fields.phase)];
    if (const char* const claim = broken_claim(chance, *alert, fields, story))
      FAIL(std::string(claim) << "\n" << story);
  }
  std::uint64_t all = 0;
  for (std::size_t phase = 0; phase < 4; ++phase) {
    const std::string unit = "accepted while " + std::string(name(static_cast<Phase>(phase)));
    exercised(at_scale("arbitrary alerts").c_str(), accepted[phase], unit.c_str(), scaled(1000000));
    all += accepted[phase];
  }
  exercised(at_scale("arbitrary alerts").c_str(), all, "accepted", scaled(10000000));
  exercised(at_scale("arbitrary alerts").c_str(), refused, "refused", scaled(1000000));
}

}  // namespace
