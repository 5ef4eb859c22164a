// SPDX-License-Identifier: Apache-2.0
// Loaded ahead of libc into a program under test: it counts the calls with which that program
// changes files, and at one of them lets the process die as a killed one does, or lets calls fail
// as a full or read-only disk does, or writes down how to undo what was not synced.
//
//   KILL_COUNTER=FILE  8 bytes, the count so far, shared by the programs of one run
//   KILL_TRACE=FILE    a line for each call: its kind, how many bytes, which file
//   KILL_AT=N          dies at call N, by SIGKILL
//   KILL_WHEN=before|after|short   before the call, after it, or after a write of half of the bytes
//   KILL_FAIL=NUMBER   calls fail with this errno instead; KILL_FAIL_KINDS=write,sync,... and
//   KILL_FAIL_PATH=TEXT say which, KILL_FAIL_FROM=N   from the N-th on (1) KILL_UNDO=FOLDER
//   FOLDER/log gets what it takes to undo all changes under KILL_ROOT=FOLDER that no sync has made
//   durable
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg,cppcoreguidelines-avoid-non-const-global-variables,cppcoreguidelines-pro-type-cstyle-cast)
// NOLINTBEGIN(concurrency-mt-unsafe,cppcoreguidelines-pro-type-reinterpret-cast,readability-inconsistent-declaration-parameter-name)
// NOLINTBEGIN(performance-no-int-to-ptr,google-runtime-int): the kernel's interface, by its own
// rules.
namespace {

struct Setting {
  std::atomic<std::uint64_t>* counter = nullptr;
  std::uint64_t at = 0;
  std::string when;
  int trace = -1;
  int fail = 0;
  std::uint64_t fail_from = 1;
  std::string fail_kinds;
  std::string fail_path;
  std::string root;
  std::string undo_folder;
  int undo = -1;
};

// Never destroyed: calls come until the very end of the process.
Setting* setting = nullptr;

std::string text_of(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}
std::uint64_t number_of(const char* name) {
  return std::strtoull(text_of(name).c_str(), nullptr, 10);
}

int open_raw(const std::string& path, int flags) {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0644));
}

__attribute__((constructor)) void set_up() {
  const std::string counter = text_of("KILL_COUNTER");
  if (counter.empty()) return;
  const int fd = open_raw(counter, O_RDWR);
  if (fd < 0) return;
  void* const memory =
      ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::syscall(SYS_close, fd);
  if (memory == MAP_FAILED) return;
  auto* const made = new Setting;  // NOLINT(cppcoreguidelines-owning-memory)
  made->counter = static_cast<std::atomic<std::uint64_t>*>(memory);
  made->at = number_of("KILL_AT");
  made->when = text_of("KILL_WHEN");
  const std::string trace = text_of("KILL_TRACE");
  if (!trace.empty()) made->trace = open_raw(trace, O_WRONLY | O_APPEND | O_CREAT);
  made->fail = static_cast<int>(number_of("KILL_FAIL"));
  made->fail_from = std::max<std::uint64_t>(number_of("KILL_FAIL_FROM"), 1);
  made->fail_kinds = "," + text_of("KILL_FAIL_KINDS") + ",";
  made->fail_path = text_of("KILL_FAIL_PATH");
  made->root = text_of("KILL_ROOT");
  made->undo_folder = text_of("KILL_UNDO");
  if (!made->undo_folder.empty())
    made->undo = open_raw(made->undo_folder + "/log", O_WRONLY | O_APPEND | O_CREAT);
  setting = made;
}

[[noreturn]] void die() {
  ::syscall(SYS_kill, ::syscall(SYS_getpid), SIGKILL);
  for (;;) ::syscall(SYS_pause);
}

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

// ---- What would be lost with the power ----

// The shared memory of SQLite is rebuilt by whoever comes next, and never synced.
bool is_undone(const std::string& path) {
  return setting->undo >= 0 && path.starts_with(setting->root) && !path.ends_with("-shm");
}

void note(const std::string& record) {
  std::string_view rest = record;
  while (!rest.empty()) {
    const long written = ::syscall(SYS_write, setting->undo, rest.data(), rest.size());
    if (written <= 0) std::abort();
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

// What a change of [offset, offset + size) of the file overwrites, as a record that gives it back.
std::string before_change(int fd, const std::string& path, std::int64_t offset,
                          std::uint64_t size) {
  if (!is_undone(path)) return {};
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const std::uint64_t start = std::min<std::uint64_t>(static_cast<std::uint64_t>(offset),
                                                      static_cast<std::uint64_t>(status.st_size));
  std::string old(std::min(size, static_cast<std::uint64_t>(status.st_size) - start), '\0');
  // Its own descriptor: the program's may be for writing only.
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

void note_sync(int fd, const std::string& path) {
  if (!is_undone(path) && !(setting->undo >= 0 && (path + "/").starts_with(setting->root))) return;
  struct stat status {};
  if (::fstat(fd, &status) != 0) return;
  note(S_ISDIR(status.st_mode) ? "D " + path + "\n" : "S " + std::to_string(status.st_ino) + "\n");
}

// Keeps a file that is about to lose its name, under another one; "-" if there is none.
std::string keep(const std::string& path) {
  if (!is_undone(path) || !exists(path)) return "-";
  std::string kept = setting->undo_folder + "/kept-" + std::to_string(setting->counter->load());
  ::syscall(SYS_linkat, AT_FDCWD, path.c_str(), AT_FDCWD, kept.c_str(), 0);
  return kept;
}

// ---- A call that counts ----

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

// Writes `size` bytes at `offset`, or where the descriptor stands if it is negative.
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
    if (written > 0 && !undo.empty()) note(undo);
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
    if (result == 0) note_sync(fd, path);
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
    if (result == 0 && !undo.empty()) note(undo);
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
    if (result == 0 && is_undone(target)) note("R " + source + "\t" + target + "\t" + kept + "\n");
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
    if (result == 0 && kept != "-") note("U " + path + "\t" + kept + "\n");
    return result;
  };
  return static_cast<int>(count("unlink", path, 0, call, no_half));
}

int make_folder_counted(int folder, const char* name, mode_t mode) {
  if (setting == nullptr) return static_cast<int>(::syscall(SYS_mkdirat, folder, name, mode));
  const std::string path = path_at(folder, name);
  const auto call = [&] {
    const long result = ::syscall(SYS_mkdirat, folder, name, mode);
    if (result == 0 && is_undone(path)) note("C " + path + "\n");
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
    if (fd >= 0 && is_new && is_undone(path)) note("C " + path + "\n");
    if (fd >= 0 && !undo.empty()) note(undo);
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

// The mode is there only if the flags ask for one; reading it in vain is harmless on every system
// that this runs on.
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
