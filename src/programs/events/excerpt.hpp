// SPDX-License-Identifier: Apache-2.0
// excerpt: makes text from outside safe to show in a message. Everything that prints a part of a
// line, a name or a path calls it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lowtide::events {

inline constexpr std::size_t excerpt_size = 60;

// Returns at most `limit` bytes of the text; if it is longer, it is cut between characters and
// "..." follows. Control characters, invisible characters and bytes that are not UTF-8 are written
// as \n, \t, \r or \xNN: a message must stay on one line and must not control the terminal.
std::string excerpt(std::string_view text, std::size_t limit = excerpt_size);

}  // namespace lowtide::events
