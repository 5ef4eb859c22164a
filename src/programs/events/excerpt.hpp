// SPDX-License-Identifier: Apache-2.0
// excerpt: text from outside, made fit to be shown in a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lowtide::events {

inline constexpr std::size_t excerpt_size = 60;

// At most `limit` bytes of the text, cut between characters and then followed by "...". Control
// characters, invisible ones and bytes that are not UTF-8 are written as \n, \t, \r or \xNN: a
// message must neither move a terminal's cursor nor be more than one line.
std::string excerpt(std::string_view text, std::size_t limit = excerpt_size);

}  // namespace lowtide::events
