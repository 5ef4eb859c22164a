// SPDX-License-Identifier: Apache-2.0
// Decisions about one alert: observe, tick, enable, set_threshold, disable, rebase. Called through
// the C headers only. Checks and converts; the engine decides. On an error nothing may be written
// but `field`.
#include <lowtide/decide.hpp>

#include "arguments.hpp"
#include "convert.hpp"
#include "engine/observe.hpp"
#include "events.hpp"

using namespace lowtide;
using namespace lowtide::capi;

namespace {

static_assert(sizeof(lowtide_output) == 80 && sizeof(lowtide_decision) == 176 &&
              sizeof(lowtide_observation) == 120);
static_assert(sizeof(lowtide_enable) == 48 && sizeof(lowtide_set_threshold) == 40);

void write(lowtide_decision& to, const Alert& after, const Outputs& outputs, Why why) noexcept {
  to.why = code(why);
  to.phase = code(after.phase());
  to.output_count = static_cast<std::uint32_t>(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) capi::write(to.outputs[i], outputs[i]);
}

// Precondition: everything was checked.
template <class Event>
void decide_into(lowtide_decision* to, lowtide_alert* after, const lowtide_alert* before,
                 const Event& event) noexcept {
  const Decision decision = decide(capi::from_c(*before), event);
  *after = to_c(decision.alert);
  write(*to, decision.alert, decision.outputs, decision.why);
}

// True for the common arguments of lowtide_alert_observe: in place, valid, apart. Takes a few
// comparisons. All other arguments, valid or not, are checked one by one in the documented order.
bool has_fast_arguments(const lowtide_decision* decision, const lowtide_alert* after,
                        const lowtide_alert* before,
                        const lowtide_observation* observation) noexcept {
  if (decision == nullptr || after != before || before == nullptr || observation == nullptr)
    return false;
  if (((address(decision) | address(before) | address(observation)) & 7U) != 0) return false;
  // Inputs near the decision take the checked path, even if they do not overlap it: so one distance
  // serves for both.
  const std::uintptr_t close_before = address(decision) - sizeof *observation;
  constexpr std::size_t reach = sizeof *observation + sizeof *decision;
  return decision->struct_size == sizeof *decision && address(before) - close_before >= reach &&
         address(observation) - close_before >= reach &&
         !overlap(before, sizeof *before, observation, sizeof *observation);
}

// Gives the outputs of an observation that `after` has recorded already.
LOWTIDE_COLD lowtide_status write_outputs(lowtide_decision& decision, lowtide_alert& after,
                                          std::int64_t at, detail::Transition transition) noexcept {
  Alert& alert = as_alert(after);
  Outputs outputs;
  const Why why =
      detail::perform(AlertAccess::state(alert), *Instant::from_seconds(at), outputs, transition);
  write(decision, alert, outputs, why);
  return LOWTIDE_OK;
}

// Precondition: everything was checked.
[[gnu::always_inline]] inline lowtide_status decide_checked(lowtide_decision& decision,
                                                            lowtide_alert& after,
                                                            const lowtide_alert& before,
                                                            const lowtide_observation& observation,
                                                            Amount credit) noexcept {
  if (&after != &before) after = before;
  detail::AlertState& state = AlertAccess::state(as_alert(after));
  const bool has_sequence = (observation.flags & LOWTIDE_OBSERVATION_HAS_SEQUENCE) != 0;
  const detail::Transition transition =
      detail::record_observation(state, credit, has_sequence ? observation.sequence : 0);
  if (transition.action != detail::Action::none) [[unlikely]]
    return write_outputs(decision, after, observation.at, transition);
  decision.why = code(transition.why);
  decision.phase = code(state.phase);
  decision.output_count = 0;
  return LOWTIDE_OK;
}

// Precondition: check_arguments.
[[gnu::always_inline]] inline lowtide_status observe(
    lowtide_decision& decision, lowtide_alert& after, const lowtide_alert& before,
    const lowtide_observation& observation) noexcept {
  if (const lowtide_status wrong = check_codes(observation)) return wrong;
  if (!detail::is_valid(AlertAccess::state(as_alert(before)))) return LOWTIDE_CORRUPT_ALERT;
  if (const lowtide_status wrong = check_ranges(observation)) return wrong;
  const Result<Amount> credit = capi::available_credit(observation);
  return credit ? decide_checked(decision, after, before, observation, *credit) : LOWTIDE_OVERFLOW;
}

// The fast path: a common observation of an armed alert, with nothing to send. Returns false, and
// has changed nothing, in all other cases.
[[gnu::always_inline]] inline bool observe_fast(lowtide_decision& decision, lowtide_alert& after,
                                                const lowtide_observation& observation) noexcept {
  detail::AlertState& state = AlertAccess::state(as_alert(after));
  Amount credit;
  if (!takes_fast_path(observation) || !detail::is_armed_and_valid(state) ||
      !detail::available_credit_fast(as_balance(observation), credit))
    return false;
  return detail::observe_silent<false>(state, credit, observation.sequence, [&](Why why) {
    decision.why = code(why);
    decision.phase = LOWTIDE_PHASE_ARMED;
    decision.output_count = 0;
  });
}

// All other calls, out of line.
LOWTIDE_COLD lowtide_status observe_checked(lowtide_decision* decision, lowtide_alert* after,
                                            const lowtide_alert* before,
                                            const lowtide_observation* observation) noexcept {
  if (const lowtide_status wrong = check_arguments(out_struct(decision), out(after, before),
                                                   in(before), in_struct(observation)))
    return wrong;
  return observe(*decision, *after, *before, *observation);
}

}  // namespace

// Flattened to keep amounts in registers: two 8-byte stores followed by one 16-byte load stall for
// as long as the rest of the call takes.
[[gnu::flatten]] lowtide_status lowtide_alert_observe(lowtide_decision* decision,
                                                      lowtide_alert* after,
                                                      const lowtide_alert* before,
                                                      const lowtide_observation* observation) {
  if (has_fast_arguments(decision, after, before, observation) &&
      observe_fast(*decision, *after, *observation)) [[likely]]
    return LOWTIDE_OK;
  return observe_checked(decision, after, before, observation);
}

lowtide_status lowtide_alert_tick(lowtide_decision* decision, lowtide_alert* after,
                                  const lowtide_alert* before, int64_t at) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(decision), out(after, before), in(before)))
    return wrong;
  if (!is_valid(capi::from_c(*before))) return LOWTIDE_CORRUPT_ALERT;
  const Result<Instant> instant = Instant::from_seconds(at);
  if (!instant) return LOWTIDE_TIME_RANGE;
  decide_into(decision, after, before, Tick{*instant});
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_enable(lowtide_decision* decision, lowtide_alert* after,
                                    const char** field, const lowtide_alert* before,
                                    const lowtide_enable* enable) {
  if (const lowtide_status wrong = check_arguments(out_struct(decision), out(after, before),
                                                   out(field), in(before), in_struct(enable))) {
    return wrong;
  }
  if (const lowtide_status wrong = check_codes(*enable)) return wrong;
  const Alert alert = capi::from_c(*before);
  if (const auto error = AlertAccess::check(AlertAccess::state(alert))) {
    *field = error->field;
    return LOWTIDE_CORRUPT_ALERT;
  }
  Enable event;
  if (const lowtide_status wrong = from_c(event, *field, *enable)) return wrong;
  decide_into(decision, after, before, event);
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_set_threshold(lowtide_decision* decision, lowtide_alert* after,
                                           const lowtide_alert* before,
                                           const lowtide_set_threshold* set_threshold) {
  if (const lowtide_status wrong = check_arguments(out_struct(decision), out(after, before),
                                                   in(before), in_struct(set_threshold))) {
    return wrong;
  }
  if (const lowtide_status wrong = check_codes(*set_threshold)) return wrong;
  if (!is_valid(capi::from_c(*before))) return LOWTIDE_CORRUPT_ALERT;
  SetThreshold event;
  if (const lowtide_status wrong = from_c(event, *set_threshold)) return wrong;
  decide_into(decision, after, before, event);
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_disable(lowtide_decision* decision, lowtide_alert* after,
                                     const lowtide_alert* before, int64_t at) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(decision), out(after, before), in(before)))
    return wrong;
  if (!is_valid(capi::from_c(*before))) return LOWTIDE_CORRUPT_ALERT;
  const Result<Instant> instant = Instant::from_seconds(at);
  if (!instant) return LOWTIDE_TIME_RANGE;
  decide_into(decision, after, before, Disable{*instant});
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_rebase(lowtide_alert* after, const lowtide_alert* before,
                                    int64_t sequence) {
  if (const lowtide_status wrong = check_arguments(out(after, before), in(before))) return wrong;
  const Alert alert = capi::from_c(*before);
  if (!is_valid(alert)) return LOWTIDE_CORRUPT_ALERT;
  std::optional<Sequence> last;
  if (const lowtide_status wrong = rebase_from_c(last, sequence)) return wrong;
  *after = to_c(rebase(alert, last));
  return LOWTIDE_OK;
}
