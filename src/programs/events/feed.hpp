// SPDX-License-Identifier: Apache-2.0
// Feed: the lines of a file or pipe that may still be growing, with the position of each, so that
// reading can go on later.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "programs/events/line_reader.hpp"

namespace lowtide::host {

// Behind a line.
struct FeedPosition {
  std::int64_t offset = 0;     // in bytes
  std::int64_t line = 0;       // its number, 0 before the first
  std::int64_t last_size = 0;  // of that line, its end included

  friend bool operator==(const FeedPosition&, const FeedPosition&) = default;
};

class Feed {
 public:
  enum class Got : std::uint8_t {
    line,      // line() is the next line
    too_long,  // the next line is longer than the limit; line() is its beginning
    dry,  // no whole line for now: a file's end, or a pipe that has nothing to read at the moment
    end,  // the pipe was closed
    failed,  // it cannot be read; error() is the errno
  };

  // Opens the path, "-" being standard input. Check error() then: the errno, 0 if it is open.
  Feed(std::string path, std::size_t max_line);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  Feed(Feed&&) = delete;
  Feed& operator=(Feed&&) = delete;

  int error() const noexcept { return error_; }
  int fd() const noexcept { return fd_; }
  const std::string& path() const noexcept { return path_; }
  bool is_file() const noexcept { return is_file_; }  // a file has positions, a pipe has none

  // Goes on behind a line that was read before, if its checksum is still the expected one. Gives
  // what is wrong with the file, if anything.
  std::optional<std::string> resume(const FeedPosition& position, std::int64_t expected);

  // The next line that has its end. LF and CR LF end a line; a byte order mark at the start of the
  // file is no part of the first. Never waits.
  Got next();
  // The rest behind the last end, as a line; dry if there is none. For when no more is to come.
  Got rest();

  // As long as LineReader::padding bytes behind it may be read; valid until the next call.
  std::string_view line() const noexcept { return line_; }
  const FeedPosition& position() const noexcept { return position_; }

  // Of the last line before a position, as it is in the file now. None if the file has become
  // shorter.
  std::optional<std::int64_t> checksum(const FeedPosition& position) const;

  // What has become of a followed file since: truncated or replaced by another, in words; nothing
  // if it is still the one.
  std::optional<std::string> lost() const;

 private:
  Got finish(std::size_t size, std::size_t with_end);
  Got refill();
  void make_room();
  bool readable() const;

  std::string path_;
  std::size_t max_line_;
  int fd_ = -1;
  bool owned_ = false;
  bool is_file_ = false;
  int error_ = 0;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    // of the line to come
  std::size_t scanned_ = 0;  // no LF before here
  std::size_t end_ = 0;
  std::int64_t dropped_ = 0;  // bytes of the line to come that were too many to be held
  std::string start_;         // of such a line
  std::string_view line_;
  FeedPosition position_;
};

}  // namespace lowtide::host
