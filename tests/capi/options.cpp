// SPDX-License-Identifier: Apache-2.0
// Making a Monitor: the host, the options, and what the options do.
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "faulty_host.hpp"

namespace {

using namespace capi;

lowtide_status create(lowtide_monitor** monitor, const lowtide_host& host, std::uint32_t flags,
                      const std::function<void(lowtide_monitor_options&)>& set = {}) {
  auto options = sized<lowtide_monitor_options>();
  options.flags = flags;
  if (set) set(options);
  return lowtide_monitor_create(monitor, &host, &options);
}

}  // namespace

TEST_CASE("monitor_create: the host must be complete and the options valid") {
  Host host;
  lowtide_monitor* monitor = nullptr;
  auto options = sized<lowtide_monitor_options>();
  const auto create = [&](const lowtide_host& from) {
    return met(lowtide_monitor_create(&monitor, &from, &options));
  };
  for (std::size_t place = 16; place < sizeof(lowtide_host); place += 8) {
    lowtide_host lacking = Host::callbacks(&host);
    std::memset(static_cast<char*>(static_cast<void*>(&lacking)) + place, 0, 8);
    CHECK(create(lacking) == LOWTIDE_NULL_ARGUMENT);
  }
  lowtide_host whole = Host::callbacks(&host);
  whole.flags = 1;
  CHECK(create(whole) == LOWTIDE_FLAGS);
  whole.flags = 0;
  options.flags = 64;
  CHECK(create(whole) == LOWTIDE_FLAGS);
  options.flags = LOWTIDE_OPTIONS_HAS_SKEW;
  options.skew = -1;
  CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  options.skew = INT64_MAX;
  CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  options.flags = LOWTIDE_OPTIONS_HAS_ATTEMPTS;
  CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  options.flags = LOWTIDE_OPTIONS_HAS_ACCOUNTS_PER_COMMIT;
  CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  options.flags = LOWTIDE_OPTIONS_HAS_CHANNELS;
  options.channel_count = 1;
  CHECK(create(whole) == LOWTIDE_NULL_ARGUMENT);
  const lowtide_text nothing{nullptr, 1};
  options.channels = &nothing;
  CHECK(create(whole) == LOWTIDE_NULL_ARGUMENT);
  options.channel_count = SIZE_MAX;
  CHECK(create(whole) == LOWTIDE_STRIDE);
  // Invalid channels, and the same channel twice.
  for (const auto& [first, second] : {std::pair{"pager", "pager"},
                                      {"", "pager"},
                                      {"pager", ""},
                                      {"pa\nger", "mail"},
                                      {"mail", "\x7F"}}) {
    const lowtide_text two[] = {text_of(first), text_of(second)};
    options.channels = two;
    options.channel_count = 2;
    CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  }
  CHECK(monitor == nullptr);
  CHECK(lowtide_monitor_destroy(nullptr) == LOWTIDE_NULL_ARGUMENT);

  // Delivers stops, on one channel, within the caller's transaction.
  const lowtide_text channel = text_of("pager");
  options = sized<lowtide_monitor_options>();
  options.flags = LOWTIDE_OPTIONS_HAS_CHANNELS | LOWTIDE_OPTIONS_DELIVER_STOPS |
                  LOWTIDE_OPTIONS_JOINED | LOWTIDE_OPTIONS_HAS_ATTEMPTS | LOWTIDE_OPTIONS_HAS_SKEW;
  options.channels = &channel;
  options.channel_count = 1;
  options.attempts = 1;
  REQUIRE(create(whole) == LOWTIDE_OK);
  std::swap(host.monitor, monitor);
  CHECK(host.enable() == LOWTIDE_OK);
  CHECK(host.observe("-1", start) == LOWTIDE_OK);
  CHECK(host.send(start) == LOWTIDE_OK);
  CHECK(host.delivered.sent == 2);
  CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
}

TEST_CASE("monitor_create: copies host, options and channels, and the context may be NULL") {
  static std::uint64_t without_context = 0;
  lowtide_host callbacks = Host::callbacks(nullptr);
  callbacks.load = [](void* context, lowtide_sink*, lowtide_sink*, const lowtide_text*,
                      std::size_t) {
    without_context += context == nullptr ? 1 : 0;
    return std::int32_t{LOWTIDE_HOST_OK};
  };
  callbacks.commit = [](void*, std::int32_t* results, lowtide_sink*, const lowtide_commit* commits,
                        std::size_t count, std::size_t) {
    results[0] = LOWTIDE_HOST_COMMITTED;
    return std::int32_t{count == 1 && commits->after->revision == 1 ? LOWTIDE_HOST_OK
                                                                    : LOWTIDE_HOST_FAILED};
  };
  std::vector<std::string> words = {"a channel that is no short string", "pager"};
  std::vector<lowtide_text> channels = {text_of(words[0]), text_of(words[1])};
  auto options = sized<lowtide_monitor_options>();
  options.flags = LOWTIDE_OPTIONS_HAS_CHANNELS | LOWTIDE_OPTIONS_DELIVER_STOPS;
  options.channels = channels.data();
  options.channel_count = 2;
  lowtide_monitor* monitor = nullptr;
  REQUIRE(lowtide_monitor_create(&monitor, &callbacks, &options) == LOWTIDE_OK);
  std::memset(static_cast<void*>(&callbacks), 0, sizeof callbacks);
  std::memset(static_cast<void*>(&options), 0xEE, sizeof options);
  std::memset(static_cast<void*>(channels.data()), 0xEE, sizeof(lowtide_text) * 2);
  for (std::string& one : words) one.assign(one.size(), '!');
  auto report = sized<lowtide_event_report>();
  auto enable = sized<lowtide_enable>();
  enable.at = start;
  enable.threshold = {0, 1};
  REQUIRE(lowtide_monitor_enable(&report, monitor, "acme", 4, "low", 3, &enable, start) ==
          LOWTIDE_OK);
  CHECK(without_context == 1);
  CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
}

TEST_CASE("options: channels are the host's own, and without any, notices are only recorded") {
  const lowtide_text own[] = {text_of("a channel that is no short string"), text_of("pager")};
  for (const std::size_t count : {std::size_t{0}, std::size_t{2}}) {
    Host host;
    lowtide_monitor* monitor = nullptr;
    {
      std::vector<std::string> words = {string_of(own[0]), string_of(own[1])};
      std::vector<lowtide_text> channels = {text_of(words[0]), text_of(words[1])};
      REQUIRE(create(&monitor, Host::callbacks(&host), LOWTIDE_OPTIONS_HAS_CHANNELS,
                     [&](lowtide_monitor_options& options) {
                       options.channels = count == 0 ? nullptr : channels.data();
                       options.channel_count = count;
                     }) == LOWTIDE_OK);
      for (std::string& one : words) one.assign(one.size(), '!');
    }
    std::swap(monitor, host.monitor);
    REQUIRE(host.enable() == LOWTIDE_OK);
    REQUIRE(host.observe("900", start) == LOWTIDE_OK);
    CHECK(host.report.decisions->output_count == 1);
    REQUIRE(host.memory->delivery_count == count);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(std::string(host.memory->deliveries[i].channel.data,
                        host.memory->deliveries[i].channel.size) == string_of(own[i]));
    }
    CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
  }
}

TEST_CASE("options: an event later than the skew allows is refused, at its limits and by default") {
  struct Row {
    std::uint32_t flags;
    std::int64_t skew;
    std::int64_t last;  // the last instant that is accepted at `start`
  };
  const Row rows[] = {{0, 77, start + day},
                      {LOWTIDE_OPTIONS_HAS_SKEW, 0, start},
                      {LOWTIDE_OPTIONS_HAS_SKEW, 1, start + 1},
                      {LOWTIDE_OPTIONS_HAS_SKEW, last_instant, last_instant}};
  for (const Row& row : rows) {
    CAPTURE(row.last);
    Host host;
    lowtide_monitor* monitor = nullptr;
    REQUIRE(create(&monitor, Host::callbacks(&host), row.flags,
                   [&](auto& options) { options.skew = row.skew; }) == LOWTIDE_OK);
    std::swap(monitor, host.monitor);
    const auto observe = [&](const char* credit, std::int64_t at) {
      const lowtide_observation observation = an_observation(credit, at);
      return lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, start);
    };
    CHECK(observe("1", 0) == LOWTIDE_OK);
    CHECK(observe("2", row.last) == LOWTIDE_OK);
    if (row.last != last_instant) CHECK(observe("3", row.last + 1) == LOWTIDE_REFUSED);
    CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
  }
  lowtide_monitor* none = nullptr;
  Host host;
  for (const std::int64_t skew : {std::int64_t{-1}, last_instant + 1}) {
    CHECK(create(&none, Host::callbacks(&host), LOWTIDE_OPTIONS_HAS_SKEW,
                 [&](auto& options) { options.skew = skew; }) == LOWTIDE_OUT_OF_RANGE);
  }
}

TEST_CASE("options: attempts count conflicts and unknown results together, and are one if joined") {
  struct Row {
    std::uint32_t flags;
    std::uint32_t attempts;
    int made;
  };
  const Row rows[] = {{0, 5, 16},
                      {LOWTIDE_OPTIONS_HAS_ATTEMPTS, 1, 1},
                      {LOWTIDE_OPTIONS_HAS_ATTEMPTS, 3, 3},
                      {LOWTIDE_OPTIONS_JOINED | LOWTIDE_OPTIONS_HAS_ATTEMPTS, 3, 1}};
  for (const Row& row : rows) {
    Host host;
    lowtide_monitor* monitor = nullptr;
    REQUIRE(create(&monitor, Host::callbacks(&host), row.flags,
                   [&](auto& options) { options.attempts = row.attempts; }) == LOWTIDE_OK);
    std::swap(monitor, host.monitor);
    int made = 0;
    host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
      results[0] = ++made % 2 == 1 ? LOWTIDE_HOST_CONFLICT : LOWTIDE_HOST_UNKNOWN;
      return LOWTIDE_HOST_OK;
    };
    const lowtide_status status = host.observe("1", start);
    CHECK(status == (row.made == 1 ? LOWTIDE_CONFLICT : LOWTIDE_UNKNOWN_RESULT));
    CHECK(made == row.made);
    CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
  }
}
