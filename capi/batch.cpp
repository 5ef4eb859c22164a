// SPDX-License-Identifier: Apache-2.0
// Batches: observations, columns, ticks, reading. Called through the C headers only. Checks the
// memory, and lets the kernel of src/batch/ read and write it in place. Allocates nothing.
#include <lowtide/batch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "arguments.hpp"
#include "batch/batch_columns.hpp"
#include "batch/batch_kernel.hpp"
#include "batch_arrays.hpp"
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

// The elements in place: a lowtide_batch_result has the bytes of a BatchResult, and a lowtide_alert
// those of an Alert.
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

// Writes the decisions that have outputs.
class DecisionWriter {
 public:
  explicit DecisionWriter(const lowtide_batch& batch) noexcept
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

// One observation, as the kernel reads it.
class ObservationView {
 public:
  static constexpr bool may_leave_out_sequence = true;

  ObservationView(const lowtide_observation& observation, std::size_t stride) noexcept
      : observation_(&observation), stride_(stride) {}

  // Unlike a single call, a batch has a fast path for observations without a sequence too.
  bool takes_fast_path() const noexcept {
    constexpr std::uint32_t common =
        LOWTIDE_OBSERVATION_HAS_BALANCE | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
    if (observation_->struct_size != sizeof *observation_ ||
        (observation_->flags | LOWTIDE_OBSERVATION_HAS_SEQUENCE) != common)
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
  // The batch says how many observations there are, so their address is checked first and their
  // extent after the batch.
  Argument first = in(observations);
  first.size = 0;
  std::array structs = {out_struct(report), in_struct(batch), first};
  if (const lowtide_status wrong = check(structs.data(), structs.size())) return wrong;
  const BatchArrays a = arrays_of(*batch);
  Array all = array(observations, batch->count);
  all.stride = observation_stride;
  // The last observation ends where its struct_size says, but within its stride.
  if (!all.is_absent() && has_valid_stride(all)) {
    const std::size_t last =
        offset(observations, (batch->count - 1) * observation_stride)->struct_size;
    all.size = std::clamp(last, sizeof *observations, observation_stride);
  }
  if (const lowtide_status wrong =
          check_arrays(std::array{a.alerts, a.index, a.results, a.decisions, all}, structs))
    return wrong;
  if (const lowtide_status wrong = check_batch(*batch, true)) return wrong;
  DecisionWriter decisions(*batch);
  write(*report,
        detail::observe_elements(elements_of(*batch),
                                 ObservationViews{observations, observation_stride}, decisions));
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
  DecisionWriter decisions(*batch);
  write(*report, detail::observe_columns(elements_of(*batch), columns_from_c(c), decisions));
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
  DecisionWriter decisions(*batch);
  write(*report, detail::tick_elements(elements_of(*batch), *instant, decisions));
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
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the same bytes
    return reinterpret_cast<Amount*>(data);
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
