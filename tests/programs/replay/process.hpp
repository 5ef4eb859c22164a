// SPDX-License-Identifier: Apache-2.0
// Runs lowtide-replay as its users do, and text files for it to read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

struct Run {
  int status = -1;  // the exit status; 128 and more: ended by that signal
  std::string out;
  std::string err;
  // At least what this process had when it started the program: the system counts it in.
  long peak_kilobytes = 0;
};

// What the program finds as its standard output, if not a file that is read back.
enum class Sink : std::uint8_t { file, nothing, closed_pipe, full_device };

// `input` becomes standard input, as a file.
Run replay(const std::vector<std::string>& arguments, std::string_view input = "",
           Sink sink = Sink::file);

// Standard input is a pipe, into which `write` is to write until its end; it is called in another
// process.
Run replay_piped(const std::vector<std::string>& arguments,
                 const std::function<void(int fd)>& write, Sink sink = Sink::file);

// A file of its own, gone at the end of the scope.
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
std::vector<std::string> split_lines(std::string_view text);  // without their LF
