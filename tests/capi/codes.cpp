// SPDX-License-Identifier: Apache-2.0
// Codes, names, sizes and versions: what must never change.
#include <array>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include <lowtide/decide.hpp>

#include "calls.hpp"
#include "exercised.hpp"
#include "values.hpp"

using namespace capi;

TEST_CASE("codes: statuses and codes keep the values once given to them") {
  CHECK(LOWTIDE_OK == 0);
  const lowtide_status callers[] = {
      LOWTIDE_NULL_ARGUMENT, LOWTIDE_MISALIGNED,  LOWTIDE_STRUCT_SIZE, LOWTIDE_STRIDE,
      LOWTIDE_OVERLAP,       LOWTIDE_FLAGS,       LOWTIDE_CODE,        LOWTIDE_BUFFER_TOO_SMALL,
      LOWTIDE_BUSY,          LOWTIDE_SINK_CLOSED, LOWTIDE_SINK_FULL};
  const lowtide_status of_data[] = {
      LOWTIDE_MALFORMED,    LOWTIDE_INEXACT,        LOWTIDE_OVERFLOW,     LOWTIDE_OUT_OF_RANGE,
      LOWTIDE_INCONSISTENT, LOWTIDE_CORRUPT,        LOWTIDE_NEWER_FORMAT, LOWTIDE_CORRUPT_ALERT,
      LOWTIDE_TIME_RANGE,   LOWTIDE_SEQUENCE_RANGE, LOWTIDE_REFUSED};
  const lowtide_status hosts[] = {LOWTIDE_HOST_FAILURE, LOWTIDE_CONFLICT, LOWTIDE_UNKNOWN_RESULT,
                                  LOWTIDE_INCOMPLETE};
  const lowtide_status own[] = {LOWTIDE_OUT_OF_MEMORY, LOWTIDE_INTERNAL_ERROR};
  const auto pinned = [](const auto& statuses, lowtide_status first) {
    for (const lowtide_status status : statuses) CHECK(status == first++);
  };
  pinned(callers, 101);
  pinned(of_data, 201);
  pinned(hosts, 301);
  pinned(own, 401);
  const std::int32_t codes[] = {LOWTIDE_PHASE_OFF, LOWTIDE_PHASE_ARMED, LOWTIDE_PHASE_ALERTING,
                                LOWTIDE_PHASE_QUIET};
  pinned(codes, 0);
  const std::int32_t stops[] = {LOWTIDE_STOP_RECOVERED, LOWTIDE_STOP_OVERDUE,
                                LOWTIDE_STOP_COMPLETED, LOWTIDE_STOP_THRESHOLD_CHANGED,
                                LOWTIDE_STOP_DISABLED};
  pinned(stops, 1);
  const std::int32_t answers[] = {
      LOWTIDE_HOST_OK,       LOWTIDE_HOST_FAILED,   LOWTIDE_HOST_COMMITTED,
      LOWTIDE_HOST_CONFLICT, LOWTIDE_HOST_UNKNOWN,  LOWTIDE_HOST_NOT_STORED,
      LOWTIDE_HOST_SENT,     LOWTIDE_HOST_REJECTED, LOWTIDE_HOST_TRY_AGAIN};
  const std::int32_t expected[] = {1, 2, 0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x23};
  for (std::size_t i = 0; i < std::size(answers); ++i)
    CHECK(answers[i] == 0x4C540000 + expected[i]);
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

TEST_CASE("static text: stays the same at the same address, and ends with a NUL") {
  std::uint64_t texts = 0;
  const auto same = [&](const auto& get) {
    const char* const first = get();
    const std::string copy = first;
    CHECK(get() == first);
    CHECK(copy == first);
    ++texts;
  };
  for (lowtide_status status = 0; status < 410; ++status) {
    same([&] { return lowtide_status_name(status); });
    same([&] { return lowtide_status_sentence(status); });
  }
  same([] { return lowtide_version(); });
  using Name = lowtide_status (*)(const char**, std::int32_t);
  for (const Name function :
       {Name{lowtide_phase_name}, Name{lowtide_stop_reason_name}, Name{lowtide_why_name},
        Name{lowtide_why_sentence}, Name{lowtide_output_kind_name}}) {
    for (std::int32_t code = 0; code <= 23; ++code) {
      const char* name = nullptr;
      if (function(&name, code) != LOWTIDE_OK) continue;
      same([&] {
        function(&name, code);
        return name;
      });
    }
  }
  same([] {
    auto fields = sized<lowtide_alert_fields>();
    fields.count = 256;
    lowtide_alert alert{};
    const char* field = nullptr;
    lowtide_alert_restore(&alert, &field, &fields);
    return field;
  });
  exercised("texts that stay", texts, "texts", 800);
}

TEST_CASE("field: is written with the statuses that say so, and with no other") {
  const char* const mine = "mine";
  auto decision = sized<lowtide_decision>();
  lowtide_alert after{};
  const lowtide_alert alert = alerting();
  std::uint64_t calls = 0;
  const auto left_alone = [&](const auto& call, lowtide_status expected) {
    const char* field = mine;
    CHECK(call(&field) == expected);
    CHECK(field == mine);
    ++calls;
  };
  auto enable = sized<lowtide_enable>();
  const auto turn_on = [&](const char** field) {
    return lowtide_alert_enable(&decision, &after, field, &alert, &enable);
  };
  left_alone(turn_on, LOWTIDE_OK);
  enable.flags = 4;
  left_alone(turn_on, LOWTIDE_FLAGS);
  enable.flags = 0;
  enable.if_below = 2;
  left_alone(turn_on, LOWTIDE_CODE);
  enable.if_below = 0;
  enable.at = -1;
  left_alone(turn_on, LOWTIDE_TIME_RANGE);
  auto fields = sized<lowtide_alert_fields>();
  REQUIRE(lowtide_alert_read(&fields, &alert) == LOWTIDE_OK);
  const auto restore = [&](const char** field) {
    return lowtide_alert_restore(&after, field, &fields);
  };
  left_alone(restore, LOWTIDE_OK);
  fields.flags |= 64U;
  left_alone(restore, LOWTIDE_FLAGS);
  left_alone([&](const char** field) { return lowtide_alert_check(field, &alert); }, LOWTIDE_OK);
  std::array<std::uint8_t, LOWTIDE_ALERT_BYTES> bytes{};
  std::size_t size = 0;
  REQUIRE(lowtide_alert_encode(&size, bytes.data(), bytes.size(), &alert) == LOWTIDE_OK);
  left_alone(
      [&](const char** field) { return lowtide_alert_decode(&after, field, bytes.data(), size); },
      LOWTIDE_OK);
  left_alone(
      [&](const char** field) {
        return lowtide_alert_decode(&after, field, bytes.data(), SIZE_MAX);
      },
      LOWTIDE_STRIDE);
  const lowtide_output output = fire();
  std::array<char, LOWTIDE_KEY_SIZE> key{};
  for (const std::size_t capacity : {key.size(), std::size_t{1}}) {
    left_alone(
        [&](const char** field) {
          return lowtide_output_key(&size, key.data(), capacity, field, "a", 1, "b", 1, &output);
        },
        capacity == 1 ? LOWTIDE_BUFFER_TOO_SMALL : LOWTIDE_OK);
  }
  exercised("calls that leave `field` alone", calls, "calls", 11);
}

TEST_CASE("version: the library has that of the header") {
  CHECK(std::string(lowtide_version()) == "0.1.0");
  CHECK(LOWTIDE_VERSION == 100);
  CHECK(lowtide_abi_version() == LOWTIDE_ABI_VERSION);
}

TEST_CASE("version: is 10000 x major + 100 x minor + patch") {
  int major = 0;
  int minor = 0;
  int patch = 0;
  REQUIRE(std::sscanf(lowtide_version(), "%d.%d.%d", &major, &minor, &patch) ==
          3);  // NOLINT(cert-err34-c): counted
  CHECK(LOWTIDE_VERSION == 10000 * major + 100 * minor + patch);
}

TEST_CASE("sizes: names and structs that never grow have the documented sizes") {
  std::array<char, LOWTIDE_KEY_SIZE> key{};
  std::size_t size = 0;
  const char* field = "";
  const lowtide_output output = fire();
  const std::string longest(LOWTIDE_NAME_SIZE, 'a');
  const auto key_of = [&](const std::string& name) {
    return lowtide_output_key(&size, key.data(), key.size(), &field, name.data(), name.size(),
                              name.data(), name.size(), &output);
  };
  CHECK(key_of(longest) == LOWTIDE_OK);
  CHECK(key_of(longest + "a") == LOWTIDE_OUT_OF_RANGE);
  CHECK(key_of(LOWTIDE_DEFAULT_ALERT_NAME) == LOWTIDE_OK);
  CHECK(std::string(key.data(), size) == "lowtide/1/low_balance/low_balance/1/1772438400/fire");
  CHECK(std::string(LOWTIDE_DEFAULT_ALERT_NAME) == "low_balance");
  // What never grows.
  CHECK(sizeof(lowtide_alert) == 64);
  CHECK(sizeof(lowtide_amount) == 16);
  CHECK(sizeof(lowtide_text) == 2 * sizeof(void*));
  CHECK(sizeof(lowtide_bytes) == 2 * sizeof(void*));
  CHECK(sizeof(lowtide_output) == 80);
  CHECK(sizeof(lowtide_batch_result) == 8);
  CHECK(sizeof(lowtide_column) == 16);
}
