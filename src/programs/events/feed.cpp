// SPDX-License-Identifier: Apache-2.0
// Feed: reads the lines of a file or pipe that may still grow. lowtide-host calls it. It never
// waits, and it never continues in a file that is not the one that was read before.
#include "programs/events/feed.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lowtide::events {
namespace {

constexpr std::size_t first_capacity = std::size_t{1} << 18U;
constexpr std::size_t start_size = 256;  // how much of a line that is too long is held, to be shown
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

ssize_t read_again(auto&& read) {
  while (true) {
    const ssize_t count = read();
    if (count >= 0 || errno != EINTR) return count;
  }
}

}  // namespace

Feed::Feed(std::string path, std::size_t max_line)
    : path_(std::move(path)), max_line_(max_line), owned_(path_ != "-"), buffer_(first_capacity) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
  fd_ = owned_ ? ::open(path_.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  struct stat status {};
  if (fd_ < 0 || ::fstat(fd_, &status) != 0) {
    error_ = errno;
    return;
  }
  if (S_ISDIR(status.st_mode)) error_ = EISDIR;  // a folder can be opened, but not read
  // Standard input has no path that a later run could open, even if it is a file.
  is_file_ = owned_ && S_ISREG(status.st_mode);
}

Feed::~Feed() {
  if (owned_ && fd_ >= 0) ::close(fd_);
}

std::optional<std::string> Feed::resume(const FeedPosition& position, std::int64_t expected) {
  const std::string line = "line " + std::to_string(position.line);
  const auto found = checksum(position);
  if (!found)
    return "was truncated: it has fewer bytes than the " + std::to_string(position.offset) +
           " that were ingested before";
  if (*found != expected)
    return line + " is not the line that was ingested before: the file was replaced or rewritten";
  FeedPosition from = position;
  // A last line that had no end may have one now, but nothing else may have been added to it.
  if (position.last_size > 0) {
    std::array<char, 3> around{};
    const ssize_t count = read_again([&] {
      return ::pread(fd_, around.data(), around.size(), static_cast<off_t>(position.offset - 1));
    });
    const std::string_view text(around.data(),
                                static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (!text.starts_with('\n') && text.size() > 1) {
      const std::string_view behind = text.substr(1);
      const std::int64_t end = behind.starts_with('\n') ? 1 : behind.starts_with("\r\n") ? 2 : 0;
      if (end == 0) return line + " has grown since it was ingested as the last line";
      from.offset += end;
      from.last_size += end;
    }
  }
  if (::lseek(fd_, static_cast<off_t>(from.offset), SEEK_SET) < 0)
    return std::string("cannot be read: ") + std::strerror(errno);
  position_ = from;
  begin_ = scanned_ = end_ = 0;
  return std::nullopt;
}

Feed::ReadResult Feed::next() {
  while (true) {
    const void* const found = std::memchr(buffer_.data() + scanned_, '\n', end_ - scanned_);
    if (found != nullptr) {
      const auto size =
          static_cast<std::size_t>(static_cast<const char*>(found) - (buffer_.data() + begin_));
      const bool carriage_return = size > 0 && buffer_[begin_ + size - 1] == '\r';
      return finish(size - (carriage_return ? 1 : 0), size + 1);
    }
    scanned_ = end_;
    const ReadResult result = refill();
    if (result != ReadResult::line) return result;
  }
}

Feed::ReadResult Feed::rest() {
  if (begin_ == end_ && dropped_ == 0) return ReadResult::none_yet;
  make_room();  // for the padding behind the line
  buffer_[end_] = '\n';
  return finish(end_ - begin_, end_ - begin_);
}

Feed::ReadResult Feed::finish(std::size_t size, std::size_t with_end) {
  std::string_view line(buffer_.data() + begin_, size);
  begin_ += with_end;
  scanned_ = begin_;
  position_.last_size = static_cast<std::int64_t>(with_end) + dropped_;
  position_.offset += position_.last_size;
  ++position_.line;
  if (std::exchange(dropped_, 0) != 0) {
    line_ = start_;
    return ReadResult::too_long;
  }
  if (position_.line == 1 && line.starts_with(byte_order_mark))
    line.remove_prefix(byte_order_mark.size());
  line_ = line;
  return line.size() > max_line_ ? ReadResult::too_long : ReadResult::line;
}

// Reads more bytes. ReadResult::line means that there are new bytes to search for a line.
Feed::ReadResult Feed::refill() {
  if (!is_file_ && !readable()) return ReadResult::none_yet;
  make_room();
  const ssize_t count = read_again([&] {
    return ::read(fd_, buffer_.data() + end_, buffer_.size() - LineReader::padding - end_);
  });
  if (count < 0) {
    error_ = errno;
    return ReadResult::failed;
  }
  if (count == 0) return is_file_ ? ReadResult::none_yet : ReadResult::end;
  end_ += static_cast<std::size_t>(count);
  return ReadResult::line;
}

bool Feed::readable() const {
  pollfd one{fd_, POLLIN, 0};
  return ::poll(&one, 1, 0) > 0;
}

// Makes room for at least one more byte: moves the next line to the front of the buffer, drops its
// bytes if it is already too long, or doubles the buffer.
void Feed::make_room() {
  // A CR before the LF and a byte order mark do not count as part of the line.
  const std::size_t most = max_line_ + 1 + byte_order_mark.size();
  if (dropped_ == 0 && end_ - begin_ > most)
    start_.assign(buffer_.data() + begin_, std::min(start_size, end_ - begin_));
  if (dropped_ != 0 || end_ - begin_ > most) {
    dropped_ += static_cast<std::int64_t>(end_ - begin_);
    begin_ = end_;
  }
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  scanned_ = end_;
  if (end_ + LineReader::padding >= buffer_.size()) buffer_.resize(buffer_.size() * 2);
}

std::optional<std::int64_t> Feed::checksum(const FeedPosition& position) const {
  // FNV-1a: enough to notice another file; it does not protect against forgery.
  std::uint64_t sum = 0xCBF29CE484222325U;
  std::array<char, 4096> bytes{};
  std::int64_t at = position.offset - position.last_size;
  while (at < position.offset) {
    const auto size =
        static_cast<std::size_t>(std::min<std::int64_t>(position.offset - at, bytes.size()));
    const ssize_t count =
        read_again([&] { return ::pread(fd_, bytes.data(), size, static_cast<off_t>(at)); });
    if (count <= 0) return std::nullopt;
    for (ssize_t i = 0; i < count; ++i) {
      sum = (sum ^ static_cast<unsigned char>(bytes.at(static_cast<std::size_t>(i)))) *
            0x100000001B3U;
    }
    at += count;
  }
  return static_cast<std::int64_t>(sum);
}

std::optional<std::string> Feed::lost() const {
  if (!is_file_) return std::nullopt;
  struct stat open {};
  if (::fstat(fd_, &open) == 0 && open.st_size < position_.offset) {
    return "was truncated: it has " + std::to_string(open.st_size) + " bytes, but " +
           std::to_string(position_.offset) + " were ingested";
  }
  struct stat named {};
  if (::stat(path_.c_str(), &named) != 0)
    return "no longer exists: " + std::string(std::strerror(errno));
  if (named.st_dev != open.st_dev || named.st_ino != open.st_ino)
    return "was replaced by another file";
  return std::nullopt;
}

}  // namespace lowtide::events
