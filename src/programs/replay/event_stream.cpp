// SPDX-License-Identifier: Apache-2.0
// EventStream: reads the events of several files as one stream. main.cpp of lowtide-replay calls
// it. Its order decides the output: ties must always be resolved in the order of the files.
#include "programs/replay/event_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "programs/events/excerpt.hpp"

namespace lowtide::replay {
namespace {

bool is_blank(std::string_view line) noexcept {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

EventStream::File::~File() {
  if (owned_) ::close(fd_);
}

int EventStream::open(const std::string& path) {
  const bool standard_input = path == "-";
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
  const int fd = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  auto source = std::make_unique<Source>(path, fd, !standard_input, max_line_, before_read_);
  struct stat status {};
  if (::fstat(fd, &status) != 0) return errno;
  if (S_ISDIR(status.st_mode)) return EISDIR;  // a folder can be opened, but not read
  unread_.insert(unread_.begin(), sources_.size());
  sources_.push_back(std::move(source));
  return 0;
}

EventStream::Item EventStream::next() {
  const auto later = [this](std::size_t a, std::size_t b) {
    const Instant at_a = sources_[a]->event.at;
    const Instant at_b = sources_[b]->event.at;
    return at_a == at_b ? a > b : at_a > at_b;
  };
  while (!unread_.empty()) {
    last_ = unread_.back();
    Item item;
    if (advance(*sources_[last_], item)) {
      unread_.pop_back();
      waiting_.push_back(last_);
      std::push_heap(waiting_.begin(), waiting_.end(), later);
    } else if (std::holds_alternative<End>(item)) {
      unread_.pop_back();
    } else {
      return item;
    }
  }
  if (waiting_.empty()) return End{};
  std::pop_heap(waiting_.begin(), waiting_.end(), later);
  last_ = waiting_.back();
  waiting_.pop_back();
  unread_.push_back(last_);
  return &sources_[last_]->event;
}

bool EventStream::advance(Source& source, Item& item) {
  using ReadResult = events::LineReader::ReadResult;
  while (true) {
    switch (source.lines.next()) {
      case ReadResult::line:
        if (is_blank(source.lines.line())) continue;
        if (auto message = source.reader.read(source.lines.line(), source.event)) {
          item = BadLine{std::move(*message)};
          return false;
        }
        return true;
      case ReadResult::too_long:
        item = BadLine{"the line is longer than " + std::to_string(source.lines.max_line()) +
                       " bytes (--max-line): " + events::excerpt(source.lines.line())};
        return false;
      case ReadResult::failed: item = Unreadable{source.lines.error()}; return false;
      case ReadResult::end: item = End{}; return false;
    }
  }
}

std::string EventStream::file() const {
  return events::excerpt(sources_[last_]->path, std::string::npos);
}
std::string EventStream::place() const {
  return file() + ":" + std::to_string(sources_[last_]->lines.number());
}

std::uint64_t EventStream::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& source : sources_) sum += source->lines.bytes();
  return sum;
}

}  // namespace lowtide::replay
