// SPDX-License-Identifier: Apache-2.0
// Ledger: all accounts and their alerts in memory, and the reminders that are pending. The player
// of lowtide-replay calls it. Its memory grows with the accounts, never with the events.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <lowtide/alert.hpp>

namespace lowtide::replay {

struct AccountEntry;

struct AlertEntry {
  std::string name;
  const AccountEntry* account = nullptr;
  Alert alert;
  std::optional<Instant> pending;  // its key in the ledger's set of pending reminders
};

struct AccountEntry {
  std::string_view name;  // points to the ledger's copy
  // An alert that is always off. It holds what was last observed of the account, so that the engine
  // decides which observations are stale even if the account has no alert.
  Alert observed;
  // In the order of their names. Each has its own allocation, because the set of pending reminders
  // points to it.
  std::vector<std::unique_ptr<AlertEntry>> alerts{};
};

// Orders accounts and alerts by the bytes of their names.
struct ByName {
  bool operator()(const AccountEntry* a, const AccountEntry* b) const noexcept {
    return a->name < b->name;
  }
  bool operator()(const AlertEntry* a, const AlertEntry* b) const noexcept {
    if (a->account != b->account) return a->account->name < b->account->name;
    return a->name < b->name;
  }
};

struct ByInstant {
  bool operator()(const AlertEntry* a, const AlertEntry* b) const noexcept {
    if (a->pending != b->pending) return a->pending < b->pending;
    return ByName()(a, b);
  }
};

class Ledger {
 public:
  // A lookup spends most of its time waiting for memory. A larger table has shorter chains.
  Ledger() { accounts_.max_load_factor(0.5F); }

  // In the order of (instant, account, alert).
  using Pending = std::set<AlertEntry*, ByInstant>;

  AccountEntry* find(std::string_view account);
  AccountEntry& find_or_add(std::string_view account);

  static AlertEntry* find(const AccountEntry& account, std::string_view alert);
  AlertEntry& find_or_add(AccountEntry& account, std::string_view alert);  // a new one is off

  // All accounts, in the order of their names.
  const std::vector<AccountEntry*>& in_order();

  // Updates the set of pending reminders. Call it after every decision on the alert.
  void reschedule(AlertEntry& alert);
  const Pending& pending() const noexcept { return pending_; }

  std::size_t account_count() const noexcept { return accounts_.size(); }
  std::size_t alert_count() const noexcept { return alert_count_; }
  std::size_t count_without_alert() const noexcept;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>()(name);
    }
  };

  std::unordered_map<std::string, AccountEntry, Hash, std::equal_to<>> accounts_;
  std::vector<AccountEntry*> in_order_;
  std::size_t alert_count_ = 0;
  Pending pending_;
};

}  // namespace lowtide::replay
