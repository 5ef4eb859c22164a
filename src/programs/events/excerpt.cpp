// SPDX-License-Identifier: Apache-2.0
// excerpt: makes text from outside safe to show in a message. It must never let a control character
// or an invisible character through.
#include "programs/events/excerpt.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <lowtide/name.hpp>

namespace lowtide::events {
namespace {

// The code point of a character. Precondition: it is well-formed UTF-8.
std::uint32_t code_point(std::string_view character) noexcept {
  constexpr std::array<unsigned, 5> lead_bits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t code = static_cast<unsigned char>(character[0]) & lead_bits[character.size()];
  for (const char c : character.substr(1))
    code = (code << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
  return code;
}

// True for control characters, for characters that change the direction of text, and for characters
// without a visible form.
bool is_invisible(std::uint32_t code) noexcept {
  struct Range {
    std::uint32_t first;
    std::uint32_t last;
  };
  static constexpr std::array<Range, 9> ranges = {{{0x80, 0x9F},
                                                   {0xAD, 0xAD},
                                                   {0x61C, 0x61C},
                                                   {0x200B, 0x200F},
                                                   {0x2028, 0x202E},
                                                   {0x2060, 0x206F},
                                                   {0xFEFF, 0xFEFF},
                                                   {0xFFF9, 0xFFFB},
                                                   {0xE0000, 0xE0FFF}}};
  return std::ranges::any_of(
      ranges, [&](Range range) { return code >= range.first && code <= range.last; });
}

// The size in bytes of the character at the start of the text; 0 if it cannot be shown. A character
// that is allowed in a name can be shown, unless it is invisible.
std::size_t printable_size(std::string_view text) noexcept {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    const std::string_view character = text.substr(0, size);
    if (!check_name(character, "")) return is_invisible(code_point(character)) ? 0 : size;
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
