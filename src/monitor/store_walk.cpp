// SPDX-License-Identifier: Apache-2.0
// Reads due accounts and pending deliveries page by page, for Monitor::tick and Monitor::deliver. A
// walk must end, whatever cursors the store returns.
#include "monitor/store_walk.hpp"

#include <algorithm>

#include "monitor/error_text.hpp"

namespace lowtide::detail {
namespace {

// The most deliveries of a page: a bound on memory.
constexpr std::size_t deliveries_per_page = 256;

}  // namespace

std::optional<HostError> PageCursor::check() {
  cursor_.goes_on = true;
  if (cursor_ == earlier_) {
    return HostError{std::string(callback_) + ": the cursor came again: (" +
                     std::to_string(cursor_.at) + ", " + quoted(cursor_.text) + ")"};
  }
  if (++page_ == replace_at_) {
    earlier_ = cursor_;
    replace_at_ *= 2;
  }
  return std::nullopt;
}

std::optional<HostError> DueAccounts::next(std::vector<std::string>& accounts) {
  accounts.clear();
  if (auto error = store_.due(end_, inclusive_, limit_, cursor_.cursor(), accounts)) return error;
  if (accounts.empty()) return std::nullopt;
  if (auto error = cursor_.check()) return error;
  // An account with two reminders due at different instants was returned twice.
  std::ranges::sort(accounts);
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  return std::nullopt;
}

std::optional<HostError> PendingDeliveries::next(std::vector<Delivery>& deliveries) {
  deliveries.clear();
  if (auto error = store_.pending(deliveries_per_page, cursor_.cursor(), deliveries)) return error;
  return deliveries.empty() ? std::nullopt : cursor_.check();
}

}  // namespace lowtide::detail
