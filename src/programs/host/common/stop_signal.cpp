// SPDX-License-Identifier: Apache-2.0
// StopSignal: waits for SIGTERM and SIGINT. `lowtide-host run` uses it.
#include "programs/host/common/stop_signal.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace lowtide::host {

StopSignal::StopSignal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

StopSignal::~StopSignal() { ::close(fd_); }

bool StopSignal::wait(std::chrono::milliseconds time, int fd) {
  if (received_) return true;
  std::array<pollfd, 2> both = {pollfd{fd_, POLLIN, 0}, pollfd{fd, POLLIN, 0}};
  if (::poll(both.data(), fd >= 0 ? 2 : 1, static_cast<int>(time.count())) > 0)
    received_ = (both[0].revents & POLLIN) != 0;
  return received_;
}

}  // namespace lowtide::host
