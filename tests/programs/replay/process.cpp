// SPDX-License-Identifier: Apache-2.0
// Runs lowtide-replay as a process. The tests of the program call it.
#include "process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

namespace {

int temporary_file() {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  const int fd = ::dup(::fileno(file));
  std::fclose(file);
  return fd;
}

std::string read_back(int fd) {
  std::string text;
  std::array<char, 65536> part{};
  ::lseek(fd, 0, SEEK_SET);
  for (ssize_t count = 0; (count = ::read(fd, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(count));
  ::close(fd);
  return text;
}

int open_target(Target target) {
  switch (target) {
    case Target::file: return temporary_file();
    case Target::nothing: return ::open("/dev/null", O_WRONLY);
    case Target::full_device: return ::open("/dev/full", O_WRONLY);
    case Target::closed_pipe: {
      std::array<int, 2> ends{};
      REQUIRE(::pipe(ends.data()) == 0);
      ::close(ends[0]);
      return ends[1];
    }
  }
  return -1;
}

Run run(const std::vector<std::string>& arguments, int in, Target target) {
  const int out = open_target(target);
  const int err = temporary_file();
  std::vector<char*> argv;
  std::string program = LOWTIDE_REPLAY;
  std::vector<std::string> copies = arguments;
  argv.push_back(program.data());
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    // The address sanitizer delays the reuse of freed memory, which would distort the measurement.
    ::setenv("ASAN_OPTIONS", "quarantine_size_mb=1", 1);
    ::execv(program.c_str(), argv.data());
    ::_exit(126);
  }
  ::close(in);
  int status = 0;
  rusage usage{};
  REQUIRE(::wait4(child, &status, 0, &usage) == child);
  Run result;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-union-access): glibc declares it in a union
  result.peak_kilobytes = usage.ru_maxrss;
  result.err = read_back(err);
  if (target == Target::file) {
    result.out = read_back(out);
  } else {
    ::close(out);
  }
  return result;
}

}  // namespace

Run replay(const std::vector<std::string>& arguments, std::string_view input, Target target) {
  const int in = temporary_file();
  write_all(in, input);
  ::lseek(in, 0, SEEK_SET);
  return run(arguments, in, target);
}

Run replay_piped(const std::vector<std::string>& arguments, const std::function<void(int)>& write,
                 Target target) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t writer = ::fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    ::close(ends[0]);
    write(ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  Run result = run(arguments, ends[0], target);
  ::waitpid(writer, nullptr, 0);
  return result;
}

TextFile::TextFile(std::string_view text) {
  path_ = (std::filesystem::temp_directory_path() / "lowtide-replay-XXXXXX").string();
  const int fd = ::mkstemp(path_.data());
  REQUIRE(fd >= 0);
  write_all(fd, text);
  ::close(fd);
}

TextFile::~TextFile() { ::unlink(path_.c_str()); }

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path << " cannot be opened");
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}
