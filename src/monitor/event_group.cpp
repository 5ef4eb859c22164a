// SPDX-License-Identifier: Apache-2.0
// Checks the events of Monitor::apply, groups them by account, and closes groups with a status.
// Closing must never throw: what it reports may have been stored.
#include "monitor/event_group.hpp"

#include <algorithm>
#include <variant>

#include <lowtide/name.hpp>

#include "monitor/error_text.hpp"

namespace lowtide::detail {
namespace {

struct InstantAndAlert {
  Instant at;
  std::optional<std::string_view> alert;  // of events for one alert
};

InstantAndAlert instant_and_alert(const MonitorEvent& event) {
  struct Visitor {
    InstantAndAlert operator()(const BalanceObservation& one) const {
      return {one.at, std::nullopt};
    }
    InstantAndAlert operator()(const AlertEnable& one) const { return {one.event.at, one.alert}; }
    InstantAndAlert operator()(const AlertSetThreshold& one) const {
      return {one.event.at, one.alert};
    }
    InstantAndAlert operator()(const AlertDisable& one) const { return {one.event.at, one.alert}; }
    InstantAndAlert operator()(const Rebase& one) const { return {one.at, std::nullopt}; }
    InstantAndAlert operator()(const AccountTick& one) const { return {one.at, std::nullopt}; }
  };
  return std::visit(Visitor(), event);
}

}  // namespace

std::optional<std::string> check_event(const AccountEvent& event, std::chrono::seconds skew,
                                       Instant now) {
  if (const auto error = check_name(event.account, "account"))
    return describe(*error) + ": " + quoted(event.account);
  const auto [at, alert] = instant_and_alert(event.event);
  if (alert) {
    if (const auto error = check_name(*alert, "alert"))
      return describe(*error) + ": " + quoted(*alert);
  }
  if (at.time() - now.time() > skew) {
    return "at: is later than now (" + to_text(now) + ") by more than the allowed skew of " +
           std::to_string(skew.count()) + " s: " + to_text(at);
  }
  return std::nullopt;
}

std::vector<EventGroup> group_by_account(std::span<const AccountEvent> events,
                                         std::span<const EventReport> reports) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (reports[i].status != EventStatus::refused) order.push_back(i);
  }
  // Not std::stable_sort: libstdc++ uses a deprecated function in it, and clang 19 warns of that.
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const int compared = events[a].account.compare(events[b].account);
    return compared != 0 ? compared < 0 : a < b;
  });
  std::vector<EventGroup> groups;
  for (const std::size_t i : order) {
    if (groups.empty() || groups.back().account != events[i].account)
      groups.emplace_back().account = events[i].account;
    groups.back().events.push_back(i);
  }
  return groups;
}

bool is_safe_to_repeat(const EventGroup& group, std::span<const AccountEvent> events) {
  return std::ranges::all_of(group.events, [&](std::size_t i) {
    const auto* const observation = std::get_if<BalanceObservation>(&events[i].event);
    return observation != nullptr ? observation->sequence.has_value()
                                  : std::holds_alternative<AccountTick>(events[i].event);
  });
}

EventStatus status_without_commit(const EventGroup& group) noexcept {
  return group.in_doubt ? EventStatus::unknown : EventStatus::failed;
}

void close_group(EventGroup& group, EventStatus status, std::string_view error,
                 std::span<EventReport> reports) noexcept {
  group.stage = GroupStage::closed;
  for (const std::size_t i : group.events) {
    EventReport& report = reports[i];
    if (report.status == EventStatus::refused) continue;
    report.status = status;
    report.error = text_or_no_memory([&] { return account_error(group.account, error); });
    report.decisions.clear();
  }
}

}  // namespace lowtide::detail
