// SPDX-License-Identifier: Apache-2.0
#include "excerpt.hpp"

#include <lowtide/name.hpp>

namespace lowtide::events {
namespace {

// The size of the printable character at the start of the text; 0 if there is none. What a name may hold is what can be shown, but for
// U+0080 to U+009F, which some terminals obey.
std::size_t printable_size(std::string_view text) noexcept {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    const std::string_view character = text.substr(0, size);
    if (check_name(character, "")) continue;
    return character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0 ? 0 : size;
  }
  return 0;
}

void append_escaped(std::string& out, char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  switch (byte) {
    case '\n': out += "\\n"; break;
    case '\t': out += "\\t"; break;
    case '\r': out += "\\r"; break;
    default:
      out += "\\x";
      out += digits[value / 16];
      out += digits[value % 16];
  }
}

}  // namespace

std::string excerpt(std::string_view text, std::size_t limit) {
  std::string shown;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = printable_size(text.substr(at));
    if (at + (size == 0 ? 1 : size) > limit) return shown + "...";
    if (size == 0) {
      append_escaped(shown, text[at++]);
    } else {
      shown += text.substr(at, size);
      at += size;
    }
  }
  return shown;
}

}  // namespace lowtide::events
