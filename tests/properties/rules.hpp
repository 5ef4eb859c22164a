// SPDX-License-Identifier: Apache-2.0
// The rules of docs/semantics.md as independent predicates on one step. No rule is derived from
// another, and none computes the next state.
#pragma once

#include <lowtide/alert.hpp>
#include <lowtide/decide.hpp>

#include "event.hpp"

namespace properties {

// One step, as seen from outside the engine.
struct Seen {
  const lowtide::AlertFields& before;
  const Event& event;  // not a rebase
  const lowtide::InPlaceDecision& decision;
  const lowtide::AlertFields& after;
};

// The name of an invariant that the fields break; nullptr if they break none.
const char* broken_invariant(const lowtide::AlertFields& fields);

// The text of a rule that the step breaks; nullptr if it breaks none.
const char* broken_rule(const Seen& seen);

// When reminder k of the current episode is due, in seconds since 1970, even if that is out of
// range.
std::int64_t due_at(const lowtide::AlertFields& fields, std::int64_t k);

}  // namespace properties
