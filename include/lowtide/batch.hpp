// SPDX-License-Identifier: Apache-2.0
// Batch: decisions for many alerts in one call, for example at month end, in a migration, or to
// replay years of observations.
//
// A batch gives the same results, bit for bit, as the same calls made one by one, in the order of
// the elements. Each element has its own status: a bad element changes nothing and does not end the
// batch. A batch allocates nothing, throws nothing and starts no thread: to use several threads,
// split it so that no alert is in two parts, and call for each part. Align alerts to 64 bytes;
// otherwise most of them occupy two cache lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <lowtide/alert.hpp>
#include <lowtide/amount.hpp>
#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>
#include <lowtide/instant.hpp>

namespace lowtide {

// The status of one element. The values never change. If several apply, the first of these counts:
// no_such_alert, corrupt_alert, time_range, sequence_range, overflow.
enum class BatchStatus : std::int32_t {
  ok = 0,
  overflow = 203,        // the Available Credit is out of range; in read_batch, an amount has more
                         // than 38 digits
  no_such_alert = 204,   // the index is not less than the number of alerts
  corrupt_alert = 208,   // the bytes of the alert are not a valid alert
  time_range = 209,      // outside 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z
  sequence_range = 210,  // below 0, or 0 in a column of sequences
};

// The result of one element. If the status is not ok, all other members are 0.
struct BatchResult {
  BatchStatus status = BatchStatus::ok;
  Why why{};      // of a decision; otherwise 0
  Phase phase{};  // of the alert after the event
  std::uint8_t output_count = 0;
  std::uint8_t reserved = 0;

  friend bool operator==(const BatchResult&, const BatchResult&) noexcept = default;
};
static_assert(sizeof(BatchResult) == 8);

// A decision with at least one output.
struct BatchDecision {
  std::size_t element = 0;  // the number of the element: results[element] is its result
  Why why{};
  Outputs outputs;
};

// An observation of an account's balance.
struct BatchObservation {
  std::int64_t at = 0;        // seconds since 1970
  std::int64_t sequence = 0;  // 1 or more; 0: none given
  Balance balance;
};
static_assert(sizeof(BatchObservation) == 96);

// Values in memory, `stride` bytes apart: a column of Arrow or DuckDB (stride: the size of a
// value), or a member in an array of structs (stride: the size of the struct). The address and the
// stride are multiples of 8.
template <class T>
struct Column {
  // Instead of a stride: there is one value, and all elements use it.
  static constexpr std::size_t one_for_all = 1;

  const T* data = nullptr;
  std::size_t stride = sizeof(T);
};

// Observations as columns: at, sequence, and either `available_credit` or the five components. If
// `sequence` has no data, the observations have no sequence.
struct BatchColumns {
  Column<std::int64_t> at;
  Column<std::int64_t> sequence;
  Column<Amount> cash_balance;
  Column<Amount> credit_limit;
  Column<Amount> credit_refunds;
  Column<Amount> unsettled_current_month;
  Column<Amount> unsettled_previous_months;
  Column<Amount> available_credit;
};

// The memory that a batch works on. The caller owns all of it. There are results.size() elements.
struct Batch {
  std::span<Alert> alerts;               // changed in place
  std::span<const std::uint64_t> index;  // element i uses alerts[index[i]]; if empty, alerts[i]
  std::span<BatchResult> results;        // written from `first` up to BatchReport::done
  std::span<BatchDecision> decisions;    // written from the front: one for each element with an
                                         // output, in the order of the elements
  std::size_t first = 0;                 // the element to begin with
};

// How far a batch got.
struct BatchReport {
  // All elements before this one are done. Less than results.size() only if `decisions` was full:
  // call again with first = done.
  std::size_t done = 0;
  std::size_t decisions = 0;  // how many were written
  std::size_t failed = 0;  // how many elements from `first` to `done` have a status other than ok
};

// Applies observations[i] to the alert of element i. Preconditions: there are as many observations
// as results; `index`, unless empty, has as many entries; without an index there are at least as
// many alerts; `first` is at most results.size(); there is room for at least one decision, unless
// there are no elements; memory that is written overlaps no other.
BatchReport observe_batch(const Batch& batch,
                          std::span<const BatchObservation> observations) noexcept;

// The same from columns. Preconditions: the same, and columns as described at BatchColumns.
BatchReport observe_batch(const Batch& batch, const BatchColumns& observations) noexcept;

// Applies a tick at `at` to the alert of each element. Preconditions: those of observe_batch.
BatchReport tick_batch(const Batch& batch, Instant at) noexcept;

// Columns to write alerts into, without gaps between the values, as in Arrow and DuckDB. A null
// column is not written.
struct AlertColumns {
  // Bits of `present`: which values an element has. Where it has no value, the column is 0.
  static constexpr std::uint32_t has_available_credit = 2;
  static constexpr std::uint32_t has_sequence = 4;
  static constexpr std::uint32_t has_fired_at = 8;
  static constexpr std::uint32_t has_next_reminder_at = 64;

  std::uint32_t* present = nullptr;  // the bits above
  Amount* threshold = nullptr;
  Amount* available_credit = nullptr;
  std::int64_t* sequence = nullptr;
  std::int64_t* fired_at = nullptr;          // seconds since 1970
  std::int64_t* next_reminder_at = nullptr;  // seconds since 1970
  std::uint32_t* episode = nullptr;
  std::uint8_t* phase = nullptr;
};

// Writes the alert of each element into the columns. A column holds amounts of up to 38 digits; if
// an amount has more, the status of the element is overflow and it is 0 in every column.
// batch.decisions is not used. Preconditions: those of observe_batch except for decisions, and
// columns of results.size() values.
BatchReport read_batch(const Batch& batch, const AlertColumns& columns) noexcept;

}  // namespace lowtide
