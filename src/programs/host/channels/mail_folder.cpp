// SPDX-License-Identifier: Apache-2.0
// MailFolder: stores mails as files. HostCourier calls it. It must not report success before the
// file and its name are on the disk.
#include "programs/host/channels/mail_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lowtide::host {
namespace {

constexpr mode_t directory_mode = 0700;  // mails are confidential: only the owner may read them
constexpr mode_t file_mode = 0600;

class File {
 public:
  // NOLINTBEGIN(cppcoreguidelines-pro-type-vararg)
  File(const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, file_mode)) {}
  // NOLINTEND(cppcoreguidelines-pro-type-vararg)
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File(File&&) = delete;
  File& operator=(File&&) = delete;

  bool open() const noexcept { return fd_ >= 0; }
  bool synchronize() const noexcept { return ::fsync(fd_) == 0; }
  bool write(std::string_view text) const noexcept {
    while (!text.empty()) {
      const ssize_t count = ::write(fd_, text.data(), text.size());
      if (count < 0 && errno != EINTR) return false;
      if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

 private:
  int fd_;
};

}  // namespace

std::optional<std::string> MailFolder::put(std::string_view stem, std::string_view mail) {
  const auto failed = [](const std::string& path, const char* what) {
    return path + ": " + what + ": " + std::strerror(errno);
  };
  if (!folder_is_durable_) {
    if (::mkdir(path_.c_str(), directory_mode) != 0 && errno != EEXIST)
      return failed(path_, "cannot be created");
    // Also if the folder existed: the process that created it may have been killed before this
    // sync, and then a power failure would remove the folder with all its mails.
    const std::string parent = path_ + "/..";
    const File above(parent, O_RDONLY | O_DIRECTORY);
    if (!above.open() || !above.synchronize()) return failed(parent, "cannot be written");
    folder_is_durable_ = true;
  }
  const std::string path = path_ + "/" + std::string(stem) + ".eml";
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists) {
    // The process number makes this name unique. Readers of the folder ignore names that begin with
    // a dot.
    const std::string temporary = path_ + "/." + std::to_string(::getpid()) + ".partial";
    const File file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.open()) return failed(temporary, "cannot be created");
    if (!file.write(mail) || !file.synchronize()) {
      auto error = failed(temporary, "cannot be written");
      ::unlink(temporary.c_str());
      return error;
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      auto error = failed(path, "cannot be created");
      ::unlink(temporary.c_str());
      return error;
    }
  }
  // Also if the file existed: the process that created it may have been killed before this sync.
  const File directory(path_, O_RDONLY | O_DIRECTORY);
  if (!directory.open() || !directory.synchronize()) return failed(path_, "cannot be written");
  return std::nullopt;
}

}  // namespace lowtide::host
