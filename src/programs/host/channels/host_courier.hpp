// SPDX-License-Identifier: Apache-2.0
// HostCourier: e-mail as files in a folder, internal messages as rows of a table.
#pragma once

#include <string>

#include <lowtide/store.hpp>

#include "programs/host/channels/mail_folder.hpp"
#include "programs/host/sqlite/database.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {

// The same notice handed over twice has one effect: the file's name and the message's key are the
// notice's.
class HostCourier final : public Courier {
 public:
  // `from` is a plain e-mail address. `now` is written where a delivery has to be tried again.
  HostCourier(Database& database, std::string mail_folder, std::string from, Instant now);

  void set_now(Instant now) noexcept { now_ = now; }
  HandoverResult deliver(const Delivery& delivery) override;

 private:
  HandoverResult mail(const Delivery& delivery);
  HandoverResult post(const Delivery& delivery);

  MailFolder folder_;
  std::string from_;
  Instant now_;
  Statement insert_message_;
  Statement note_attempt_;
};

}  // namespace lowtide::host
