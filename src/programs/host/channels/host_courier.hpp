// SPDX-License-Identifier: Apache-2.0
// HostCourier: delivers e-mails as files in a folder, and internal messages as rows of a table. The
// Monitor calls it for every pending delivery.
#pragma once

#include <string>

#include <lowtide/store.hpp>

#include "programs/host/channels/mail_folder.hpp"
#include "programs/host/sqlite/database.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {

// Delivering the same notice twice has the same effect as once: the key of the notice is the name
// of the file and the key of the message.
class HostCourier final : public Courier {
 public:
  // Precondition: `from` passes check_address. `now` is recorded with a failed attempt.
  HostCourier(Database& database, std::string mail_folder, std::string from, Instant now);

  void set_now(Instant now) noexcept { now_ = now; }
  HandoverResult deliver(const Delivery& delivery) override;

 private:
  HandoverResult deliver_email(const Delivery& delivery);
  HandoverResult deliver_internal_message(const Delivery& delivery);

  MailFolder folder_;
  std::string from_;
  Instant now_;
  Statement insert_message_;
  Statement record_attempt_;
};

}  // namespace lowtide::host
