// SPDX-License-Identifier: Apache-2.0
// Private: one loaded account, while events are applied to it. Used by src/monitor alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lowtide/alert.hpp>
#include <lowtide/monitor.hpp>
#include <lowtide/store.hpp>

namespace lowtide::detail {

// Checks what Store::load returned for `account`, and sorts its alerts by name. Returns what is
// wrong, if anything: the stored account must then stay as it is.
std::optional<std::string> check_loaded(AccountRecord& record, std::string_view account);

// Whether `stored`, which passed check_loaded, is what a commit of `after` stores. That may be the
// work of others who decided exactly the same; their notices have the same keys.
bool matches_commit(const AccountRecord& stored, const AccountRecord& after);

// Applies events to an account, in order, and collects what has to be committed.
class AccountWork {
 public:
  // `record` passed check_loaded. `options` is borrowed.
  AccountWork(AccountRecord record, const MonitorOptions& options, Instant now);

  // Decodes the stored alerts; call it first. Returns what is wrong with them, if anything: the
  // stored account must then stay as it is.
  std::optional<std::string> decode_alerts();

  // Applies one event. Returns why it is refused, if it is: then it had no effect.
  std::optional<std::string> apply(const MonitorEvent& event, EventReport& report);

  // Whether any event so far changed something that is stored.
  bool needs_commit() const noexcept { return needs_commit_; }

  // The commit, to be moved from. Call it once, after all events were applied.
  AccountCommit&& finish();

 private:
  using Decisions = std::vector<AlertDecision>;
  // Which decisions get an audit line; one is silent if it has no output and the phase stays.
  enum class Audit : std::uint8_t { always, unless_silent };

  std::optional<std::string> apply_event(const BalanceObservation& event, Decisions& decisions);
  std::optional<std::string> apply_event(const AlertEnable& event, Decisions& decisions);
  std::optional<std::string> apply_event(const AlertSetThreshold& event, Decisions& decisions);
  std::optional<std::string> apply_event(const AlertDisable& event, Decisions& decisions);
  std::optional<std::string> apply_event(const Rebase& event, Decisions& decisions);
  std::optional<std::string> apply_event(const AccountTick& event, Decisions& decisions);

  void store_observation(const BalanceObservation& observation, const Balance* balance);

  template <class E>
  std::optional<std::string> decide_existing(std::string_view alert, const E& event,
                                             const char* type, Decisions& decisions);
  template <class E>
  void decide_alert(std::size_t i, const E& event, const char* type, Audit audit,
                    Decisions& decisions);

  std::optional<std::size_t> find_alert(std::string_view alert) const;
  std::size_t insert_alert(std::string_view alert);

  const MonitorOptions& options_;
  AccountCommit commit_;
  std::vector<Alert> alerts_;  // one for each of commit_.after.alerts, in the same order
  // An alert that is off. Every observation is applied to it, so it has what was last observed of
  // the account, and tells which observations are stale, even if the account has no alert.
  Alert last_observed_;
  bool needs_commit_ = false;
};

}  // namespace lowtide::detail
