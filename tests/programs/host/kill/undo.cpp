// SPDX-License-Identifier: Apache-2.0
// The settings of the killpoint library, and its records of how to undo changes that were not
// synced. killpoint.cpp calls it. It must use the kernel directly: the functions of libc are
// intercepted.
#include "killpoint.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <string_view>

// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg,cppcoreguidelines-avoid-non-const-global-variables,cppcoreguidelines-pro-type-cstyle-cast)
// NOLINTBEGIN(concurrency-mt-unsafe,cppcoreguidelines-pro-type-reinterpret-cast,readability-inconsistent-declaration-parameter-name)
// NOLINTBEGIN(performance-no-int-to-ptr,google-runtime-int): the interface of the kernel
namespace killpoint {

Setting* setting = nullptr;

namespace {

std::string text_of(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}
std::uint64_t number_of(const char* name) {
  return std::strtoull(text_of(name).c_str(), nullptr, 10);
}

}  // namespace

int open_raw(const std::string& path, int flags) {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0644));
}

namespace {

__attribute__((constructor)) void set_up() {
  const std::string counter = text_of("KILL_COUNTER");
  if (counter.empty()) return;
  const int fd = open_raw(counter, O_RDWR);
  if (fd < 0) return;
  void* const memory =
      ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::syscall(SYS_close, fd);
  if (memory == MAP_FAILED) return;
  auto* const created = new Setting;  // NOLINT(cppcoreguidelines-owning-memory)
  created->counter = static_cast<std::atomic<std::uint64_t>*>(memory);
  created->at = number_of("KILL_AT");
  created->when = text_of("KILL_WHEN");
  const std::string trace = text_of("KILL_TRACE");
  if (!trace.empty()) created->trace = open_raw(trace, O_WRONLY | O_APPEND | O_CREAT);
  created->fail = static_cast<int>(number_of("KILL_FAIL"));
  created->fail_from = std::max<std::uint64_t>(number_of("KILL_FAIL_FROM"), 1);
  created->fail_kinds = "," + text_of("KILL_FAIL_KINDS") + ",";
  created->fail_path = text_of("KILL_FAIL_PATH");
  created->root = text_of("KILL_ROOT");
  created->undo_folder = text_of("KILL_UNDO");
  if (!created->undo_folder.empty())
    created->undo = open_raw(created->undo_folder + "/log", O_WRONLY | O_APPEND | O_CREAT);
  setting = created;
}

}  // namespace

std::string path_of(int fd) {
  std::array<char, PATH_MAX> memory{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const long size = ::syscall(SYS_readlinkat, AT_FDCWD, link.c_str(), memory.data(), memory.size());
  return size < 0 ? std::string() : std::string(memory.data(), static_cast<std::size_t>(size));
}

std::string path_at(int folder, const char* path) {
  if (path[0] == '/') return path;
  if (folder != AT_FDCWD) return path_of(folder) + "/" + path;
  std::array<char, PATH_MAX> memory{};
  const long size = ::syscall(SYS_getcwd, memory.data(), memory.size());
  return std::string(size > 0 ? memory.data() : "") + "/" + path;
}

bool exists(const std::string& path) {
  return ::syscall(SYS_faccessat, AT_FDCWD, path.c_str(), F_OK) == 0;
}

// ---- What a power failure would undo ----

// SQLite never syncs its shared memory; the next process builds it anew.
bool is_undone(const std::string& path) {
  return setting->undo >= 0 && path.starts_with(setting->root) && !path.ends_with("-shm");
}

void record(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const long written = ::syscall(SYS_write, setting->undo, rest.data(), rest.size());
    if (written <= 0) std::abort();
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string before_change(int fd, const std::string& path, std::int64_t offset,
                          std::uint64_t size) {
  if (!is_undone(path)) return {};
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const std::uint64_t start = std::min<std::uint64_t>(static_cast<std::uint64_t>(offset),
                                                      static_cast<std::uint64_t>(status.st_size));
  std::string old(std::min(size, static_cast<std::uint64_t>(status.st_size) - start), '\0');
  // Another descriptor, because that of the program may be write-only.
  const int reader = open_raw("/proc/self/fd/" + std::to_string(fd), O_RDONLY);
  for (std::size_t done = 0; done < old.size();) {
    const long got =
        ::syscall(SYS_pread64, reader, old.data() + done, old.size() - done, start + done);
    if (got <= 0) std::abort();
    done += static_cast<std::size_t>(got);
  }
  ::syscall(SYS_close, reader);
  return "W " + std::to_string(status.st_ino) + " " + std::to_string(start) + " " +
         std::to_string(status.st_size) + " " + std::to_string(old.size()) + "\n" + old;
}

void record_sync(int fd, const std::string& path) {
  if (!is_undone(path) && !(setting->undo >= 0 && (path + "/").starts_with(setting->root))) return;
  struct stat status {};
  if (::fstat(fd, &status) != 0) return;
  record(S_ISDIR(status.st_mode) ? "D " + path + "\n"
                                 : "S " + std::to_string(status.st_ino) + "\n");
}

std::string keep(const std::string& path) {
  if (!is_undone(path) || !exists(path)) return "-";
  std::string kept = setting->undo_folder + "/kept-" + std::to_string(setting->counter->load());
  ::syscall(SYS_linkat, AT_FDCWD, path.c_str(), AT_FDCWD, kept.c_str(), 0);
  return kept;
}

}  // namespace killpoint
// NOLINTEND(performance-no-int-to-ptr,google-runtime-int)
// NOLINTEND(concurrency-mt-unsafe,cppcoreguidelines-pro-type-reinterpret-cast,readability-inconsistent-declaration-parameter-name)
// NOLINTEND(cppcoreguidelines-pro-type-vararg,cppcoreguidelines-avoid-non-const-global-variables,cppcoreguidelines-pro-type-cstyle-cast)
