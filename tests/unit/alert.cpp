// SPDX-License-Identifier: Apache-2.0
// Alert: its fields, its stored form and its invariants. The golden files were written by an older
// build and must never be written anew.
#include <lowtide/alert.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"

namespace {

using namespace lowtide;
using std::chrono::minutes;

Amount amount(const char* text) { return Amount::parse(text).value(); }
Instant instant(const char* text) { return Instant::parse(text).value(); }
std::chrono::local_days day(int year, unsigned month, unsigned date) {
  return std::chrono::local_days(std::chrono::year_month_day(
      std::chrono::year(year), std::chrono::month(month), std::chrono::day(date)));
}

// The fields of the alerts in the golden files.
AlertFields fresh() { return {}; }

AlertFields armed() {
  AlertFields f;
  f.threshold = amount("1000");
  f.available_credit = amount("9200");
  f.sequence = Sequence::from(7).value();
  f.phase = Phase::armed;
  return f;
}

AlertFields alerting() {
  AlertFields f;
  f.threshold = amount("1000");
  f.time_of_day = minutes(540);
  f.utc_offset = minutes(480);
  f.available_credit = amount("900.5");
  f.sequence = Sequence::from(INT64_MAX).value();
  f.phase = Phase::alerting;
  f.episode = 3;
  f.fired_at = instant("2026-03-01T23:50:00Z");
  f.fire_day = day(2026, 3, 2);
  f.last_reminder = 2;
  f.reminders_sent = 1;
  return f;
}

AlertFields quiet() {
  AlertFields f;
  f.threshold = Amount::max();
  f.count = 255;
  f.time_of_day = minutes(1439);
  f.utc_offset = minutes(-720);
  f.available_credit = Amount::min();
  f.sequence = Sequence::from(12).value();
  f.phase = Phase::quiet;
  f.episode = 4294967295;
  f.fired_at = instant("2026-03-02T05:00:00Z");
  f.fire_day = day(2026, 3, 1);
  f.last_reminder = 255;
  f.reminders_sent = 255;
  f.stop_reason = StopReason::overdue;
  return f;
}

AlertFields off() {
  AlertFields f;
  f.threshold = Amount::smallest();
  f.count = 0;
  f.utc_offset = minutes(-1439);
  f.available_credit = Amount::smallest();
  f.episode = 1;
  f.fired_at = instant("9999-12-31T23:59:59Z");
  f.fire_day = day(9999, 12, 31);
  f.stop_reason = StopReason::disabled;
  return f;
}

struct Golden {
  const char* name;
  AlertFields fields;
};
const Golden golden[] = {{"fresh", fresh()},
                         {"armed", armed()},
                         {"alerting", alerting()},
                         {"quiet", quiet()},
                         {"off", off()}};

std::vector<std::byte> read_golden(const char* name) {
  std::ifstream file(std::string("golden/format-1-") + name + ".alert", std::ios::binary);
  REQUIRE(file);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

TEST_CASE("decode: stored bytes of format 1 are read, and encode writes the same") {
  for (const Golden& one : golden) {
    CAPTURE(one.name);
    const auto bytes = read_golden(one.name);
    const Result<Alert> alert = Alert::decode(bytes);
    REQUIRE(alert);
    CHECK(alert->fields() == one.fields);
    const EncodedAlert encoded = alert->encode();
    CHECK(std::ranges::equal(encoded.bytes(), bytes));
    CHECK(Alert::restore(one.fields).value() == *alert);
  }
  exercised("golden files of format 1", std::size(golden), "files");
}

TEST_CASE("encode: the bytes of an alert are fixed") {
  std::string hex;
  const EncodedAlert encoded = Alert::restore(armed()).value().encode();
  for (const std::byte byte : encoded.bytes()) {
    static constexpr char digits[] = "0123456789abcdef";
    hex += digits[std::to_integer<unsigned>(byte) >> 4U];
    hex += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  CHECK(hex ==
        "0144"
        "0000a0dec5adc9353600000000000000"
        "0000c0994fd8a5bbf201000000000000"
        "0700000000000000"
        "0000000000000000"
        "00000000"
        "ffff"
        "0000"
        "050000010001"
        "0aa6fc9a");
}

TEST_CASE("decode: bytes with a damaged byte, or of another length, are refused") {
  std::uint64_t damaged = 0;
  for (const Golden& one : golden) {
    auto bytes = read_golden(one.name);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::byte was = bytes[i];
      for (unsigned value = 0; value < 256; ++value) {
        bytes[i] = std::byte(value);
        if (bytes[i] == was) continue;
        ++damaged;
        const Result<Alert> alert = Alert::decode(bytes);
        REQUIRE(!alert);
        REQUIRE(alert.error().code == ErrorCode::corrupt);
      }
      bytes[i] = was;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size, ++damaged)
      REQUIRE(!Alert::decode(std::span(bytes).first(size)));
    bytes.push_back(std::byte(0));
    REQUIRE(!Alert::decode(bytes));
  }
  exercised("damaged encodings refused", damaged, "encodings", 80'000);
}

// Sets the length and the checksum of stored bytes, so that a test can make bytes that are intact
// but wrong. Computes the checksum bit by bit, independently of the library.
void seal(std::vector<std::byte>& bytes) {
  bytes[1] = static_cast<std::byte>(bytes.size());
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t i = 0; i + 4 < bytes.size(); ++i) {
    crc ^= std::to_integer<std::uint32_t>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  crc = ~crc;
  for (std::size_t i = 0; i < 4; ++i)
    bytes[bytes.size() - 4 + i] = static_cast<std::byte>(crc >> (8 * i));
}

TEST_CASE("decode: a newer format is not reported as damage") {
  auto bytes = read_golden("alerting");
  bytes[0] = std::byte(2);
  CHECK(Alert::decode(bytes).error().code == ErrorCode::corrupt);
  seal(bytes);
  CHECK(Alert::decode(bytes).error().code == ErrorCode::newer_format);
  bytes.insert(bytes.end() - 4, 20, std::byte(9));
  seal(bytes);
  CHECK(Alert::decode(bytes).error().code == ErrorCode::newer_format);
  bytes[0] = std::byte(1);
  seal(bytes);
  CHECK(Alert::decode(bytes).error().code == ErrorCode::corrupt);
  bytes = read_golden("alerting");
  bytes[0] = std::byte(0);
  seal(bytes);
  CHECK(Alert::decode(bytes).error().code == ErrorCode::corrupt);
}

TEST_CASE("decode: intact bytes of an invalid alert are corrupt, with the name of the field") {
  struct Row {
    const char* about;
    std::size_t offset;  // in the encoding
    unsigned value;
    const char* field;
  };
  // Each row changes one byte of the golden file "alerting", with reminder 2 of 5 sent.
  static const Row rows[] = {
      {"all five reminders sent", 2 + 16 + 16 + 8 + 8 + 4 + 2 + 2 + 1, 5, "last_reminder"},
      {"more reminders sent than the number of the last", 60, 3, "reminders_sent"},
      {"a last reminder, but none sent", 60, 0, "reminders_sent"},
      {"phase out of range", 61, 4, "phase"},
      {"a stop reason while alerting", 62, 1, "stop_reason"},
      {"a stop reason out of range", 62, 6, "stop_reason"},
      {"flags out of range", 63, 1 | (3 << 1), "fire_day"},
      {"unknown flags", 63, 1 | (1 << 3), "fire_day"},
      {"never observed", 63, 0 | (1 << 1), "available_credit"},
      {"negative threshold", 17, 0x80, "threshold"},
      {"time of day out of range", 55, 0x06, "time_of_day"},
      {"offset out of range", 57, 0x7F, "utc_offset"},
      {"negative sequence", 41, 0xFF, "sequence"},
      {"fired after the last instant", 49, 0x7F, "fired_at"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.about);
    auto bytes = read_golden("alerting");
    bytes[row.offset] = static_cast<std::byte>(row.value);
    seal(bytes);
    const Result<Alert> alert = Alert::decode(bytes);
    REQUIRE(!alert);
    CHECK(alert.error().code == ErrorCode::corrupt);
    CHECK(std::string(alert.error().field) == row.field);
  }
  exercised("forged encodings refused", std::size(rows), "encodings");
}

TEST_CASE("restore: fields that break an invariant are refused, with the name of the field") {
  struct Row {
    const char* about;
    std::function<AlertFields()> base;
    std::function<void(AlertFields&)> change;
    const char* field;  // nullptr: allowed
    ErrorCode code;
  };
  const auto bad = ErrorCode::inconsistent;
  const auto range = ErrorCode::out_of_range;
  const Row rows[] = {
      {"unchanged", alerting, [](auto&) {}, nullptr, bad},
      {"negative threshold", armed, [](auto& f) { f.threshold = amount("-1"); }, "threshold",
       range},
      {"count", armed, [](auto& f) { f.count = 256; }, "count", range},
      {"negative count", armed, [](auto& f) { f.count = -1; }, "count", range},
      {"time of day", armed, [](auto& f) { f.time_of_day = minutes(1440); }, "time_of_day", range},
      {"offset", armed, [](auto& f) { f.utc_offset = minutes(-1440); }, "utc_offset", range},
      {"phase", armed, [](auto& f) { f.phase = static_cast<Phase>(4); }, "phase", range},
      {"episode", quiet, [](auto& f) { f.episode = 4294967296; }, "episode", range},
      {"negative episode", quiet, [](auto& f) { f.episode = -1; }, "episode", range},
      {"last reminder", quiet, [](auto& f) { f.last_reminder = 256; }, "last_reminder", range},
      {"reminders sent", quiet, [](auto& f) { f.reminders_sent = 256; }, "reminders_sent", range},
      {"unknown stop reason", quiet, [](auto& f) { f.stop_reason = static_cast<StopReason>(6); },
       "stop_reason", range},
      {"zero stop reason", quiet, [](auto& f) { f.stop_reason = static_cast<StopReason>(0); },
       "stop_reason", range},
      {"fire day two later", alerting, [](auto& f) { *f.fire_day += std::chrono::days(1); },
       "fire_day", range},
      {"fire day one earlier", alerting, [](auto& f) { *f.fire_day -= std::chrono::days(2); },
       nullptr, range},
      {"fire day two earlier", alerting, [](auto& f) { *f.fire_day -= std::chrono::days(3); },
       "fire_day", range},
      {"fire day far away", alerting, [](auto& f) { f.fire_day = day(-32767, 1, 1); }, "fire_day",
       range},
      {"the earliest possible fire day", alerting,
       [](auto& f) { f.fire_day = std::chrono::local_days::min(); }, "fire_day", range},
      {"the latest possible fire day", alerting,
       [](auto& f) { f.fire_day = std::chrono::local_days::max(); }, "fire_day", range},
      {"fired in episode 0", armed, [](auto& f) { f.fired_at = Instant(); }, "fired_at", bad},
      {"never fired in episode 3", alerting, [](auto& f) { f.fired_at.reset(); }, "fired_at", bad},
      {"fire day without a fire", armed, [](auto& f) { f.fire_day = day(2026, 3, 1); }, "fire_day",
       bad},
      {"fire without its day", alerting, [](auto& f) { f.fire_day.reset(); }, "fire_day", bad},
      {"alerting and never fired", armed, [](auto& f) { f.phase = Phase::alerting; }, "phase", bad},
      {"reminded and never fired", armed, [](auto& f) { f.last_reminder = 1; }, "last_reminder",
       bad},
      {"sent and never fired", armed, [](auto& f) { f.reminders_sent = 1; }, "reminders_sent", bad},
      {"stopped and never fired", armed, [](auto& f) { f.stop_reason = StopReason::recovered; },
       "stop_reason", bad},
      {"fired and never observed", off, [](auto& f) { f.available_credit.reset(); }, "episode",
       bad},
      {"more reminders sent than the number of the last", alerting,
       [](auto& f) { f.reminders_sent = 3; }, "reminders_sent", bad},
      {"a last reminder, but none sent", alerting, [](auto& f) { f.reminders_sent = 0; },
       "reminders_sent", bad},
      {"no last reminder, but one sent", alerting, [](auto& f) { f.last_reminder = 0; },
       "reminders_sent", bad},
      {"alerting at zero", alerting, [](auto& f) { f.available_credit = amount("0"); }, nullptr,
       bad},
      {"alerting while overdue", alerting, [](auto& f) { f.available_credit = amount("-1e-18"); },
       "available_credit", bad},
      {"alerting just below", alerting,
       [](auto& f) { f.available_credit = amount("999.999999999999999999"); }, nullptr, bad},
      {"alerting at the threshold", alerting, [](auto& f) { f.available_credit = amount("1000"); },
       "available_credit", bad},
      {"alerting with one reminder left", alerting, [](auto& f) { f.last_reminder = 4; }, nullptr,
       bad},
      {"alerting with no reminder left", alerting, [](auto& f) { f.last_reminder = 5; },
       "last_reminder", bad},
      {"alerting and stopped", alerting, [](auto& f) { f.stop_reason = StopReason::recovered; },
       "stop_reason", bad},
      {"fired and not stopped", quiet, [](auto& f) { f.stop_reason.reset(); }, "stop_reason", bad},
      {"quiet at the threshold", quiet,
       [](auto& f) { f.threshold = amount("0"), f.available_credit = amount("0"); },
       "available_credit", bad},
      {"quiet and never observed", fresh, [](auto& f) { f.phase = Phase::quiet; }, nullptr, bad},
      {"quiet, observed, never fired", armed,
       [](auto& f) { f.phase = Phase::quiet, f.available_credit = amount("999"); }, nullptr, bad},
      {"a sequence without an observation", fresh,
       [](auto& f) { f.sequence = Sequence::from(1).value(); }, nullptr, bad},
      {"more reminders than the count, after the episode", quiet, [](auto& f) { f.count = 1; },
       nullptr, bad},
  };
  for (const Row& row : rows) {
    CAPTURE(row.about);
    AlertFields fields = row.base();
    row.change(fields);
    const Result<Alert> alert = Alert::restore(fields);
    REQUIRE(alert.has_value() == (row.field == nullptr));
    if (alert) {
      CHECK(alert->fields() == fields);
      CHECK(Alert::decode(alert->encode().bytes()).value() == *alert);
    } else {
      CHECK(std::string(alert.error().field) == row.field);
      CHECK(alert.error().code == row.code);
      CHECK(std::string(alert.error().rule).size() > 5);
    }
  }
  exercised("invariants of an alert", std::size(rows), "sets of fields");
}

TEST_CASE("alert: a new one is off and has what was observed of its account") {
  CHECK(Alert().fields() == AlertFields{});
  const Alert known = Alert::on_account(amount("50"), Sequence::from(7).value());
  CHECK(known.available_credit() == amount("50"));
  CHECK(known.sequence() == Sequence::from(7).value());
  CHECK(known.phase() == Phase::off);
  CHECK(Alert::on_account(std::nullopt, std::nullopt) == Alert());
}

TEST_CASE("alert: has a next reminder only while alerting") {
  CHECK(to_text(Alert::restore(alerting()).value().next_reminder_at().value()) ==
        "2026-03-05T01:00:00Z");
  for (const auto& fields : {fresh(), armed(), quiet(), off()})
    CHECK(!Alert::restore(fields).value().next_reminder_at());
  AlertFields at_the_end = alerting();
  at_the_end.fired_at = instant("9999-12-31T00:00:00Z");
  at_the_end.fire_day = day(9999, 12, 31);
  CHECK(!Alert::restore(at_the_end).value().next_reminder_at());
}

TEST_CASE("alert: phases and stop reasons are found by name") {
  for (unsigned value = 0; value < 4; ++value)
    CHECK(phase_named(name(static_cast<Phase>(value))) == static_cast<Phase>(value));
  for (unsigned value = 1; value < 6; ++value) {
    CHECK(stop_reason_named(name(static_cast<StopReason>(value))) ==
          static_cast<StopReason>(value));
  }
  CHECK(!phase_named("Armed"));
  CHECK(!phase_named(""));
  CHECK(!stop_reason_named(""));
}

TEST_CASE("alert: a threshold is 0 or more, a sequence 1 or more") {
  CHECK(Threshold::parse("0"));
  CHECK(Threshold::parse("-0"));
  CHECK(Threshold::parse("-0.000000000000000001").error().code == ErrorCode::out_of_range);
  CHECK(Threshold::parse("1,5").error().code == ErrorCode::malformed);
  CHECK(std::string(Threshold::parse("1,5").error().field) == "threshold");
  CHECK(!Sequence::from(0));
  CHECK(!Sequence::from(-1));
  CHECK(Sequence::from(1));
  CHECK(Sequence::from(INT64_MAX));
}

}  // namespace
