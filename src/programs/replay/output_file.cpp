// SPDX-License-Identifier: Apache-2.0
// OutputFile: writes collected text to a file descriptor. main.cpp calls flush() before the program
// waits for input and at the end.
#include "programs/replay/output_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace lowtide::replay {

void OutputFile::flush() {
  if (fd_ == memory_only) return;
  std::string_view rest = text_;
  while (!rest.empty() && error_ == 0) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  text_.clear();
}

}  // namespace lowtide::replay
