// SPDX-License-Identifier: Apache-2.0
// OutputFile: text on its way to a file descriptor, in large writes.
#pragma once

#include <cstddef>
#include <string>

namespace lowtide::replay {

class OutputFile {
 public:
  static constexpr int memory_only = -1;  // nothing is written, all text stays in text()

  // Writes to `fd`, which the caller owns. Ignore SIGPIPE, or a closed pipe ends the process.
  explicit OutputFile(int fd) : fd_(fd) {}

  std::string& text() noexcept {
    return text_;
  }  // what is not written yet; append to it, then call settle()
  void settle() {
    if (text_.size() >= enough && fd_ != memory_only) flush();
  }
  void flush();

  // The errno of the first write that failed, 0 if none did. What comes after it is dropped.
  int error() const noexcept { return error_; }

 private:
  static constexpr std::size_t enough = std::size_t{1} << 16U;

  int fd_;
  int error_ = 0;
  std::string text_;
};

}  // namespace lowtide::replay
