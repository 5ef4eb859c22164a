// SPDX-License-Identifier: Apache-2.0
// Events for lowtide_monitor_apply, of every kind.
#pragma once

#include <cstdint>
#include <vector>

#include "faulty_host.hpp"

namespace capi {

// Events of all kinds, and the structs that they point to.
struct Events {
  lowtide_observation low = an_observation("900", start + day, 2);
  lowtide_observation high = an_observation("1500", start, 1);
  lowtide_enable enable = sized<lowtide_enable>();
  lowtide_set_threshold set_threshold = sized<lowtide_set_threshold>();
  std::vector<lowtide_account_event> all;

  Events() {
    enable.at = start;
    enable.threshold = amount("1000");
    set_threshold.at = start + 3 * day;
    set_threshold.threshold = amount("950");
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  Events(Events&&) = delete;
  Events& operator=(Events&&) = delete;
  ~Events() = default;

  void add(lowtide_account_event event) { all.push_back(event); }
  void observe(const char* account, const lowtide_observation& observation) {
    add(observation_of(account, &observation));
  }
  void enable_alert(const char* account) {
    lowtide_account_event event = event_of(LOWTIDE_EVENT_ENABLE, account);
    event.alert = text_of("low_balance");
    event.enable = &enable;
    add(event);
  }
  void set_alert(const char* account) {
    lowtide_account_event event = event_of(LOWTIDE_EVENT_SET_THRESHOLD, account);
    event.alert = text_of("low_balance");
    event.set_threshold = &set_threshold;
    add(event);
  }
  void disable_alert(const char* account, std::int64_t at) {
    lowtide_account_event event = event_of(LOWTIDE_EVENT_DISABLE, account);
    event.alert = text_of("low_balance");
    event.at = at;
    add(event);
  }
  void rebase(const char* account, std::int64_t at, std::int64_t sequence) {
    lowtide_account_event event = event_of(LOWTIDE_EVENT_REBASE, account);
    event.at = at;
    event.sequence = sequence;
    add(event);
  }
  void tick(const char* account, std::int64_t at) {
    lowtide_account_event event = event_of(LOWTIDE_EVENT_TICK, account);
    event.at = at;
    add(event);
  }
};

}  // namespace capi
