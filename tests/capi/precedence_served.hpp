// SPDX-License-Identifier: Apache-2.0
// For the tests of precedence: a Monitor and the arguments of its functions.
#pragma once

#include "precedence.hpp"

namespace capi {

// The arguments of a call on a Monitor, which may be busy or have a host that fails.
struct Served : State {
  Host host;
  lowtide_monitor* monitor = host.monitor;
  lowtide_event_report report_value = sized<lowtide_event_report>();
  lowtide_event_report* report = &report_value;
  lowtide_tick_report tick_value = sized<lowtide_tick_report>();
  lowtide_tick_report* ticked = &tick_value;
  lowtide_delivery_report delivery_value = sized<lowtide_delivery_report>();
  lowtide_delivery_report* delivered = &delivery_value;
  lowtide_account_event many_value = sized<lowtide_account_event>();
  lowtide_account_event* many = &many_value;
  std::size_t report_stride = sizeof(lowtide_event_report);
  std::size_t event_stride = sizeof(lowtide_account_event);
  std::uint32_t inclusive = 1;
  bool busy = false;

  Served() {
    REQUIRE(host.enable() == LOWTIDE_OK);
    REQUIRE(host.observe("2000", start) == LOWTIDE_OK);
    many_value.account = text_of(account_name);
  }
  template <class Call>
  lowtide_status serve(const Call& call) {
    if (!busy) return run(call);
    lowtide_status inner = LOWTIDE_OK;
    host.due = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) {
      return inner = run(call), LOWTIDE_HOST_OK;
    };
    REQUIRE(lowtide_monitor_tick(&host.ticked, host.monitor, start) == LOWTIDE_OK);
    return inner;
  }
  void commit_says(std::int32_t result) {
    host.commit = [result](std::int32_t* results, lowtide_sink*, const lowtide_commit*,
                           std::size_t) {
      results[0] = result;
      return LOWTIDE_HOST_OK;
    };
  }
};

}  // namespace capi
