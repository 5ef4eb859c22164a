// SPDX-License-Identifier: Apache-2.0
// MemoryStore, a complete Store in memory, and StubCourier. Both can be made to fail, and both keep
// a log of their calls.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <lowtide/monitor.hpp>

namespace host_test {

// How the commit of one account ends, whatever its revision.
// unknown_stored and unknown_lost have the result unknown; only the first one is stored. undefined
// is a result that CommitResult does not define.
enum class Fault : std::uint8_t { none, conflict, unknown_stored, unknown_lost, failed, undefined };

class MemoryStore : public lowtide::Store {
 public:
  struct StoredDelivery {
    lowtide::Delivery delivery;
    lowtide::DeliveryState state = lowtide::DeliveryState::pending;
    std::string error;
  };

  std::map<std::string, lowtide::AccountRecord> accounts;
  std::vector<lowtide::Notice> notices;  // in the order in which they were stored
  std::vector<StoredDelivery> deliveries;
  std::vector<std::pair<std::string, lowtide::AuditLine>> audit;
  std::vector<std::string>
      log;  // "load a b", "commit a b", "due", "pending", "record_delivery KEY CHANNEL"
  std::uint64_t repeated_keys = 0;
  std::uint64_t broken = 0;  // commits that break a promise of store.hpp

  std::function<Fault(const lowtide::AccountCommit&)> fault;
  std::function<void()> before_load;
  std::function<void(std::vector<lowtide::AccountRecord>&)> after_load;  // may change the records
  std::function<void()> before_commit;  // such as a commit by another worker
  std::optional<lowtide::HostError> load_error;
  std::optional<lowtide::HostError> due_error;
  std::optional<lowtide::HostError> pending_error;
  std::optional<lowtide::HostError> record_error;

  std::optional<lowtide::HostError> load(std::span<const std::string_view> names,
                                         std::vector<lowtide::AccountRecord>& records) override {
    log.push_back(line("load", names, [](std::string_view name) { return name; }));
    if (before_load) before_load();
    if (load_error) return load_error;
    records.clear();
    for (const std::string_view name : names) {
      const auto found = accounts.find(std::string(name));
      records.push_back(found == accounts.end() ? lowtide::AccountRecord{} : found->second);
      records.back().name = name;
      // The Monitor must read nothing of an alert but its name and its bytes.
      for (lowtide::StoredAlert& alert : records.back().alerts) {
        alert = {std::move(alert.name),
                 std::move(alert.state),
                 lowtide::Phase::alerting,
                 lowtide::Amount::max(),
                 {},
                 {},
                 false};
      }
    }
    if (after_load) after_load(records);
    return std::nullopt;
  }

  std::optional<lowtide::HostError> commit(std::span<const lowtide::AccountCommit> commits,
                                           std::span<lowtide::CommitResult> results) override {
    log.push_back(line("commit", commits, [](const lowtide::AccountCommit& one) {
      return std::string_view(one.after.name);
    }));
    if (before_commit) before_commit();
    bool all = true;
    for (std::size_t i = 0; i < commits.size(); ++i) {
      results[i] = commit_one(commits[i]);
      all = all && results[i] == lowtide::CommitResult::committed;
    }
    if (all) return std::nullopt;
    return lowtide::HostError{"an account was not stored"};
  }

  std::optional<lowtide::HostError> due(lowtide::Instant end, bool inclusive, std::size_t limit,
                                        lowtide::WalkCursor& cursor,
                                        std::vector<std::string>& names) override {
    log.emplace_back("due");
    if (due_error) return due_error;
    std::set<std::tuple<std::int64_t, std::string>> places;
    for (const auto& [name, record] : accounts) {
      for (const lowtide::StoredAlert& alert : record.alerts) {
        const auto next = alert.next_reminder_at;
        if (next && (*next < end || (inclusive && *next == end)))
          places.emplace(next->seconds(), name);
      }
    }
    for (auto at = places.upper_bound({cursor.at, cursor.text});
         at != places.end() && names.size() < limit; ++at) {
      std::tie(cursor.at, cursor.text) = *at;
      names.push_back(cursor.text);
    }
    return std::nullopt;
  }

  std::optional<lowtide::HostError> pending(std::size_t limit, lowtide::WalkCursor& cursor,
                                            std::vector<lowtide::Delivery>& found) override {
    log.emplace_back("pending");
    if (pending_error) return pending_error;
    for (auto i = static_cast<std::size_t>(cursor.at + 1);
         i < deliveries.size() && found.size() < limit; ++i) {
      cursor.at = static_cast<std::int64_t>(i);
      if (deliveries[i].state == lowtide::DeliveryState::pending)
        found.push_back(deliveries[i].delivery);
    }
    return std::nullopt;
  }

  std::optional<lowtide::HostError> record_delivery(const lowtide::Delivery& delivery,
                                                    lowtide::DeliveryState state,
                                                    std::string_view error,
                                                    lowtide::Instant /*now*/) override {
    log.push_back("record_delivery " + delivery.notice.key + " " + delivery.channel);
    if (record_error) return record_error;
    for (StoredDelivery& one : deliveries) {
      if (one.delivery.notice.key != delivery.notice.key ||
          one.delivery.channel != delivery.channel)
        continue;
      if (one.state != lowtide::DeliveryState::pending) continue;
      one.state = state;
      one.error = error;
    }
    return std::nullopt;
  }

 private:
  template <class Range, class Name>
  static std::string line(std::string_view verb, const Range& range, const Name& name) {
    std::string text(verb);
    for (const auto& one : range) text.append(" ").append(name(one));
    return text;
  }

  lowtide::CommitResult commit_one(const lowtide::AccountCommit& commit) {
    const Fault wrong = fault ? fault(commit) : Fault::none;
    if (wrong == Fault::conflict) return lowtide::CommitResult::conflict;
    if (wrong == Fault::undefined) return lowtide::CommitResult{};
    if (wrong == Fault::failed) return lowtide::CommitResult::failed;
    if (wrong == Fault::unknown_lost) return lowtide::CommitResult::unknown;
    lowtide::AccountRecord& record = accounts[commit.after.name];
    if (record.revision + 1 != commit.after.revision) return lowtide::CommitResult::conflict;
    store(commit, record);
    return wrong == Fault::unknown_stored ? lowtide::CommitResult::unknown
                                          : lowtide::CommitResult::committed;
  }

  void store(const lowtide::AccountCommit& commit, lowtide::AccountRecord& record) {
    const std::vector<lowtide::StoredAlert> before = std::exchange(record, commit.after).alerts;
    for (std::size_t i = 0; i < record.alerts.size(); ++i) {
      lowtide::StoredAlert& alert = record.alerts[i];
      if (i != 0 && !(record.alerts[i - 1].name < alert.name)) ++broken;
      const auto was = std::ranges::find(before, alert.name, &lowtide::StoredAlert::name);
      // Every alert has the columns of its bytes.
      const lowtide::Alert value = lowtide::Alert::decode(alert.state).value();
      if (alert.phase != value.phase() || alert.threshold != value.threshold().amount()) ++broken;
      if (alert.available_credit != value.available_credit() ||
          alert.next_reminder_at != value.next_reminder_at())
        ++broken;
      // A database does not write an alert that is not marked as changed: it must be as before.
      if (!std::exchange(alert.changed, false) &&
          (was == before.end() || was->state != alert.state))
        ++broken;
    }
    for (const lowtide::Notice& notice : commit.notices) {
      if (notice.cause != record.revision || notice.account != record.name) ++broken;
      if (std::ranges::find(notices, notice.key, &lowtide::Notice::key) != notices.end()) {
        ++repeated_keys;
        continue;
      }
      notices.push_back(notice);
      for (const std::string& channel : notice.channels) {
        lowtide::Delivery delivery{notice, channel, record.profile};
        delivery.notice.channels.clear();
        deliveries.push_back({std::move(delivery), lowtide::DeliveryState::pending, {}});
      }
    }
    for (const lowtide::AuditLine& one : commit.audit) audit.emplace_back(record.name, one);
  }
};

class StubCourier final : public lowtide::Courier {
 public:
  std::vector<std::string> handed;  // KEY CHANNEL
  std::function<lowtide::HandoverResult(const lowtide::Delivery&)> answer;

  lowtide::HandoverResult deliver(const lowtide::Delivery& delivery) override {
    handed.push_back(delivery.notice.key + " " + delivery.channel);
    if (answer) return answer(delivery);
    return {lowtide::Handover::sent, {}};
  }
};

}  // namespace host_test
