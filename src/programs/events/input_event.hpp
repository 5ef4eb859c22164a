// SPDX-License-Identifier: Apache-2.0
// InputEvent: one line of an event file, checked and taken apart.
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

// Fields that the type does not have keep their default values. The names live in the
// memory of the line or of its reader, until there is another line.
struct InputEvent {
  EventType type = EventType::tick;
  IfBelow if_below = IfBelow::next_change;
  Instant at;
  std::string_view account;  // empty: a tick of all accounts
  std::string_view alert = default_alert_name;
  Amount available_credit;           // of a balance event, in whichever form it came
  std::optional<Balance> balance;    // the five components, if it came as these
  std::optional<Sequence> sequence;  // of a balance event, if any; of a rebase, none for 0
  Threshold threshold;
  std::optional<Schedule> schedule;
};

}  // namespace lowtide::events
