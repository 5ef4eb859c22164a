// SPDX-License-Identifier: Apache-2.0
// StopSignal: waits for SIGTERM and SIGINT. `lowtide-host run` uses it to stop between two
// transactions.
#pragma once

#include <chrono>

namespace lowtide::host {

// Once this object exists, the two signals no longer end the process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  StopSignal(StopSignal&&) = delete;
  StopSignal& operator=(StopSignal&&) = delete;

  // Waits for one of the signals, for data on `fd` (unless it is -1), or for the time to pass.
  // Returns true if a signal was received, now or before.
  bool wait(std::chrono::milliseconds time, int fd = -1);
  bool received() { return wait(std::chrono::milliseconds(0)); }

 private:
  int fd_ = -1;
  bool received_ = false;
};

}  // namespace lowtide::host
