// SPDX-License-Identifier: Apache-2.0
// The stored form of an alert. The golden files were written by an older build and must never be
// written anew.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "alert_fields.hpp"
#include "exercised.hpp"

namespace {

using namespace alert_fields;  // NOLINT(google-build-using-namespace)

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

}  // namespace
