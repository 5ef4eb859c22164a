// SPDX-License-Identifier: Apache-2.0
// Random alerts, also those that no sequence of events leads to, and a check of one step of them.
// The tests of arbitrary alerts and of arbitrary bytes call it.
#pragma once

#include <string>

#include <lowtide/alert.hpp>

#include "chance.hpp"

namespace properties {

// Random fields that usually fit their phase.
lowtide::AlertFields likely_fields(Chance& chance);

// Makes one field wrong, or almost wrong.
void disturb(Chance& chance, lowtide::AlertFields& fields);

// Applies one random event twice to a valid alert and checks both steps. Returns the claim that
// does not hold, and describes the step in `story`; nullptr if all hold.
const char* broken_claim(Chance& chance, const lowtide::Alert& before,
                         const lowtide::AlertFields& fields_before, std::string& story);

}  // namespace properties
