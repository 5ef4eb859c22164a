// SPDX-License-Identifier: Apache-2.0
// Runs lowtide-host as a process, in a folder of its own. The tests of the program call it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct HostRun {
  int status = -1;  // the exit status, or 128 + the number of the signal that ended it
  std::string out;
  std::string err;
};

using Words = std::vector<std::string>;
using Environment = std::vector<std::pair<std::string, std::string>>;

// A temporary folder with a database, removed at the end of the scope.
class HostFolder {
 public:
  HostFolder();
  ~HostFolder();
  HostFolder(const HostFolder&) = delete;
  HostFolder& operator=(const HostFolder&) = delete;
  HostFolder(HostFolder&&) = delete;
  HostFolder& operator=(HostFolder&&) = delete;

  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::string db() const { return path("host.db"); }
  std::string mail() const { return path("mail"); }
  // Writes a file and returns its path.
  std::string file(std::string_view name, std::string_view text) const;

  // Runs the program with the command words[0], then --db FILE, then the other words.
  // `file_size_limit` 0 means no limit.
  HostRun run(const Words& words, const Environment& environment = {},
              std::size_t file_size_limit = 0) const;
  // The same, but from the `from`-th system call on, calls of these kinds on files whose path
  // contains `path` fail with `error`. The kinds are those of
  // tests/programs/host/kill/killpoint.hpp.
  HostRun run_failing(const Words& words, int error, const std::string& kinds,
                      const std::string& path = "", int from = 1) const;

 private:
  std::string path_;
};

std::string read_whole(const std::string& path);
std::vector<std::string> lines_of(std::string_view text);  // the lines, without their LF
