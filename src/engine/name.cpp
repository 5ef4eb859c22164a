// SPDX-License-Identifier: Apache-2.0
// Checks the names of accounts and alerts. The Monitor, the C ABI and the programs call it for
// every name that comes from outside. It never changes a name: names are compared as bytes.
#include <lowtide/name.hpp>

#include <cstdint>

namespace lowtide {
namespace {

// The length in bytes of the first character of `text`, or 0 if it is not well-formed UTF-8 (RFC
// 3629: shortest form, no surrogates, up to U+10FFFF).
std::size_t character_size(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    return continues(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && continues(2) ? 3
                                                                                                : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    return continues(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) && continues(2) &&
                   continues(3)
               ? 4
               : 0;
  }
  return 0;
}

}  // namespace

std::optional<Error> check_name(std::string_view name, const char* field) noexcept {
  if (name.empty() || name.size() > max_name_size)
    return Error{ErrorCode::out_of_range, field, "must have 1 to 255 bytes"};
  while (!name.empty()) {
    const auto c = static_cast<std::uint8_t>(name.front());
    if (c < 0x20 || c == 0x7F)
      return Error{ErrorCode::malformed, field, "must not contain a control character"};
    const std::size_t size = character_size(name);
    if (size == 0) return Error{ErrorCode::malformed, field, "must be UTF-8"};
    name.remove_prefix(size);
  }
  return std::nullopt;
}

}  // namespace lowtide
