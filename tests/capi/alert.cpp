// SPDX-License-Identifier: Apache-2.0
// Alerts: made, read, restored, stored, checked.
#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "exercised.hpp"
#include "scale.hpp"
#include "values.hpp"

namespace {

using namespace capi;

lowtide_status check(const lowtide_alert& alert) {
  const char* field = "";
  return lowtide_alert_check(&field, &alert);
}

// Nearly a valid alert: most fields are in range, and sometimes a few bits are flipped.
lowtide_alert near_miss(std::mt19937_64& random) {
  lowtide_alert alert{};
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  std::array<std::uint8_t, 64> bytes{};
  const auto put = [&](std::size_t at, std::uint64_t value, std::size_t size) {
    std::memcpy(bytes.data() + at, &value, size);
  };
  put(0, pick(3), 8);
  put(16, pick(3), 8);
  if (pick(8) == 0) put(24, UINT64_MAX, 8);
  if (pick(2) == 0) put(32, pick(3), 8);
  put(40, pick(4) == 0 ? 0 : pick(last_instant + 2), 8);
  put(48, pick(3), 4);
  put(52, pick(2) == 0 ? 0xFFFF : pick(1441), 2);
  put(54, pick(2) == 0 ? 0 : pick(1441), 2);
  put(58, pick(4), 1);
  put(59, pick(4), 1);
  put(60, pick(4), 1);
  put(61, pick(4), 1);
  put(62, pick(6), 1);
  put(63, pick(6), 1);
  for (std::uint64_t flips = pick(8) == 0 ? 1 + pick(3) : 0; flips > 0; --flips) {
    bytes[pick(64)] ^= static_cast<std::uint8_t>(1U << pick(8));
  }
  std::memcpy(&alert, bytes.data(), sizeof alert);
  return alert;
}

lowtide_alert noise(std::mt19937_64& random) {
  lowtide_alert alert{};
  for (std::uint64_t& word : alert.opaque) word = random();
  return alert;
}

}  // namespace

TEST_CASE("alert_init_observed: a new alert knows what was observed") {
  auto observed = sized<lowtide_last_observed>();
  observed.flags = LOWTIDE_LAST_OBSERVED_HAS_AVAILABLE_CREDIT | LOWTIDE_LAST_OBSERVED_HAS_SEQUENCE;
  observed.available_credit = amount("5");
  observed.sequence = 9;
  lowtide_alert alert{};
  REQUIRE(lowtide_alert_init_observed(&alert, &observed) == LOWTIDE_OK);
  auto fields = sized<lowtide_alert_fields>();
  REQUIRE(lowtide_alert_read(&fields, &alert) == LOWTIDE_OK);
  CHECK(fields.flags == (LOWTIDE_FIELDS_HAS_AVAILABLE_CREDIT | LOWTIDE_FIELDS_HAS_SEQUENCE));
  CHECK(to_text(fields.available_credit) == "5");
  CHECK(fields.sequence == 9);
  CHECK(fields.count == 5);
  for (const std::int64_t sequence : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN}) {
    observed.sequence = sequence;
    CHECK(met(lowtide_alert_init_observed(&alert, &observed)) == LOWTIDE_SEQUENCE_RANGE);
  }
  observed.flags = LOWTIDE_LAST_OBSERVED_HAS_AVAILABLE_CREDIT;
  CHECK(lowtide_alert_init_observed(&alert, &observed) == LOWTIDE_OK);
  observed.flags = 4;
  CHECK(lowtide_alert_init_observed(&alert, &observed) == LOWTIDE_FLAGS);
}

TEST_CASE("alert_restore: each wrong field is named, and nothing is restored") {
  struct Row {
    const char* field;
    void (*spoil)(lowtide_alert_fields&);
    lowtide_status status;
  };
  const Row rows[] = {
      {"threshold", [](auto& f) { f.threshold.high = -1; }, LOWTIDE_OUT_OF_RANGE},
      {"count", [](auto& f) { f.count = 256; }, LOWTIDE_OUT_OF_RANGE},
      {"count", [](auto& f) { f.count = -1; }, LOWTIDE_OUT_OF_RANGE},
      {"time_of_day",
       [](auto& f) { f.flags |= LOWTIDE_FIELDS_HAS_TIME_OF_DAY, f.time_of_day = 1440; },
       LOWTIDE_OUT_OF_RANGE},
      {"time_of_day",
       [](auto& f) { f.flags |= LOWTIDE_FIELDS_HAS_TIME_OF_DAY, f.time_of_day = -1; },
       LOWTIDE_OUT_OF_RANGE},
      {"utc_offset", [](auto& f) { f.utc_offset = INT32_MIN; }, LOWTIDE_OUT_OF_RANGE},
      {"sequence", [](auto& f) { f.flags |= LOWTIDE_FIELDS_HAS_SEQUENCE, f.sequence = 0; },
       LOWTIDE_OUT_OF_RANGE},
      {"phase", [](auto& f) { f.phase = 4; }, LOWTIDE_OUT_OF_RANGE},
      {"phase", [](auto& f) { f.phase = 258; }, LOWTIDE_OUT_OF_RANGE},
      {"episode", [](auto& f) { f.episode = std::int64_t{1} << 32U; }, LOWTIDE_OUT_OF_RANGE},
      {"fired_at", [](auto& f) { f.fired_at = last_instant + 1; }, LOWTIDE_OUT_OF_RANGE},
      {"fire_day", [](auto& f) { f.fire_day += 2; }, LOWTIDE_OUT_OF_RANGE},
      {"fire_day", [](auto& f) { f.fire_day = INT64_MAX; }, LOWTIDE_OUT_OF_RANGE},
      {"fire_day", [](auto& f) { f.fire_day = std::int64_t{1} << 32U; }, LOWTIDE_OUT_OF_RANGE},
      {"fire_day", [](auto& f) { f.flags &= ~LOWTIDE_FIELDS_HAS_FIRE_DAY; }, LOWTIDE_INCONSISTENT},
      {"fired_at", [](auto& f) { f.flags &= ~LOWTIDE_FIELDS_HAS_FIRED_AT; }, LOWTIDE_INCONSISTENT},
      {"last_reminder", [](auto& f) { f.last_reminder = 256; }, LOWTIDE_OUT_OF_RANGE},
      {"last_reminder", [](auto& f) { f.last_reminder = f.reminders_sent = 5; },
       LOWTIDE_INCONSISTENT},
      {"reminders_sent", [](auto& f) { f.reminders_sent = 1; }, LOWTIDE_INCONSISTENT},
      {"stop_reason", [](auto& f) { f.flags |= LOWTIDE_FIELDS_HAS_STOP_REASON, f.stop_reason = 6; },
       LOWTIDE_OUT_OF_RANGE},
      {"stop_reason",
       [](auto& f) { f.flags |= LOWTIDE_FIELDS_HAS_STOP_REASON, f.stop_reason = 257; },
       LOWTIDE_OUT_OF_RANGE},
      {"stop_reason", [](auto& f) { f.flags |= LOWTIDE_FIELDS_HAS_STOP_REASON, f.stop_reason = 1; },
       LOWTIDE_INCONSISTENT},
      {"reserved", [](auto& f) { f.reserved = 1; }, LOWTIDE_OUT_OF_RANGE},
      {"", [](auto& f) { f.flags |= 64U; }, LOWTIDE_FLAGS},
  };
  const lowtide_alert alert = capi::alerting();
  for (const Row& row : rows) {
    CAPTURE(row.field);
    auto fields = sized<lowtide_alert_fields>();
    REQUIRE(lowtide_alert_read(&fields, &alert) == LOWTIDE_OK);
    lowtide_alert restored{};
    const char* field = "";
    REQUIRE(lowtide_alert_restore(&restored, &field, &fields) == LOWTIDE_OK);
    CHECK(same(restored, alert));
    row.spoil(fields);
    restored = {};
    CHECK(met(lowtide_alert_restore(&restored, &field, &fields)) == row.status);
    CHECK(std::string(field) == row.field);
    CHECK(same(restored, lowtide_alert{}));
  }
}

TEST_CASE("alert_restore: fields that are not present are not read") {
  lowtide_alert fresh{};
  lowtide_alert_init(&fresh);
  auto fields = sized<lowtide_alert_fields>();
  REQUIRE(lowtide_alert_read(&fields, &fresh) == LOWTIDE_OK);
  fields.time_of_day = fields.stop_reason = -7;
  fields.available_credit = {9, 9};
  fields.sequence = fields.fired_at = fields.fire_day = INT64_MIN;
  lowtide_alert restored{};
  const char* field = "";
  CHECK(lowtide_alert_restore(&restored, &field, &fields) == LOWTIDE_OK);
  CHECK(same(restored, fresh));
}

TEST_CASE("alert_decode: every damaged byte is refused, and so is every wrong length") {
  const lowtide_alert alert = capi::alerting();
  std::array<std::uint8_t, LOWTIDE_ALERT_BYTES> bytes{};
  std::size_t size = 0;
  REQUIRE(lowtide_alert_encode(&size, bytes.data(), bytes.size(), &alert) == LOWTIDE_OK);
  std::uint64_t refused = 0;
  lowtide_alert decoded{};
  const char* field = "";
  for (std::size_t i = 0; i < size; ++i) {
    for (unsigned flip = 1; flip < 256; ++flip) {
      bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ flip);
      const lowtide_status status = met(lowtide_alert_decode(&decoded, &field, bytes.data(), size));
      if (status == LOWTIDE_CORRUPT && same(decoded, lowtide_alert{})) ++refused;
      bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ flip);
    }
  }
  CHECK(refused == size * 255);
  for (std::size_t other = 0; other < bytes.size(); ++other) {
    const std::vector<std::uint8_t> exact(bytes.begin(),
                                          bytes.begin() + static_cast<std::ptrdiff_t>(other));
    const std::uint8_t none = 0;
    const lowtide_status status =
        lowtide_alert_decode(&decoded, &field, exact.empty() ? &none : exact.data(), exact.size());
    CHECK(status == (other == size ? LOWTIDE_OK : LOWTIDE_CORRUPT));
  }
  CHECK(same(decoded, alert));
  exercised("damaged stored alerts refused by the C ABI", refused, "damages", 17340);
}

TEST_CASE("alert_decode: a later format is distinguished from damage") {
  // Format 2, its length, and the right CRC-32C.
  const std::array<std::uint8_t, 6> newer = [] {
    std::array<std::uint8_t, 6> bytes{2, 6};
    std::uint32_t crc = UINT32_MAX;
    for (std::size_t i = 0; i < 2; ++i) {
      crc ^= bytes[i];
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
    }
    crc = ~crc;
    for (unsigned i = 0; i < 4; ++i) bytes[2 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    return bytes;
  }();
  lowtide_alert alert{};
  const char* field = "";
  CHECK(met(lowtide_alert_decode(&alert, &field, newer.data(), newer.size())) ==
        LOWTIDE_NEWER_FORMAT);
  CHECK(std::string(field) == "alert");
}

// lowtide_alert_check finds the wrong field, lowtide_alert_observe only whether there is one. Both
// use one definition of the invariants.
TEST_CASE("alert_check: agrees with the check that observe makes") {
  std::mt19937_64 random(7);
  auto decision = sized<lowtide_decision>();
  auto observation = sized<lowtide_observation>();
  observation.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
  observation.available_credit = amount("1");
  observation.at = start;
  std::uint64_t valid = 0;
  std::uint64_t disagreements = 0;
  const std::uint64_t count = scaled(12'000'000);
  for (std::uint64_t i = 0; i < count; ++i) {
    const lowtide_alert alert = i % 8 == 0 ? noise(random) : near_miss(random);
    lowtide_alert after{};
    const bool fast = lowtide_alert_observe(&decision, &after, &alert, &observation) == LOWTIDE_OK;
    const bool full = check(alert) == LOWTIDE_OK;
    if (fast != full || (full && check(after) != LOWTIDE_OK)) ++disagreements;
    if (full) ++valid;
  }
  CHECK(disagreements == 0);
  const bool both = valid > count / 100 && valid < count / 2;
  CHECK_MESSAGE(both, valid << " of " << count);
  exercised("states that both checks judge alike", count, "states", scaled(10'000'000));
  exercised("of these, valid ones", valid, "states", count / 100);
}

TEST_CASE("alert: every function refuses an invalid one") {
  lowtide_alert corrupt = capi::alerting();
  corrupt.opaque[7] |= std::uint64_t{5} << 24U |
                       std::uint64_t{5} << 32U;  // five of five reminders sent, yet alerting
  auto decision = sized<lowtide_decision>();
  auto fields = sized<lowtide_alert_fields>();
  auto observation = sized<lowtide_observation>();
  observation.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
  const auto enable = sized<lowtide_enable>();
  const auto set = sized<lowtide_set_threshold>();
  lowtide_alert after{};
  const char* field = "";
  std::size_t size = 0;
  std::array<std::uint8_t, LOWTIDE_ALERT_BYTES> bytes{};
  std::uint32_t present = 0;
  std::int64_t at = 0;
  CHECK(met(lowtide_alert_check(&field, &corrupt)) == LOWTIDE_CORRUPT_ALERT);
  CHECK(std::string(field) == "last_reminder");
  field = "";
  CHECK(lowtide_alert_enable(&decision, &after, &field, &corrupt, &enable) ==
        LOWTIDE_CORRUPT_ALERT);
  CHECK(std::string(field) == "last_reminder");
  CHECK(lowtide_alert_read(&fields, &corrupt) == LOWTIDE_CORRUPT_ALERT);
  CHECK(lowtide_alert_encode(&size, bytes.data(), bytes.size(), &corrupt) == LOWTIDE_CORRUPT_ALERT);
  CHECK(lowtide_alert_next_reminder_at(&present, &at, &corrupt) == LOWTIDE_CORRUPT_ALERT);
  CHECK(lowtide_alert_observe(&decision, &after, &corrupt, &observation) == LOWTIDE_CORRUPT_ALERT);
  CHECK(lowtide_alert_observe(&decision, &corrupt, &corrupt, &observation) ==
        LOWTIDE_CORRUPT_ALERT);
  CHECK(lowtide_alert_tick(&decision, &after, &corrupt, 0) == LOWTIDE_CORRUPT_ALERT);
  CHECK(lowtide_alert_set_threshold(&decision, &after, &corrupt, &set) == LOWTIDE_CORRUPT_ALERT);
  CHECK(lowtide_alert_disable(&decision, &after, &corrupt, 0) == LOWTIDE_CORRUPT_ALERT);
  CHECK(lowtide_alert_rebase(&after, &corrupt, 0) == LOWTIDE_CORRUPT_ALERT);
  CHECK(same(after, lowtide_alert{}));
  CHECK(same(decision, sized<lowtide_decision>()));
}

TEST_CASE("alert: one that was copied, stored or restored decides like the original") {
  const lowtide_alert alert = alerting();
  std::vector<lowtide_alert> ways(3, alert);
  std::array<std::uint8_t, LOWTIDE_ALERT_BYTES> bytes{};
  std::size_t size = 0;
  const char* field = "";
  REQUIRE(lowtide_alert_encode(&size, bytes.data(), bytes.size(), &alert) == LOWTIDE_OK);
  REQUIRE(lowtide_alert_decode(&ways[1], &field, bytes.data(), size) == LOWTIDE_OK);
  auto fields = sized<lowtide_alert_fields>();
  REQUIRE(lowtide_alert_read(&fields, &alert) == LOWTIDE_OK);
  REQUIRE(lowtide_alert_restore(&ways[2], &field, &fields) == LOWTIDE_OK);
  std::array<lowtide_decision, 3> decisions{};
  for (std::size_t i = 0; i < 3; ++i) {
    decisions[i] = sized<lowtide_decision>();
    REQUIRE(lowtide_alert_tick(&decisions[i], &ways[i], &ways[i], start + 3 * day) == LOWTIDE_OK);
    CHECK(std::memcmp(&ways[i], ways.data(), sizeof ways[0]) == 0);
    CHECK(std::memcmp(&decisions[i], decisions.data(), sizeof decisions[0]) == 0);
  }
  CHECK(decisions[0].outputs[0].skipped == 1);
}

TEST_CASE("alert_rebase: sets the sequence and nothing else") {
  lowtide_alert alert = capi::alerting();
  const lowtide_alert before = alert;
  CHECK(lowtide_alert_rebase(&alert, &alert, INT64_MAX) == LOWTIDE_OK);
  CHECK(!same(alert, before));
  CHECK(lowtide_alert_rebase(&alert, &alert, 0) == LOWTIDE_OK);
  CHECK(same(alert, before));
}
