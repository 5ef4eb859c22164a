// SPDX-License-Identifier: Apache-2.0
// Timeline: applies events to a Monitor one by one, and plays the host's timer between them. Ingest
// calls it for every event. It reads no clock: `now` is passed in.
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
  simulated,  // before each event, the reminders that are due by then are sent
  explicit_,  // only events send reminders
};

// Use it within a Batch. Throws DatabaseError if the database itself fails; then the batch cannot
// be committed.
class Timeline {
 public:
  Timeline(SqliteStore& store, Monitor& monitor, Timer timer) noexcept
      : store_(store), monitor_(monitor), timer_(timer) {}

  // Applies one event. Returns a message if it cannot be applied; then nothing has changed, the
  // clock and the timer included.
  std::optional<std::string> apply(const events::InputEvent& event, Instant now);

  // At the end of the input, sends about `limit` of the reminders that are due at `until` or
  // earlier. Returns true if none is left.
  bool finish(Instant until, std::size_t limit);

  const std::optional<Instant>& clock() const noexcept { return clock_; }
  void set_clock(std::optional<Instant> clock) noexcept { clock_ = clock; }

  // Messages about accounts that could not be ticked, one for each account. Other accounts are not
  // affected.
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
