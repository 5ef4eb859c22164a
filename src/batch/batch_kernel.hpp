// SPDX-License-Identifier: Apache-2.0
// Private: the loop of a batch. The C++ and the C entry points instantiate it with their own form
// of observations and of decisions, once the arguments are checked. It must decide exactly what the
// single calls decide, and must not allocate or throw.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowtide/batch.hpp>

#include "engine/access.hpp"
#include "engine/invariants.hpp"
#include "engine/observe.hpp"

namespace lowtide::detail {

// With an index, the alert of the element this far ahead is prefetched. The distance is long enough
// for main memory to deliver, and short enough for the alerts to stay in the first-level cache.
inline constexpr std::size_t prefetch_distance = 16;

// The elements of a batch, with all preconditions checked.
struct Elements {
  Alert* alerts;
  std::size_t alert_count;
  const std::uint64_t* index;  // if null, element i is alerts[i]
  BatchResult* results;
  std::size_t first;
  std::size_t count;
};

// How an attempt to decide one element ended.
enum class Completion : std::uint8_t { decided, failed, no_room };

inline Completion fail(BatchResult& result, BatchStatus status) noexcept {
  result = BatchResult{};
  result.status = status;
  return Completion::failed;
}

// Decides one event. `decisions` receives a decision that has outputs; if it has no room, such an
// event is left undecided and the alert unchanged. Decisions has has_room(), size(), and
// put(element, why, phase, outputs).
template <class Decide, class Decisions>
Completion decide_one(Alert& alert, BatchResult& result, std::size_t element, Decisions& decisions,
                      Decide decide) noexcept {
  Outputs outputs;
  Why why{};
  if (decisions.has_room()) [[likely]] {
    why = decide(alert, outputs);
  } else {
    Alert after = alert;
    why = decide(after, outputs);
    if (!outputs.empty()) return Completion::no_room;
    alert = after;
  }
  result = BatchResult{};
  result.why = why;
  result.phase = alert.phase();
  result.output_count = static_cast<std::uint8_t>(outputs.size());
  if (!outputs.empty()) decisions.put(element, why, alert.phase(), outputs);
  return Completion::decided;
}

inline void write_silent(BatchResult& result, Why why) noexcept {
  // One store of eight bytes instead of one per member.
  BatchResult whole;
  whole.why = why;
  whole.phase = Phase::armed;
  result = std::bit_cast<BatchResult>(std::bit_cast<std::uint64_t>(whole));
}

// Calls `decide(alert, result, i)` for each element, until one has no room for its decision.
template <std::size_t ahead, bool indexed, class Decide>
[[gnu::always_inline]] inline BatchReport for_each_element(const Elements& e,
                                                           Decide decide) noexcept {
  Alert* const alerts = e.alerts;
  const std::uint64_t* const index = e.index;
  BatchResult* const results = e.results;
  const std::size_t count = e.count;
  BatchReport report;
  std::size_t i = e.first;
  for (; i < count; ++i) {
    std::size_t which = i;
    if constexpr (indexed) {
      if (ahead != 0 && count - i > ahead && index[i + ahead] < e.alert_count) [[likely]]
        __builtin_prefetch(alerts + index[i + ahead], 1);
      which = index[i];
      if (which >= e.alert_count) [[unlikely]] {
        (void)fail(results[i], BatchStatus::no_such_alert);
        ++report.failed;
        continue;
      }
    }
    const Completion completion = decide(alerts[which], results[i], i);
    if (completion == Completion::decided) [[likely]]
      continue;
    if (completion == Completion::no_room) break;
    ++report.failed;
  }
  report.done = i;
  return report;
}

template <std::size_t ahead, class Decide>
[[gnu::always_inline]] inline BatchReport for_each_element(const Elements& elements,
                                                           Decide decide) noexcept {
  return elements.index != nullptr ? for_each_element<ahead, true>(elements, decide)
                                   : for_each_element<0, false>(elements, decide);
}

// Decides an observation. Precondition: the alert is valid and the observation is in range.
template <class ObservationView, class Decisions>
[[gnu::noinline]] Completion decide_observation(Alert& alert, BatchResult& result,
                                                std::size_t element, ObservationView observation,
                                                Amount credit, Decisions& decisions) noexcept {
  return decide_one(alert, result, element, decisions, [&](Alert& to, Outputs& outputs) noexcept {
    AlertState& state = AlertAccess::state(to);
    const Transition transition = record_observation(state, credit, observation.sequence());
    return perform(state, *Instant::from_seconds(observation.at()), outputs, transition);
  });
}

// The checked path, for every element that does not take the fast path: checks in the order of
// precedence of BatchStatus, then decides.
template <class ObservationView, class Decisions>
[[gnu::noinline]] Completion observe_checked(Alert& alert, BatchResult& result, std::size_t element,
                                             ObservationView observation,
                                             Decisions& decisions) noexcept {
  BatchStatus status = observation.malformed();
  if (status == BatchStatus::ok && !is_valid(AlertAccess::state(alert)))
    status = BatchStatus::corrupt_alert;
  if (status == BatchStatus::ok) status = observation.out_of_range();
  if (status != BatchStatus::ok) return fail(result, status);
  const Result<Amount> credit = observation.available_credit();
  if (!credit) return fail(result, BatchStatus::overflow);
  return decide_observation(alert, result, element, observation, *credit, decisions);
}

// Decides one element. `observations[i]` is a view of the observation of element i, with these
// members:
// - may_leave_out_sequence: whether the sequence may be 0 (none) on the fast path;
// - takes_fast_path(): true only if the observation is well-formed and its time is in range;
// - fast_credit(credit): sets the Available Credit; false if an intermediate sum is out of range;
// - fast_sequence(): the sequence, if takes_fast_path();
// - malformed(), out_of_range(), available_credit(), at(), sequence(): for the checked path, called
//   in this order. Sequence 0 means none.
template <class ObservationViews, class Decisions>
struct Observe {
  ObservationViews observations;
  Decisions& decisions;

  [[gnu::always_inline]] Completion operator()(Alert& alert, BatchResult& result,
                                               std::size_t i) const noexcept {
    const auto observation = observations[i];
    AlertState& state = AlertAccess::state(alert);
    Amount credit;
    if (observation.takes_fast_path() && is_armed_and_valid(state) &&
        observation.fast_credit(credit)) [[likely]] {
      const auto done = [&](Why why) noexcept { write_silent(result, why); };
      if (observe_silent<decltype(observation)::may_leave_out_sequence>(
              state, credit, observation.fast_sequence(), done)) [[likely]]
        return Completion::decided;
      if (observation.out_of_range() == BatchStatus::ok)
        return decide_observation(alert, result, i, observation, credit, decisions);
    }
    return observe_checked(alert, result, i, observation, decisions);
  }
};

template <std::size_t ahead = prefetch_distance, class ObservationViews, class Decisions>
BatchReport observe_elements(const Elements& elements, const ObservationViews& observations,
                             Decisions& decisions) noexcept {
  BatchReport report = for_each_element<ahead>(
      elements, Observe<ObservationViews, Decisions>{observations, decisions});
  report.decisions = decisions.size();
  return report;
}

template <class Decisions>
[[gnu::noinline]] Completion tick_checked(Alert& alert, BatchResult& result, std::size_t element,
                                          Instant at, Decisions& decisions) noexcept {
  if (!is_valid(AlertAccess::state(alert))) return fail(result, BatchStatus::corrupt_alert);
  return decide_one(alert, result, element, decisions, [&](Alert& to, Outputs& outputs) noexcept {
    return step_into(outputs, to, Tick{at});
  });
}

template <class Decisions>
BatchReport tick_elements(const Elements& elements, Instant at, Decisions& decisions) noexcept {
  BatchReport report = for_each_element<prefetch_distance>(
      elements, [&decisions, at](Alert& alert, BatchResult& result, std::size_t i) noexcept {
        if (!is_armed_and_valid(AlertAccess::state(alert)))
          return tick_checked(alert, result, i, at, decisions);
        write_silent(result, Why::nothing_pending);
        return Completion::decided;
      });
  report.decisions = decisions.size();
  return report;
}

}  // namespace lowtide::detail
