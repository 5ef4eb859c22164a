// SPDX-License-Identifier: Apache-2.0
// The Monitor through C: single events, refusals, misuse, and how long its reports stay. The store
// is that of examples/c; faults are put before it.
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "allocation.hpp"
#include "calls.hpp"
#include "exercised.hpp"
#include "faulty_host.hpp"

namespace {

using namespace capi;

// Everything that a report points to, as bytes.
std::string read(const lowtide_event_report& report) {
  std::string all = string_of(report.error);
  for (std::size_t i = 0; i < report.decision_count; ++i) {
    const lowtide_alert_decision& one = report.decisions[i];
    all +=
        "|" + string_of(one.alert) +
        std::string(reinterpret_cast<const char*>(&one), sizeof one);  // NOLINT: every byte of it
  }
  return all;
}
template <class Report>
std::string read(const Report& report) {
  std::string all;
  for (std::size_t i = 0; i < report.error_count; ++i) all += "|" + string_of(report.errors[i]);
  return all;
}

}  // namespace

TEST_CASE("monitor: an event is loaded, decided, committed and delivered") {
  Host host;
  CHECK(host.enable() == LOWTIDE_OK);
  CHECK(host.report.flags == LOWTIDE_EVENT_REPORT_STORED);
  CHECK(host.observe("900", start + day, 1) == LOWTIDE_OK);
  REQUIRE(host.report.decision_count == 1);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_FELL_BELOW);
  CHECK(host.report.decisions->phase == LOWTIDE_PHASE_ALERTING);
  CHECK(host.report.decisions->output_count == 1);
  CHECK(string_of(host.report.decisions->alert) == "low_balance");
  CHECK(host.observe("800", start + day, 1) == LOWTIDE_OK);
  CHECK(host.report.flags == 0);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_STALE);
  CHECK(host.send(start + day) == LOWTIDE_OK);
  CHECK(host.delivered.sent == 2);
  CHECK(host.tick(start + 2 * day) == LOWTIDE_OK);
  CHECK(host.ticked.accounts == 1);
  CHECK(host.ticked.outputs == 1);
  CHECK(met(lowtide_monitor_tick_until(&host.ticked, host.monitor, start + 3 * day, start + 3 * day,
                                       0)) == LOWTIDE_OK);
  CHECK(host.ticked.outputs == 0);
  CHECK(met(lowtide_monitor_tick_until(&host.ticked, host.monitor, start + 3 * day, start + 3 * day,
                                       2)) == LOWTIDE_CODE);
  CHECK(lowtide_monitor_rebase(&host.report, host.monitor, "acme", 4, 0, start, start) ==
        LOWTIDE_OK);
  CHECK(host.observe("800", start + 2 * day, 1) == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_REMINDER_NOT_DUE);
  CHECK(host.set_threshold() == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_THRESHOLD_CHANGED);
  CHECK(lowtide_monitor_disable(&host.report, host.monitor, "acme", 4, "low_balance", 11, start,
                                start) == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_DISABLED);
}

TEST_CASE("monitor: what it refuses is reported, and wrong arguments never reach the host") {
  Host host;
  CHECK(host.set_threshold("never_enabled") == LOWTIDE_REFUSED);
  CHECK(string_of(host.report.error).find("'acme'") != std::string::npos);
  CHECK(host.enable("") == LOWTIDE_REFUSED);
  auto wide = an_observation("0", start);
  wide.flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
  wide.cash_balance.high = wide.credit_limit.high = INT64_MAX;
  CHECK(lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &wide, start) ==
        LOWTIDE_REFUSED);
  const auto late = an_observation("0", start + day + 1);
  CHECK(lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &late, start) ==
        LOWTIDE_REFUSED);

  host.load = [](lowtide_sink*, lowtide_sink*) -> std::int32_t {
    throw std::logic_error("not to be called");
  };
  auto observation = an_observation("0", -1, 1);
  const auto observe = [&] {
    return lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, start);
  };
  CHECK(observe() == LOWTIDE_TIME_RANGE);
  observation.at = start;
  observation.sequence = -1;
  CHECK(observe() == LOWTIDE_SEQUENCE_RANGE);
  observation.flags = 0;
  CHECK(observe() == LOWTIDE_FLAGS);
  observation.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
  CHECK(lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, INT64_MAX) ==
        LOWTIDE_TIME_RANGE);
  CHECK(lowtide_monitor_observe(&host.report, host.monitor, "acme", SIZE_MAX, &observation,
                                start) == LOWTIDE_STRIDE);
  CHECK(lowtide_monitor_rebase(&host.report, host.monitor, "acme", 4, -1, start, start) ==
        LOWTIDE_SEQUENCE_RANGE);
  CHECK(lowtide_monitor_disable(&host.report, host.monitor, "acme", 4, "a", 1, -1, start) ==
        LOWTIDE_TIME_RANGE);
  CHECK(host.tick(-1) == LOWTIDE_TIME_RANGE);
  CHECK(host.send(INT64_MIN) == LOWTIDE_TIME_RANGE);
}

TEST_CASE("monitor: NULL or a misaligned one is an error of every function") {
  Host host;
  auto* const off = static_cast<lowtide_monitor*>(
      static_cast<void*>(static_cast<char*>(static_cast<void*>(host.monitor)) + 1));
  for (lowtide_monitor* const monitor : {static_cast<lowtide_monitor*>(nullptr), off}) {
    lowtide_monitor* const valid = std::exchange(host.monitor, monitor);
    const lowtide_status expected = monitor == nullptr ? LOWTIDE_NULL_ARGUMENT : LOWTIDE_MISALIGNED;
    CHECK(host.observe("1", start) == expected);
    CHECK(host.enable() == expected);
    CHECK(host.set_threshold() == expected);
    CHECK(lowtide_monitor_disable(&host.report, monitor, "a", 1, "b", 1, start, start) == expected);
    CHECK(lowtide_monitor_rebase(&host.report, monitor, "a", 1, 1, start, start) == expected);
    CHECK(host.tick(start) == expected);
    CHECK(host.send(start) == expected);
    CHECK(lowtide_monitor_destroy(monitor) == expected);
    host.monitor = valid;
  }
}

TEST_CASE("monitor: inside a callback every call on it is busy, except sink_put") {
  Host host;
  std::uint64_t busy = 0;
  const auto try_all = [&] {
    auto report = sized<lowtide_event_report>();
    auto ticked = sized<lowtide_tick_report>();
    auto delivered = sized<lowtide_delivery_report>();
    const auto observation = an_observation("1", start);
    const auto enable = sized<lowtide_enable>();
    const auto set = sized<lowtide_set_threshold>();
    const lowtide_account_event many = observation_of("acme", &observation);
    lowtide_monitor* const m = host.monitor;
    for (const lowtide_status status :
         {lowtide_monitor_observe(&report, m, "acme", 4, &observation, start),
          lowtide_monitor_enable(&report, m, "a", 1, "b", 1, &enable, start),
          lowtide_monitor_set_threshold(&report, m, "a", 1, "b", 1, &set, start),
          lowtide_monitor_disable(&report, m, "a", 1, "b", 1, 0, 0),
          lowtide_monitor_rebase(&report, m, "a", 1, 0, 0, 0),
          lowtide_monitor_apply(&report, sizeof report, m, &many, sizeof many, 1, 0),
          lowtide_monitor_tick(&ticked, m, start), lowtide_monitor_tick_until(&ticked, m, 0, 0, 0),
          lowtide_monitor_deliver(&delivered, m, start), lowtide_monitor_destroy(m)}) {
      CHECK(met(status) == LOWTIDE_BUSY);
      ++busy;
    }
    // Functions without a Monitor may be called.
    lowtide_amount amount{};
    CHECK(lowtide_amount_parse(&amount, "1", 1) == LOWTIDE_OK);
  };
  host.load = [&](lowtide_sink*, lowtide_sink*) { return try_all(), LOWTIDE_HOST_OK; };
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit* commits,
                    std::size_t count) {
    try_all();
    return store_commit(host.memory.get(), results, nullptr, commits, count, sizeof *commits);
  };
  CHECK(host.enable() == LOWTIDE_OK);
  host.load = nullptr;
  CHECK(host.observe("900", start) == LOWTIDE_OK);
  // The same on another thread.
  host.due = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) {
    return std::thread(try_all).join(), LOWTIDE_HOST_OK;
  };
  CHECK(host.tick(start) == LOWTIDE_OK);
  host.pending = [&](lowtide_sink* deliveries, lowtide_sink* error, const lowtide_walk* walk) {
    try_all();
    return store_pending(host.memory.get(), deliveries, error, walk);
  };
  host.deliver = [&](lowtide_sink*, const lowtide_delivery*) {
    return try_all(), LOWTIDE_HOST_SENT;
  };
  host.record_delivery = [&](lowtide_sink*) { return try_all(), LOWTIDE_HOST_OK; };
  CHECK(host.send(start) == LOWTIDE_OK);
  exercised("calls on a Monitor inside its callbacks, all busy", busy, "calls", 80);
}

TEST_CASE("report: what it points to stays until another is written, whatever fails in between") {
  std::uint64_t calls_made = 0;
  for (const int kind : {0, 1, 2, 3}) {
    CAPTURE(kind);
    Host host;
    REQUIRE(host.enable("first_alert_with_a_long_name") == LOWTIDE_OK);
    REQUIRE(host.enable("second_alert_with_a_long_name") == LOWTIDE_OK);
    host.due = host.pending = [](lowtide_sink*, lowtide_sink*, const lowtide_walk*) {
      return LOWTIDE_HOST_FAILED;
    };
    if (kind == 0) REQUIRE(host.observe("900", start) == LOWTIDE_OK);
    if (kind == 1)
      REQUIRE(host.set_threshold("an_alert_that_was_never_enabled") == LOWTIDE_REFUSED);
    if (kind == 2) REQUIRE(host.tick(start) == LOWTIDE_INCOMPLETE);
    if (kind == 3) REQUIRE(host.send(start) == LOWTIDE_INCOMPLETE);
    const auto read_now = [&] {
      return kind <= 1 ? read(host.report) : kind == 2 ? read(host.ticked) : read(host.delivered);
    };
    const std::string expected_text = read_now();
    REQUIRE(expected_text.size() > 10);

    auto report = sized<lowtide_event_report>();
    auto ticked = sized<lowtide_tick_report>();
    auto delivered = sized<lowtide_delivery_report>();
    lowtide_observation observation = an_observation("800", start);
    lowtide_monitor* const m = host.monitor;
    const auto stays = [&](lowtide_status status, lowtide_status expected) {
      CHECK(status == expected);
      CHECK(read_now() == expected_text);
      ++calls_made;
    };
    const auto observe = [&](std::size_t size, std::int64_t now) {
      return lowtide_monitor_observe(&report, m, "acme", size, &observation, now);
    };
    stays(lowtide_monitor_observe(nullptr, m, "acme", 4, &observation, start),
          LOWTIDE_NULL_ARGUMENT);
    stays(observe(SIZE_MAX, start), LOWTIDE_STRIDE);
    stays(observe(4, -1), LOWTIDE_TIME_RANGE);
    observation.flags = 0;
    stays(observe(4, start), LOWTIDE_FLAGS);
    observation.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
    report.struct_size = 0;
    stays(observe(4, start), LOWTIDE_STRUCT_SIZE);
    report.struct_size = sizeof report;
    stays(lowtide_monitor_rebase(&report, m, "acme", 4, -1, start, start), LOWTIDE_SEQUENCE_RANGE);
    stays(lowtide_monitor_tick(&ticked, m, -1), LOWTIDE_TIME_RANGE);
    stays(lowtide_monitor_tick_until(&ticked, m, start, start, 2), LOWTIDE_CODE);
    stays(lowtide_monitor_deliver(&delivered, m, -1), LOWTIDE_TIME_RANGE);
    stays(lowtide_monitor_apply(&report, 8, m, nullptr, 0, 1, start), LOWTIDE_NULL_ARGUMENT);
    // A call that fails for lack of memory writes no report.
    for (std::uint64_t n = 0; n < 6; ++n) {
      allowed = n;
      const lowtide_status status = observe(4, start);
      allowed = no_failure;
      stays(status, LOWTIDE_OUT_OF_MEMORY);
    }
    // While a call is served the Monitor is busy, and the report is not written before its end.
    host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
      stays(observe(4, start), LOWTIDE_BUSY);
      const lowtide_text name = text_of("acme");
      return store_load(host.memory.get(), accounts, error, &name, 1);
    };
    host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                      std::size_t count) {
      stays(lowtide_monitor_destroy(m), LOWTIDE_BUSY);
      // The report does not point into the memory of the host.
      const std::int32_t answer =
          store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
      std::memset(static_cast<void*>(host.memory.get()), 0xEE, sizeof(store));
      stays(answer, LOWTIDE_HOST_OK);
      return answer;
    };
    CHECK(observe(4, start) == LOWTIDE_OK);
    CHECK(report.decision_count == 2);
    const std::string next = read(report);
    host.load = nullptr;
    host.commit = nullptr;
    CHECK(read(report) == next);
  }
  exercised("calls that leave what a report points to", calls_made, "calls", 70);
}
