// SPDX-License-Identifier: Apache-2.0
// The killpoint library: intercepts the calls with which a program changes files; see
// killpoint.hpp. The kill, power loss and disk failure tests preload it. It must use the kernel
// directly.
#include "killpoint.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <string_view>

// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg,cppcoreguidelines-avoid-non-const-global-variables,cppcoreguidelines-pro-type-cstyle-cast)
// NOLINTBEGIN(concurrency-mt-unsafe,cppcoreguidelines-pro-type-reinterpret-cast,readability-inconsistent-declaration-parameter-name)
// NOLINTBEGIN(performance-no-int-to-ptr,google-runtime-int): the interface of the kernel
using namespace killpoint;  // NOLINT(google-build-using-namespace)

namespace {

[[noreturn]] void die() {
  ::syscall(SYS_kill, ::syscall(SYS_getpid), SIGKILL);
  for (;;) ::syscall(SYS_pause);
}

// Counts a call, and kills the process or lets the call fail if the settings say so. `half` makes
// half of the call.
template <class Call, class Half>
long count(std::string_view kind, const std::string& path, std::uint64_t size, const Call& call,
           const Half& half) {
  const std::uint64_t n = setting->counter->fetch_add(1) + 1;
  if (setting->trace >= 0) {
    const std::string line = std::string(kind) + " " + std::to_string(size) + " " + path + "\n";
    ::syscall(SYS_write, setting->trace, line.data(), line.size());
  }
  if (setting->fail != 0 && n >= setting->fail_from &&
      path.find(setting->fail_path) != std::string::npos &&
      setting->fail_kinds.find("," + std::string(kind) + ",") != std::string::npos) {
    errno = setting->fail;
    return -1;
  }
  if (n == setting->at && setting->when == "before") die();
  if (n == setting->at && setting->when == "short") {
    half();
    die();
  }
  const long result = call();
  if (n == setting->at && setting->when == "after") die();
  return result;
}

constexpr auto no_half = [] {};

// Writes at `offset`, or at the current position of the descriptor if `offset` is negative.
long write_counted(int fd, const char* data, std::size_t size, std::int64_t offset) {
  const std::string path = path_of(fd);
  const auto change = [&](std::size_t bytes) {
    std::int64_t place = offset;
    if (place < 0) {
      struct stat status {};
      const bool appends = (::syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND) != 0;
      place = appends && ::fstat(fd, &status) == 0
                  ? status.st_size
                  : std::max<long>(0, ::syscall(SYS_lseek, fd, 0, SEEK_CUR));
    }
    const std::string undo = before_change(fd, path, place, bytes);
    const long written = offset < 0 ? ::syscall(SYS_write, fd, data, bytes)
                                    : ::syscall(SYS_pwrite64, fd, data, bytes, offset);
    if (written > 0 && !undo.empty()) record(undo);
    return written;
  };
  return count(
      "write", path, size, [&] { return change(size); }, [&] { change(size / 2); });
}

std::string joined(const iovec* parts, int count) {
  std::string all;
  for (int i = 0; i < count; ++i)
    all.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  return all;
}

int sync_counted(int fd, long number) {
  if (setting == nullptr) return static_cast<int>(::syscall(number, fd));
  const std::string path = path_of(fd);
  const auto call = [&] {
    const long result = ::syscall(number, fd);
    if (result == 0) record_sync(fd, path);
    return result;
  };
  return static_cast<int>(count("sync", path, 0, call, no_half));
}

int truncate_counted(int fd, std::int64_t size) {
  if (setting == nullptr) return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
  const std::string path = path_of(fd);
  const auto call = [&] {
    const std::string undo = before_change(fd, path, size, UINT64_MAX);
    const long result = ::syscall(SYS_ftruncate, fd, size);
    if (result == 0 && !undo.empty()) record(undo);
    return result;
  };
  return static_cast<int>(count("truncate", path, 0, call, no_half));
}

int rename_counted(int from_folder, const char* from, int to_folder, const char* to,
                   unsigned flags) {
  if (setting == nullptr)
    return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
  const std::string source = path_at(from_folder, from);
  const std::string target = path_at(to_folder, to);
  const auto call = [&] {
    const std::string kept = keep(target);
    const long result = ::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (result == 0 && is_undone(target))
      record("R " + source + "\t" + target + "\t" + kept + "\n");
    return result;
  };
  return static_cast<int>(count("rename", target, 0, call, no_half));
}

int unlink_counted(int folder, const char* name, int flags) {
  if (setting == nullptr) return static_cast<int>(::syscall(SYS_unlinkat, folder, name, flags));
  const std::string path = path_at(folder, name);
  const auto call = [&] {
    const std::string kept = keep(path);
    const long result = ::syscall(SYS_unlinkat, folder, name, flags);
    if (result == 0 && kept != "-") record("U " + path + "\t" + kept + "\n");
    return result;
  };
  return static_cast<int>(count("unlink", path, 0, call, no_half));
}

int make_folder_counted(int folder, const char* name, mode_t mode) {
  if (setting == nullptr) return static_cast<int>(::syscall(SYS_mkdirat, folder, name, mode));
  const std::string path = path_at(folder, name);
  const auto call = [&] {
    const long result = ::syscall(SYS_mkdirat, folder, name, mode);
    if (result == 0 && is_undone(path)) record("C " + path + "\n");
    return result;
  };
  return static_cast<int>(count("mkdir", path, 0, call, no_half));
}

int open_counted(int folder, const char* name, int flags, mode_t mode) {
  const auto open = [&] { return ::syscall(SYS_openat, folder, name, flags, mode); };
  if (setting == nullptr || (flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)) == 0)
    return static_cast<int>(open());
  const std::string path = path_at(folder, name);
  const auto call = [&] {
    const bool is_new = !exists(path);
    const int reader = !is_new && (flags & O_TRUNC) != 0 ? open_raw(path, O_RDONLY) : -1;
    const std::string undo = reader < 0 ? "" : before_change(reader, path, 0, UINT64_MAX);
    if (reader >= 0) ::syscall(SYS_close, reader);
    const long fd = open();
    if (fd >= 0 && is_new && is_undone(path)) record("C " + path + "\n");
    if (fd >= 0 && !undo.empty()) record(undo);
    return fd;
  };
  return static_cast<int>(count("open", path, 0, call, no_half));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  if (setting == nullptr) return ::syscall(SYS_write, fd, data, size);
  return write_counted(fd, static_cast<const char*>(data), size, -1);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  if (setting == nullptr) return ::syscall(SYS_pwrite64, fd, data, size, offset);
  return write_counted(fd, static_cast<const char*>(data), size, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  return pwrite(fd, data, size, offset);
}
ssize_t writev(int fd, const iovec* parts, int number) {
  const std::string all = joined(parts, number);
  return write(fd, all.data(), all.size());
}
ssize_t pwritev(int fd, const iovec* parts, int number, off_t offset) {
  const std::string all = joined(parts, number);
  return pwrite(fd, all.data(), all.size(), offset);
}
ssize_t pwritev64(int fd, const iovec* parts, int number, off64_t offset) {
  return pwritev(fd, parts, number, offset);
}
int fsync(int fd) { return sync_counted(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_counted(fd, SYS_fdatasync); }
int ftruncate(int fd, off_t size) noexcept { return truncate_counted(fd, size); }
int ftruncate64(int fd, off64_t size) noexcept { return truncate_counted(fd, size); }
int rename(const char* from, const char* to) noexcept {
  return rename_counted(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return rename_counted(from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  return rename_counted(from_folder, from, to_folder, to, flags);
}
int unlink(const char* path) noexcept { return unlink_counted(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char* path, int flags) noexcept {
  return unlink_counted(folder, path, flags);
}
int mkdir(const char* path, mode_t mode) noexcept {
  return make_folder_counted(AT_FDCWD, path, mode);
}
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  return make_folder_counted(folder, path, mode);
}

// The mode is passed only with the flags O_CREAT and O_TMPFILE.
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_counted(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_counted(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_counted(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_counted(folder, path, flags, mode);
}

}  // extern "C"
// NOLINTEND(performance-no-int-to-ptr,google-runtime-int)
// NOLINTEND(concurrency-mt-unsafe,cppcoreguidelines-pro-type-reinterpret-cast,readability-inconsistent-declaration-parameter-name)
// NOLINTEND(cppcoreguidelines-pro-type-vararg,cppcoreguidelines-avoid-non-const-global-variables,cppcoreguidelines-pro-type-cstyle-cast)
