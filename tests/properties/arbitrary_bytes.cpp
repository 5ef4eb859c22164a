// SPDX-License-Identifier: Apache-2.0
// Stored alerts from arbitrary bytes: each is refused, or is the only encoding of an alert for
// which all rules hold.
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "arbitrary.hpp"
#include "chance.hpp"
#include "engine.hpp"
#include "exercised.hpp"
#include "rules.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace)
using lowtide::Alert;
using lowtide::AlertFields;

constexpr std::int64_t day = 86400;

// CRC-32C (Castagnoli), computed bit by bit.
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

// Builds the bytes of format 1 from the fields: version, length, 62 bytes of fields, checksum.
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

TEST_CASE("decode: arbitrary intact bytes are refused by name, or every rule holds for the alert") {
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
      FAIL("encoded in another layout: " << describe(origin->fields()));
    // Changes one to three bytes of the fields, often by only one bit.
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
        FAIL("refused without a field");
      ++refused;
      continue;
    }
    const AlertFields fields = alert->fields();
    if (const char* const broken = broken_invariant(fields))
      FAIL("decoded although an invariant is broken: " << std::string(broken));
    const auto again = alert->encode();
    if (!std::equal(bytes.begin(), bytes.end(), again.bytes().begin(), again.bytes().end()))
      FAIL("two encodings of " << describe(fields));
    if (const auto restored = Alert::restore(fields); !restored || *restored != *alert)
      FAIL("restored from its fields, it is another alert: " << describe(fields));
    if (const char* const claim = broken_claim(chance, *alert, fields, story))
      FAIL(std::string(claim) << "\n" << story);
    ++accepted;
  }
  exercised(at_scale("arbitrary bytes").c_str(), accepted, "accepted", scaled(1000000));
  exercised(at_scale("arbitrary bytes").c_str(), refused, "refused", scaled(500000));
}

TEST_CASE("decode: bytes with one damaged bit, or cut anywhere, are refused") {
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
        FAIL("damage in bit " << bit << " is not detected");
      bytes[bit / 8] ^= mask;
      ++refused;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto decoded = Alert::decode(std::span(bytes).first(size));
      if (decoded || decoded.error().code != lowtide::ErrorCode::corrupt)
        FAIL("a cut after " << size << " bytes is not detected");
      ++refused;
    }
    // Intact bytes of a later version, of any length, are not corrupt.
    bytes.resize(6 + chance.below(123));
    bytes[0] = static_cast<std::byte>(chance.between(2, 255));
    bytes[1] = static_cast<std::byte>(bytes.size());
    seal(bytes);
    const auto newer = Alert::decode(bytes);
    if (newer || newer.error().code != lowtide::ErrorCode::newer_format)
      FAIL("a newer format is not recognised");
    // Version 0, which never existed, or version 1 with another length.
    bytes[0] = static_cast<std::byte>(bytes.size() == encoded.bytes().size() ? 0 : chance.below(2));
    seal(bytes);
    const auto unknown = Alert::decode(bytes);
    if (unknown || unknown.error().code != lowtide::ErrorCode::corrupt)
      FAIL("an unknown format is accepted");
  }
  exercised(at_scale("damaged bytes").c_str(), refused, "refused", scaled(1000000));
}

}  // namespace
