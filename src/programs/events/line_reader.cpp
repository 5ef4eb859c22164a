// SPDX-License-Identifier: Apache-2.0
// LineReader: reads the lines of a file or pipe one after the other. lowtide-replay calls it. The
// length of a line must never decide how much memory it takes: `max_line` is the limit.
#include "programs/events/line_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lowtide::events {
namespace {

constexpr std::size_t first_capacity = std::size_t{1} << 18U;
constexpr std::size_t start_size = 256;  // how much of a line that is too long is held, to be shown
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

LineReader::LineReader(int fd, std::size_t max_line, std::function<void()> before_read)
    : fd_(fd),
      max_line_(max_line),
      before_read_(std::move(before_read)),
      capacity_(first_capacity),
      buffer_(std::make_unique<char[]>(first_capacity + padding)) {}

LineReader::ReadResult LineReader::next() {
  while (!buffered()) {
    if (at_end_) {
      if (begin_ == end_ && !skipping_) return error_ == 0 ? ReadResult::end : ReadResult::failed;
      const std::string_view line(buffer_.get() + begin_, end_ - begin_);
      begin_ = end_;
      return finish(line);
    }
    if (!refill()) return ReadResult::failed;
  }
  const char* const start = buffer_.get() + begin_;
  const void* const found = std::memchr(start, '\n', lines_end_ - begin_);
  std::string_view line(start, static_cast<std::size_t>(static_cast<const char*>(found) - start));
  begin_ += line.size() + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return finish(line);
}

LineReader::ReadResult LineReader::finish(std::string_view line) {
  ++number_;
  if (number_ == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  if (skipping_) {
    skipping_ = false;
    line_ = start_;
    return ReadResult::too_long;
  }
  line_ = line;
  return line.size() > max_line_ ? ReadResult::too_long : ReadResult::line;
}

bool LineReader::refill() {
  make_room();
  if (before_read_) before_read_();
  ssize_t count = 0;
  do {
    count = ::read(fd_, buffer_.get() + end_, capacity_ - end_);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    error_ = errno;
    at_end_ = true;
    begin_ = end_ = lines_end_ = 0;
    skipping_ = false;
    return false;
  }
  at_end_ = count == 0;
  const void* const last = ::memrchr(buffer_.get() + end_, '\n', static_cast<std::size_t>(count));
  lines_end_ = last == nullptr
                   ? 0
                   : static_cast<std::size_t>(static_cast<const char*>(last) - buffer_.get()) + 1;
  end_ += static_cast<std::size_t>(count);
  bytes_ += static_cast<std::uint64_t>(count);
  // Bytes of an earlier line may still be in the buffer here. Without this LF, the parser would
  // read them as part of the last line.
  if (at_end_) buffer_[end_] = '\n';
  return true;
}

// Makes room for at least one more byte: moves the next line to the front of the buffer, drops its
// bytes if it is already too long, or doubles the buffer.
void LineReader::make_room() {
  // A CR before the LF and a byte order mark do not count as part of the line.
  const std::size_t most = max_line_ + 1 + byte_order_mark.size();
  if (!skipping_ && end_ - begin_ > most) {
    start_.assign(buffer_.get() + begin_, std::min(start_size, end_ - begin_));
    skipping_ = true;
  }
  if (skipping_) {
    begin_ = end_ = 0;
    return;
  }
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ < capacity_) return;
  const std::size_t larger = std::max(std::min(capacity_ * 2, most + 1), capacity_ + 1);
  auto buffer = std::make_unique<char[]>(larger + padding);
  std::memcpy(buffer.get(), buffer_.get(), end_);
  buffer_ = std::move(buffer);
  capacity_ = larger;
}

}  // namespace lowtide::events
