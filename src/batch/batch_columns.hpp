// SPDX-License-Identifier: Apache-2.0
// Private: observations given as columns, for the batch kernel. The C++ and the C entry points use
// it. The columns belong to the caller and are only read.
#pragma once

#include <cstddef>
#include <cstdint>

#include <lowtide/batch.hpp>

#include "batch/batch_kernel.hpp"

namespace lowtide::detail {

// A view of the observation of one element; see Observe in batch_kernel.hpp. `dense` means that no
// column has gaps, so that no multiplication by a stride is needed.
template <bool dense>
class ColumnObservation {
 public:
  static constexpr bool may_leave_out_sequence = true;

  ColumnObservation(const BatchColumns& columns, std::size_t i) noexcept : c_(columns), i_(i) {}

  bool takes_fast_path() const noexcept { return out_of_range() == BatchStatus::ok; }
  bool fast_credit(Amount& credit) const noexcept {
    if (c_.available_credit.data == nullptr) [[likely]]
      return available_credit_fast(of(c_.cash_balance), of(c_.credit_limit), of(c_.credit_refunds),
                                   of(c_.unsettled_current_month), of(c_.unsettled_previous_months),
                                   credit);
    credit = of(c_.available_credit);
    return true;
  }
  std::int64_t fast_sequence() const noexcept { return sequence(); }

  static BatchStatus malformed() noexcept { return BatchStatus::ok; }
  BatchStatus out_of_range() const noexcept {
    if (!Instant::from_seconds(at())) return BatchStatus::time_range;
    return c_.sequence.data != nullptr && sequence() < 1 ? BatchStatus::sequence_range
                                                         : BatchStatus::ok;
  }
  Result<Amount> available_credit() const noexcept {
    if (c_.available_credit.data != nullptr) return of(c_.available_credit);
    return lowtide::available_credit(balance());
  }
  std::int64_t at() const noexcept { return of(c_.at); }
  std::int64_t sequence() const noexcept {
    return c_.sequence.data != nullptr ? of(c_.sequence) : 0;
  }

 private:
  template <class T>
  const T& of(const Column<T>& column) const noexcept {
    if constexpr (dense) return column.data[i_];
    // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast)
    const auto* const bytes = reinterpret_cast<const std::byte*>(column.data);
    return *reinterpret_cast<const T*>(bytes + i_ * column.stride);
    // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  }
  Balance balance() const noexcept {
    return {of(c_.cash_balance), of(c_.credit_limit), of(c_.credit_refunds),
            of(c_.unsettled_current_month), of(c_.unsettled_previous_months)};
  }

  const BatchColumns& c_;
  std::size_t i_;
};

template <bool dense>
struct ColumnObservations {
  const BatchColumns& columns;
  ColumnObservation<dense> operator[](std::size_t i) const noexcept { return {columns, i}; }
};

inline bool are_dense(const BatchColumns& c) noexcept {
  const auto dense = [](const auto& column) {
    return column.data == nullptr || column.stride == sizeof *column.data;
  };
  return dense(c.at) && dense(c.sequence) && dense(c.cash_balance) && dense(c.credit_limit) &&
         dense(c.credit_refunds) && dense(c.unsettled_current_month) &&
         dense(c.unsettled_previous_months) && dense(c.available_credit);
}

// Replaces the stride one_for_all by 0: then every element reads the first value.
template <class T>
Column<T> resolve_stride(Column<T> column) noexcept {
  if (column.stride == Column<T>::one_for_all) column.stride = 0;
  return column;
}

template <class Decisions>
BatchReport observe_columns(const Elements& elements, const BatchColumns& given,
                            Decisions& decisions) noexcept {
  const BatchColumns columns = {resolve_stride(given.at),
                                resolve_stride(given.sequence),
                                resolve_stride(given.cash_balance),
                                resolve_stride(given.credit_limit),
                                resolve_stride(given.credit_refunds),
                                resolve_stride(given.unsettled_current_month),
                                resolve_stride(given.unsettled_previous_months),
                                resolve_stride(given.available_credit)};
  if (are_dense(columns))
    return observe_elements(elements, ColumnObservations<true>{columns}, decisions);
  return observe_elements(elements, ColumnObservations<false>{columns}, decisions);
}

BatchReport read_elements(const Elements& elements, const AlertColumns& columns) noexcept;

}  // namespace lowtide::detail
