// SPDX-License-Identifier: Apache-2.0
// Private to race.cpp: what the four processes share, and the store through which they record each
// commit.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <vector>

#include <lowtide/monitor.hpp>

#include "programs/host/sqlite/sqlite_store.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace race {

using namespace lowtide;
using lowtide::host::Database;
using lowtide::host::SqliteStore;
using lowtide::host::Statement;

constexpr std::size_t workers = 4;
constexpr std::array<const char*, 3> account_names = {"a", "b", "c"};
constexpr std::array<const char*, 2> alert_names = {"critical", "low_balance"};
constexpr std::size_t most_revisions = 100000;
constexpr std::uint64_t most_rounds = 10000;
constexpr std::int64_t origin = 1772323200;  // 2026-03-01T00:00:00Z

// The event of a commit, with enough to decide it again.
struct StoredEvent {
  std::atomic<int> times;  // how often this revision was stored
  bool tick;
  std::int64_t value;  // the sequence of an observation, or the hour of a tick
};

// Memory that all processes share. It is zero when it is mapped.
struct Shared {
  std::array<std::atomic<std::int64_t>, account_names.size()> sequences;
  std::atomic<std::int64_t> hour;
  std::atomic<std::uint64_t> ready, rounds, conflicts, given_up, other, delivered, errors;
  std::array<std::array<StoredEvent, most_revisions>, account_names.size()> events;
};

inline Instant hour_at(std::int64_t hour) {
  return Instant::from_seconds(origin + hour * 3600).value();
}

// The observation with a sequence. It is the same in every process.
inline BalanceObservation observation(std::int64_t number) {
  constexpr std::array<const char*, 7> credits = {"2000", "900", "50", "-5", "800", "5", "1500"};
  return {Amount::parse(credits[static_cast<std::size_t>(number) * 31 % credits.size()]).value(),
          hour_at(number / 3), Sequence::from(number).value()};
}

inline std::size_t index_of(std::string_view account) {
  return static_cast<std::size_t>(std::ranges::find(account_names, account) -
                                  account_names.begin());
}

// Passes every call on, and records each commit in the shared memory.
class RecordingStore final : public Store {
 public:
  RecordingStore(SqliteStore& store, Shared& shared) : store_(store), shared_(shared) {}

  bool tick = false;
  std::int64_t value = 0;

  std::optional<HostError> load(std::span<const std::string_view> accounts,
                                std::vector<AccountRecord>& records) override {
    return store_.load(accounts, records);
  }
  std::optional<HostError> commit(std::span<const AccountCommit> commits,
                                  std::span<CommitResult> results) override {
    // Waits between load and commit, so that other processes cause conflicts.
    ::usleep(200);
    auto error = store_.commit(commits, results);
    for (std::size_t i = 0; i < commits.size(); ++i) {
      if (results[i] == CommitResult::conflict) ++shared_.conflicts;
      if (results[i] != CommitResult::committed) continue;
      StoredEvent& event = shared_.events.at(index_of(commits[i].after.name))
                               .at(static_cast<std::size_t>(commits[i].after.revision));
      ++event.times;
      event.tick = tick;
      event.value = value;
    }
    return error;
  }
  std::optional<HostError> due(Instant end, bool inclusive, std::size_t limit, WalkCursor& cursor,
                               std::vector<std::string>& names) override {
    return store_.due(end, inclusive, limit, cursor, names);
  }
  std::optional<HostError> pending(std::size_t limit, WalkCursor& cursor,
                                   std::vector<Delivery>& deliveries) override {
    return store_.pending(limit, cursor, deliveries);
  }
  std::optional<HostError> record_delivery(const Delivery& delivery, DeliveryState state,
                                           std::string_view error, Instant now) override {
    return store_.record_delivery(delivery, state, error, now);
  }

 private:
  SqliteStore& store_;
  Shared& shared_;
};

class CountingCourier final : public Courier {
 public:
  explicit CountingCourier(Shared& shared) : shared_(shared) {}
  HandoverResult deliver(const Delivery&) override {
    ++shared_.delivered;
    return {Handover::sent, {}};
  }

 private:
  Shared& shared_;
};

}  // namespace race
