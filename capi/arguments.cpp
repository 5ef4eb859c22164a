// SPDX-License-Identifier: Apache-2.0
// The checks of arguments, for every function of the C ABI. They must not read what an argument
// points to before its pointer and alignment are checked, and never behind the size it states.
#include "arguments.hpp"

#include <algorithm>
#include <span>

namespace lowtide::capi {

bool is_understood(const void* data, std::size_t size, std::size_t known) noexcept {
  if (size < known || size > largest_struct) return false;
  const auto* const bytes = static_cast<const unsigned char*>(data);
  return std::all_of(bytes + known, bytes + size, [](unsigned char byte) { return byte == 0; });
}

lowtide_status check(Argument* arguments, std::size_t count) noexcept {
  const std::span<Argument> all(arguments, count);
  for (const Argument& one : all) {
    if (one.data == nullptr) return LOWTIDE_NULL_ARGUMENT;
  }
  for (const Argument& one : all) {
    if (address(one.data) % one.alignment != 0) return LOWTIDE_MISALIGNED;
  }
  for (Argument& one : all) {
    if (one.known == 0) continue;
    one.size = struct_size(one.data);
    if (!is_understood(one.data, one.size, one.known)) return LOWTIDE_STRUCT_SIZE;
  }
  for (const Argument& one : all) {
    if (one.size > largest_size) return LOWTIDE_STRIDE;
  }
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = i + 1; j < count; ++j) {
      const Argument& a = all[i];
      const Argument& b = all[j];
      if (!a.written && !b.written) continue;
      if (a.data == b.data && (a.twin == b.data)) continue;
      if (overlap(a.data, a.size, b.data, b.size)) return LOWTIDE_OVERLAP;
    }
  }
  return LOWTIDE_OK;
}

}  // namespace lowtide::capi
