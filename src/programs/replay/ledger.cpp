// SPDX-License-Identifier: Apache-2.0
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

Account* Ledger::find(std::string_view account) {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : &found->second;
}

Account& Ledger::open(std::string_view account) {
  if (Account* const known = find(account)) return *known;
  const auto added = accounts_.emplace(account, Account{}).first;
  added->second.name = added->first;
  in_order_.clear();
  return added->second;
}

NamedAlert* Ledger::find(const Account& account, std::string_view alert) {
  const auto place = lower_bound(account.alerts, alert);
  return place != account.alerts.end() && (*place)->name == alert ? place->get() : nullptr;
}

NamedAlert& Ledger::open(Account& account, std::string_view alert) {
  const auto place = lower_bound(account.alerts, alert);
  if (place != account.alerts.end() && (*place)->name == alert) return **place;
  ++alert_count_;
  auto added = std::make_unique<NamedAlert>(NamedAlert{
      std::string(alert), &account,
      Alert::on_account(account.observed.available_credit(), account.observed.sequence()),
      std::nullopt});
  return **account.alerts.insert(place, std::move(added));
}

const std::vector<Account*>& Ledger::in_order() {
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

void Ledger::reschedule(NamedAlert& alert) {
  const std::optional<Instant> next = alert.alert.next_reminder_at();
  if (next == alert.pending) return;
  if (!alert.pending) {
    alert.pending = next;
    pending_.insert(&alert);
    return;
  }
  // The set is ordered by what is about to change, so the entry is taken out first; its memory is
  // used again.
  auto entry = pending_.extract(&alert);
  alert.pending = next;
  if (next) pending_.insert(std::move(entry));
}

}  // namespace lowtide::replay
