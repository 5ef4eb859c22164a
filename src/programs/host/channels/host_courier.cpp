// SPDX-License-Identifier: Apache-2.0
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
      note_attempt_(database,
                    "UPDATE deliveries SET attempts = attempts + 1, error = ?, updated_at = ? "
                    "WHERE notice_id = (SELECT id FROM notices WHERE key = ?) AND channel = ? AND "
                    "state = 'pending'") {}

HandoverResult HostCourier::deliver(const Delivery& delivery) {
  HandoverResult result;
  try {
    if (delivery.channel == "email") {
      result = mail(delivery);
    } else if (delivery.channel == "internal_message") {
      result = post(delivery);
    } else {
      return {Handover::failed, "there is no such channel"};
    }
    if (result.handover == Handover::try_again)
      note_attempt_.run(result.error, now_, delivery.notice.key, delivery.channel);
  } catch (const DatabaseError& error) {
    return {Handover::try_again, error.what()};
  }
  return result;
}

HandoverResult HostCourier::mail(const Delivery& delivery) {
  const std::string& contact = delivery.profile.contact;
  // Waiting for an address to appear would let the queue grow for ever, and send old news when it
  // does.
  if (contact.empty()) return {Handover::failed, "contact: the account has none"};
  if (const auto wrong = check_address(contact))
    return {Handover::failed, "contact: " + *wrong + ": \"" + events::excerpt(contact) + "\""};
  const auto error = folder_.put(file_stem(delivery.notice.key), compose_mail(delivery, from_));
  if (error) return {Handover::try_again, *error};
  return {Handover::sent, ""};
}

HandoverResult HostCourier::post(const Delivery& delivery) {
  const Message made = message(delivery);
  insert_message_.run(delivery.notice.key, delivery.notice.account, made.subject, made.body,
                      delivery.notice.output.at);
  return {Handover::sent, ""};
}

}  // namespace lowtide::host
