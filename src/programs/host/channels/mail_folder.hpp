// SPDX-License-Identifier: Apache-2.0
// MailFolder: a directory of mails, one file each, for a mail transfer agent to pick up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lowtide::host {

class MailFolder {
 public:
  explicit MailFolder(std::string path) : path_(std::move(path)) {}

  // Puts a mail in, whole and safely on the disk, or not at all; one of that name is kept as it is.
  // Gives what went wrong, if anything.
  std::optional<std::string> put(std::string_view stem, std::string_view mail);

 private:
  std::string path_;
  bool folder_is_safe_ = false;  // it is there, and would be after a power failure
};

}  // namespace lowtide::host
