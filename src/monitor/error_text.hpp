// SPDX-License-Identifier: Apache-2.0
// Private: the texts of the Monitor's errors. Used by src/monitor alone.
#pragma once

#include <new>
#include <string>
#include <string_view>

#include <lowtide/result.hpp>

namespace lowtide::detail {

// The error when there is no memory for a better one: so short that a std::string holds it without
// an allocation.
inline constexpr const char* no_memory = "memory ran out";

// The text that make() returns, or no_memory. For errors of what was stored or sent already: those
// must be reported, so a lack of memory may only cost the words.
template <class Make>
std::string text_or_no_memory(const Make& make) noexcept {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return no_memory;
  }
}

// The text in quotes, on one line and cut to the longest valid name: a refused name may hold
// anything.
std::string quoted(std::string_view text);

// account 'NAME': WHAT
std::string account_error(std::string_view account, std::string_view what);

// FIELD: RULE
std::string describe(const Error& error);

}  // namespace lowtide::detail
