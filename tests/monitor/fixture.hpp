// SPDX-License-Identifier: Apache-2.0
// Values and a host for the tests of the Monitor.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <lowtide/monitor.hpp>

#include "memory_store.hpp"

namespace host_test {

using Lines = std::vector<std::string>;
using Statuses = std::vector<lowtide::EventStatus>;

inline lowtide::Instant at(const char* text) { return lowtide::Instant::parse(text).value(); }
inline lowtide::Amount amount(const char* text) { return lowtide::Amount::parse(text).value(); }
inline lowtide::Sequence sequence(std::int64_t value) {
  return lowtide::Sequence::from(value).value();
}
inline lowtide::Threshold threshold(const char* value) {
  return lowtide::Threshold::parse(value).value();
}

// Alerts are enabled on day 1 and fire on day 2; the first reminder is due on day 3.
inline const lowtide::Instant day1 = at("2026-03-01T00:00:00Z");  // NOLINT(cert-err58-cpp)
inline const lowtide::Instant day2 = at("2026-03-02T08:00:00Z");  // NOLINT(cert-err58-cpp)
inline const lowtide::Instant day3 = at("2026-03-03T08:00:00Z");  // NOLINT(cert-err58-cpp)

// An observation of this Available Credit.
inline lowtide::BalanceObservation credit(const char* value, lowtide::Instant when,
                                          std::int64_t number) {
  return {amount(value), when, sequence(number)};
}
// The same on day 2, without a sequence.
inline lowtide::BalanceObservation credit(const char* value) {
  return {amount(value), day2, std::nullopt};
}
inline lowtide::Enable enable_at(const char* value, lowtide::Instant when = day1) {
  return {threshold(value), when};
}

// The keys of acme's first fire and its stop, both on day 2.
inline const char* const fire_1 = "lowtide/1/acme/low_balance/1/1772438400/fire";
inline const char* const stop_1 = "lowtide/1/acme/low_balance/1/1772438400/stop";

inline constexpr auto committed = lowtide::EventStatus::committed;
inline constexpr auto unchanged = lowtide::EventStatus::unchanged;
inline constexpr auto refused = lowtide::EventStatus::refused;
inline constexpr auto conflict = lowtide::EventStatus::conflict;
inline constexpr auto unknown = lowtide::EventStatus::unknown;
inline constexpr auto failed = lowtide::EventStatus::failed;

// What occurred in this program; statuses.cpp, which runs last, checks that everything did.
inline std::set<lowtide::EventStatus> seen_statuses;
inline std::set<lowtide::CommitResult> seen_commit_results;

// The status of a report, which must have an error or not, as that status says.
inline lowtide::EventStatus status_of(const lowtide::EventReport& report) {
  seen_statuses.insert(report.status);
  CHECK(report.error.empty() == (report.status == lowtide::EventStatus::committed ||
                                 report.status == lowtide::EventStatus::unchanged));
  if (!report.error.empty()) CHECK(report.decisions.empty());
  return report.status;
}

inline Statuses statuses_of(const std::vector<lowtide::EventReport>& reports) {
  Statuses statuses;
  for (const lowtide::EventReport& report : reports) statuses.push_back(status_of(report));
  return statuses;
}

// A Monitor with its store and courier. At the end the store must have seen no broken commit and no
// key twice.
struct Host {
  MemoryStore store;
  StubCourier courier;
  lowtide::Monitor monitor;

  explicit Host(lowtide::MonitorOptions options = {})
      : monitor(store, courier, std::move(options)) {}
  ~Host() {
    CHECK(store.repeated_keys == 0);
    CHECK(store.broken == 0);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  Host(Host&&) = delete;
  Host& operator=(Host&&) = delete;

  // The first `times` commits of any account end with this fault.
  void spoil_commits(Fault fault, unsigned times) {
    store.fault = [fault, times](const lowtide::AccountCommit&) mutable {
      if (times == 0) return Fault::none;
      --times;
      switch (fault) {
        case Fault::conflict: seen_commit_results.insert(lowtide::CommitResult::conflict); break;
        case Fault::failed: seen_commit_results.insert(lowtide::CommitResult::failed); break;
        case Fault::unknown_stored:
        case Fault::unknown_lost: seen_commit_results.insert(lowtide::CommitResult::unknown); break;
        case Fault::none:
        case Fault::undefined: break;
      }
      return fault;
    };
  }

  // The keys of all stored notices.
  Lines keys() const {
    Lines found;
    for (const lowtide::Notice& notice : store.notices) found.push_back(notice.key);
    return found;
  }

  // The most accounts that were loaded or committed at once.
  std::size_t most_at_once() const {
    std::size_t most = 0;
    for (const std::string& line : store.log) {
      if (line.starts_with("load ") || line.starts_with("commit "))
        most = std::max(most, static_cast<std::size_t>(std::ranges::count(line, ' ')));
    }
    return most;
  }

  // 0: the account is not stored.
  std::int64_t revision(const std::string& account) const {
    const auto found = store.accounts.find(account);
    return found == store.accounts.end() ? 0 : found->second.revision;
  }
};

inline lowtide::MonitorOptions chunks_of(std::size_t accounts, unsigned attempts = 16) {
  lowtide::MonitorOptions options;
  options.accounts_per_commit = accounts;
  options.attempts = attempts;
  return options;
}

// One observation for each account.
inline std::vector<lowtide::AccountEvent> observations(
    std::initializer_list<const char*> accounts) {
  std::vector<lowtide::AccountEvent> events;
  for (const char* const account : accounts) events.push_back({account, credit("5")});
  return events;
}

// acme, with an alert at 1000.
inline void enable_acme(Host& host) {
  REQUIRE(status_of(host.monitor.enable("acme", lowtide::default_alert_name, enable_at("1000"),
                                        day1)) == lowtide::EventStatus::committed);
}

// An account with an alert at 1000 that fired on day 2.
inline void make_alerting(Host& host, const std::string& account) {
  const std::vector<lowtide::AccountEvent> events = {
      {account, lowtide::AlertEnable{lowtide::default_alert_name, enable_at("1000")}},
      {account, credit("10", day2, 1)}};
  REQUIRE(statuses_of(host.monitor.apply(events, day2)) ==
          Statuses(2, lowtide::EventStatus::committed));
}

}  // namespace host_test
