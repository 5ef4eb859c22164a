// SPDX-License-Identifier: Apache-2.0
// MailFolder: a folder of mails, one file each, for a mail transfer agent to send. HostCourier
// calls it. A mail is in the folder completely or not at all, even after a power failure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lowtide::host {

class MailFolder {
 public:
  explicit MailFolder(std::string path) : path_(std::move(path)) {}

  // Stores a mail as a file and flushes it to the disk. A file of that name is not changed. Returns
  // a message if it fails; then the mail is not in the folder.
  std::optional<std::string> put(std::string_view stem, std::string_view mail);

 private:
  std::string path_;
  bool folder_is_durable_ = false;  // the folder exists and would survive a power failure
};

}  // namespace lowtide::host
