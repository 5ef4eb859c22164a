// SPDX-License-Identifier: Apache-2.0
// Private to capi/. What every function of the C ABI checks before it does anything: NULL,
// alignment, struct_size, lengths, overlap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowtide.h>

namespace lowtide::capi {

inline constexpr std::uint32_t largest_struct = 4096;
inline constexpr std::size_t largest_size = PTRDIFF_MAX;

// Memory that a caller passed in.
struct Argument {
  const void* data = nullptr;
  std::size_t size = 0;
  std::size_t alignment = 1;
  bool written = false;
  std::size_t known = 0;       // of a struct that begins with struct_size: its size in this version
  const void* twin = nullptr;  // of an output: the input that it may be the same as
};

template <class T>
Argument out(const T* data, const void* twin = nullptr) noexcept {
  // NOLINTNEXTLINE(bugprone-sizeof-expression): T may be a pointer
  return {data, sizeof(T), alignof(T), true, 0, twin};
}
template <class T>
Argument in(const T* data) noexcept {
  return {data, sizeof(T), alignof(T), false, 0, nullptr};
}
template <class T>
Argument out_struct(const T* data) noexcept {
  return {data, sizeof(T), alignof(T), true, sizeof(T), nullptr};
}
template <class T>
Argument in_struct(const T* data) noexcept {
  return {data, sizeof(T), alignof(T), false, sizeof(T), nullptr};
}
inline Argument out_bytes(void* data, std::size_t size) noexcept {
  return {data, size, 1, true, 0, nullptr};
}
inline Argument in_bytes(const void* data, std::size_t size) noexcept {
  return {data, size, 1, false, 0, nullptr};
}

inline std::uintptr_t address(const void* data) noexcept {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): pointers to different objects
  return reinterpret_cast<std::uintptr_t>(data);
}

// Whether two pieces of memory share a byte. One comparison is enough: `a` begins less than a_size
// bytes before `b` or less than b_size bytes after it. The unsigned sum wraps below the first
// limit.
inline bool overlap(const void* a, std::size_t a_size, const void* b, std::size_t b_size) noexcept {
  return a_size != 0 && b_size != 0 && address(a) - address(b) + (a_size - 1) < a_size + b_size - 1;
}

// Whether this version, which knows `known` bytes of a struct, accepts one of `size` bytes: the
// others must be zero.
bool is_understood(const void* data, std::size_t size, std::size_t known) noexcept;

inline std::uint32_t struct_size(const void* data) noexcept {
  std::uint32_t size = 0;
  std::memcpy(&size, data, sizeof size);
  return size;
}

// The first of NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, STRIDE and OVERLAP that applies to any of
// the arguments.
lowtide_status check(Argument* arguments, std::size_t count) noexcept;

template <class... Arguments>
lowtide_status check_arguments(Arguments... arguments) noexcept {
  std::array<Argument, sizeof...(Arguments)> all{arguments...};
  return check(all.data(), all.size());
}

}  // namespace lowtide::capi
