// SPDX-License-Identifier: Apache-2.0
// NoticeTable: reads and writes notices, their deliveries, and audit lines. SqliteStore calls it. A
// notice must never be stored twice: its key is unique.
#include "programs/host/sqlite/notice_table.hpp"

#include <optional>
#include <string>

#include "programs/host/sqlite/columns.hpp"
#include "programs/host/sqlite/sql.hpp"

namespace lowtide::host {

NoticeTable::NoticeTable(Database& database)
    : database_(database),
      insert_notice_(database, sql::insert_notice),
      insert_delivery_(database, sql::insert_delivery),
      insert_audit_(database, sql::insert_audit),
      pending_(database, sql::pending),
      record_delivery_(database, sql::record_delivery) {}

void NoticeTable::insert(std::int64_t account_id, const AccountCommit& commit) {
  for (const Notice& notice : commit.notices) {
    const Output& output = notice.output;
    const std::optional<std::string_view> reason =
        output.reason ? std::optional(name(*output.reason)) : std::nullopt;
    insert_notice_.run(notice.key, account_id, notice.alert, name(output.kind),
                       std::int64_t{output.episode}, output.fired_at, output.at,
                       std::int64_t{output.reminder}, std::int64_t{output.skipped}, reason,
                       std::int64_t{output.reminders_sent}, output.available_credit,
                       output.threshold, notice.cause, commit.recorded_at);
    // The key exists: the notice is already delivered or pending.
    if (database_.changes() == 0) continue;
    const std::int64_t id = database_.last_id();
    for (const std::string& channel : notice.channels)
      insert_delivery_.run(id, channel, commit.recorded_at);
  }
  for (const AuditLine& line : commit.audit) {
    const bool of_an_alert = !line.alert.empty();
    insert_audit_.run(account_id, line.at, line.event,
                      of_an_alert ? std::optional<std::string_view>(line.alert) : std::nullopt,
                      line.why ? std::optional(name(*line.why)) : std::nullopt,
                      of_an_alert ? std::optional(name(line.phase)) : std::nullopt,
                      commit.after.revision, commit.recorded_at);
  }
}

void NoticeTable::pending(std::size_t limit, WalkCursor& cursor,
                          std::vector<Delivery>& deliveries) {
  auto rows = pending_.query(cursor.at, cursor.text, static_cast<std::int64_t>(limit));
  while (rows.next()) {
    cursor.at = rows.integer(0);
    cursor.text = rows.text(1);
    Delivery delivery;
    delivery.channel = rows.text(1);
    Notice& notice = delivery.notice;
    notice.key = rows.text(2);
    notice.account = rows.text(3);
    notice.alert = rows.text(4);
    std::string damage;
    notice.output = read_output(rows, 5, damage);
    notice.cause = rows.integer(15);
    delivery.profile = {std::string(rows.text(16)), std::string(rows.text(17)),
                        std::string(rows.text(18)), static_cast<std::uint8_t>(rows.integer(19))};
    delivery.damage = std::move(damage);
    deliveries.push_back(std::move(delivery));
  }
}

void NoticeTable::record_delivery(const Delivery& delivery, DeliveryState state,
                                  std::string_view error, Instant now) {
  record_delivery_.run(name(state), error.empty() ? std::nullopt : std::optional(error), now,
                       delivery.notice.key, delivery.channel);
}

}  // namespace lowtide::host
