// SPDX-License-Identifier: Apache-2.0
// Ledger: all accounts and their alerts in memory, and which reminders are to come. It grows with
// the accounts, never with the events.
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

struct Account;

struct NamedAlert {
  std::string name;
  const Account* account = nullptr;
  Alert alert;
  std::optional<Instant> pending;  // as the ledger's set of pending reminders has it
};

struct Account {
  std::string_view name;  // of the ledger's own copy
  Alert observed;         // an alert that is off: it takes the account's observations by the rules
  std::vector<std::unique_ptr<NamedAlert>>
      alerts{};  // in order of their names; each stays where it is, the set of pending points to it
};

// Accounts and alerts come in the order of their names' bytes.
struct ByName {
  bool operator()(const Account* a, const Account* b) const noexcept { return a->name < b->name; }
  bool operator()(const NamedAlert* a, const NamedAlert* b) const noexcept {
    if (a->account != b->account) return a->account->name < b->account->name;
    return a->name < b->name;
  }
};

struct ByInstant {
  bool operator()(const NamedAlert* a, const NamedAlert* b) const noexcept {
    if (a->pending != b->pending) return a->pending < b->pending;
    return ByName()(a, b);
  }
};

class Ledger {
 public:
  // Most of a lookup is the wait for memory: short chains are worth the larger table.
  Ledger() { accounts_.max_load_factor(0.5F); }

  // In order of (instant, account, alert).
  using Pending = std::set<NamedAlert*, ByInstant>;

  Account* find(std::string_view account);
  Account& open(std::string_view account);  // the account, made known if it is not

  static NamedAlert* find(const Account& account, std::string_view alert);
  NamedAlert& open(Account& account,
                   std::string_view alert);  // the alert, new and off if there is none

  // Every account, in order.
  const std::vector<Account*>& in_order();

  // To be called whenever an alert was decided on: keeps the set of pending reminders true.
  void reschedule(NamedAlert& alert);
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

  std::unordered_map<std::string, Account, Hash, std::equal_to<>> accounts_;
  std::vector<Account*> in_order_;
  std::size_t alert_count_ = 0;
  Pending pending_;
};

}  // namespace lowtide::replay
