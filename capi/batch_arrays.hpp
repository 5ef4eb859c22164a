// SPDX-License-Identifier: Apache-2.0
// Private to capi/. Checks the arrays that a batch works on, for batch.cpp. They must not be read
// before they are checked.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include <lowtide.h>

#include "arguments.hpp"

namespace lowtide::capi {

// An array that a batch reads or writes: `count` values of `size` bytes, `stride` apart.
struct Array {
  const void* data = nullptr;
  std::size_t count = 0;
  std::size_t stride = 0;
  std::size_t size = 0;
  std::size_t alignment = 8;
  bool written = false;
  bool one_for_all = false;  // then the stride is 0

  bool is_absent() const noexcept { return count == 0; }
  // Precondition: has_valid_stride.
  std::size_t bytes() const noexcept { return is_absent() ? 0 : (count - 1) * stride + size; }
};

template <class T>
Array array(T* data, std::size_t count) noexcept {
  return {data, count, sizeof(T), sizeof(T), alignof(T), !std::is_const_v<T>, false};
}
template <class T>
Array column(const lowtide_column& from, bool present, std::size_t count) noexcept {
  const bool one_for_all = from.stride == LOWTIDE_COLUMN_ONE_FOR_ALL;
  return {from.data, present ? count : 0, one_for_all ? 0 : from.stride, sizeof(T), 8,
          false,     one_for_all};
}

inline bool has_valid_stride(const Array& a) noexcept {
  if (a.is_absent() || a.one_for_all) return true;
  if (a.stride < a.size || (a.alignment == 8 && a.stride % 8 != 0)) return false;
  return a.count - 1 <= (largest_size - a.size) / a.stride;
}

// NULL_ARGUMENT, MISALIGNED, STRIDE, OVERLAP: the first that applies to any of the arrays. Overlaps
// with the structs count as well.
template <std::size_t n, std::size_t m>
lowtide_status check_arrays(const std::array<Array, n>& arrays,
                            const std::array<Argument, m>& structs) noexcept {
  for (const Array& a : arrays) {
    if (!a.is_absent() && a.data == nullptr) return LOWTIDE_NULL_ARGUMENT;
  }
  for (const Array& a : arrays) {
    if (!a.is_absent() && address(a.data) % a.alignment != 0) return LOWTIDE_MISALIGNED;
  }
  for (const Array& a : arrays) {
    if (!has_valid_stride(a)) return LOWTIDE_STRIDE;
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      const Array& a = arrays[i];
      const Array& b = arrays[j];
      if ((a.written || b.written) && overlap(a.data, a.bytes(), b.data, b.bytes()))
        return LOWTIDE_OVERLAP;
    }
    for (const Argument& one : structs) {
      if ((arrays[i].written || one.written) &&
          overlap(arrays[i].data, arrays[i].bytes(), one.data, one.size))
        return LOWTIDE_OVERLAP;
    }
  }
  return LOWTIDE_OK;
}

// The arrays that every batch has.
struct BatchArrays {
  Array alerts;
  Array index;
  Array results;
  Array decisions;
};

inline BatchArrays arrays_of(const lowtide_batch& batch) noexcept {
  const bool indexed = (batch.flags & LOWTIDE_BATCH_HAS_INDEX) != 0;
  Array decisions = array(batch.decisions, batch.decision_capacity);
  decisions.stride = batch.decision_stride;
  return {array(batch.alerts, batch.alert_count), array(batch.index, indexed ? batch.count : 0),
          array(batch.results, batch.count), decisions};
}

// FLAGS of the batch; `columns`, which is LOWTIDE_OK or LOWTIDE_FLAGS; OUT_OF_RANGE of the batch. A
// batch that decides needs room for a decision, or it could never get past its first output.
inline lowtide_status check_batch(const lowtide_batch& batch, bool decides,
                                  lowtide_status columns = LOWTIDE_OK) noexcept {
  if ((batch.flags & ~LOWTIDE_BATCH_HAS_INDEX) != 0) return LOWTIDE_FLAGS;
  if (columns != LOWTIDE_OK) return columns;
  const bool indexed = (batch.flags & LOWTIDE_BATCH_HAS_INDEX) != 0;
  if (batch.first > batch.count || (!indexed && batch.alert_count < batch.count))
    return LOWTIDE_OUT_OF_RANGE;
  return decides && batch.count != 0 && batch.decision_capacity == 0 ? LOWTIDE_OUT_OF_RANGE
                                                                     : LOWTIDE_OK;
}

// The address `bytes` further on.
template <class T>
T* offset(T* from, std::size_t bytes) noexcept {
  using Byte = std::conditional_t<std::is_const_v<T>, const std::byte, std::byte>;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what a stride means
  return reinterpret_cast<T*>(reinterpret_cast<Byte*>(from) + bytes);
}

}  // namespace lowtide::capi
