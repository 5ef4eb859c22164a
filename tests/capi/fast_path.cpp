// SPDX-License-Identifier: Apache-2.0
// lowtide_alert_observe has a fast path for the common case. It must decide what the checked path
// decides, above all at the limits of the fast path.
#include <array>
#include <cstdint>
#include <cstring>
#include <random>

#include <doctest/doctest.h>

#include <lowtide.h>

#include "arbitrary.hpp"
#include "exercised.hpp"
#include "scale.hpp"

namespace {

using capi::some_alert;
using capi::some_observation;

struct Seen {
  lowtide_status status = LOWTIDE_OK;
  lowtide_decision decision{};
  lowtide_alert alert{};
};

}  // namespace

TEST_CASE("fast path: decides what the checked path decides") {
  std::mt19937_64 random(20261123);
  std::uint64_t silent = 0;
  std::uint64_t sending = 0;
  std::uint64_t refused = 0;
  std::uint64_t disagreements = 0;
  const std::uint64_t count = scaled(8'000'000);
  for (std::uint64_t i = 0; i < count; ++i) {
    const lowtide_alert before = some_alert(random);
    // An observation may state a larger size, and has the memory for it.
    struct {
      lowtide_observation observation;
      std::array<std::uint64_t, 2> more;
    } const given = {some_observation(random), {}};
    const lowtide_observation& observation = given.observation;
    Seen in_place;
    in_place.decision.struct_size = sizeof in_place.decision;
    in_place.alert = before;
    Seen aside = in_place;
    in_place.status =
        lowtide_alert_observe(&in_place.decision, &in_place.alert, &in_place.alert, &observation);
    aside.status = lowtide_alert_observe(&aside.decision, &aside.alert, &before,
                                         &observation);  // not in place: takes the checked path
    if (in_place.status != aside.status ||
        std::memcmp(&in_place.decision, &aside.decision, sizeof aside.decision) != 0 ||
        std::memcmp(&in_place.alert, &aside.alert, sizeof aside.alert) != 0) {
      ++disagreements;
    }
    if (aside.status != LOWTIDE_OK) {
      ++refused;
    } else {
      ++(aside.decision.output_count == 0 ? silent : sending);
    }
  }
  CHECK(disagreements == 0);
  exercised("observations that both paths decide alike", count, "observations", scaled(8'000'000));
  exercised("of these, silent ones", silent, "observations", count / 10);
  exercised("of these, with outputs", sending, "observations", count / 50);
  exercised("of these, refused ones", refused, "observations", count / 10);
}
