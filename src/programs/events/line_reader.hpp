// SPDX-License-Identifier: Apache-2.0
// LineReader: reads the lines of a file or pipe one after the other, and waits for more.
// lowtide-replay calls it. A line that is longer than the limit is skipped without being held in
// memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace lowtide::events {

class LineReader {
 public:
  static constexpr std::size_t default_max_line = std::size_t{16} << 20U;
  // This many bytes behind each line are readable, for a parser that works in place. The first of
  // them is never part of valid JSON.
  static constexpr std::size_t padding = 64;

  enum class ReadResult : std::uint8_t {
    line,      // line() is the next line
    too_long,  // the next line is longer than the limit; line() is its beginning
    end,       // there are no more lines
    failed,    // the file cannot be read; error() is the errno
  };

  // Reads from `fd`, which the caller owns. `max_line` is in bytes, without the end of the line.
  // `before_read` is called before each read, because the read may have to wait.
  LineReader(int fd, std::size_t max_line, std::function<void()> before_read = {});

  // Goes to the next line. A line ends with LF or CR LF; the last line needs no end. A byte order
  // mark at the start of the file is skipped.
  ReadResult next();

  std::string_view line() const noexcept { return line_; }   // valid until the next call of next()
  std::uint64_t number() const noexcept { return number_; }  // of the line; the first is 1
  std::uint64_t bytes() const noexcept { return bytes_; }    // read from the file so far
  int error() const noexcept { return error_; }
  std::size_t max_line() const noexcept { return max_line_; }

 private:
  // True if the whole next line is in memory.
  bool buffered() const noexcept { return begin_ < lines_end_; }
  ReadResult finish(std::string_view line);
  bool refill();
  void make_room();

  int fd_;
  std::size_t max_line_;
  std::function<void()> before_read_;
  std::size_t capacity_;
  std::unique_ptr<char[]> buffer_;  // capacity_ + padding bytes
  std::size_t begin_ = 0;           // where the next line begins
  std::size_t lines_end_ = 0;       // behind the last LF in the buffer; 0 if there is none
  std::size_t end_ = 0;             // behind the last byte in the buffer
  bool at_end_ = false;
  bool skipping_ = false;  // the next line is already too long; its bytes are dropped
  std::string start_;      // the beginning of such a line
  std::string_view line_;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
  int error_ = 0;
};

}  // namespace lowtide::events
