// SPDX-License-Identifier: Apache-2.0
// Alerts from anywhere, not only those that events can lead to: each is refused, or every rule
// holds from there on.
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "chance.hpp"
#include "engine.hpp"
#include "event.hpp"
#include "exercised.hpp"
#include "rules.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace): this file is one chapter of it
using lowtide::Alert;
using lowtide::AlertFields;
using lowtide::Phase;
using lowtide::StopReason;

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

// Fields that respect the phase that they name, most of the time.
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

// Breaks one field, or moves it to where it is all but broken.
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

// An event that is near to what the alert could mind.
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

// Lets one random event happen twice to an accepted alert and looks at both steps. What is wrong;
// nullptr if nothing.
const char* what_goes_wrong(Chance& chance, const Alert& before, const AlertFields& fields_before,
                            std::string& story) {
  const Event event = near_event(chance, before, fields_before);
  Alert after = before;
  const auto outcome = happen(after, event);
  const AlertFields fields_after = after.fields();
  const char* wrong = broken_rule({fields_before, event, *outcome, fields_after});
  if (wrong == nullptr && broken_invariant(fields_after) != nullptr)
    wrong = "the alert afterwards keeps every invariant";
  if (wrong == nullptr) {
    const auto restored = Alert::restore(fields_after);
    if (!restored || *restored != after) wrong = "the alert afterwards is what its fields say";
  }
  if (wrong == nullptr) {
    const auto next = after.next_reminder_at();
    const bool alerting = fields_after.phase == Phase::alerting;
    const std::int64_t due =
        alerting ? std::max<std::int64_t>(due_at(fields_after, fields_after.last_reminder + 1), 0)
                 : 0;
    const bool expected = alerting && due <= last_instant;
    if (next.has_value() != expected || (expected && next->seconds() != due))
      wrong = "the next reminder is known while alerting only";
  }
  if (wrong == nullptr) {
    Alert again = after;
    const auto repeated = happen(again, event);
    const bool of_law = event.kind == Kind::tick || event.sequence != 0;
    if (!repeated->outputs.empty()) wrong = "a repeated event sends nothing";
    if (of_law && again != after) wrong = "a repeated tick or numbered change changes nothing";
    if (event.sequence != 0 && repeated->why != lowtide::Why::stale)
      wrong = "a repeated numbered change is stale";
  }
  if (wrong != nullptr)
    story = "before " + describe(fields_before) + "\nevent " + describe(event) + "\nafter " +
            describe(fields_after);
  return wrong;
}

TEST_CASE("an arbitrary alert is refused by name, or obeys every rule from there") {
  Chance chance(20260302);
  std::array<std::uint64_t, 4> accepted{};
  std::uint64_t refused = 0;
  std::string story;
  const std::uint64_t tries = scaled(17000000);
  for (std::uint64_t i = 0; i < tries; ++i) {
    AlertFields fields = likely_fields(chance);
    if (chance.one_in(3)) {
      for (std::uint64_t n = 1 + chance.below(3); n > 0; --n) disturb(chance, fields);
    }
    const auto alert = Alert::restore(fields);
    const char* const broken = broken_invariant(fields);
    if (alert.has_value() != (broken == nullptr)) {
      FAIL("restore and the invariants disagree: "
           << std::string(broken == nullptr ? alert.error().field : broken));
    }
    if (!alert) {
      const auto code = alert.error().code;
      const bool says_why =
          code == lowtide::ErrorCode::out_of_range || code == lowtide::ErrorCode::inconsistent;
      if (!says_why || std::strlen(alert.error().field) == 0 ||
          std::strlen(alert.error().rule) == 0)
        FAIL("refused without a reason");
      ++refused;
      continue;
    }
    if (alert->fields() != fields)
      FAIL("restored with other fields\n" << describe(fields) << "\n" << describe(alert->fields()));
    ++accepted[static_cast<std::size_t>(fields.phase)];
    if (const char* const wrong = what_goes_wrong(chance, *alert, fields, story))
      FAIL(std::string(wrong) << "\n" << story);
  }
  std::uint64_t all = 0;
  for (std::size_t phase = 0; phase < 4; ++phase) {
    const std::string unit = "accepted while " + std::string(name(static_cast<Phase>(phase)));
    exercised(at_scale("arbitrary alerts").c_str(), accepted[phase], unit.c_str(), scaled(1000000));
    all += accepted[phase];
  }
  exercised(at_scale("arbitrary alerts").c_str(), all, "accepted", scaled(10000000));
  exercised(at_scale("arbitrary alerts").c_str(), refused, "refused", scaled(1000000));
}

// CRC-32C (Castagnoli), bit by bit.
std::uint32_t checksum(std::span<const std::byte> bytes) {
  std::uint32_t crc = UINT32_MAX;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

void seal(std::span<std::byte> bytes) {
  const std::uint32_t crc = checksum(bytes.first(bytes.size() - 4));
  for (unsigned i = 0; i < 4; ++i)
    bytes[bytes.size() - 4 + i] = static_cast<std::byte>(crc >> (8 * i));
}

// Format 1 put together from the fields: 62 bytes of them in this order, between version and length
// before and the checksum after.
std::vector<std::byte> stored_form(const AlertFields& f) {
  std::vector<std::byte> bytes;
  const auto put = [&](std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
  };
  const auto put_signed = [&](std::int64_t value, unsigned size) {
    put(static_cast<std::uint64_t>(value), size);
  };
  put(1, 1);
  put(68, 1);
  const Units credit = f.available_credit ? units(*f.available_credit) : Units{};
  put(f.threshold.low, 8);
  put_signed(f.threshold.high, 8);
  put(credit.low, 8);
  put_signed(credit.high, 8);
  put_signed(f.sequence ? f.sequence->value() : 0, 8);
  put_signed(f.fired_at ? f.fired_at->seconds() : 0, 8);
  put_signed(f.episode, 4);
  put_signed(f.time_of_day ? f.time_of_day->count() : -1, 2);
  put_signed(f.utc_offset.count(), 2);
  for (const std::int64_t value : {f.count, f.last_reminder, f.reminders_sent})
    put_signed(value, 1);
  put(static_cast<std::uint64_t>(f.phase), 1);
  put(f.stop_reason ? static_cast<std::uint64_t>(*f.stop_reason) : 0, 1);
  const std::int64_t shift =
      f.fired_at ? f.fire_day->time_since_epoch().count() - f.fired_at->seconds() / day : 0;
  const std::uint64_t day_code = shift < 0 ? 2 : (shift > 0 ? 1 : 0);
  put((f.available_credit ? 1 : 0) | (day_code << 1U), 1);
  bytes.resize(bytes.size() + 4);
  seal(bytes);
  return bytes;
}

TEST_CASE(
    "undamaged bytes with arbitrary fields are refused by name, or are the one form of an alert that obeys every rule") {
  Chance chance(20260303);
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::string story;
  const std::uint64_t tries = scaled(3000000);
  for (std::uint64_t i = 0; i < tries;) {
    const auto origin = Alert::restore(likely_fields(chance));
    if (!origin) continue;
    ++i;
    const auto encoded = origin->encode();
    std::vector<std::byte> bytes(encoded.bytes().begin(), encoded.bytes().end());
    if (bytes != stored_form(origin->fields()))
      FAIL("stored in another layout: " << describe(origin->fields()));
    // Version and length stay; between them and the checksum one to three bytes become others,
    // often only by a bit.
    for (std::uint64_t n = 1 + chance.below(3); n > 0; --n) {
      std::byte& byte = bytes[2 + chance.below(bytes.size() - 6)];
      byte = chance.one_in(2) ? static_cast<std::byte>(chance.below(256))
                              : byte ^ static_cast<std::byte>(1U << chance.below(8));
    }
    seal(bytes);
    const auto alert = Alert::decode(bytes);
    if (!alert) {
      if (alert.error().code != lowtide::ErrorCode::corrupt ||
          std::strlen(alert.error().field) == 0)
        FAIL("refused without a reason");
      ++refused;
      continue;
    }
    const AlertFields fields = alert->fields();
    if (const char* const broken = broken_invariant(fields))
      FAIL("decoded although an invariant is broken: " << std::string(broken));
    const auto again = alert->encode();
    if (!std::equal(bytes.begin(), bytes.end(), again.bytes().begin(), again.bytes().end()))
      FAIL("two byte forms of " << describe(fields));
    if (const auto restored = Alert::restore(fields); !restored || *restored != *alert)
      FAIL("not what its fields say: " << describe(fields));
    if (const char* const wrong = what_goes_wrong(chance, *alert, fields, story))
      FAIL(std::string(wrong) << "\n" << story);
    ++accepted;
  }
  exercised(at_scale("arbitrary bytes").c_str(), accepted, "accepted", scaled(1000000));
  exercised(at_scale("arbitrary bytes").c_str(), refused, "refused", scaled(500000));
}

TEST_CASE("bytes damaged in any one bit, or cut anywhere, are refused") {
  Chance chance(20260304);
  std::uint64_t refused = 0;
  const std::uint64_t alerts = scaled(2000);
  for (std::uint64_t i = 0; i < alerts;) {
    const auto origin = Alert::restore(likely_fields(chance));
    if (!origin) continue;
    ++i;
    const auto encoded = origin->encode();
    std::vector<std::byte> bytes(encoded.bytes().begin(), encoded.bytes().end());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      const auto mask = static_cast<std::byte>(1U << (bit % 8));
      bytes[bit / 8] ^= mask;
      const auto decoded = Alert::decode(bytes);
      if (decoded || decoded.error().code != lowtide::ErrorCode::corrupt)
        FAIL("damage in bit " << bit << " goes unnoticed");
      bytes[bit / 8] ^= mask;
      ++refused;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto decoded = Alert::decode(std::span(bytes).first(size));
      if (decoded || decoded.error().code != lowtide::ErrorCode::corrupt)
        FAIL("a cut after " << size << " bytes goes unnoticed");
      ++refused;
    }
    // Undamaged but of a version to come, whatever its length: not corrupt, and not guessed at.
    bytes.resize(6 + chance.below(123));
    bytes[0] = static_cast<std::byte>(chance.between(2, 255));
    bytes[1] = static_cast<std::byte>(bytes.size());
    seal(bytes);
    const auto newer = Alert::decode(bytes);
    if (newer || newer.error().code != lowtide::ErrorCode::newer_format)
      FAIL("a newer format is not recognised");
    // Of version 0, which never was, or of version 1 and another length than its own.
    bytes[0] = static_cast<std::byte>(bytes.size() == encoded.bytes().size() ? 0 : chance.below(2));
    seal(bytes);
    const auto unknown = Alert::decode(bytes);
    if (unknown || unknown.error().code != lowtide::ErrorCode::corrupt)
      FAIL("a format that never was is taken");
  }
  exercised(at_scale("damaged bytes").c_str(), refused, "refused", scaled(1000000));
}

}  // namespace
