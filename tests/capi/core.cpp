// SPDX-License-Identifier: Apache-2.0
// What the functions on amounts, alerts and outputs do with data, right and wrong, and that they
// agree with C++ on it.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include <lowtide/alert.hpp>
#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>
#include <lowtide/key.hpp>

#include "calls.hpp"
#include "exercised.hpp"
#include "scale.hpp"

namespace {

using capi::met;

constexpr std::int64_t last_instant = 253402300799;
constexpr std::int64_t start = 1772352000;

lowtide_amount amount(std::string_view text) {
  lowtide_amount amount{};
  REQUIRE(lowtide_amount_parse(&amount, text.data(), text.size()) == LOWTIDE_OK);
  return amount;
}

std::string to_text(const lowtide_amount& amount) {
  std::array<char, LOWTIDE_AMOUNT_TEXT_SIZE> text{};
  std::size_t size = 0;
  REQUIRE(lowtide_amount_format(&size, text.data(), text.size(), &amount) == LOWTIDE_OK);
  return {text.data(), size};
}

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

template <class T>
bool same(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

const std::string most = "170141183460469231731.687303715884105727";
const std::string least = "-170141183460469231731.687303715884105728";

lowtide_status check(const lowtide_alert& alert) {
  const char* field = "";
  return lowtide_alert_check(&field, &alert);
}

}  // namespace

TEST_CASE("amount_parse: a text is read, or refused for the documented reason") {
  struct Row {
    std::string text;
    lowtide_status status;
    std::string canonical;
  };
  const Row rows[] = {{"12.50", LOWTIDE_OK, "12.5"},
                      {"-0", LOWTIDE_OK, "0"},
                      {"1e3", LOWTIDE_OK, "1000"},
                      {most, LOWTIDE_OK, most},
                      {least, LOWTIDE_OK, least},
                      {"0e999999999", LOWTIDE_OK, "0"},
                      {"", LOWTIDE_MALFORMED, ""},
                      {"1,5", LOWTIDE_MALFORMED, ""},
                      {std::string("1\0", 2), LOWTIDE_MALFORMED, ""},
                      {std::string("\0", 1), LOWTIDE_MALFORMED, ""},
                      {"1e-19", LOWTIDE_INEXACT, ""},
                      {"170141183460469231731.687303715884105728", LOWTIDE_OVERFLOW, ""},
                      {"1e999999999", LOWTIDE_OVERFLOW, ""},
                      {std::string(10'000'000, '0') + "1", LOWTIDE_OK, "1"},
                      {std::string(10'000'000, '9'), LOWTIDE_OVERFLOW, ""},
                      {std::string(10'000'000, 'x'), LOWTIDE_MALFORMED, ""}};
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 50));
    // Exactly as many bytes as are said to be there, and none behind.
    const std::vector<char> exact(row.text.begin(), row.text.end());
    const char none = '1';
    lowtide_amount read{1, 2};
    CHECK(met(lowtide_amount_parse(&read, exact.empty() ? &none : exact.data(), exact.size())) ==
          row.status);
    if (row.status == LOWTIDE_OK) {
      CHECK(to_text(read) == row.canonical);
    } else {
      CHECK(same(read, lowtide_amount{1, 2}));
    }
  }
}

TEST_CASE("amount_parse: a length beyond all memory is refused before anything is read") {
  lowtide_amount read{};
  CHECK(met(lowtide_amount_parse(&read, "1", SIZE_MAX)) == LOWTIDE_STRIDE);
  CHECK(met(lowtide_amount_parse(&read, "1", SIZE_MAX / 2 + 1)) == LOWTIDE_STRIDE);
}

TEST_CASE("buffer: one that is too small is not written, and the needed size is given") {
  const lowtide_amount value = amount(least);
  const lowtide_alert alert = capi::alerting();
  const lowtide_output output = capi::fire();
  const std::string account(255, '\x7e');
  for (std::size_t capacity = 0; capacity < LOWTIDE_AMOUNT_TEXT_SIZE; ++capacity) {
    std::vector<char> text(LOWTIDE_AMOUNT_TEXT_SIZE, 'x');
    std::size_t size = 0;
    CHECK(met(lowtide_amount_format(&size, text.data(), capacity, &value)) ==
          LOWTIDE_BUFFER_TOO_SMALL);
    CHECK(size == LOWTIDE_AMOUNT_TEXT_SIZE);
    CHECK(std::count(text.begin(), text.end(), 'x') == LOWTIDE_AMOUNT_TEXT_SIZE);
  }
  for (std::size_t capacity = 0; capacity < 68; ++capacity) {
    std::vector<std::uint8_t> bytes(LOWTIDE_ALERT_BYTES, 7);
    std::size_t size = 0;
    CHECK(lowtide_alert_encode(&size, bytes.data(), capacity, &alert) == LOWTIDE_BUFFER_TOO_SMALL);
    CHECK(size == 68);
    CHECK(std::count(bytes.begin(), bytes.end(), 7) == LOWTIDE_ALERT_BYTES);
  }
  std::vector<char> key(LOWTIDE_KEY_SIZE, 'x');
  std::size_t size = 0;
  const char* field = "";
  CHECK(lowtide_output_key(&size, key.data(), 10, &field, account.data(), account.size(), "a", 1,
                           &output) == LOWTIDE_BUFFER_TOO_SMALL);
  CHECK(size == 10 + 255 + 1 + 1 + 1 + 1 + 1 + 10 + 1 + 4);
  CHECK(std::count(key.begin(), key.end(), 'x') == LOWTIDE_KEY_SIZE);
}

TEST_CASE("output_key: the longest key has LOWTIDE_KEY_SIZE bytes") {
  lowtide_output output = capi::fire();
  output.kind = LOWTIDE_OUTPUT_REMIND;
  output.reminder = 255;
  output.reminders_sent = 255;
  output.episode = UINT32_MAX;
  output.fired_at = last_instant;
  const std::string name(255, ' ');
  std::string key(LOWTIDE_KEY_SIZE, 'x');
  std::size_t size = 0;
  const char* field = "";
  CHECK(lowtide_output_key(&size, key.data(), key.size(), &field, name.data(), 255, name.data(),
                           255, &output) == LOWTIDE_OK);
  CHECK(size == LOWTIDE_KEY_SIZE);
}

TEST_CASE("amount: sums and differences are exact or an overflow, also in place") {
  lowtide_amount a = amount(most);
  const lowtide_amount one = amount("0.000000000000000001");
  CHECK(met(lowtide_amount_add(&a, &a, &one)) == LOWTIDE_OVERFLOW);
  CHECK(to_text(a) == most);
  CHECK(lowtide_amount_subtract(&a, &a, &one) == LOWTIDE_OK);
  CHECK(to_text(a) == "170141183460469231731.687303715884105726");
  CHECK(lowtide_amount_subtract(&a, &a, &a) == LOWTIDE_OK);
  CHECK(to_text(a) == "0");
  std::int32_t order = 9;
  CHECK(lowtide_amount_compare(&order, &a, &one) == LOWTIDE_OK);
  CHECK(order == -1);
  CHECK(lowtide_amount_compare(&order, &one, &a) == LOWTIDE_OK);
  CHECK(order == 1);
  CHECK(lowtide_amount_compare(&order, &a, &a) == LOWTIDE_OK);
  CHECK(order == 0);
}

TEST_CASE("available_credit: an overflow only if the exact result is out of range") {
  auto balance = sized<lowtide_balance>();
  lowtide_amount credit{1, 2};
  balance.cash_balance = balance.credit_limit = amount(most);
  CHECK(lowtide_balance_available_credit(&credit, &balance) == LOWTIDE_OVERFLOW);
  CHECK(same(credit, lowtide_amount{1, 2}));
  balance.unsettled_current_month = amount(most);
  CHECK(lowtide_balance_available_credit(&credit, &balance) == LOWTIDE_OK);
  CHECK(to_text(credit) == most);
  balance.flags = 1;
  CHECK(met(lowtide_balance_available_credit(&credit, &balance)) == LOWTIDE_FLAGS);
}

TEST_CASE("names: defined codes have one, and undefined codes are refused") {
  const char* name = "";
  for (std::int32_t why = 1; why <= 23; ++why) {
    REQUIRE(lowtide_why_name(&name, why) == LOWTIDE_OK);
    CHECK(std::string(name) == lowtide::name(static_cast<lowtide::Why>(why)));
    REQUIRE(lowtide_why_sentence(&name, why) == LOWTIDE_OK);
    CHECK(std::string(name) == lowtide::sentence(static_cast<lowtide::Why>(why)));
  }
  for (std::int32_t code = -300; code <= 600; ++code) {
    const char* untouched = name;
    CHECK((lowtide_why_name(&untouched, code) == LOWTIDE_OK) == (code >= 1 && code <= 23));
    CHECK((lowtide_phase_name(&untouched, code) == LOWTIDE_OK) == (code >= 0 && code <= 3));
    CHECK((lowtide_stop_reason_name(&untouched, code) == LOWTIDE_OK) == (code >= 1 && code <= 5));
    CHECK((lowtide_output_kind_name(&untouched, code) == LOWTIDE_OK) == (code >= 1 && code <= 3));
  }
  CHECK(met(lowtide_why_sentence(&name, 24)) == LOWTIDE_CODE);
}

TEST_CASE("version: the library has that of the header") {
  CHECK(std::string(lowtide_version()) == "0.1.0");
  CHECK(LOWTIDE_VERSION == 100);
  CHECK(lowtide_abi_version() == LOWTIDE_ABI_VERSION);
}

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

namespace {

// A state near the valid ones: the fields of one in range, mostly, with a few bits turned over.
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

// lowtide_alert_check asks for the field and lowtide_alert_observe only whether; both read the one
// statement of the invariants.
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
  corrupt.opaque[7] |= std::uint64_t{5} << 24U | std::uint64_t{5}
                                                     << 32U;  // five of five sent, and alerting
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

TEST_CASE("decide: wrong events are refused in the documented order, and change nothing") {
  const lowtide_alert alert = capi::alerting();
  const auto untouched = sized<lowtide_decision>();
  auto decision = untouched;
  lowtide_alert after{};
  auto observation = sized<lowtide_observation>();
  observation.cash_balance = observation.credit_limit = amount(most);
  observation.at = last_instant + 1;
  observation.sequence = 0;
  const auto observe = [&](std::uint32_t flags) {
    observation.flags = flags;
    return met(lowtide_alert_observe(&decision, &after, &alert, &observation));
  };
  for (const std::uint32_t flags : {0U, 3U, 4U, 7U, 8U, 9U, 10U, UINT32_MAX})
    CHECK(observe(flags) == LOWTIDE_FLAGS);
  CHECK(observe(5) == LOWTIDE_TIME_RANGE);
  for (const std::int64_t at : {std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
    observation.at = at;
    CHECK(observe(5) == LOWTIDE_TIME_RANGE);
  }
  observation.at = last_instant;
  CHECK(observe(5) == LOWTIDE_SEQUENCE_RANGE);
  CHECK(observe(1) == LOWTIDE_OVERFLOW);
  observation.sequence = 1;
  CHECK(observe(5) == LOWTIDE_OVERFLOW);

  auto enable = sized<lowtide_enable>();
  const char* field = "";
  const auto turn_on = [&] {
    return met(lowtide_alert_enable(&decision, &after, &field, &alert, &enable));
  };
  enable.at = -1;
  enable.if_below = 2;
  for (const std::uint32_t flags : {2U, 4U, UINT32_MAX}) {
    enable.flags = flags;
    CHECK(turn_on() == LOWTIDE_FLAGS);
  }
  enable.flags = LOWTIDE_ENABLE_HAS_SCHEDULE | LOWTIDE_ENABLE_HAS_TIME_OF_DAY;
  CHECK(turn_on() == LOWTIDE_CODE);
  enable.if_below = LOWTIDE_IF_BELOW_RECOVERY_FIRST;
  CHECK(turn_on() == LOWTIDE_TIME_RANGE);
  enable.at = 0;
  enable.threshold.high = -1;
  CHECK(turn_on() == LOWTIDE_OUT_OF_RANGE);
  CHECK(std::string(field) == "threshold");
  enable.threshold.high = 0;
  enable.count = -1;
  CHECK(turn_on() == LOWTIDE_OUT_OF_RANGE);
  CHECK(std::string(field) == "count");
  enable.count = 0;
  enable.time_of_day = 1440;
  CHECK(turn_on() == LOWTIDE_OUT_OF_RANGE);
  CHECK(std::string(field) == "time_of_day");
  enable.time_of_day = 1439;
  enable.utc_offset = -1440;
  CHECK(turn_on() == LOWTIDE_OUT_OF_RANGE);
  CHECK(std::string(field) == "utc_offset");

  auto set = sized<lowtide_set_threshold>();
  const auto set_threshold = [&] {
    return met(lowtide_alert_set_threshold(&decision, &after, &alert, &set));
  };
  set.flags = 1;
  set.if_below = -1;
  set.at = -1;
  CHECK(set_threshold() == LOWTIDE_FLAGS);
  set.flags = 0;
  CHECK(set_threshold() == LOWTIDE_CODE);
  set.if_below = 0;
  set.reserved = 1;
  CHECK(set_threshold() == LOWTIDE_CODE);
  set.reserved = 0;
  CHECK(set_threshold() == LOWTIDE_TIME_RANGE);
  set.at = 0;
  set.threshold.high = -1;
  CHECK(set_threshold() == LOWTIDE_OUT_OF_RANGE);

  CHECK(lowtide_alert_tick(&decision, &after, &alert, -1) == LOWTIDE_TIME_RANGE);
  CHECK(lowtide_alert_disable(&decision, &after, &alert, INT64_MAX) == LOWTIDE_TIME_RANGE);
  CHECK(lowtide_alert_rebase(&after, &alert, -1) == LOWTIDE_SEQUENCE_RANGE);
  CHECK(same(after, lowtide_alert{}));
  CHECK(same(decision, untouched));
}

TEST_CASE("output_key: an output that no alert gives has no key") {
  struct Row {
    const char* field;
    void (*spoil)(lowtide_output&);
    lowtide_status status;
  };
  const Row rows[] = {
      {"kind", [](auto& o) { o.kind = 0; }, LOWTIDE_CODE},
      {"kind", [](auto& o) { o.kind = 4; }, LOWTIDE_CODE},
      {"stop_reason", [](auto& o) { o.stop_reason = 1; }, LOWTIDE_CODE},
      {"stop_reason", [](auto& o) { o.kind = LOWTIDE_OUTPUT_STOP; }, LOWTIDE_CODE},
      {"at", [](auto& o) { o.at = -1; }, LOWTIDE_TIME_RANGE},
      {"fired_at", [](auto& o) { o.fired_at = last_instant + 1; }, LOWTIDE_TIME_RANGE},
      {"episode", [](auto& o) { o.episode = 0; }, LOWTIDE_OUT_OF_RANGE},
      {"reminder", [](auto& o) { o.reminder = 1; }, LOWTIDE_OUT_OF_RANGE},
      {"reminder", [](auto& o) { o.kind = LOWTIDE_OUTPUT_REMIND; }, LOWTIDE_OUT_OF_RANGE},
      {"reminder", [](auto& o) { o.kind = LOWTIDE_OUTPUT_REMIND, o.reminder = 256; },
       LOWTIDE_OUT_OF_RANGE},
      {"skipped", [](auto& o) { o.kind = LOWTIDE_OUTPUT_REMIND, o.reminder = o.skipped = 3; },
       LOWTIDE_OUT_OF_RANGE},
      {"reminders_sent", [](auto& o) { o.reminders_sent = 256; }, LOWTIDE_OUT_OF_RANGE},
      {"reserved", [](auto& o) { o.reserved = 1; }, LOWTIDE_OUT_OF_RANGE},
  };
  std::string key(LOWTIDE_KEY_SIZE, 'x');
  std::size_t size = 0;
  for (const Row& row : rows) {
    CAPTURE(row.field);
    lowtide_output output = capi::fire();
    row.spoil(output);
    const char* field = "";
    CHECK(lowtide_output_key(&size, key.data(), key.size(), &field, "a", 1, "b", 1, &output) ==
          row.status);
    CHECK(std::string(field) == row.field);
  }
  const lowtide_output output = capi::fire();
  const auto with_names = [&](const std::string& account, const std::string& alert,
                              const char* expected) {
    const char* field = "";
    const lowtide_status status =
        lowtide_output_key(&size, key.data(), key.size(), &field, account.data(), account.size(),
                           alert.data(), alert.size(), &output);
    CHECK(std::string(field) == expected);
    return status;
  };
  CHECK(with_names("", "b", "account") == LOWTIDE_OUT_OF_RANGE);
  CHECK(with_names("a", std::string(256, 'b'), "alert") == LOWTIDE_OUT_OF_RANGE);
  CHECK(with_names(std::string("a\0", 2), "b", "account") == LOWTIDE_MALFORMED);
  CHECK(with_names("a", "\xff", "alert") == LOWTIDE_MALFORMED);
  CHECK(with_names(std::string(10'000'000, 'a'), "b", "account") == LOWTIDE_OUT_OF_RANGE);
  CHECK(size == 0);
}

namespace {

lowtide::Amount cpp(const lowtide_amount& amount) {
  return lowtide::Amount::from_halves(amount.high, amount.low);
}

// The same output, field by field.
bool agree(const lowtide_output& c, const lowtide::Output& output) {
  return c.struct_size == sizeof c && c.kind == static_cast<std::int32_t>(output.kind) &&
         cpp(c.available_credit) == output.available_credit &&
         cpp(c.threshold) == output.threshold && c.at == output.at.seconds() &&
         c.fired_at == output.fired_at.seconds() && c.episode == output.episode &&
         c.stop_reason == (output.reason ? static_cast<std::int32_t>(*output.reason) : 0) &&
         c.reminder == output.reminder && c.skipped == output.skipped &&
         c.reminders_sent == output.reminders_sent && c.reserved == 0;
}

}  // namespace

TEST_CASE("decide: C and C++ agree in long random lives, in place and aside") {
  using namespace lowtide;
  std::mt19937_64 random(11);
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  std::uint64_t outputs = 0;
  std::uint64_t disagreements = 0;
  const std::uint64_t lives = scaled(4'000);
  for (std::uint64_t life = 0; life < lives; ++life) {
    Alert expected;
    lowtide_alert alert{};
    lowtide_alert_init(&alert);
    std::int64_t now = start;
    for (int step_count = 0; step_count < 100; ++step_count) {
      now += static_cast<std::int64_t>(pick(144'000));
      const auto at = Instant::from_seconds(now).value();
      auto decision = sized<lowtide_decision>();
      lowtide_alert aside = alert;
      lowtide_alert* const after = pick(2) == 0 ? &alert : &aside;
      const char* field = "";
      const lowtide_amount value = amount(std::to_string(pick(8)));
      lowtide_status status = LOWTIDE_OK;
      InPlaceDecision told;
      switch (pick(8)) {
        case 0: {
          auto enable = sized<lowtide_enable>();
          enable.at = now;
          enable.threshold = value;
          enable.if_below = static_cast<std::int32_t>(pick(2));
          std::optional<Schedule> schedule;
          if (pick(2) == 0) {
            enable.flags = LOWTIDE_ENABLE_HAS_SCHEDULE;
            enable.count = static_cast<std::int32_t>(pick(7));
            enable.utc_offset = static_cast<std::int32_t>(pick(2879)) - 1439;
            std::optional<std::chrono::minutes> time_of_day;
            if (pick(2) == 0) {
              enable.flags |= LOWTIDE_ENABLE_HAS_TIME_OF_DAY;
              enable.time_of_day = static_cast<std::int32_t>(pick(1440));
              time_of_day = std::chrono::minutes(enable.time_of_day);
            }
            schedule =
                Schedule::make(enable.count, time_of_day, std::chrono::minutes(enable.utc_offset))
                    .value();
          }
          status = lowtide_alert_enable(&decision, after, &field, &alert, &enable);
          told = step(expected, Enable{Threshold::from(cpp(value)).value(), at, schedule,
                                       static_cast<IfBelow>(enable.if_below)});
          break;
        }
        case 1: {
          auto set = sized<lowtide_set_threshold>();
          set.at = now;
          set.threshold = value;
          set.if_below = static_cast<std::int32_t>(pick(2));
          status = lowtide_alert_set_threshold(&decision, after, &alert, &set);
          told = step(expected, SetThreshold{Threshold::from(cpp(value)).value(), at,
                                             static_cast<IfBelow>(set.if_below)});
          break;
        }
        case 2:
          if (pick(4) != 0) continue;
          status = lowtide_alert_disable(&decision, after, &alert, now);
          told = step(expected, Disable{at});
          break;
        case 3:
          status = lowtide_alert_tick(&decision, after, &alert, now);
          told = step(expected, Tick{at});
          break;
        default: {
          auto observation = sized<lowtide_observation>();
          observation.at = now;
          Balance balance;
          // Sometimes beyond the range on the way, and back.
          if (pick(4) == 0) balance.cash_balance = balance.unsettled_current_month = Amount::max();
          balance.credit_limit = cpp(value);
          balance.unsettled_previous_months = Amount::from_halves(pick(16) == 0 ? 1 : 0, pick(3));
          observation.cash_balance = {balance.cash_balance.low, balance.cash_balance.high};
          observation.credit_limit = value;
          observation.unsettled_current_month = observation.cash_balance;
          observation.unsettled_previous_months = {balance.unsettled_previous_months.low,
                                                   balance.unsettled_previous_months.high};
          const Amount credit = available_credit(balance).value();
          observation.available_credit = {credit.low, credit.high};
          observation.flags = pick(2) == 0 ? LOWTIDE_OBSERVATION_HAS_BALANCE
                                           : LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
          std::optional<Sequence> sequence;
          if (pick(2) == 0) {
            observation.flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE;
            observation.sequence = static_cast<std::int64_t>(1 + pick(100));
            sequence = Sequence::from(observation.sequence).value();
          }
          status = lowtide_alert_observe(&decision, after, &alert, &observation);
          told = step(expected, Observation{credit, at, sequence});
        }
      }
      alert = *after;
      bool alike = status == LOWTIDE_OK && decision.why == static_cast<std::int32_t>(told.why) &&
                   same(alert, std::bit_cast<lowtide_alert>(expected)) &&
                   decision.phase == static_cast<std::int32_t>(expected.phase()) &&
                   decision.output_count == told.outputs.size();
      for (std::size_t i = 0; alike && i < told.outputs.size(); ++i) {
        ++outputs;
        alike = agree(decision.outputs[i], told.outputs[i]);
        std::string key(LOWTIDE_KEY_SIZE, ' ');
        std::size_t size = 0;
        alike = alike &&
                lowtide_output_key(&size, key.data(), key.size(), &field, "a/b", 3, "low", 3,
                                   &decision.outputs[i]) == LOWTIDE_OK &&
                key.substr(0, size) == output_key("a/b", "low", told.outputs[i]).value();
      }
      std::uint32_t present = 9;
      std::int64_t next = 0;
      alike = alike && lowtide_alert_next_reminder_at(&present, &next, &alert) == LOWTIDE_OK &&
              present == (expected.next_reminder_at() ? 1 : 0) &&
              (present == 0 || next == expected.next_reminder_at()->seconds());
      if (!alike) ++disagreements;
    }
  }
  CHECK(disagreements == 0);
  exercised("random lives on which C and C++ agree", lives, "lives", scaled(4'000));
  exercised("their outputs", outputs, "outputs", scaled(40'000));
}

TEST_CASE("alert_rebase: sets the sequence and nothing else") {
  lowtide_alert alert = capi::alerting();
  const lowtide_alert before = alert;
  CHECK(lowtide_alert_rebase(&alert, &alert, INT64_MAX) == LOWTIDE_OK);
  CHECK(!same(alert, before));
  CHECK(lowtide_alert_rebase(&alert, &alert, 0) == LOWTIDE_OK);
  CHECK(same(alert, before));
}
