// SPDX-License-Identifier: Apache-2.0
// OutputFile: collects text and writes it to a file descriptor in large pieces. The journal appends
// to it. After a failed write it drops everything that follows.
#pragma once

#include <cstddef>
#include <string>

namespace lowtide::replay {

class OutputFile {
 public:
  static constexpr int memory_only = -1;  // as `fd`: nothing is written, all text stays in text()

  // Writes to `fd`, which the caller owns. The caller must ignore SIGPIPE; otherwise a closed pipe
  // ends the process.
  explicit OutputFile(int fd) : fd_(fd) {}

  // The text that is not written yet. Append to it, then call flush_if_full().
  std::string& text() noexcept { return text_; }
  void flush_if_full() {
    if (text_.size() >= full_size && fd_ != memory_only) flush();
  }
  void flush();

  // The errno of the first write that failed; 0 if none failed.
  int error() const noexcept { return error_; }

 private:
  static constexpr std::size_t full_size = std::size_t{1} << 16U;

  int fd_;
  int error_ = 0;
  std::string text_;
};

}  // namespace lowtide::replay
