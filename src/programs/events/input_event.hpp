// SPDX-License-Identifier: Apache-2.0
// InputEvent: the content of one line of an event file. EventReader fills it in; the player of
// lowtide-replay and the timeline of lowtide-host apply it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <lowtide/alert.hpp>
#include <lowtide/amount.hpp>
#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>
#include <lowtide/instant.hpp>
#include <lowtide/name.hpp>
#include <lowtide/schedule.hpp>

namespace lowtide::events {

enum class EventType : std::uint8_t { balance, enable, set_threshold, disable, rebase, tick };

// Fields that the type does not have keep their default values. The names point into the line or
// into its reader, and are valid until the next line is read.
struct InputEvent {
  EventType type = EventType::tick;
  IfBelow if_below = IfBelow::next_change;
  Instant at;
  std::string_view account;  // empty: a tick of all accounts
  std::string_view alert = default_alert_name;
  Amount available_credit;           // of a balance event, given or computed
  std::optional<Balance> balance;    // of a balance event, if the components were given
  std::optional<Sequence> sequence;  // of a balance event, if given; of a rebase, none for 0
  Threshold threshold;
  std::optional<Schedule> schedule;
};

}  // namespace lowtide::events
