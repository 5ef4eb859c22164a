// SPDX-License-Identifier: Apache-2.0
// Feed: reads the lines of a file or pipe that may still grow, and their positions, so that a later
// run can continue. lowtide-host calls it. It never waits, and it never changes the file.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "programs/events/line_reader.hpp"

namespace lowtide::events {

// The position behind a line.
struct FeedPosition {
  std::int64_t offset = 0;     // in bytes from the start of the file
  std::int64_t line = 0;       // the number of the line; 0 before the first
  std::int64_t last_size = 0;  // the size of the line in bytes, with its end

  friend bool operator==(const FeedPosition&, const FeedPosition&) = default;
};

class Feed {
 public:
  enum class ReadResult : std::uint8_t {
    line,      // line() is the next line
    too_long,  // the next line is longer than the limit; line() is its beginning
    none_yet,  // no whole line for now: the end of a file, or a pipe without data
    end,       // the pipe was closed
    failed,    // it cannot be read; error() is the errno
  };

  // Opens the path; "-" is standard input. Then check error(): it is the errno, or 0 if it is open.
  Feed(std::string path, std::size_t max_line);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  Feed(Feed&&) = delete;
  Feed& operator=(Feed&&) = delete;

  int error() const noexcept { return error_; }
  int fd() const noexcept { return fd_; }
  const std::string& path() const noexcept { return path_; }
  // True for a regular file that was opened by its path. Only such a file has positions to resume
  // from.
  bool is_file() const noexcept { return is_file_; }

  // Continues behind a line that an earlier run read, if the checksum of the line is still the
  // expected one. Otherwise returns a message that says what happened to the file.
  std::optional<std::string> resume(const FeedPosition& position, std::int64_t expected);

  // Goes to the next complete line. A line ends with LF or CR LF. A byte order mark at the start of
  // the file is skipped. Never waits.
  ReadResult next();
  // Takes what follows the last complete line as a line; none_yet if nothing follows. Call it only
  // when no more data will come.
  ReadResult rest();

  // The line, with LineReader::padding readable bytes behind it. Valid until the next call.
  std::string_view line() const noexcept { return line_; }
  const FeedPosition& position() const noexcept { return position_; }

  // The checksum of the last line before a position, read from the file as it is now. None if the
  // file has become shorter.
  std::optional<std::int64_t> checksum(const FeedPosition& position) const;

  // Checks whether the open file is still the one at its path. If it was truncated, removed or
  // replaced, returns a message that says so.
  std::optional<std::string> lost() const;

 private:
  ReadResult finish(std::size_t size, std::size_t with_end);
  ReadResult refill();
  void make_room();
  bool readable() const;

  std::string path_;
  std::size_t max_line_;
  int fd_ = -1;
  bool owned_ = false;
  bool is_file_ = false;
  int error_ = 0;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    // where the next line begins
  std::size_t scanned_ = 0;  // there is no LF before this place
  std::size_t end_ = 0;      // behind the last byte in the buffer
  std::int64_t dropped_ =
      0;               // how many bytes of the next line were dropped, because it is too long
  std::string start_;  // the beginning of such a line
  std::string_view line_;
  FeedPosition position_;
};

}  // namespace lowtide::events
