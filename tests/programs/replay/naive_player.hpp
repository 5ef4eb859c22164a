// SPDX-License-Identifier: Apache-2.0
// NaivePlayer: the replay as the semantics word it, by looking at every alert each time. The
// program is compared with it.
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

  // False, and nothing done, if the event is an error at this place.
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
