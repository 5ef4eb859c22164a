// SPDX-License-Identifier: Apache-2.0
// Progress: a line on the terminal that shows how far a long run is. main.cpp of lowtide-replay
// calls it. It must not write to anything but a terminal.
#include "programs/replay/progress.hpp"

#include <unistd.h>

#include <cstdio>

namespace lowtide::replay {
namespace {

constexpr std::chrono::milliseconds first_after{1000};
constexpr std::chrono::milliseconds again_after{200};

}  // namespace

Progress::Progress()
    : terminal_(::isatty(STDERR_FILENO) == 1),
      next_(std::chrono::steady_clock::now() + first_after) {}

void Progress::update(std::uint64_t events, std::uint64_t bytes) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now < next_) return;
  next_ = now + again_after;
  visible_ = true;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
  std::fprintf(stderr, "\r%llu events, %llu MB read ", static_cast<unsigned long long>(events),
               static_cast<unsigned long long>(bytes / 1000000));
}

void Progress::clear() {
  if (!visible_) return;
  visible_ = false;
  std::fputs("\r\x1b[K", stderr);
}

}  // namespace lowtide::replay
