// SPDX-License-Identifier: Apache-2.0
// The C++ entry points of batches: check the preconditions, then run the kernel. Users of the C++
// API call them; the C ABI uses the same kernel. They allocate nothing and start no thread.
#include <lowtide/batch.hpp>

#include <optional>

#include <gsl/assert>

#include "batch/batch_columns.hpp"
#include "batch/batch_kernel.hpp"

namespace lowtide {
namespace {

using detail::Elements;

Elements elements_of(const Batch& batch) noexcept {
  const std::size_t count = batch.results.size();
  Expects(batch.first <= count);
  Expects(batch.index.empty() ? batch.alerts.size() >= count : batch.index.size() == count);
  const std::uint64_t* const index = batch.index.empty() ? nullptr : batch.index.data();
  return {batch.alerts.data(),  batch.alerts.size(), index,
          batch.results.data(), batch.first,         count};
}

// Writes the decisions that have outputs into the memory of the caller.
class DecisionWriter {
 public:
  // Precondition: there is room for one decision, unless there are no elements. Without room, a
  // batch would stop at its first output for ever.
  explicit DecisionWriter(const Batch& batch) noexcept : room_(batch.decisions) {
    Expects(!room_.empty() || batch.results.empty());
  }
  bool has_room() const noexcept { return size_ < room_.size(); }
  std::size_t size() const noexcept { return size_; }
  void put(std::size_t element, Why why, Phase /*the result holds it*/,
           const Outputs& outputs) noexcept {
    room_[size_++] = {element, why, outputs};
  }

 private:
  std::span<BatchDecision> room_;
  std::size_t size_ = 0;
};

// A view of one observation; see Observe in batch_kernel.hpp.
class ObservationView {
 public:
  static constexpr bool may_leave_out_sequence = true;

  explicit ObservationView(const BatchObservation& observation) noexcept
      : observation_(&observation) {}

  bool takes_fast_path() const noexcept {
    return Instant::from_seconds(observation_->at).has_value();
  }
  bool fast_credit(Amount& credit) const noexcept {
    return detail::available_credit_fast(observation_->balance, credit);
  }
  std::int64_t fast_sequence() const noexcept { return observation_->sequence; }

  static BatchStatus malformed() noexcept { return BatchStatus::ok; }
  BatchStatus out_of_range() const noexcept {
    if (!Instant::from_seconds(observation_->at)) return BatchStatus::time_range;
    return observation_->sequence < 0 ? BatchStatus::sequence_range : BatchStatus::ok;
  }
  Result<Amount> available_credit() const noexcept {
    return lowtide::available_credit(observation_->balance);
  }
  std::int64_t at() const noexcept { return observation_->at; }
  std::int64_t sequence() const noexcept { return observation_->sequence; }

 private:
  const BatchObservation* observation_;
};

struct ObservationViews {
  const BatchObservation* data;
  ObservationView operator[](std::size_t i) const noexcept { return ObservationView(data[i]); }
};

// True if an amount has at most 38 digits: a decimal128(38, 18) or DECIMAL(38, 18) holds no more.
bool fits_a_column(Amount amount) noexcept {
  constexpr Amount limit =
      Amount::from_halves(0x4B3B4CA85A86C47A, 0x098A224000000000);  // 10^38 units
#if LOWTIDE_HAS_INT128
  constexpr auto ten_to_19 = static_cast<detail::int128>(10'000'000'000'000'000'000U);
  static_assert(limit.units() == ten_to_19 * ten_to_19);
#endif
  constexpr Amount lowest = Amount::from_halves(~limit.high, ~limit.low + 1);
  return lowest < amount && amount < limit;
}

void write(const AlertColumns& to, std::size_t i, const Alert& alert) noexcept {
  const detail::AlertState& s = AlertAccess::state(alert);
  const std::optional<Instant> next = to.next_reminder_at != nullptr || to.present != nullptr
                                          ? alert.next_reminder_at()
                                          : std::nullopt;
  if (to.present != nullptr) {
    to.present[i] = (detail::is_observed(s) ? AlertColumns::has_available_credit : 0) |
                    (s.sequence != 0 ? AlertColumns::has_sequence : 0) |
                    (s.episode != 0 ? AlertColumns::has_fired_at : 0) |
                    (next ? AlertColumns::has_next_reminder_at : 0);
  }
  if (to.threshold != nullptr) to.threshold[i] = s.threshold;
  if (to.available_credit != nullptr) to.available_credit[i] = s.last_credit;
  if (to.sequence != nullptr) to.sequence[i] = s.sequence;
  if (to.fired_at != nullptr) to.fired_at[i] = s.fired_at;
  if (to.next_reminder_at != nullptr) to.next_reminder_at[i] = next ? next->seconds() : 0;
  if (to.episode != nullptr) to.episode[i] = s.episode;
  if (to.phase != nullptr) to.phase[i] = static_cast<std::uint8_t>(s.phase);
}

void write_nothing(const AlertColumns& to, std::size_t i) noexcept {
  const auto clear = [i](auto* column) {
    if (column != nullptr) column[i] = {};
  };
  clear(to.present);
  clear(to.threshold);
  clear(to.available_credit);
  clear(to.sequence);
  clear(to.fired_at);
  clear(to.next_reminder_at);
  clear(to.episode);
  clear(to.phase);
}

}  // namespace

BatchReport detail::read_elements(const Elements& elements, const AlertColumns& columns) noexcept {
  const BatchReport report = for_each_element<prefetch_distance>(
      elements, [&](const Alert& alert, BatchResult& result, std::size_t i) noexcept {
        const AlertState& state = AlertAccess::state(alert);
        const bool fits = (columns.threshold == nullptr || fits_a_column(state.threshold)) &&
                          (columns.available_credit == nullptr || fits_a_column(state.last_credit));
        if (!is_valid(state)) return fail(result, BatchStatus::corrupt_alert);
        if (!fits) return fail(result, BatchStatus::overflow);
        result = BatchResult{};
        result.phase = state.phase;
        write(columns, i, alert);
        return Completion::decided;
      });
  if (report.failed != 0) {
    for (std::size_t i = elements.first; i < report.done; ++i) {
      if (elements.results[i].status != BatchStatus::ok) write_nothing(columns, i);
    }
  }
  return report;
}

BatchReport observe_batch(const Batch& batch,
                          std::span<const BatchObservation> observations) noexcept {
  const Elements elements = elements_of(batch);
  Expects(observations.size() == elements.count);
  DecisionWriter decisions(batch);
  return detail::observe_elements(elements, ObservationViews{observations.data()}, decisions);
}

BatchReport observe_batch(const Batch& batch, const BatchColumns& observations) noexcept {
  const Elements elements = elements_of(batch);
  DecisionWriter decisions(batch);
  return detail::observe_columns(elements, observations, decisions);
}

BatchReport tick_batch(const Batch& batch, Instant at) noexcept {
  DecisionWriter decisions(batch);
  return detail::tick_elements(elements_of(batch), at, decisions);
}

BatchReport read_batch(const Batch& batch, const AlertColumns& columns) noexcept {
  return detail::read_elements(elements_of(batch), columns);
}

}  // namespace lowtide
