// SPDX-License-Identifier: Apache-2.0
// Decisions and outputs as JSON Lines, byte for byte as the semantics spell them.
#pragma once

#include <string>
#include <string_view>

#include <lowtide/decide.hpp>

namespace lowtide::events {

// Each appends one line to `out`, its LF included. The names are valid ones (lowtide::check_name).
void append_json(std::string& out, std::string_view account, std::string_view alert,
                 const Output& output);
void append_json(std::string& out, std::string_view account, std::string_view alert, Instant at,
                 Why why, Phase phase);

}  // namespace lowtide::events
