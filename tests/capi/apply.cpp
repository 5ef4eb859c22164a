// SPDX-License-Identifier: Apache-2.0
// lowtide_monitor_apply: events of every kind, for one account or many, in one call.
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "account_events.hpp"
#include "calls.hpp"
#include "exercised.hpp"
#include "faulty_host.hpp"

using namespace capi;

namespace {

// A report and all its decisions, as text.
std::string text_of_report(const lowtide_event_report& report) {
  std::string text = std::to_string(report.status) + " " + std::to_string(report.flags) + " " +
                     string_of(report.error);
  for (std::size_t i = 0; i < report.decision_count; ++i) {
    const lowtide_alert_decision& decision = report.decisions[i];
    text += "\n" + string_of(decision.alert) + " " + std::to_string(decision.why) + " " +
            std::to_string(decision.phase);
    for (std::uint32_t j = 0; j < decision.output_count; ++j) {
      const lowtide_output& output = decision.outputs[j];
      text += " " + std::to_string(output.kind) + " " + std::to_string(output.at) + " " +
              std::to_string(output.episode) + " " + std::to_string(output.reminder) + " " +
              std::to_string(output.threshold.high) + " " + std::to_string(output.threshold.low);
    }
  }
  return text;
}

std::vector<lowtide_event_report> reports_for(const std::vector<lowtide_account_event>& events) {
  std::vector<lowtide_event_report> reports(events.size());
  for (lowtide_event_report& report : reports) report = sized<lowtide_event_report>();
  return reports;
}

lowtide_status apply(Host& host, std::vector<lowtide_event_report>& reports,
                     const std::vector<lowtide_account_event>& events, std::int64_t now) {
  return met(lowtide_monitor_apply(reports.data(), sizeof reports[0], host.monitor, events.data(),
                                   sizeof events[0], events.size(), now));
}

// Applies an event with its single call. A tick of one account has none.
lowtide_status apply_alone(Host& host, lowtide_event_report& report,
                           const lowtide_account_event& event, std::int64_t now) {
  lowtide_monitor* const m = host.monitor;
  const auto& [account, size] = event.account;
  const auto& [alert, alert_size] = event.alert;
  switch (event.kind) {
    case LOWTIDE_EVENT_OBSERVATION:
      return met(lowtide_monitor_observe(&report, m, account, size, event.observation, now));
    case LOWTIDE_EVENT_ENABLE:
      return met(
          lowtide_monitor_enable(&report, m, account, size, alert, alert_size, event.enable, now));
    case LOWTIDE_EVENT_SET_THRESHOLD:
      return met(lowtide_monitor_set_threshold(&report, m, account, size, alert, alert_size,
                                               event.set_threshold, now));
    case LOWTIDE_EVENT_DISABLE:
      return met(
          lowtide_monitor_disable(&report, m, account, size, alert, alert_size, event.at, now));
    case LOWTIDE_EVENT_REBASE:
      return met(lowtide_monitor_rebase(&report, m, account, size, event.sequence, event.at, now));
    default:
      return met(lowtide_monitor_apply(&report, sizeof report, m, &event, sizeof event, 1, now));
  }
}

}  // namespace

TEST_CASE("apply: an event of every kind does what its single call does") {
  Events events;
  events.enable_alert("acme");
  events.observe("acme", events.high);
  events.observe("umbra", events.low);
  events.observe("acme", events.low);
  events.tick("acme", start + 2 * day);
  events.tick("umbra", start + 2 * day);
  events.set_alert("acme");
  events.set_alert("umbra");  // was never enabled there: refused
  events.rebase("acme", start + 3 * day, 0);
  events.observe("acme", events.high);  // the same sequence again, now that there is none
  events.disable_alert("acme", start + 4 * day);
  events.tick("acme", start + 9 * day);  // too late for the clock: refused
  const std::int64_t now = start + 4 * day;

  Host together;
  Host alone;
  std::vector<lowtide_event_report> reports = reports_for(events.all);
  CHECK(apply(together, reports, events.all, now) == LOWTIDE_INCOMPLETE);
  std::uint64_t same = 0;
  for (std::size_t i = 0; i < events.all.size(); ++i) {
    CAPTURE(i);
    auto report = sized<lowtide_event_report>();
    apply_alone(alone, report, events.all[i], now);
    CHECK(text_of_report(reports[i]) == text_of_report(report));
    ++same;
  }
  CHECK(reports[3].decisions->why == LOWTIDE_WHY_FELL_BELOW);
  CHECK(reports[4].decisions->why == LOWTIDE_WHY_REMINDER_DUE);
  CHECK(reports[5].decision_count == 0);
  CHECK(reports[6].decisions->why == LOWTIDE_WHY_SETTINGS_CHANGED);
  CHECK(reports[7].status == LOWTIDE_REFUSED);
  CHECK(reports[9].decisions->why == LOWTIDE_WHY_RECOVERED);
  CHECK(reports[10].decisions->why == LOWTIDE_WHY_DISABLED);
  CHECK(reports[11].status == LOWTIDE_REFUSED);
  // One commit for each account, against one for each event that had an effect.
  CHECK(together.revision() == 1);
  CHECK(alone.revision() == 8);
  const auto& a = together.memory->accounts[0].alerts[0];
  const auto& b = alone.memory->accounts[0].alerts[0];
  CHECK(std::memcmp(a.state, b.state, sizeof a.state) == 0);
  REQUIRE(together.memory->delivery_count == alone.memory->delivery_count);
  for (std::size_t i = 0; i < alone.memory->delivery_count; ++i) {
    const auto& key = alone.memory->deliveries[i].key;
    CHECK(std::string(key.data, key.size) == std::string(together.memory->deliveries[i].key.data,
                                                         together.memory->deliveries[i].key.size));
  }
  exercised("events that say together what they say alone", same, "events", 12);
}

TEST_CASE("apply: a tick sends what is due at its instant or before, for its account only") {
  Host host;
  Events events;
  for (const char* const account : {"acme", "umbra"}) {
    events.enable_alert(account);
    events.observe(account, events.low);
  }
  std::vector<lowtide_event_report> reports = reports_for(events.all);
  REQUIRE(apply(host, reports, events.all, start + day) == LOWTIDE_OK);

  const auto tick = [&](std::int64_t at) {
    Events ticks;
    ticks.tick("acme", at);
    reports = reports_for(ticks.all);
    CHECK(apply(host, reports, ticks.all, at) == LOWTIDE_OK);
    return reports[0].decision_count;
  };
  CHECK(tick(start + 2 * day - 1) == 0);
  CHECK(reports[0].flags == 0);
  REQUIRE(tick(start + 2 * day) == 1);
  CHECK(reports[0].decisions->outputs[0].kind == LOWTIDE_OUTPUT_REMIND);
  CHECK(reports[0].decisions->outputs[0].reminder == 1);
  // The other account's reminder is still due.
  CHECK(host.tick(start + 2 * day) == LOWTIDE_OK);
  CHECK(host.ticked.accounts == 1);
  CHECK(host.ticked.outputs == 1);
}

TEST_CASE(
    "apply: a field that the kind does not use must be empty, and one that it uses is needed") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  Events events;
  events.observe("acme", events.high);
  events.enable_alert("acme");
  events.set_alert("acme");
  events.disable_alert("acme", start);
  events.rebase("acme", start, 7);
  events.tick("acme", start);
  using Spoil = void (*)(lowtide_account_event&, const Events&);
  const Spoil fields[] = {
      [](lowtide_account_event& e, const Events&) {
        e.alert = e.alert.size == 0 ? text_of("low_balance") : lowtide_text{};
      },
      [](lowtide_account_event& e, const Events& of) {
        e.observation = e.observation == nullptr ? &of.high : nullptr;
      },
      [](lowtide_account_event& e, const Events& of) {
        e.enable = e.enable == nullptr ? &of.enable : nullptr;
      },
      [](lowtide_account_event& e, const Events& of) {
        e.set_threshold = e.set_threshold == nullptr ? &of.set_threshold : nullptr;
      },
      [](lowtide_account_event& e, const Events&) { e.at = e.at == 0 ? 1 : -1; },
      [](lowtide_account_event& e, const Events&) { e.sequence = e.sequence == 0 ? 1 : -1; }};
  // The result if a field is set that the kind does not use, or a field is empty that it uses. An
  // empty name is refused in the report. Instants and sequences may be 0, so these are made wrong.
  const lowtide_status unused = LOWTIDE_CODE;
  const lowtide_status lacking = LOWTIDE_NULL_ARGUMENT;
  const lowtide_status name = LOWTIDE_INCOMPLETE;
  const lowtide_status at = LOWTIDE_TIME_RANGE;
  const lowtide_status sequence = LOWTIDE_SEQUENCE_RANGE;
  const lowtide_status expected[6][6] = {{unused, lacking, unused, unused, unused, unused},
                                         {name, unused, lacking, unused, unused, unused},
                                         {name, unused, unused, lacking, unused, unused},
                                         {name, unused, unused, unused, at, unused},
                                         {unused, unused, unused, unused, at, sequence},
                                         {unused, unused, unused, unused, at, unused}};
  const std::int64_t revision = host.revision();
  std::uint64_t wrong = 0;
  for (std::size_t kind = 0; kind < 6; ++kind) {
    CHECK(events.all[kind].kind == static_cast<std::int32_t>(kind) + 1);
    for (std::size_t field = 0; field < 6; ++field) {
      CAPTURE(kind);
      CAPTURE(field);
      std::vector<lowtide_account_event> one = {events.all[kind]};
      fields[field](one[0], events);
      std::vector<lowtide_event_report> reports = reports_for(one);
      CHECK(apply(host, reports, one, start + 3 * day) == expected[kind][field]);
      ++wrong;
    }
  }
  for (const std::int32_t kind : {-1, 0, 7, INT32_MAX}) {
    std::vector<lowtide_account_event> one = {event_of(kind, "acme")};
    std::vector<lowtide_event_report> reports = reports_for(one);
    CHECK(apply(host, reports, one, start) == LOWTIDE_CODE);
    ++wrong;
  }
  CHECK(host.revision() == revision);
  exercised("events whose fields do not fit their kind", wrong, "events", 40);
}

TEST_CASE("apply: each event has a report of its own") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  const lowtide_observation first = an_observation("900", start);
  const lowtide_observation second = an_observation("1100", start);
  const lowtide_observation late = an_observation("1", start + 2 * day);
  struct Padded {
    lowtide_account_event event;
    std::uint64_t of_the_caller;
  };
  std::array<Padded, 4> events{};
  const lowtide_observation* const all[] = {&first, &late, &second, &second};
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].event = observation_of(i == 3 ? "umbra" : "acme", all[i]);
    events[i].of_the_caller = 77;
  }
  std::array<lowtide_event_report, 4> reports{};
  for (auto& report : reports) report.struct_size = sizeof report;
  const auto apply = [&](std::size_t report_stride, std::size_t event_stride, std::size_t count) {
    return met(lowtide_monitor_apply(reports.data(), report_stride, host.monitor, &events[0].event,
                                     event_stride, count, start));
  };
  CHECK(apply(sizeof reports[0], sizeof events[0], 4) == LOWTIDE_INCOMPLETE);
  CHECK(reports[0].status == LOWTIDE_OK);
  CHECK(reports[0].decisions->why == LOWTIDE_WHY_FELL_BELOW);
  CHECK(reports[1].status == LOWTIDE_REFUSED);
  CHECK(reports[2].decisions->why == LOWTIDE_WHY_RECOVERED);
  CHECK(reports[3].status == LOWTIDE_OK);
  CHECK(reports[3].decision_count == 0);
  CHECK(apply(sizeof reports[0], sizeof events[0], 0) == LOWTIDE_OK);
  CHECK(apply(sizeof reports[0] - 8, sizeof events[0], 4) == LOWTIDE_STRIDE);
  CHECK(apply(sizeof reports[0], sizeof events[0] - 4, 4) == LOWTIDE_STRIDE);
  CHECK(apply(sizeof reports[0], sizeof events[0], SIZE_MAX) == LOWTIDE_STRIDE);
  events[1].event.struct_size = 0;
  CHECK(apply(sizeof reports[0], sizeof events[0], 4) == LOWTIDE_STRUCT_SIZE);
  events[1].event.struct_size = sizeof events[1].event;
  events[1].event.observation = nullptr;
  CHECK(apply(sizeof reports[0], sizeof events[0], 4) == LOWTIDE_NULL_ARGUMENT);
  events[1].event.account.size = SIZE_MAX;
  CHECK(apply(sizeof reports[0], sizeof events[0], 4) == LOWTIDE_NULL_ARGUMENT);
  events[1].event.observation = &first;
  CHECK(apply(sizeof reports[0], sizeof events[0], 4) == LOWTIDE_STRIDE);
  events[1].event.account.size = 4;
  events[1].event.flags = 1;
  CHECK(apply(sizeof reports[0], sizeof events[0], 4) == LOWTIDE_FLAGS);
  events[1].event.flags = 0;
  CHECK(lowtide_monitor_apply(nullptr, 56, host.monitor, &events[0].event, sizeof events[0], 1,
                              start) == LOWTIDE_NULL_ARGUMENT);
  CHECK(lowtide_monitor_apply(reports.data(), 56, nullptr, &events[0].event, sizeof events[0], 1,
                              start) == LOWTIDE_NULL_ARGUMENT);
  CHECK(lowtide_monitor_apply(reports.data(), 56, host.monitor, nullptr, sizeof events[0], 1,
                              start) == LOWTIDE_NULL_ARGUMENT);
}

TEST_CASE("apply: one wrong event keeps all of the call from being applied") {
  Host host;
  Events events;
  events.enable_alert("acme");
  events.observe("acme", events.high);
  events.all[1].reserved = 1;
  std::vector<lowtide_event_report> reports = reports_for(events.all);
  CHECK(apply(host, reports, events.all, start) == LOWTIDE_CODE);
  CHECK(host.revision() == 0);
  CHECK(reports[0].decisions == nullptr);
}

TEST_CASE("apply: no commit has more accounts than the options allow") {
  std::uint64_t commits = 0;
  for (const std::uint32_t bound : {1U, 2U, 5U, 100U}) {
    CAPTURE(bound);
    Host host;
    auto options = sized<lowtide_monitor_options>();
    options.flags = LOWTIDE_OPTIONS_HAS_ACCOUNTS_PER_COMMIT;
    options.accounts_per_commit = bound;
    const lowtide_host callbacks = Host::callbacks(&host);
    REQUIRE(lowtide_monitor_destroy(host.monitor) == LOWTIDE_OK);
    REQUIRE(lowtide_monitor_create(&host.monitor, &callbacks, &options) == LOWTIDE_OK);
    std::size_t page = 0;
    host.due = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk* walk) {
      page = walk->limit;
      return LOWTIDE_HOST_OK;
    };
    CHECK(host.tick(start) == LOWTIDE_OK);
    CHECK(page == bound);
    std::vector<std::size_t> sizes;
    host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* all,
                      std::size_t count) {
      sizes.push_back(count);
      return store_commit(host.memory.get(), results, error, all, count, sizeof *all);
    };
    const char* const names[] = {"a", "b", "c", "d", "e", "f", "g"};
    Events events;
    for (const char* const name : names) events.enable_alert(name);
    for (const char* const name : names) events.observe(name, events.low);
    std::vector<lowtide_event_report> reports = reports_for(events.all);
    CHECK(apply(host, reports, events.all, start + day) == LOWTIDE_OK);
    std::vector<std::size_t> expected(7 / bound, bound);
    if (7 % bound != 0) expected.push_back(7 % bound);
    CHECK(sizes == expected);
    for (std::size_t i = 7; i < 14; ++i) CHECK(reports[i].decisions->why == LOWTIDE_WHY_FELL_BELOW);
    commits += sizes.size();
  }
  // Without the option it is 256. The accounts are unknown to this host, which stores nothing.
  Host host;
  std::vector<std::size_t> sizes;
  host.load = [](lowtide_sink*, lowtide_sink*) { return LOWTIDE_HOST_OK; };
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit*,
                    std::size_t count) {
    sizes.push_back(count);
    for (std::size_t i = 0; i < count; ++i) results[i] = LOWTIDE_HOST_COMMITTED;
    return LOWTIDE_HOST_OK;
  };
  std::vector<std::string> names(257);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = std::to_string(i);
  Events events;
  for (const std::string& name : names) events.enable_alert(name.c_str());
  std::vector<lowtide_event_report> reports = reports_for(events.all);
  CHECK(apply(host, reports, events.all, start) == LOWTIDE_OK);
  CHECK(sizes == std::vector<std::size_t>{256, 1});
  exercised("commits of a limited number of accounts", commits, "commits", 14);
}
