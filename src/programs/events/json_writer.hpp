// SPDX-License-Identifier: Apache-2.0
// Writes decisions and outputs as JSON Lines, in the form that docs/events.md defines.
#pragma once

#include <string>
#include <string_view>

#include <lowtide/decide.hpp>

namespace lowtide::events {

// Each appends one line to `out`, with its LF. Precondition: the names pass lowtide::check_name.
void append_json(std::string& out, std::string_view account, std::string_view alert,
                 const Output& output);
void append_json(std::string& out, std::string_view account, std::string_view alert, Instant at,
                 Why why, Phase phase);

}  // namespace lowtide::events
