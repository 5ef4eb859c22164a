// SPDX-License-Identifier: Apache-2.0
// Random alerts, also those that no sequence of events leads to, and a check of one step of them.
// The checks use the rules of rules.hpp, never the engine itself.
#include "arbitrary.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine.hpp"
#include "event.hpp"
#include "rules.hpp"

namespace properties {

using lowtide::Alert;
using lowtide::AlertFields;
using lowtide::Phase;
using lowtide::StopReason;

namespace {

constexpr std::int64_t day = 86400;
constexpr std::int64_t last_instant = 253402300799;

Units near_units(Chance& chance, Units value) { return moved(value, chance.between(-1, 1)); }

Units any_units(Chance& chance) {
  switch (chance.below(5)) {
    case 0: return near_units(chance, {});
    case 1: return near_units(chance, lowest);
    case 2: return near_units(chance, highest);
    case 3: return {static_cast<std::int64_t>(chance.bits()), chance.bits()};
    default: return units(chance.between(-20, 20));
  }
}

std::int64_t any_instant(Chance& chance) {
  switch (chance.below(4)) {
    case 0: return chance.between(0, 2 * day);
    case 1: return last_instant - chance.between(0, 2 * day);
    case 2: return chance.between(0, last_instant / day - 1) * day + chance.between(0, 1);
    default: return chance.between(0, last_instant);
  }
}

std::int64_t any_count(Chance& chance) {
  constexpr std::array<std::int64_t, 6> counts = {0, 1, 2, 5, 254, 255};
  return chance.one_in(3) ? chance.between(0, 255) : chance.pick(counts);
}
std::int64_t any_time(Chance& chance) {
  constexpr std::array<std::int64_t, 4> times = {0, 1, 540, 1439};
  return chance.one_in(3) ? chance.between(0, 1439) : chance.pick(times);
}
std::int64_t any_offset(Chance& chance) {
  constexpr std::array<std::int64_t, 5> offsets = {-1439, -480, 0, 480, 1439};
  return chance.one_in(3) ? chance.between(-1439, 1439) : chance.pick(offsets);
}

}  // namespace

AlertFields likely_fields(Chance& chance) {
  AlertFields f;
  f.phase = static_cast<Phase>(chance.below(4));
  Units threshold = any_units(chance);
  if (threshold < Units{}) threshold = units(chance.between(0, 20));
  f.threshold = amount(threshold);
  f.count = any_count(chance);
  if (chance.one_in(2)) f.time_of_day = std::chrono::minutes(any_time(chance));
  f.utc_offset = std::chrono::minutes(any_offset(chance));
  if (chance.one_in(2))
    f.sequence =
        sequence(chance.one_in(3) ? INT64_MAX - chance.between(0, 1) : chance.between(1, 5));

  const bool alerting = f.phase == Phase::alerting;
  const bool fired = alerting || !chance.one_in(4);
  if (fired || !chance.one_in(3)) {
    Units credit = chance.one_in(2) ? near_units(chance, threshold) : any_units(chance);
    if (alerting && credit < Units{}) credit = {};
    if (f.phase == Phase::quiet && credit >= threshold)
      credit = moved(threshold, -chance.between(0, 3));
    if (alerting && credit >= threshold) credit = moved(threshold, chance.one_in(9) ? 0 : -1);
    f.available_credit = amount(credit);
  }
  if (!fired) return f;
  f.episode = chance.one_in(9) ? std::int64_t{UINT32_MAX} : chance.between(1, 3);
  f.fired_at = instant(any_instant(chance));
  f.fire_day = std::chrono::local_days(
      std::chrono::days(f.fired_at->seconds() / day + chance.between(-1, 1)));
  const std::int64_t most = alerting ? f.count - (chance.one_in(20) ? 0 : 1) : 255;
  f.last_reminder = chance.one_in(3) ? most : chance.between(0, std::max<std::int64_t>(most, 0));
  f.last_reminder = std::max<std::int64_t>(f.last_reminder, 0);
  f.reminders_sent = f.last_reminder == 0 ? 0 : chance.between(1, f.last_reminder);
  if (!alerting) f.stop_reason = static_cast<StopReason>(chance.between(1, 5));
  return f;
}

void disturb(Chance& chance, AlertFields& f) {
  constexpr std::array<std::int64_t, 10> edges = {
      -1, 0, 1, 255, 256, UINT32_MAX, std::int64_t{UINT32_MAX} + 1, INT64_MIN, INT64_MAX, 5};
  constexpr std::array<std::int64_t, 9> minutes = {-1440, -1439, -1,      0,        1439,
                                                   1440,  65535, 1 << 16, INT64_MIN};
  switch (chance.below(13)) {
    case 0: f.threshold = amount(any_units(chance)); break;
    case 1: f.count = chance.pick(edges); break;
    case 2: f.time_of_day = std::chrono::minutes(chance.pick(minutes)); break;
    case 3: f.utc_offset = std::chrono::minutes(chance.pick(minutes)); break;
    case 4:
      f.available_credit.reset();
      if (!chance.one_in(3)) f.available_credit = amount(any_units(chance));
      break;
    case 5:
      f.phase = static_cast<Phase>(chance.one_in(4) ? chance.below(256) : chance.below(4));
      break;
    case 6: f.episode = chance.pick(edges); break;
    case 7:
      f.fired_at.reset();
      if (chance.one_in(2)) f.fired_at = instant(any_instant(chance));
      break;
    case 8: f.fire_day.reset(); break;
    case 9:
      if (f.fired_at)
        f.fire_day = std::chrono::local_days(
            std::chrono::days(f.fired_at->seconds() / day + chance.between(-2, 2)));
      if (chance.one_in(4))
        f.fire_day = std::chrono::local_days(std::chrono::days(chance.between(-3, 3)));
      if (chance.one_in(4))
        f.fire_day = std::chrono::local_days(std::chrono::days(chance.pick(edges)));
      break;
    case 10:
      f.last_reminder =
          chance.one_in(2) ? std::max<std::int64_t>(f.count, 0) - 1 : chance.pick(edges);
      break;
    case 11: f.reminders_sent = chance.one_in(2) ? f.last_reminder : chance.pick(edges); break;
    default:
      f.stop_reason.reset();
      if (!chance.one_in(3))
        f.stop_reason =
            static_cast<StopReason>(chance.one_in(4) ? chance.below(256) : chance.below(7));
      break;
  }
}

namespace {

// A random event close to the limits that matter to the alert.
Event near_event(Chance& chance, const Alert& alert, const AlertFields& f) {
  std::int64_t at = any_instant(chance);
  if (f.fired_at && !chance.one_in(4)) {
    const std::int64_t k = chance.one_in(2) ? f.last_reminder + 1 : chance.between(0, f.count + 2);
    at = std::clamp<std::int64_t>(due_at(f, k) + chance.between(-1, 1), 0, last_instant);
  }
  const bool recovery_first = chance.one_in(2);
  Units threshold = chance.one_in(3)
                        ? units(f.threshold)
                        : near_units(chance, units(alert.available_credit().value_or(f.threshold)));
  if (chance.one_in(8)) threshold = any_units(chance);
  if (threshold < Units{}) threshold = {};
  switch (chance.below(8)) {
    case 0:
    case 1: return tick(at);
    case 2: return disable(at);
    case 3: return set_threshold(at, threshold, recovery_first);
    case 4: {
      if (chance.one_in(4)) return enable(at, threshold, recovery_first);
      Plan plan{f.count, f.time_of_day ? f.time_of_day->count() : -1, f.utc_offset.count()};
      if (chance.one_in(2))
        plan.count = std::clamp<std::int64_t>(f.last_reminder + chance.between(-1, 1), 0, 255);
      if (chance.one_in(3)) plan.time_of_day = chance.one_in(2) ? -1 : any_time(chance);
      if (chance.one_in(3)) plan.utc_offset = any_offset(chance);
      return enable(at, threshold, plan, recovery_first);
    }
    default: {
      Units credit = chance.one_in(2) ? near_units(chance, units(f.threshold)) : any_units(chance);
      if (chance.one_in(6)) credit = units(alert.available_credit().value_or(f.threshold));
      std::int64_t place = 0;
      if (chance.one_in(3)) {
        const std::int64_t last = f.sequence ? f.sequence->value() : 0;
        const std::int64_t step = chance.between(-1, 1);
        place = step > INT64_MAX - last ? last : std::max<std::int64_t>(last + step, 1);
      }
      return balance(at, credit, place);
    }
  }
}

}  // namespace

const char* broken_claim(Chance& chance, const Alert& before, const AlertFields& fields_before,
                         std::string& story) {
  const Event event = near_event(chance, before, fields_before);
  Alert after = before;
  const auto decision = apply(after, event);
  const AlertFields fields_after = after.fields();
  const char* claim = broken_rule({fields_before, event, *decision, fields_after});
  if (claim == nullptr && broken_invariant(fields_after) != nullptr)
    claim = "the alert after the event keeps every invariant";
  if (claim == nullptr) {
    const auto restored = Alert::restore(fields_after);
    if (!restored || *restored != after) claim = "restoring the fields gives the same alert";
  }
  if (claim == nullptr) {
    const auto next = after.next_reminder_at();
    const bool alerting = fields_after.phase == Phase::alerting;
    const std::int64_t due =
        alerting ? std::max<std::int64_t>(due_at(fields_after, fields_after.last_reminder + 1), 0)
                 : 0;
    const bool expected = alerting && due <= last_instant;
    if (next.has_value() != expected || (expected && next->seconds() != due))
      claim = "there is a next reminder only while alerting";
  }
  if (claim == nullptr) {
    Alert again = after;
    const auto repeated = apply(again, event);
    const bool must_be_idempotent = event.kind == Kind::tick || event.sequence != 0;
    if (!repeated->outputs.empty()) claim = "a repeated event sends nothing";
    if (must_be_idempotent && again != after)
      claim = "a repeated tick or observation with a sequence changes nothing";
    if (event.sequence != 0 && repeated->why != lowtide::Why::stale)
      claim = "a repeated observation with a sequence is stale";
  }
  if (claim != nullptr)
    story = "before " + describe(fields_before) + "\nevent " + describe(event) + "\nafter " +
            describe(fields_after);
  return claim;
}

}  // namespace properties
