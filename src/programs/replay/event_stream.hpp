// SPDX-License-Identifier: Apache-2.0
// EventStream: the events of several files as one stream, merged by their instants as they are
// read.
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
    std::string wrong;
  };
  struct Unreadable {
    int error;  // the errno
  };
  struct End {};
  // An event is valid until the next call of next().
  using Item = std::variant<const events::InputEvent*, BadLine, Unreadable, End>;

  // `before_read` is called before each read from a file, which may have to wait.
  EventStream(std::size_t max_line, std::function<void()> before_read)
      : max_line_(max_line), before_read_(std::move(before_read)) {}

  // Opens a file, "-" being standard input. Gives the errno if it cannot be read, else 0. Call it
  // for all files before next().
  int open(const std::string& path);

  // The event with the smallest instant among the next lines of the files, ties in the order of the
  // files; or a bad line, as soon as it is its file's next. After a bad line the stream goes on
  // behind it.
  Item next();

  // Where the last item came from, as `FILE:LINE`, or `FILE` for a file that cannot be read.
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

  // Reads up to the next event of a source. True: it has one. False: `item` tells what came
  // instead.
  static bool advance(Source& source, Item& item);

  std::size_t max_line_;
  std::function<void()> before_read_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::size_t>
      unread_;  // sources whose next line is to be read, the first of them at the back
  std::vector<std::size_t>
      waiting_;           // sources that hold an event: a heap, the one to come in front
  std::size_t last_ = 0;  // the source of the last item
};

}  // namespace lowtide::replay
