// SPDX-License-Identifier: Apache-2.0
// Runs lowtide-replay as a process, with files or pipes as its input. The tests of the program call
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

struct Run {
  int status = -1;  // the exit status, or 128 + the number of the signal that ended it
  std::string out;
  std::string err;
  // At least the memory of this process when it started the program: the system includes that.
  long peak_kilobytes = 0;
};

// The standard output of the program. Only a file is read back, as Run::out.
enum class Target : std::uint8_t { file, nothing, closed_pipe, full_device };

// Runs the program with `input` in a file as its standard input.
Run replay(const std::vector<std::string>& arguments, std::string_view input = "",
           Target target = Target::file);

// Runs the program with a pipe as its standard input. `write` writes into the pipe, in a process of
// its own.
Run replay_piped(const std::vector<std::string>& arguments,
                 const std::function<void(int fd)>& write, Target target = Target::file);

// A temporary file, removed at the end of the scope.
class TextFile {
 public:
  explicit TextFile(std::string_view text);
  ~TextFile();
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  TextFile(TextFile&&) = delete;
  TextFile& operator=(TextFile&&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_all(int fd, std::string_view text);
std::vector<std::string> split_lines(std::string_view text);  // the lines, without their LF
