// SPDX-License-Identifier: Apache-2.0
// Timeline: hands events to a Monitor one by one, and plays the host's timer between them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <lowtide/monitor.hpp>

#include "programs/events/input_event.hpp"
#include "programs/host/sqlite/sqlite_store.hpp"

namespace lowtide::host {

enum class Timer : std::uint8_t {
  simulated,  // before an event, the reminders that fell due until then are sent
  explicit_,  // only events send reminders
};

// To be used within a Batch. Throws DatabaseError where the database itself fails: the batch is
// lost then.
class Timeline {
 public:
  Timeline(SqliteStore& store, Monitor& monitor, Timer timer) noexcept
      : store_(store), monitor_(monitor), timer_(timer) {}

  // Applies one event. Gives what is wrong if it cannot be applied; then nothing has happened at
  // all, in the clock and the timer too.
  std::optional<std::string> apply(const events::InputEvent& event, Instant now);

  // At the end of the input: sends reminders that are due up to and at `until`, about `limit` of
  // them. True: no more are left.
  bool finish(Instant until, std::size_t limit);

  const std::optional<Instant>& clock() const noexcept { return clock_; }
  void set_clock(std::optional<Instant> clock) noexcept { clock_ = clock; }

  // Accounts that could not be ticked, in words; each is told once, and the others go on.
  std::vector<std::string> take_errors();

 private:
  std::size_t play(Instant until, bool inclusive, std::size_t limit);
  std::size_t tick(Instant at, Instant end, bool inclusive);
  std::optional<std::string> missing_alert(const events::InputEvent& event);

  SqliteStore& store_;
  Monitor& monitor_;
  Timer timer_;
  std::optional<Instant> clock_;
  std::set<std::string, std::less<>> stuck_;  // accounts that cannot be ticked
  std::vector<std::string> errors_;
};

}  // namespace lowtide::host
