// SPDX-License-Identifier: Apache-2.0
// Private to capi/. A lowtide_monitor, and the guard that lets it serve one call at a time.
#pragma once

#include <atomic>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <lowtide/monitor.hpp>

#include <lowtide.h>

#include "callbacks.hpp"

// A Monitor, its host, and what the reports of its last call point to.
struct lowtide_monitor {
  lowtide_monitor(const lowtide_host& host, lowtide::MonitorOptions options)
      : callbacks(host), monitor(callbacks, callbacks, std::move(options)) {}

  lowtide::capi::Callbacks callbacks;
  lowtide::Monitor monitor;
  std::atomic_flag serving;

  std::vector<lowtide::EventReport> reports;
  std::vector<lowtide_alert_decision> decisions;
  std::vector<std::string> errors;
  std::vector<lowtide_text> texts;
};

namespace lowtide::capi {

// Marks a Monitor as free again when a call ends, however it ends.
class Serving {
 public:
  explicit Serving(lowtide_monitor& monitor) noexcept : monitor_(monitor) {}
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  Serving(Serving&&) = delete;
  Serving& operator=(Serving&&) = delete;
  ~Serving() { monitor_.serving.clear(std::memory_order_release); }

 private:
  lowtide_monitor& monitor_;
};

// Runs a call on a Monitor. BUSY if the Monitor serves one already: on another thread, or the one
// whose callback this is. Neither this nor its callers are noexcept: if a callback ends its thread,
// the stack is unwound through them.
template <class Call>
lowtide_status serve(lowtide_monitor& monitor, Call call) {
  if (monitor.serving.test_and_set(std::memory_order_acquire)) return LOWTIDE_BUSY;
  const Serving serving(monitor);
  const auto unless_memory_runs_out = [&]() -> lowtide_status {
    try {
      return call();
    } catch (const std::bad_alloc&) {
      return LOWTIDE_OUT_OF_MEMORY;
    }
  };
  return contain(unless_memory_runs_out, []() -> lowtide_status { return LOWTIDE_INTERNAL_ERROR; });
}

}  // namespace lowtide::capi
