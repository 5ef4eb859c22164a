// SPDX-License-Identifier: Apache-2.0
// Player: applies events to a ledger, and plays the host's timer between them.
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
  simulated,  // reminders go out when they fall due
  explicit_,  // only events send them
};

class Player {
 public:
  Player(Timer timer, Journal& journal) noexcept : timer_(timer), journal_(journal) {}

  // Applies one event. Gives what is wrong if it cannot be applied; then nothing has happened at
  // all, in the clock and the timer too.
  std::optional<std::string> apply(const events::InputEvent& event);

  // At the end of the input: sends the reminders due up to and at `until`. False if that is before
  // the clock: then nothing is played.
  bool finish(Instant until);

  const Ledger& ledger() const noexcept { return ledger_; }

 private:
  enum class Including : std::uint8_t { no, yes };

  void play_timer(Instant until, Including including);
  void balance(Account& account, const events::InputEvent& event);
  static void rebase(Account& account, std::optional<Sequence> sequence);
  void tick(const events::InputEvent& event);

  template <class Event>
  void decide(NamedAlert& alert, const Event& event);

  Timer timer_;
  Journal& journal_;
  Ledger ledger_;
  std::optional<Instant> clock_;  // the greatest instant of the events so far
  std::vector<NamedAlert*> due_;  // of one call; kept for its memory
};

}  // namespace lowtide::replay
