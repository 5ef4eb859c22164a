// SPDX-License-Identifier: Apache-2.0
// The idempotency key of an output. The expected keys must never change: hosts have stored them.
#include <lowtide/key.hpp>

#include <doctest/doctest.h>

#include "exercised.hpp"

namespace {

using namespace lowtide;

TEST_CASE("key: the key of an output is fixed") {
  struct Row {
    const char* account;
    const char* alert;
    OutputKind kind;
    std::uint32_t episode;
    std::uint8_t reminder;
    std::int64_t fired_at;
    const char* key;
  };
  static const Row rows[] = {
      {"acme", "low_balance", OutputKind::fire, 1, 0, 1772438400,
       "lowtide/1/acme/low_balance/1/1772438400/fire"},
      {"a/b c", "critical", OutputKind::remind, 12, 3, 1772438400,
       "lowtide/1/a%2Fb%20c/critical/12/1772438400/remind-3"},
      {"acme", "low_balance", OutputKind::stop, 1, 0, 1772438400,
       "lowtide/1/acme/low_balance/1/1772438400/stop"},
      {"A-Z.a_z~09", "%", OutputKind::remind, 4294967295U, 255, 253402300799,
       "lowtide/1/A-Z.a_z~09/%25/4294967295/253402300799/remind-255"},
      {"\xC3\xA9\xF0\x9F\x98\x80", "\"\\", OutputKind::fire, 1, 0, 0,
       "lowtide/1/%C3%A9%F0%9F%98%80/%22%5C/1/0/fire"},
  };
  for (const Row& row : rows) {
    Output output;
    output.kind = row.kind;
    output.episode = row.episode;
    output.reminder = row.reminder;
    output.fired_at = Instant::from_seconds(row.fired_at).value();
    CHECK(output_key(row.account, row.alert, output).value() == row.key);
  }
  exercised("keys pinned", std::size(rows), "keys");
}

TEST_CASE("key: the longest key has max_key_size bytes") {
  const std::string name(255, '/');
  Output output;
  output.kind = OutputKind::remind;
  output.episode = 4294967295U;
  output.reminder = 255;
  output.fired_at = Instant::from_seconds(Instant::max_seconds).value();
  CHECK(output_key(name, name, output).value().size() == max_key_size);
}

TEST_CASE("key: a name that is not allowed is refused") {
  CHECK(std::string(output_key("", "low_balance", {}).error().field) == "account");
  CHECK(std::string(output_key("acme", "a\nb", {}).error().field) == "alert");
}

}  // namespace
