// SPDX-License-Identifier: Apache-2.0
// The idempotency key of an output: a text for de-duplication. The same output always has the same
// key, and no two outputs share one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lowtide/decide.hpp>
#include <lowtide/result.hpp>

namespace lowtide {

inline constexpr std::size_t max_key_size = 1576;

// Returns `lowtide/1/ACCOUNT/ALERT/EPISODE/FIRED_AT/KIND`. Bytes of names outside A-Z a-z 0-9 . _ ~
// - are written as %XX (upper case); FIRED_AT is in seconds since 1970; KIND is fire, remind-K or
// stop. The key has at most max_key_size bytes, all printable ASCII. Use it for a unique column, or
// for a Message-ID (hashed if it is too long). The format never changes. A key could repeat only
// for an alert that has used up all 4294967295 episodes, and only within one second. Errors: those
// of check_name, with the field "account" or "alert".
Result<std::string> output_key(std::string_view account, std::string_view alert,
                               const Output& output);

}  // namespace lowtide
