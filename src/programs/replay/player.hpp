// SPDX-License-Identifier: Apache-2.0
// Player: applies events to a ledger, and plays the host's timer between them. main.cpp of
// lowtide-replay calls it for every event. It reads no clock: time comes from the events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "programs/events/input_event.hpp"
#include "programs/replay/journal.hpp"
#include "programs/replay/ledger.hpp"

namespace lowtide::replay {

enum class Timer : std::uint8_t {
  simulated,  // reminders are sent when they are due
  explicit_,  // only events send reminders
};

class Player {
 public:
  Player(Timer timer, Journal& journal) noexcept : timer_(timer), journal_(journal) {}

  // Applies one event. Returns a message if it cannot be applied; then nothing has changed, the
  // clock and the timer included.
  std::optional<std::string> apply(const events::InputEvent& event);

  // At the end of the input, sends the reminders that are due at `until` or earlier. Returns false
  // and sends nothing if `until` is before the clock.
  bool finish(Instant until);

  const Ledger& ledger() const noexcept { return ledger_; }

 private:
  enum class Including : std::uint8_t { no, yes };

  void play_timer(Instant until, Including including);
  void balance(AccountEntry& account, const events::InputEvent& event);
  static void rebase(AccountEntry& account, std::optional<Sequence> sequence);
  void tick(const events::InputEvent& event);

  template <class Event>
  void decide(AlertEntry& alert, const Event& event);

  Timer timer_;
  Journal& journal_;
  Ledger ledger_;
  std::optional<Instant> clock_;  // the greatest instant of the events so far
  std::vector<AlertEntry*> due_;  // used within one call; a member to reuse its memory
};

}  // namespace lowtide::replay
