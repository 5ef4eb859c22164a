// SPDX-License-Identifier: Apache-2.0
// The idempotency key of an output: the same output has the same key for ever, and no two outputs
// share one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lowtide/decide.hpp>
#include <lowtide/result.hpp>

namespace lowtide {

inline constexpr std::size_t max_key_size = 1576;

// `lowtide/1/ACCOUNT/ALERT/EPISODE/FIRED_AT/KIND`: bytes of names outside A-Z a-z 0-9 . _ ~ - as
// %XX (upper-case), FIRED_AT in seconds since 1970, KIND one of fire, remind-K, stop. At most
// max_key_size bytes, all of them printable ASCII: for a unique column or, hashed where it is too
// long, a Message-ID. Only an alert that has used up 4294967295 episodes could repeat a key, within
// one second. Errors: those of check_name, with the field "account" or "alert".
Result<std::string> output_key(std::string_view account, std::string_view alert,
                               const Output& output);

}  // namespace lowtide
