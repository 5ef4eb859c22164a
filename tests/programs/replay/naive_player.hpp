// SPDX-License-Identifier: Apache-2.0
// NaivePlayer: a simple implementation of the replay in docs/events.md. It searches all alerts
// before each event. Tests compare lowtide-replay with it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <lowtide/decide.hpp>

#include "programs/events/input_event.hpp"

class NaivePlayer {
 public:
  NaivePlayer(bool simulated, bool explain) : simulated_(simulated), explain_(explain) {}

  // Returns false and changes nothing if the event cannot be applied.
  bool apply(const lowtide::events::InputEvent& event);
  void finish(lowtide::Instant until);

  const std::string& out() const { return out_; }

 private:
  struct Account {
    std::optional<lowtide::Amount> credit;
    std::optional<lowtide::Sequence> sequence;
    std::map<std::string, lowtide::Alert> alerts;
  };

  void play(lowtide::Instant until, bool including);
  template <class Event>
  void decide(const std::string& account, const std::string& alert, const Event& event);

  bool simulated_;
  bool explain_;
  std::map<std::string, Account> accounts_;
  std::optional<lowtide::Instant> clock_;
  std::string out_;
};
