// SPDX-License-Identifier: Apache-2.0
#include <lowtide/batch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "arguments.hpp"
#include "batch/batch_columns.hpp"
#include "batch/batch_kernel.hpp"
#include "convert.hpp"
#include "events.hpp"

using namespace lowtide;
using namespace lowtide::capi;

namespace {

static_assert(sizeof(lowtide_batch_result) == sizeof(BatchResult) &&
              sizeof(lowtide_batch_decision) == 184);
static_assert(offsetof(lowtide_batch_result, why) == offsetof(BatchResult, why) &&
              offsetof(lowtide_batch_result, phase) == offsetof(BatchResult, phase) &&
              offsetof(lowtide_batch_result, output_count) == offsetof(BatchResult, output_count));
static_assert(LOWTIDE_COLUMN_ONE_FOR_ALL == Column<Amount>::one_for_all);
static_assert(LOWTIDE_OVERFLOW == code(BatchStatus::overflow) &&
              LOWTIDE_OUT_OF_RANGE == code(BatchStatus::no_such_alert) &&
              LOWTIDE_CORRUPT_ALERT == code(BatchStatus::corrupt_alert) &&
              LOWTIDE_TIME_RANGE == code(BatchStatus::time_range) &&
              LOWTIDE_SEQUENCE_RANGE == code(BatchStatus::sequence_range));
static_assert(LOWTIDE_ALERT_COLUMN_HAS_AVAILABLE_CREDIT == AlertColumns::has_available_credit &&
              LOWTIDE_ALERT_COLUMN_HAS_SEQUENCE == AlertColumns::has_sequence &&
              LOWTIDE_ALERT_COLUMN_HAS_FIRED_AT == AlertColumns::has_fired_at &&
              LOWTIDE_ALERT_COLUMN_HAS_NEXT_REMINDER_AT == AlertColumns::has_next_reminder_at);

// ---- Arguments ----

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
  // Meaningful once the stride was checked.
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

bool has_right_stride(const Array& a) noexcept {
  if (a.is_absent() || a.one_for_all) return true;
  if (a.stride < a.size || (a.alignment == 8 && a.stride % 8 != 0)) return false;
  return a.count - 1 <= (largest_size - a.size) / a.stride;
}

// The first of NULL_ARGUMENT, MISALIGNED, STRIDE and OVERLAP that applies to any of the arrays, or
// to them and the structs.
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
    if (!has_right_stride(a)) return LOWTIDE_STRIDE;
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

// The arrays that every batch has. Those of a batch that reads only are not written, and its
// decisions are not looked at.
struct BatchArrays {
  Array alerts;
  Array index;
  Array results;
  Array decisions;
};

BatchArrays arrays_of(const lowtide_batch& batch) noexcept {
  const bool indexed = (batch.flags & LOWTIDE_BATCH_HAS_INDEX) != 0;
  Array decisions = array(batch.decisions, batch.decision_capacity);
  decisions.stride = batch.decision_stride;
  return {array(batch.alerts, batch.alert_count), array(batch.index, indexed ? batch.count : 0),
          array(batch.results, batch.count), decisions};
}

// FLAGS of the batch, FLAGS of the columns that go with it, if `columns` says so, and OUT_OF_RANGE
// of the batch. Without any room for decisions one that decides would stop at its first output for
// ever.
lowtide_status check_batch(const lowtide_batch& batch, bool decides,
                           lowtide_status columns = LOWTIDE_OK) noexcept {
  if ((batch.flags & ~LOWTIDE_BATCH_HAS_INDEX) != 0) return LOWTIDE_FLAGS;
  if (columns != LOWTIDE_OK) return columns;
  const bool indexed = (batch.flags & LOWTIDE_BATCH_HAS_INDEX) != 0;
  if (batch.first > batch.count || (!indexed && batch.alert_count < batch.count))
    return LOWTIDE_OUT_OF_RANGE;
  return decides && batch.count != 0 && batch.decision_capacity == 0 ? LOWTIDE_OUT_OF_RANGE
                                                                     : LOWTIDE_OK;
}

// ---- Deciding ----

// Where the elements lie. A lowtide_batch_result is the bytes of a BatchResult, as a lowtide_alert
// is those of an Alert.
detail::Elements elements_of(const lowtide_batch& batch) noexcept {
  const bool indexed = (batch.flags & LOWTIDE_BATCH_HAS_INDEX) != 0;
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast)
  return {reinterpret_cast<Alert*>(batch.alerts),
          batch.alert_count,
          indexed ? batch.index : nullptr,
          reinterpret_cast<BatchResult*>(batch.results),
          batch.first,
          batch.count};
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
}

template <class T>
T* offset(T* from, std::size_t bytes) noexcept {
  using Byte = std::conditional_t<std::is_const_v<T>, const std::byte, std::byte>;
  return reinterpret_cast<T*>(reinterpret_cast<Byte*>(from) +
                              bytes);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

// Takes the decisions that yield an output.
class Sink {
 public:
  explicit Sink(const lowtide_batch& batch) noexcept
      : next_(batch.decisions),
        stride_(batch.decision_stride),
        capacity_(batch.decision_capacity) {}
  bool has_room() const noexcept { return size_ < capacity_; }
  std::size_t size() const noexcept { return size_; }
  void put(std::size_t element, Why why, Phase phase, const Outputs& outputs) noexcept {
    lowtide_batch_decision& to = *next_;
    to.element = element;
    to.why = code(why);
    to.phase = code(phase);
    to.output_count = static_cast<std::uint32_t>(outputs.size());
    to.reserved = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) capi::write(to.outputs[i], outputs[i]);
    ++size_;
    next_ = offset(next_, stride_);
  }

 private:
  lowtide_batch_decision* next_;
  std::size_t stride_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

// A look at one observation.
class ObservationView {
 public:
  static constexpr bool may_leave_out_sequence = true;

  ObservationView(const lowtide_observation& observation, std::size_t stride) noexcept
      : observation_(&observation), stride_(stride) {}

  // Unlike a single call, this one is short for changes without a sequence too.
  bool takes_fast_path() const noexcept {
    constexpr std::uint32_t usual =
        LOWTIDE_OBSERVATION_HAS_BALANCE | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
    if (observation_->struct_size != sizeof *observation_ ||
        (observation_->flags | LOWTIDE_OBSERVATION_HAS_SEQUENCE) != usual)
      return false;
    return out_of_range() == BatchStatus::ok;
  }
  bool fast_credit(Amount& credit) const noexcept {
    return detail::available_credit_fast(as_balance(*observation_), credit);
  }
  std::int64_t fast_sequence() const noexcept { return sequence(); }

  BatchStatus malformed() const noexcept {
    const std::size_t size = observation_->struct_size;
    if (size > stride_ || !is_understood(observation_, size, sizeof *observation_))
      return BatchStatus{LOWTIDE_STRUCT_SIZE};
    return BatchStatus{check_codes(*observation_)};
  }
  BatchStatus out_of_range() const noexcept { return BatchStatus{check_ranges(*observation_)}; }
  Result<Amount> available_credit() const noexcept { return capi::available_credit(*observation_); }
  std::int64_t at() const noexcept { return observation_->at; }
  std::int64_t sequence() const noexcept {
    return (observation_->flags & LOWTIDE_OBSERVATION_HAS_SEQUENCE) != 0 ? observation_->sequence
                                                                         : 0;
  }

 private:
  const lowtide_observation* observation_;
  std::size_t stride_;
};

struct ObservationViews {
  const lowtide_observation* data;
  std::size_t stride;
  ObservationView operator[](std::size_t i) const noexcept {
    return {*offset(data, i * stride), stride};
  }
};

template <class T>
Column<T> column_from_c(const lowtide_column& from, bool present) noexcept {
  if (!present) return {};
  return {static_cast<const T*>(from.data), from.stride};
}

BatchColumns columns_from_c(const lowtide_observation_columns& from) noexcept {
  const bool balance = (from.flags & LOWTIDE_OBSERVATION_HAS_BALANCE) != 0;
  return {column_from_c<std::int64_t>(from.at, true),
          column_from_c<std::int64_t>(from.sequence,
                                      (from.flags & LOWTIDE_OBSERVATION_HAS_SEQUENCE) != 0),
          column_from_c<Amount>(from.cash_balance, balance),
          column_from_c<Amount>(from.credit_limit, balance),
          column_from_c<Amount>(from.credit_refunds, balance),
          column_from_c<Amount>(from.unsettled_current_month, balance),
          column_from_c<Amount>(from.unsettled_previous_months, balance),
          column_from_c<Amount>(from.available_credit, !balance)};
}

void write(lowtide_batch_report& to, const BatchReport& report) noexcept {
  to.flags = 0;
  to.done = report.done;
  to.decision_count = report.decisions;
  to.failed_count = report.failed;
}

}  // namespace

lowtide_status lowtide_batch_observe(lowtide_batch_report* report, const lowtide_batch* batch,
                                     const lowtide_observation* observations,
                                     size_t observation_stride) {
  // How many changes there are is told by the batch, so their place is looked at first and their
  // extent later.
  Argument place = in(observations);
  place.size = 0;
  std::array structs = {out_struct(report), in_struct(batch), place};
  if (const lowtide_status wrong = check(structs.data(), structs.size())) return wrong;
  const BatchArrays a = arrays_of(*batch);
  Array all_changes = array(observations, batch->count);
  all_changes.stride = observation_stride;
  // The last one reaches as far as it says, within its stride. That its place is right was seen
  // above.
  if (!all_changes.is_absent() && has_right_stride(all_changes)) {
    const std::size_t last =
        offset(observations, (batch->count - 1) * observation_stride)->struct_size;
    all_changes.size = std::clamp(last, sizeof *observations, observation_stride);
  }
  if (const lowtide_status wrong =
          check_arrays(std::array{a.alerts, a.index, a.results, a.decisions, all_changes}, structs))
    return wrong;
  if (const lowtide_status wrong = check_batch(*batch, true)) return wrong;
  Sink sink(*batch);
  write(*report,
        detail::observe_elements(elements_of(*batch),
                                 ObservationViews{observations, observation_stride}, sink));
  return LOWTIDE_OK;
}

lowtide_status lowtide_batch_observe_columns(lowtide_batch_report* report,
                                             const lowtide_batch* batch,
                                             const lowtide_observation_columns* columns) {
  std::array structs = {out_struct(report), in_struct(batch), in_struct(columns)};
  if (const lowtide_status wrong = check(structs.data(), structs.size())) return wrong;
  const BatchArrays a = arrays_of(*batch);
  const lowtide_observation_columns& c = *columns;
  const std::size_t count = batch->count;
  const bool balance = (c.flags & LOWTIDE_OBSERVATION_HAS_BALANCE) != 0;
  const std::array arrays = {
      a.alerts,
      a.index,
      a.results,
      a.decisions,
      column<std::int64_t>(c.at, true, count),
      column<std::int64_t>(c.sequence, (c.flags & LOWTIDE_OBSERVATION_HAS_SEQUENCE) != 0, count),
      column<lowtide_amount>(c.cash_balance, balance, count),
      column<lowtide_amount>(c.credit_limit, balance, count),
      column<lowtide_amount>(c.credit_refunds, balance, count),
      column<lowtide_amount>(c.unsettled_current_month, balance, count),
      column<lowtide_amount>(c.unsettled_previous_months, balance, count),
      column<lowtide_amount>(c.available_credit,
                             (c.flags & LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT) != 0, count)};
  if (const lowtide_status wrong = check_arrays(arrays, structs)) return wrong;
  if (const lowtide_status wrong = check_batch(*batch, true, check_codes(c))) return wrong;
  Sink sink(*batch);
  write(*report, detail::observe_columns(elements_of(*batch), columns_from_c(c), sink));
  return LOWTIDE_OK;
}

lowtide_status lowtide_batch_tick(lowtide_batch_report* report, const lowtide_batch* batch,
                                  int64_t at) {
  std::array structs = {out_struct(report), in_struct(batch)};
  if (const lowtide_status wrong = check(structs.data(), structs.size())) return wrong;
  const BatchArrays a = arrays_of(*batch);
  if (const lowtide_status wrong =
          check_arrays(std::array{a.alerts, a.index, a.results, a.decisions}, structs))
    return wrong;
  if (const lowtide_status wrong = check_batch(*batch, true)) return wrong;
  const Result<Instant> instant = Instant::from_seconds(at);
  if (!instant) return LOWTIDE_TIME_RANGE;
  Sink sink(*batch);
  write(*report, detail::tick_elements(elements_of(*batch), *instant, sink));
  return LOWTIDE_OK;
}

lowtide_status lowtide_batch_read(lowtide_batch_report* report, const lowtide_batch* batch,
                                  const lowtide_alert_columns* columns) {
  std::array structs = {out_struct(report), in_struct(batch), in_struct(columns)};
  if (const lowtide_status wrong = check(structs.data(), structs.size())) return wrong;
  BatchArrays a = arrays_of(*batch);
  a.alerts.written = false;
  const lowtide_alert_columns& c = *columns;
  const auto written = [count = batch->count](auto* data) {
    return array(data, data == nullptr ? 0 : count);
  };
  const std::array arrays = {a.alerts,
                             a.index,
                             a.results,
                             written(c.present),
                             written(c.threshold),
                             written(c.available_credit),
                             written(c.sequence),
                             written(c.fired_at),
                             written(c.next_reminder_at),
                             written(c.episode),
                             written(c.phase)};
  if (const lowtide_status wrong = check_arrays(arrays, structs)) return wrong;
  if (const lowtide_status wrong =
          check_batch(*batch, false, c.flags != 0 ? LOWTIDE_FLAGS : LOWTIDE_OK))
    return wrong;
  const auto amounts = [](lowtide_amount* data) {
    return reinterpret_cast<Amount*>(
        data);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast): the same bytes
  };
  const AlertColumns to = {c.present,
                           amounts(c.threshold),
                           amounts(c.available_credit),
                           c.sequence,
                           c.fired_at,
                           c.next_reminder_at,
                           c.episode,
                           c.phase};
  write(*report, detail::read_elements(elements_of(*batch), to));
  return LOWTIDE_OK;
}
