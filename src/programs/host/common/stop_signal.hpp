// SPDX-License-Identifier: Apache-2.0
// StopSignal: SIGTERM and SIGINT as something that can be waited for.
#pragma once

#include <chrono>

namespace lowtide::host {

// From its making on, the two signals do not end the process any more.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  StopSignal(StopSignal&&) = delete;
  StopSignal& operator=(StopSignal&&) = delete;

  // Waits until one of them came, `fd` (if not -1) can be read, or the time is over. True: one
  // came, now or before.
  bool wait(std::chrono::milliseconds time, int fd = -1);
  bool came() { return wait(std::chrono::milliseconds(0)); }

 private:
  int fd_ = -1;
  bool came_ = false;
};

}  // namespace lowtide::host
