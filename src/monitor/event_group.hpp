// SPDX-License-Identifier: Apache-2.0
// Private: the events of one account in one call of Monitor::apply. Used by src/monitor alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lowtide/monitor.hpp>
#include <lowtide/store.hpp>

namespace lowtide::detail {

enum class GroupStage : std::uint8_t {
  open,     // to be decided, or decided again
  decided,  // there is nothing to store, but Prepare has not seen the reports yet
  closed,   // the reports are final
};

// They are decided in order and committed together.
struct EventGroup {
  std::string_view account;
  std::vector<std::size_t> events;  // their places in what apply was called with
  GroupStage stage = GroupStage::open;
  // What a commit was to store whose result is unknown, if there was one.
  std::optional<AccountRecord> in_doubt;
};

// Returns why an event is refused, as far as that shows without its account: an invalid name, or an
// instant that is later than `now` by more than `skew`.
std::optional<std::string> check_event(const AccountEvent& event, std::chrono::seconds skew,
                                       Instant now);

// Groups the events whose reports do not say refused, in the order of the accounts' names.
std::vector<EventGroup> group_by_account(std::span<const AccountEvent> events,
                                         std::span<const EventReport> reports);

// Whether the events may be decided again after their commit and later ones by others. An
// observation with a sequence is stale then, and a tick finds nothing due. But an observation
// without a sequence would count twice, and a setting or a rebase would undo what others set since.
bool is_safe_to_repeat(const EventGroup& group, std::span<const AccountEvent> events);

// The status when an attempt stored nothing: failed, or unknown if an earlier commit is in doubt.
EventStatus status_without_commit(const EventGroup& group) noexcept;

// Closes the group with this status and error for all its events that were not refused.
void close_group(EventGroup& group, EventStatus status, std::string_view error,
                 std::span<EventReport> reports) noexcept;

}  // namespace lowtide::detail
