// SPDX-License-Identifier: Apache-2.0
// For the tests in which memory runs out: hosts, calls and reports that allocate nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "allocation.hpp"
#include "calls.hpp"
#include "faulty_host.hpp"

namespace capi {

// What happens to the first commit.
enum class First : std::uint8_t { nothing, failed, conflict, unknown_stored, unknown_lost };

inline std::function<std::int32_t(std::int32_t*, lowtide_sink*, const lowtide_commit*, std::size_t)>
commit_with(const Host& host, First first) {
  return [&host, first, once = true](std::int32_t* results, lowtide_sink* error,
                                     const lowtide_commit* commits, std::size_t count) mutable {
    const bool now = std::exchange(once, false);
    const lowtide_text why = text_of("an error so long that it has no place in a short string");
    if (first == First::failed || (now && first != First::nothing)) lowtide_sink_put(error, &why);
    std::fill_n(results, count, LOWTIDE_HOST_CONFLICT);
    if (now && first == First::conflict) return std::int32_t{LOWTIDE_HOST_FAILED};
    std::fill_n(results, count, LOWTIDE_HOST_UNKNOWN);
    if (now && first == First::unknown_lost) return std::int32_t{LOWTIDE_HOST_OK};
    store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
    if (now && first == First::unknown_stored) std::fill_n(results, count, 0);
    return std::int32_t{first == First::failed ? LOWTIDE_HOST_FAILED : LOWTIDE_HOST_OK};
  };
}

// A report, with a copy of what it points to.
struct CopiedReport {
  lowtide_event_report report{};
  std::string error;
  std::vector<std::string> decisions;

  explicit CopiedReport(const lowtide_event_report& from)
      : report(from), error(string_of(from.error)) {
    for (std::size_t i = 0; i < from.decision_count; ++i) {
      const lowtide_alert_decision& one = from.decisions[i];
      decisions.push_back(string_of(one.alert) + " " + std::to_string(one.why) + " " +
                          std::to_string(one.output_count));
    }
  }
  bool says_the_same(const CopiedReport& other) const {
    return error == other.error && decisions == other.decisions;
  }
};

inline constexpr std::array accounts = {"acme", "brook", "cove"};

inline std::int64_t revision(const Host& host, const char* account) {
  for (std::size_t i = 0; i < host.memory->account_count; ++i) {
    const account_row& row = host.memory->accounts[i];
    if (std::string_view(row.name.data, row.name.size) == account) return row.columns.revision;
  }
  return 0;
}

// Calls without assertions, which would allocate.
inline lowtide_status enable(Host& host, const char* account, const char* alert) {
  auto enable = sized<lowtide_enable>();
  enable.at = start;
  enable.threshold = {0, 1};
  return lowtide_monitor_enable(&host.report, host.monitor, account, std::strlen(account), alert,
                                std::strlen(alert), &enable, start);
}
inline lowtide_observation observation_with(std::int64_t credit, std::int64_t sequence) {
  auto observation = sized<lowtide_observation>();
  observation.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
  observation.at = start;
  observation.sequence = sequence;
  observation.available_credit = {static_cast<std::uint64_t>(credit), credit < 0      ? -1
                                                                      : credit > 1000 ? 1
                                                                                      : 0};
  return observation;
}
inline lowtide_status observe(Host& host, const char* account, std::int64_t credit,
                              std::int64_t sequence) {
  const lowtide_observation observation = observation_with(credit, sequence);
  return lowtide_monitor_observe(&host.report, host.monitor, account, std::strlen(account),
                                 &observation, start);
}
inline lowtide_status set_threshold(Host& host) {
  auto set = sized<lowtide_set_threshold>();
  set.at = start;
  set.threshold = {0, 2};
  return lowtide_monitor_set_threshold(&host.report, host.monitor, "acme", 4, "low_balance", 11,
                                       &set, start);
}

// Remembers the statuses of calls without allocating, and passes them to met() at the end.
class Seen {
 public:
  void add(lowtide_status status) { seen_.at(static_cast<std::size_t>(status)) = true; }
  ~Seen() {
    for (std::size_t status = 0; status < seen_.size(); ++status) {
      if (seen_.at(status)) met(static_cast<lowtide_status>(status));
    }
  }
  Seen() = default;
  Seen(const Seen&) = delete;
  Seen& operator=(const Seen&) = delete;
  Seen(Seen&&) = delete;
  Seen& operator=(Seen&&) = delete;

 private:
  std::array<bool, 500> seen_{};
};

// Checks that each round leaves as much memory in use as the first. The first one also makes what
// the test itself keeps.
class Leaks {
 public:
  void end_round() {
    if (rounds_++ == 0) first_ = living;
    grown_ = grown_ || living != first_;
  }
  bool none() const { return rounds_ > 1 && !grown_; }

 private:
  int rounds_ = 0;
  std::int64_t first_ = 0;
  bool grown_ = false;
};

// Calls with memory for n allocations. Only `allowed` shows whether memory ran out: a call may
// succeed without.
struct Tried {
  lowtide_status status = LOWTIDE_OK;
  bool ran_out = false;
};
inline Tried with_memory_for(std::uint64_t n, bool once,
                             const std::function<lowtide_status()>& call) {
  allowed = n;
  fail_once = once;
  Tried tried;
  tried.status = call();
  tried.ran_out = allowed == 0 || allowed == no_failure;
  allowed = no_failure;
  fail_once = false;
  return tried;
}

}  // namespace capi
