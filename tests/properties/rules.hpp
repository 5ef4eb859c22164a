// SPDX-License-Identifier: Apache-2.0
// The rules of the semantics as predicates on one step, each for itself: none is derived from
// another, and none computes what comes next.
#pragma once

#include <lowtide/alert.hpp>
#include <lowtide/decide.hpp>

#include "event.hpp"

namespace properties {

// One step as it can be seen from outside.
struct Seen {
  const lowtide::AlertFields& before;
  const Event& event;  // not a rebase
  const lowtide::InPlaceDecision& outcome;
  const lowtide::AlertFields& after;
};

// The invariant of "What is kept of an alert" that the fields break; nullptr if they break none.
const char* broken_invariant(const lowtide::AlertFields& fields);

// The rule that the step breaks; nullptr if it breaks none.
const char* broken_rule(const Seen& seen);

// When reminder k of the fields' episode is due, in seconds since 1970 and beyond every range.
std::int64_t due_at(const lowtide::AlertFields& fields, std::int64_t k);

}  // namespace properties
