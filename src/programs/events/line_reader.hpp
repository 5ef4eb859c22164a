// SPDX-License-Identifier: Apache-2.0
// LineReader: the lines of a file, one after the other, in memory that no line can make grow beyond
// the limit.
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
  // So many bytes behind each line may be read (not written) by a parser that works in place; the
  // first of them is no part of any JSON.
  static constexpr std::size_t padding = 64;

  enum class Got : std::uint8_t {
    line,      // line() is the next line
    too_long,  // the next line is longer than the limit; line() is its beginning
    end,       // there is none
    failed,    // the file cannot be read; error() is the errno
  };

  // Reads from `fd`, which the caller owns. `max_line` is in bytes, the line's end not counted.
  // `before_read` is called before each read, which may have to wait.
  LineReader(int fd, std::size_t max_line, std::function<void()> before_read = {});

  // Goes on to the next line. LF and CR LF end a line, and the last one needs no end; a byte order
  // mark at the start of the file is skipped.
  Got next();

  std::string_view line() const noexcept { return line_; }   // valid until the next call of next()
  std::uint64_t number() const noexcept { return number_; }  // of this line, from 1
  std::uint64_t bytes() const noexcept { return bytes_; }    // read from the file so far
  int error() const noexcept { return error_; }
  std::size_t max_line() const noexcept { return max_line_; }

 private:
  bool buffered() const noexcept {
    return begin_ < lines_end_;
  }  // the next line's end is in memory
  Got finish(std::string_view line);
  bool refill();
  void make_room();

  int fd_;
  std::size_t max_line_;
  std::function<void()> before_read_;
  std::size_t capacity_;
  std::unique_ptr<char[]> buffer_;  // capacity_ + padding bytes
  std::size_t begin_ = 0;           // of the line to come
  std::size_t lines_end_ = 0;       // behind the last LF that has been read, 0 if none
  std::size_t end_ = 0;             // of what has been read
  bool at_end_ = false;
  bool skipping_ = false;  // inside a line that is too long already
  std::string start_;      // of such a line
  std::string_view line_;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
  int error_ = 0;
};

}  // namespace lowtide::events
