// SPDX-License-Identifier: Apache-2.0
// Runs lowtide-host as a process. The tests of the program call it.
#include "host_process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

namespace {

void become_host(const Words& words, const Environment& environment, const std::string& out,
                 const std::string& err, std::size_t limit) {
  // NOLINTBEGIN(cppcoreguidelines-pro-type-vararg)
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
  ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  // NOLINTEND(cppcoreguidelines-pro-type-vararg)
  if (limit != 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit size{limit, limit};
    ::setrlimit(RLIMIT_FSIZE, &size);
  }
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> copies = words;
  std::vector<char*> argv;
  argv.reserve(copies.size() + 1);
  for (std::string& word : copies) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(argv.front(), argv.data());
  ::_exit(126);
}

}  // namespace

HostFolder::HostFolder() {
  path_ = (std::filesystem::temp_directory_path() / "lowtide-host-XXXXXX").string();
  REQUIRE(::mkdtemp(path_.data()) != nullptr);
}

HostFolder::~HostFolder() { std::filesystem::remove_all(path_); }

std::string HostFolder::file(std::string_view name, std::string_view text) const {
  std::ofstream(path(name), std::ios::binary) << text;
  return path(name);
}

HostRun HostFolder::run(const Words& words, const Environment& environment,
                        std::size_t file_size_limit) const {
  Words all = {LOWTIDE_HOST};
  all.insert(all.end(), words.begin(), words.end());
  if (std::ranges::find(words, "--db") == words.end()) all.insert(all.begin() + 2, {"--db", db()});
  const std::string out = path(".out");
  const std::string err = path(".err");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) become_host(all, environment, out, err, file_size_limit);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_whole(out),
          read_whole(err)};
}

HostRun HostFolder::run_failing(const Words& words, int error, const std::string& kinds,
                                const std::string& path_part, int from) const {
  const std::string counter = file(".counter", std::string(8, '\0'));
  // With the address sanitizer, its library insists on being loaded first unless this option is
  // set.
  //
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is only one thread
  const char* const sanitizer = std::getenv("ASAN_OPTIONS");
  return run(words, {{"LD_PRELOAD", LOWTIDE_KILLPOINT},
                     {"ASAN_OPTIONS",
                      (sanitizer == nullptr ? std::string() : std::string(sanitizer) + ":") +
                          "verify_asan_link_order=0"},
                     {"KILL_COUNTER", counter},
                     {"KILL_FAIL", std::to_string(error)},
                     {"KILL_FAIL_KINDS", kinds},
                     {"KILL_FAIL_PATH", path_part},
                     {"KILL_FAIL_FROM", std::to_string(from)}});
}

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path << " cannot be opened");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}
