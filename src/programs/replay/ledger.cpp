// SPDX-License-Identifier: Apache-2.0
// Ledger: all accounts and their alerts in memory. The player of lowtide-replay calls it. It
// decides nothing itself.
#include "programs/replay/ledger.hpp"

#include <algorithm>

namespace lowtide::replay {
namespace {

auto lower_bound(auto& alerts, std::string_view name) {
  return std::lower_bound(
      alerts.begin(), alerts.end(), name,
      [](const auto& alert, std::string_view wanted) { return alert->name < wanted; });
}

}  // namespace

AccountEntry* Ledger::find(std::string_view account) {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : &found->second;
}

AccountEntry& Ledger::find_or_add(std::string_view account) {
  if (AccountEntry* const known = find(account)) return *known;
  const auto added = accounts_.emplace(account, AccountEntry{}).first;
  added->second.name = added->first;
  in_order_.clear();
  return added->second;
}

AlertEntry* Ledger::find(const AccountEntry& account, std::string_view alert) {
  const auto place = lower_bound(account.alerts, alert);
  return place != account.alerts.end() && (*place)->name == alert ? place->get() : nullptr;
}

AlertEntry& Ledger::find_or_add(AccountEntry& account, std::string_view alert) {
  const auto place = lower_bound(account.alerts, alert);
  if (place != account.alerts.end() && (*place)->name == alert) return **place;
  ++alert_count_;
  auto added = std::make_unique<AlertEntry>(AlertEntry{
      std::string(alert), &account,
      Alert::on_account(account.observed.available_credit(), account.observed.sequence()),
      std::nullopt});
  return **account.alerts.insert(place, std::move(added));
}

const std::vector<AccountEntry*>& Ledger::in_order() {
  if (in_order_.size() != accounts_.size()) {
    in_order_.clear();
    for (auto& entry : accounts_) in_order_.push_back(&entry.second);
    std::sort(in_order_.begin(), in_order_.end(), ByName());
  }
  return in_order_;
}

std::size_t Ledger::count_without_alert() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(accounts_.begin(), accounts_.end(),
                    [](const auto& account) { return account.second.alerts.empty(); }));
}

void Ledger::reschedule(AlertEntry& alert) {
  const std::optional<Instant> next = alert.alert.next_reminder_at();
  if (next == alert.pending) return;
  if (!alert.pending) {
    alert.pending = next;
    pending_.insert(&alert);
    return;
  }
  // Changing the key of an element in the set is not allowed, so the node is extracted first. It is
  // inserted again, which saves an allocation.
  auto entry = pending_.extract(&alert);
  alert.pending = next;
  if (next) pending_.insert(std::move(entry));
}

}  // namespace lowtide::replay
