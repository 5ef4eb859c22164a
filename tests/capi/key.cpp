// SPDX-License-Identifier: Apache-2.0
// Keys of outputs, and buffers that are too small for a text or for bytes.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "values.hpp"

using namespace capi;

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
