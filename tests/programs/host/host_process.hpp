// SPDX-License-Identifier: Apache-2.0
// Runs lowtide-host as its users do, in a folder of its own.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct HostRun {
  int status = -1;  // the exit status; 128 and more: ended by that signal
  std::string out;
  std::string err;
};

using Words = std::vector<std::string>;
using Environment = std::vector<std::pair<std::string, std::string>>;

// Gone at the end of the scope.
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
  // Writes a file and gives its path.
  std::string file(std::string_view name, std::string_view text) const;

  // `command`, --db FILE, and the rest of the words. A file size limit of 0 is none.
  HostRun run(const Words& words, const Environment& environment = {},
              std::size_t file_size_limit = 0) const;
  // The same, with calls that fail with `error` at and after the `from`-th; kinds as in
  // tests/programs/host/kill/killpoint.cpp.
  HostRun run_failing(const Words& words, int error, const std::string& kinds,
                      const std::string& path = "", int from = 1) const;

 private:
  std::string path_;
};

std::string read_whole(const std::string& path);
std::vector<std::string> lines_of(std::string_view text);  // without their LF
