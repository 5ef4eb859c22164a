// SPDX-License-Identifier: Apache-2.0
// HostCourier: delivers e-mails and internal messages. The Monitor calls it for every pending
// delivery. Handing over the same notice twice must have the same effect as once.
#include "programs/host/channels/host_courier.hpp"

#include <utility>

#include "programs/events/excerpt.hpp"
#include "programs/host/channels/mail.hpp"
#include "programs/host/common/message.hpp"

namespace lowtide::host {

HostCourier::HostCourier(Database& database, std::string mail_folder, std::string from, Instant now)
    : folder_(std::move(mail_folder)),
      from_(std::move(from)),
      now_(now),
      insert_message_(database,
                      "INSERT INTO messages (key, account_id, subject, body, at) "
                      "VALUES (?, (SELECT id FROM accounts WHERE name = ?), ?, ?, ?) ON CONFLICT "
                      "(key) DO NOTHING"),
      record_attempt_(
          database,
          "UPDATE deliveries SET attempts = attempts + 1, error = ?, updated_at = ? "
          "WHERE notice_id = (SELECT id FROM notices WHERE key = ?) AND channel = ? AND "
          "state = 'pending'") {}

HandoverResult HostCourier::deliver(const Delivery& delivery) {
  HandoverResult result;
  try {
    if (delivery.channel == "email") {
      result = deliver_email(delivery);
    } else if (delivery.channel == "internal_message") {
      result = deliver_internal_message(delivery);
    } else {
      return {Handover::failed, "there is no such channel"};
    }
    if (result.handover == Handover::try_again)
      record_attempt_.run(result.error, now_, delivery.notice.key, delivery.channel);
  } catch (const DatabaseError& error) {
    return {Handover::try_again, error.what()};
  }
  return result;
}

HandoverResult HostCourier::deliver_email(const Delivery& delivery) {
  const std::string& contact = delivery.profile.contact;
  // Fails at once. If it waited for an address, the queue could grow without limit, and outdated
  // notices would be sent once there is one.
  if (contact.empty()) return {Handover::failed, "contact: the account has none"};
  if (const auto rule = check_address(contact))
    return {Handover::failed, "contact: " + *rule + ": \"" + events::excerpt(contact) + "\""};
  const auto error = folder_.put(file_stem(delivery.notice.key), compose_mail(delivery, from_));
  if (error) return {Handover::try_again, *error};
  return {Handover::sent, ""};
}

HandoverResult HostCourier::deliver_internal_message(const Delivery& delivery) {
  const Message text = message(delivery);
  insert_message_.run(delivery.notice.key, delivery.notice.account, text.subject, text.body,
                      delivery.notice.output.at);
  return {Handover::sent, ""};
}

}  // namespace lowtide::host
