// SPDX-License-Identifier: Apache-2.0
// What a commit holds, and what becomes of its result.
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "faulty_host.hpp"

using namespace capi;

TEST_CASE("commit: holds the account afterwards, its notices and its audit") {
  Host host;
  std::uint64_t commits_seen = 0;
  const auto commit = [&](const std::function<void(const lowtide_commit&)>& check) {
    host.commit = [&host, &commits_seen, check](std::int32_t* results, lowtide_sink* error,
                                                const lowtide_commit* commits, std::size_t count) {
      CHECK(results[0] == 0);
      CHECK(commits->struct_size == sizeof *commits);
      CHECK(commits->flags == 0);
      CHECK(commits->after->struct_size == sizeof(lowtide_account));
      CHECK(commits->after->alert_stride == sizeof(lowtide_stored_alert));
      check(*commits);
      ++commits_seen;
      return store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
    };
  };
  // The first enable: the first revision of the account, one new alert, one line of audit, nothing
  // to send.
  commit([](const lowtide_commit& one) {
    CHECK(one.after->revision == 1);
    CHECK(one.after->flags == 0);
    CHECK(one.notice_count == 0);
    CHECK(one.recorded_at == start);
    REQUIRE(one.audit_count == 1);
    CHECK(one.audit->struct_size == sizeof *one.audit);
    CHECK(string_of(one.audit->event) == "enable");
    CHECK(string_of(one.audit->alert) == "low_balance");
    CHECK(one.audit->flags == LOWTIDE_AUDIT_HAS_WHY);
    CHECK(one.audit->why == LOWTIDE_WHY_ENABLED);
    CHECK(one.audit->phase == LOWTIDE_PHASE_ARMED);
    REQUIRE(one.after->alert_count == 1);
    CHECK(one.after->alerts->flags == LOWTIDE_STORED_ALERT_CHANGED);
  });
  REQUIRE(host.enable() == LOWTIDE_OK);
  commit([](const lowtide_commit& one) {
    CHECK(one.after->alert_count == 2);
    CHECK(string_of(one.after->alerts[0].name) == "a_first");
    CHECK(one.after->alerts[0].flags == LOWTIDE_STORED_ALERT_CHANGED);
    // This alert did not change, but its columns are present.
    CHECK(one.after->alerts[1].flags == 0);
    CHECK(one.after->alerts[1].phase == LOWTIDE_PHASE_ARMED);
    CHECK(one.after->alerts[1].threshold.low != 0);
    CHECK(one.after->alerts[1].state.size > 0);
  });
  REQUIRE(host.enable("a_first") == LOWTIDE_OK);

  // The components fall below 0: each alert fires and stops.
  auto observation = sized<lowtide_observation>();
  observation.flags = LOWTIDE_OBSERVATION_HAS_BALANCE | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
  observation.at = start + 5;
  observation.sequence = 9;
  observation.cash_balance = {3, 0};
  observation.unsettled_current_month = {5, 0};
  commit([&](const lowtide_commit& one) {
    const lowtide_account& after = *one.after;
    CHECK(after.revision == 3);
    CHECK(after.flags == (LOWTIDE_ACCOUNT_HAS_BALANCE | LOWTIDE_ACCOUNT_HAS_AVAILABLE_CREDIT |
                          LOWTIDE_ACCOUNT_HAS_SEQUENCE | LOWTIDE_ACCOUNT_HAS_FIRST_COST_AT));
    CHECK(after.sequence == 9);
    CHECK(after.first_cost_at == start + 5);
    CHECK(std::memcmp(&after.cash_balance, &observation.cash_balance,
                      sizeof observation.cash_balance * 5) == 0);
    CHECK(after.available_credit.high == -1);
    CHECK(after.available_credit.low == UINT64_MAX - 1);
    CHECK(one.recorded_at == start + 6);
    REQUIRE(one.notice_count == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      const lowtide_notice& notice = one.notices[i];
      CHECK(notice.struct_size == sizeof notice);
      CHECK(notice.cause == 3);
      CHECK(string_of(notice.account) == "acme");
      CHECK(string_of(notice.alert) == (i < 2 ? "a_first" : "low_balance"));
      CHECK(notice.output.kind == (i % 2 == 0 ? LOWTIDE_OUTPUT_FIRE : LOWTIDE_OUTPUT_STOP));
      CHECK(notice.output.struct_size == sizeof notice.output);
      // A stop is only recorded. A fire goes to the two default channels.
      REQUIRE(notice.channel_count == (i % 2 == 0 ? 2 : 0));
      if (i % 2 == 0)
        CHECK(string_of(notice.channels[0]) + " " + string_of(notice.channels[1]) ==
              "email internal_message");
      std::array<char, LOWTIDE_KEY_SIZE> key{};
      std::size_t size = 0;
      const char* field = "";
      CHECK(lowtide_output_key(&size, key.data(), key.size(), &field, "acme", 4, notice.alert.data,
                               notice.alert.size, &notice.output) == LOWTIDE_OK);
      CHECK(string_of(notice.key) == std::string(key.data(), size));
    }
    REQUIRE(one.audit_count == 2);
    CHECK(string_of(one.audit[1].event) == "balance");
    CHECK(one.audit[1].at == start + 5);
    CHECK(one.audit[1].phase == LOWTIDE_PHASE_QUIET);
    // The columns agree with the bytes.
    for (std::size_t i = 0; i < 2; ++i) {
      const lowtide_stored_alert& stored = after.alerts[i];
      lowtide_alert alert{};
      const char* field = "";
      REQUIRE(lowtide_alert_decode(&alert, &field, stored.state.data, stored.state.size) ==
              LOWTIDE_OK);
      auto fields = sized<lowtide_alert_fields>();
      REQUIRE(lowtide_alert_read(&fields, &alert) == LOWTIDE_OK);
      CHECK(stored.phase == fields.phase);
      CHECK(std::memcmp(&stored.threshold, &fields.threshold, 16) == 0);
      CHECK(std::memcmp(&stored.available_credit, &fields.available_credit, 16) == 0);
      CHECK(stored.flags ==
            (LOWTIDE_STORED_ALERT_CHANGED | LOWTIDE_STORED_ALERT_HAS_AVAILABLE_CREDIT));
    }
  });
  REQUIRE(lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, start + 6) ==
          LOWTIDE_OK);
  REQUIRE(host.report.decision_count == 2);
  CHECK(string_of(host.report.decisions[0].alert) == "a_first");
  CHECK(host.report.decisions[1].output_count == 2);

  // An observation of the sum alone: the account has no components any more. While alerting, the
  // next reminder is in a column.
  commit([](const lowtide_commit& one) {
    CHECK((one.after->flags & LOWTIDE_ACCOUNT_HAS_BALANCE) == 0);
    CHECK(one.after->sequence == 9);
    CHECK(one.after->first_cost_at == start + 5);
    CHECK(one.after->alerts[0].phase == LOWTIDE_PHASE_ARMED);
  });
  REQUIRE(host.observe("2000", start + 7) == LOWTIDE_OK);
  commit([](const lowtide_commit& one) {
    CHECK(one.after->alerts[0].next_reminder_at == start + 8 + day);
    CHECK((one.after->alerts[0].flags & LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT) != 0);
  });
  REQUIRE(host.observe("10", start + 8) == LOWTIDE_OK);
  commit([](const lowtide_commit& one) {
    REQUIRE(one.audit_count == 1);
    CHECK(string_of(one.audit->event) == "rebase");
    CHECK(one.audit->alert.size == 0);
    CHECK(one.audit->flags == 0);
    CHECK(one.audit->why == 0);
  });
  REQUIRE(lowtide_monitor_rebase(&host.report, host.monitor, "acme", 4, 4, start + 9, start + 9) ==
          LOWTIDE_OK);
  commit([](const lowtide_commit& one) { CHECK(string_of(one.audit->event) == "tick"); });
  REQUIRE(host.tick(start + 8 + day) == LOWTIDE_OK);
  commit([](const lowtide_commit& one) { CHECK(string_of(one.audit->event) == "set_threshold"); });
  REQUIRE(host.set_threshold() == LOWTIDE_OK);
  commit([](const lowtide_commit& one) { CHECK(string_of(one.audit->event) == "disable"); });
  REQUIRE(lowtide_monitor_disable(&host.report, host.monitor, "acme", 4, "a_first", 7, start,
                                  start) == LOWTIDE_OK);
  // A silent observation is stored without a line of audit.
  commit([](const lowtide_commit& one) { CHECK(one.audit_count == 0); });
  REQUIRE(host.observe("3000", start + 2 * day) == LOWTIDE_OK);
  // An alert that waits for a reminder, in a commit that changes only another alert.
  lowtide_stored_alert alerting{};
  std::vector<std::uint8_t> bytes;
  commit([&](const lowtide_commit& one) {
    alerting = one.after->alerts[0];
    bytes.assign(alerting.state.data, alerting.state.data + alerting.state.size);
  });
  REQUIRE(host.enable("a_first") == LOWTIDE_OK);
  REQUIRE(host.observe("10", start + 2 * day) == LOWTIDE_OK);
  REQUIRE((alerting.flags & LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT) != 0);
  commit([&](const lowtide_commit& one) {
    const lowtide_stored_alert& same = one.after->alerts[0];
    CHECK(same.flags ==
          (LOWTIDE_STORED_ALERT_HAS_AVAILABLE_CREDIT | LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT));
    CHECK(same.next_reminder_at == alerting.next_reminder_at);
    CHECK(same.phase == LOWTIDE_PHASE_ALERTING);
    CHECK(std::memcmp(&same.threshold, &alerting.threshold, sizeof same.threshold) == 0);
    CHECK(std::memcmp(&same.available_credit, &alerting.available_credit,
                      sizeof same.available_credit) == 0);
    CHECK(std::vector<std::uint8_t>(same.state.data, same.state.data + same.state.size) == bytes);
  });
  REQUIRE(host.enable() == LOWTIDE_OK);
  CHECK(commits_seen == 13);
}

TEST_CASE(
    "commit: accounts come in the order of their names' bytes, and a result left at 0 is unknown") {
  Host host;
  const char* const names[] = {"b", "\xC3\xA9", "Z", "a"};
  const lowtide_observation observation = an_observation("5", start, 1);
  std::array<lowtide_account_event, 4> events{};
  std::array<lowtide_event_report, 4> reports{};
  for (std::size_t i = 0; i < 4; ++i) {
    events[i] = observation_of(names[i], &observation);
    reports[i] = sized<lowtide_event_report>();
  }
  int commits_seen = 0;
  host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
    // Puts those that are stored, in an order of its own.
    const lowtide_text wanted[] = {text_of("\xC3\xA9"), text_of("a"), text_of("Z"), text_of("b")};
    return store_load(host.memory.get(), accounts, error, wanted, commits_seen == 0 ? 4 : 2);
  };
  host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                    std::size_t count) {
    std::string order;
    for (std::size_t i = 0; i < count; ++i) order += string_of(commits[i].after->name) + " ";
    if (++commits_seen == 1) {
      CHECK(order == "Z a b \xC3\xA9 ");
      store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
      // All four were stored. Two results say so, one is left at 0, and one is undefined.
      results[1] = 0;
      results[3] = 12345;
    }
    return LOWTIDE_HOST_OK;
  };
  CHECK(lowtide_monitor_apply(reports.data(), sizeof reports[0], host.monitor, events.data(),
                              sizeof events[0], 4, start) == LOWTIDE_OK);
  CHECK(commits_seen == 1);
  for (const lowtide_event_report& report : reports)
    CHECK(report.flags == LOWTIDE_EVENT_REPORT_STORED);
}

TEST_CASE("commit: conflicts are tried again, and reported if they do not end") {
  Host host;
  int attempts = 0;
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit* commits,
                    std::size_t count) {
    if (++attempts == 3)
      return store_commit(host.memory.get(), results, nullptr, commits, count, sizeof *commits);
    results[0] = LOWTIDE_HOST_CONFLICT;
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.enable() == LOWTIDE_OK);
  CHECK(attempts == 3);
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
    ++attempts;
    results[0] = LOWTIDE_HOST_CONFLICT;
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("900", start) == LOWTIDE_CONFLICT);
  CHECK(attempts == 3 + 16);
  host.commit = [](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
    results[0] = LOWTIDE_HOST_NOT_STORED;
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("900", start) == LOWTIDE_HOST_FAILURE);
  // The store commits but does not know it: the Monitor loads the account and finds out.
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit* commits,
                    std::size_t count) -> std::int32_t {
    store_commit(host.memory.get(), results, nullptr, commits, count, sizeof *commits);
    results[0] = LOWTIDE_HOST_UNKNOWN;
    throw std::runtime_error("the connection broke");
  };
  CHECK(host.observe("900", start) == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_FELL_BELOW);
}

TEST_CASE("commit: a rebase with an unknown result is not repeated after others committed") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  REQUIRE(host.observe("2000", start, 100) == LOWTIDE_OK);
  auto report = sized<lowtide_event_report>();
  lowtide_monitor* other = nullptr;
  const lowtide_host callbacks = Host::callbacks(&host);
  const auto options = sized<lowtide_monitor_options>();
  bool once = true;
  REQUIRE(lowtide_monitor_create(&other, &callbacks, &options) == LOWTIDE_OK);
  host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                    std::size_t count) {
    const std::int32_t answer =
        store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
    if (!std::exchange(once, false)) return answer;
    results[0] = LOWTIDE_HOST_UNKNOWN;
    const lowtide_observation observation = an_observation("900", start, 1);
    CHECK(lowtide_monitor_observe(&report, other, "acme", 4, &observation, start) == LOWTIDE_OK);
    CHECK(report.decisions->why == LOWTIDE_WHY_FELL_BELOW);
    return answer;
  };
  CHECK(met(lowtide_monitor_rebase(&host.report, host.monitor, "acme", 4, 0, start, start)) ==
        LOWTIDE_UNKNOWN_RESULT);
  CHECK(host.report.flags == 0);
  CHECK(host.revision() == 4);
  // If the rebase had been repeated, this sequence would not be stale.
  CHECK(host.observe("800", start, 1) == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_STALE);
  CHECK(lowtide_monitor_destroy(other) == LOWTIDE_OK);
}
