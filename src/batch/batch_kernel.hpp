// SPDX-License-Identifier: Apache-2.0
// The loop of a batch, for lowtide's own sources: over whatever form the changes have, into
// whatever form the decisions take.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowtide/batch.hpp>

#include "engine/access.hpp"
#include "engine/invariants.hpp"
#include "engine/observe.hpp"

namespace lowtide::detail {

// How many elements ahead an alert is fetched that an index names: enough for memory to answer, few
// enough to stay in the first cache.
inline constexpr std::size_t prefetch_distance = 16;

// The elements of a batch, once its caller was found to be right.
struct Elements {
  Alert* alerts;
  std::size_t alert_count;
  const std::uint64_t* index;  // none: element i is alerts[i]
  BatchResult* results;
  std::size_t first;
  std::size_t count;
};

// Deciding one element ends in one of these.
enum class Step : std::uint8_t { decided, failed, no_room };

inline Step fail(BatchResult& result, BatchStatus status) noexcept {
  result = BatchResult{};
  result.status = status;
  return Step::failed;
}

// Decides one event, and hands its outputs to the sink. Where there is no room for outputs, an
// event that has some is left undecided.
template <class Decide, class Sink>
Step settle(Alert& alert, BatchResult& result, std::size_t element, Sink& sink,
            Decide decide) noexcept {
  Outputs outputs;
  Why why{};
  if (sink.has_room()) [[likely]] {
    why = decide(alert, outputs);
  } else {
    Alert after = alert;
    why = decide(after, outputs);
    if (!outputs.empty()) return Step::no_room;
    alert = after;
  }
  result = BatchResult{};
  result.why = why;
  result.phase = alert.phase();
  result.output_count = static_cast<std::uint8_t>(outputs.size());
  if (!outputs.empty()) sink.put(element, why, alert.phase(), outputs);
  return Step::decided;
}

inline void silent(BatchResult& result, Why why) noexcept {
  // Written as a whole, and not field by field.
  BatchResult whole;
  whole.why = why;
  whole.phase = Phase::armed;
  result = std::bit_cast<BatchResult>(std::bit_cast<std::uint64_t>(whole));
}

// Walks over the elements: `decide(alert, result, i)` decides one.
template <std::size_t ahead, bool indexed, class Decide>
[[gnu::always_inline]] inline BatchReport walk(const Elements& e, Decide decide) noexcept {
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
    const Step step = decide(alerts[which], results[i], i);
    if (step == Step::decided) [[likely]]
      continue;
    if (step == Step::no_room) break;
    ++report.failed;
  }
  report.done = i;
  return report;
}

template <std::size_t ahead, class Decide>
[[gnu::always_inline]] inline BatchReport walk(const Elements& elements, Decide decide) noexcept {
  return elements.index != nullptr ? walk<ahead, true>(elements, decide)
                                   : walk<0, false>(elements, decide);
}

// What is left once an element was found to be right.
template <class ObservationView, class Sink>
[[gnu::noinline]] Step observe_checked(Alert& alert, BatchResult& result, std::size_t element,
                                       ObservationView observation, Amount credit,
                                       Sink& sink) noexcept {
  return settle(alert, result, element, sink, [&](Alert& to, Outputs& outputs) noexcept {
    AlertState& state = AlertAccess::state(to);
    const Look looked = look(state, credit, observation.sequence());
    return act(state, *Instant::from_seconds(observation.at()), outputs, looked);
  });
}

// An element that is not usual.
template <class ObservationView, class Sink>
[[gnu::noinline]] Step observe_other(Alert& alert, BatchResult& result, std::size_t element,
                                     ObservationView observation, Sink& sink) noexcept {
  BatchStatus status = observation.malformed();
  if (status == BatchStatus::ok && !is_valid(AlertAccess::state(alert)))
    status = BatchStatus::corrupt_alert;
  if (status == BatchStatus::ok) status = observation.out_of_range();
  if (status != BatchStatus::ok) return fail(result, status);
  const Result<Amount> credit = observation.available_credit();
  if (!credit) return fail(result, BatchStatus::overflow);
  return observe_checked(alert, result, element, observation, *credit, sink);
}

// `observations[i]` is a look at the change of element i, which tells
//   may_leave_out_sequence    whether a usual one may have none
//   takes_fast_path()                whether nothing is wrong with it but what the others look for
//   fast_credit(credit)      its Available Credit, if no sum on the way leaves the range
//   fast_sequence()          its sequence
//   malformed(), out_of_range(), available_credit(), at(), sequence()   in this order; sequence 0:
//   none given
template <class ObservationViews, class Sink>
struct Observe {
  ObservationViews observations;
  Sink& sink;

  [[gnu::always_inline]] Step operator()(Alert& alert, BatchResult& result,
                                         std::size_t i) const noexcept {
    const auto observation = observations[i];
    AlertState& state = AlertAccess::state(alert);
    Amount credit;
    if (observation.takes_fast_path() && is_armed_and_valid(state) &&
        observation.fast_credit(credit)) [[likely]] {
      const auto done = [&](Why why) noexcept { silent(result, why); };
      if (observe_silent<decltype(observation)::may_leave_out_sequence>(
              state, credit, observation.fast_sequence(), done)) [[likely]]
        return Step::decided;
      if (observation.out_of_range() == BatchStatus::ok)
        return observe_checked(alert, result, i, observation, credit, sink);
    }
    return observe_other(alert, result, i, observation, sink);
  }
};

template <std::size_t ahead = prefetch_distance, class ObservationViews, class Sink>
BatchReport observe_elements(const Elements& elements, const ObservationViews& observations,
                             Sink& sink) noexcept {
  BatchReport report = walk<ahead>(elements, Observe<ObservationViews, Sink>{observations, sink});
  report.decisions = sink.size();
  return report;
}

template <class Sink>
[[gnu::noinline]] Step tick_other(Alert& alert, BatchResult& result, std::size_t element,
                                  Instant at, Sink& sink) noexcept {
  if (!is_valid(AlertAccess::state(alert))) return fail(result, BatchStatus::corrupt_alert);
  return settle(alert, result, element, sink, [&](Alert& to, Outputs& outputs) noexcept {
    return step_into(outputs, to, Tick{at});
  });
}

template <class Sink>
BatchReport tick_elements(const Elements& elements, Instant at, Sink& sink) noexcept {
  BatchReport report = walk<prefetch_distance>(
      elements, [&sink, at](Alert& alert, BatchResult& result, std::size_t i) noexcept {
        if (!is_armed_and_valid(AlertAccess::state(alert)))
          return tick_other(alert, result, i, at, sink);
        silent(result, Why::nothing_pending);
        return Step::decided;
      });
  report.decisions = sink.size();
  return report;
}

}  // namespace lowtide::detail
