// SPDX-License-Identifier: Apache-2.0
// Progress: one line on a terminal that tells a long run is under way.
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

  // Cheap enough to be called for each of many thousand events.
  bool shows() const noexcept { return terminal_; }
  // Shows the state, if the last time was long enough ago.
  void update(std::uint64_t events, std::uint64_t bytes);
  // Takes the line away, so that other messages can be written.
  void clear();

 private:
  bool terminal_;
  bool visible_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace lowtide::replay
