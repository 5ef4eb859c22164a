// SPDX-License-Identifier: Apache-2.0
// Batch: decisions for many alerts in one call, for settlements, month ends, migrations and years
// replayed at once.
//
// A batch decides what the same single calls decide, element by element in their order, bit for
// bit. Each element has a status of its own: a bad one changes nothing and stops nothing. No
// allocation, no exception, no thread: split a batch by alerts, and call for each part on a thread
// of yours. Put alerts at multiples of 64 bytes; elsewhere most of them cost two lines of cache.
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

// What became of one element. The values are pinned; the order of precedence is no_such_alert,
// corrupt_alert, time_range, sequence_range, overflow.
enum class BatchStatus : std::int32_t {
  ok = 0,
  overflow =
      203,  // an amount is out of range: the Available Credit, or one to be written with 38 digits
  no_such_alert = 204,   // the index is not that of an alert
  corrupt_alert = 208,   // bytes that no alert has
  time_range = 209,      // outside 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z
  sequence_range = 210,  // below 0, or 0 in a column of sequences
};

// One for each element, in their order. Unless the status is ok, the rest is 0.
struct BatchResult {
  BatchStatus status = BatchStatus::ok;
  Why why{};      // of a decision
  Phase phase{};  // afterwards
  std::uint8_t output_count = 0;
  std::uint8_t reserved = 0;

  friend bool operator==(const BatchResult&, const BatchResult&) noexcept = default;
};
static_assert(sizeof(BatchResult) == 8);

// A decision that yields an output.
struct BatchDecision {
  std::size_t element = 0;  // results[element] is its result
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

// Values that lie `stride` bytes apart: a column of Arrow or DuckDB (the size of one), or a field
// in an array of structs (the size of the struct). The address and the stride are multiples of 8.
template <class T>
struct Column {
  static constexpr std::size_t one_for_all =
      1;  // instead of a stride: every element has the one value that is there

  const T* data = nullptr;
  std::size_t stride = sizeof(T);
};

// Observations by columns. Either `available_credit`, or the five components; without data in
// `sequence`, no sequence is given.
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

// What a batch works on, all of it the caller's. It has results.size() elements.
struct Batch {
  std::span<Alert> alerts;               // changed in place
  std::span<const std::uint64_t> index;  // element i concerns alerts[index[i]]; empty: alerts[i]
  std::span<BatchResult> results;        // written from `first` to where the batch came
  std::span<BatchDecision> decisions;    // written from the front: one for each element that yields
                                         // an output, in their order
  std::size_t first = 0;                 // the element to begin with
};

// How far a batch came.
struct BatchReport {
  std::size_t done = 0;  // all elements before this one are: all there are, unless `decisions` was
                         // full. Go on with first = done.
  std::size_t decisions = 0;  // how many were written
  std::size_t failed = 0;     // elements from `first` to `done` whose status is not ok
};

// Decides observations[i] for element i. Preconditions: as many changes as results; without an
// index as many alerts; an index of as many; first at most as many; room for a decision, if there
// are elements; what is written overlaps nothing else.
BatchReport observe_batch(const Batch& batch,
                          std::span<const BatchObservation> observations) noexcept;

// The same from columns. Preconditions: those, and columns as BatchColumns says.
BatchReport observe_batch(const Batch& batch, const BatchColumns& observations) noexcept;

// Time has come to `at` for each element. Preconditions: those.
BatchReport tick_batch(const Batch& batch, Instant at) noexcept;

// Columns to write alerts into, each of its own element type and without gaps, as Arrow and DuckDB
// have them. Those without data are left out.
struct AlertColumns {
  // What an element has; the columns of what it has not are 0 there.
  static constexpr std::uint32_t has_available_credit = 2;
  static constexpr std::uint32_t has_sequence = 4;
  static constexpr std::uint32_t has_fired_at = 8;
  static constexpr std::uint32_t has_next_reminder_at = 64;

  std::uint32_t* present = nullptr;  // of these
  Amount* threshold = nullptr;
  Amount* available_credit = nullptr;
  std::int64_t* sequence = nullptr;
  std::int64_t* fired_at = nullptr;          // seconds since 1970
  std::int64_t* next_reminder_at = nullptr;  // seconds since 1970
  std::uint32_t* episode = nullptr;
  std::uint8_t* phase = nullptr;
};

// Writes what is known of each element's alert. An amount that takes more than 38 digits has no
// place in such a column: the element's status is overflow and it is 0 in every column.
// batch.decisions is not looked at. Preconditions: those, and columns of results.size() entries.
BatchReport read_batch(const Batch& batch, const AlertColumns& columns) noexcept;

}  // namespace lowtide
