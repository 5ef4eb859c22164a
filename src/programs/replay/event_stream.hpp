// SPDX-License-Identifier: Apache-2.0
// EventStream: reads the events of several files as one stream, merged by their instants. main.cpp
// of lowtide-replay calls it. It reads each file once, and holds one event of each file in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "programs/events/event_reader.hpp"
#include "programs/events/input_event.hpp"
#include "programs/events/line_reader.hpp"

namespace lowtide::replay {

class EventStream {
 public:
  struct BadLine {
    std::string message;
  };
  struct Unreadable {
    int error;  // the errno
  };
  struct End {};
  // An event is valid until the next call of next().
  using Item = std::variant<const events::InputEvent*, BadLine, Unreadable, End>;

  // `before_read` is called before each read from a file, because the read may have to wait.
  EventStream(std::size_t max_line, std::function<void()> before_read)
      : max_line_(max_line), before_read_(std::move(before_read)) {}

  // Opens a file; "-" is standard input. Returns 0, or the errno if it cannot be opened. Open all
  // files before the first call of next().
  int open(const std::string& path);

  // Returns the earliest of the next events of all files; if several have the same instant, the one
  // of the first file. A bad line is returned as soon as it is the next line of its file; the next
  // call continues behind it.
  Item next();

  // Where the last item came from: `FILE:LINE`, and `FILE` alone.
  std::string place() const;
  std::string file() const;

  std::uint64_t bytes() const noexcept;  // read so far

 private:
  class File {
   public:
    File(int fd, bool owned) noexcept : fd_(fd), owned_(owned) {}
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    File(File&&) = delete;
    File& operator=(File&&) = delete;

   private:
    int fd_;
    bool owned_;
  };

  struct Source {
    Source(std::string path_given, int fd, bool owned, std::size_t max_line,
           const std::function<void()>& before_read)
        : path(std::move(path_given)), file(fd, owned), lines(fd, max_line, before_read) {}
    std::string path;
    File file;
    events::LineReader lines;
    events::EventReader reader;
    events::InputEvent event;
  };

  // Reads the next event of a source. If there is none, returns false and sets `item` to what was
  // found instead.
  static bool advance(Source& source, Item& item);

  std::size_t max_line_;
  std::function<void()> before_read_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::size_t> unread_;   // sources without an event; read from the back
  std::vector<std::size_t> waiting_;  // sources with an event: a heap, the earliest in front
  std::size_t last_ = 0;              // the source of the last item
};

}  // namespace lowtide::replay
