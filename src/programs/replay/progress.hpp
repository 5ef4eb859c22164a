// SPDX-License-Identifier: Apache-2.0
// Progress: a line on the terminal that shows how far a long run is. main.cpp of lowtide-replay
// calls it. It writes nothing if standard error is not a terminal.
#pragma once

#include <chrono>
#include <cstdint>

namespace lowtide::replay {

class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;

  // True if there is a terminal. Fast enough to call for every event.
  bool shows() const noexcept { return terminal_; }
  // Shows the state, unless it was shown a moment ago.
  void update(std::uint64_t events, std::uint64_t bytes);
  // Removes the line, so that other messages can be written.
  void clear();

 private:
  bool terminal_;
  bool visible_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace lowtide::replay
