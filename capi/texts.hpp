// SPDX-License-Identifier: Apache-2.0
// Private to capi/. Checks and reads texts and arrays inside structs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lowtide.h>

#include "arguments.hpp"

namespace lowtide::capi {

// {NULL, 0} is the empty text.
inline lowtide_status check_text(const void* data, std::size_t size) noexcept {
  if (data == nullptr && size != 0) return LOWTIDE_NULL_ARGUMENT;
  return size > largest_size ? LOWTIDE_STRIDE : LOWTIDE_OK;
}

// Precondition: check_text.
inline std::string_view view(const lowtide_text& text) noexcept {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}
inline lowtide_text to_c(std::string_view text) noexcept { return {text.data(), text.size()}; }

inline lowtide_status read_text(std::string& to, const lowtide_text& from) {
  if (const lowtide_status wrong = check_text(from.data, from.size)) return wrong;
  to = view(from);
  return LOWTIDE_OK;
}

// Element i of an array whose elements lie `stride` bytes apart.
template <class T>
T& at(T* first, std::size_t i, std::size_t stride) noexcept {
  using Bytes = std::conditional_t<std::is_const_v<T>, const unsigned char, unsigned char>;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what a stride means
  return *reinterpret_cast<T*>(reinterpret_cast<Bytes*>(first) + i * stride);
}

template <class T>
bool is_aligned(const T* data) noexcept {
  return address(data) % alignof(T) == 0;
}
template <class T>
bool is_stride(std::size_t count, std::size_t stride) noexcept {
  return stride >= sizeof(T) && stride % alignof(T) == 0 && count <= largest_size / stride;
}
template <class T>
bool are_understood(const T* first, std::size_t count, std::size_t stride) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const T& one = at(first, i, stride);
    if (one.struct_size > stride || !is_understood(&one, one.struct_size, sizeof(T))) return false;
  }
  return true;
}

// Checks an array of structs: NULL_ARGUMENT, MISALIGNED, STRIDE, STRUCT_SIZE.
template <class T>
lowtide_status check_array(const T* first, std::size_t count, std::size_t stride) noexcept {
  if (first == nullptr) return LOWTIDE_NULL_ARGUMENT;
  if (!is_aligned(first)) return LOWTIDE_MISALIGNED;
  if (!is_stride<T>(count, stride)) return LOWTIDE_STRIDE;
  return are_understood(first, count, stride) ? LOWTIDE_OK : LOWTIDE_STRUCT_SIZE;
}

}  // namespace lowtide::capi
