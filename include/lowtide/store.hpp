// SPDX-License-Identifier: Apache-2.0
// What a host stores and delivers, and the two interfaces that it implements: Store and Courier.
// A Monitor (monitor.hpp) calls them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lowtide/alert.hpp>
#include <lowtide/amount.hpp>
#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>
#include <lowtide/instant.hpp>

namespace lowtide {

// ---- What is stored ----

// Whom to notify, and how. Only the host reads and writes it; lowtide passes it on unchanged.
struct AccountProfile {
  std::string contact;               // such as an e-mail address; empty: none is known
  std::string language;              // such as "en"
  std::string currency;              // such as "USD"
  std::uint8_t currency_digits = 2;  // decimal places to show

  friend bool operator==(const AccountProfile&, const AccountProfile&) = default;
};

// A stored alert: its bytes, and columns derived from them so that queries can use them. Write all
// of it together. A commit has the columns of every alert, changed or not. Of what load returns,
// only name and state are read.
struct StoredAlert {
  std::string name;
  std::vector<std::byte> state;  // Alert::encode
  Phase phase = Phase::off;
  Amount threshold;
  std::optional<Amount> available_credit;
  std::optional<Instant> next_reminder_at;
  bool changed = false;  // in a commit: whether this alert has to be written
};

// The unit of storage: one account with all its alerts, under one revision.
struct AccountRecord {
  std::string name;
  std::int64_t revision = 0;               // grows by one with each commit; 0: not stored yet
  std::optional<Balance> balance;          // last observed; none if only Available Credit was given
  std::optional<Amount> available_credit;  // last observed
  std::optional<Sequence> sequence;        // of the last observation, or set by a rebase
  std::optional<Instant> first_cost_at;    // when unsettled usage was first seen
  AccountProfile profile;
  // Each name once. In a commit: in the order of their names' bytes. From load: in any order.
  std::vector<StoredAlert> alerts;
  // From load: what is wrong with the stored account, in words. If it is not empty, the account is
  // left as it is and the text is reported.
  std::string damage{};
};

// An output that somebody has to be notified of. Its key is unique: if the store already has a
// notice with this key, it keeps the old one and adds no deliveries.
struct Notice {
  std::string key;  // output_key
  std::string account;
  std::string alert;
  Output output;
  std::int64_t cause = 0;  // the account's revision after the commit that stored the notice
  // One delivery for each channel, pending at first. Empty: the notice is only recorded.
  std::vector<std::string> channels;
};

// What one event did to one alert. All lines together are the history of the account.
struct AuditLine {
  Instant at;         // of the event
  std::string event;  // balance, tick, enable, set_threshold, disable or rebase
  std::string alert;  // empty for a rebase
  std::optional<Why> why;
  Phase phase = Phase::off;  // afterwards
};

// One account's part of a commit. The store writes all of it or nothing. `after.revision` is the
// loaded revision plus one; if the stored revision is no longer the loaded one, the result is
// conflict.
struct AccountCommit {
  AccountRecord after;
  std::vector<Notice> notices;  // in the order in which they are to be sent
  // An observation or a tick has lines only for alerts with outputs or another phase than before.
  std::vector<AuditLine> audit;
  Instant recorded_at;  // the host's now
};

enum class CommitResult : std::uint8_t {
  committed = 1,
  conflict = 2,  // somebody else committed this account since it was loaded; nothing was stored
  unknown = 3,   // stored or not, such as when the connection broke during COMMIT
  failed = 4,    // nothing was stored
};

// An error of the host, in words, for its log.
struct HostError {
  std::string what;
};

enum class DeliveryState : std::uint8_t { pending = 1, sent = 2, failed = 3 };
std::string_view name(DeliveryState state) noexcept;

// One notice on one channel.
struct Delivery {
  Notice notice;  // its channels are empty
  std::string channel;
  AccountProfile profile;
  // What is wrong with the stored notice, in words. If it is not empty, the notice is not handed
  // over and the text is reported.
  std::string damage{};
};

// Where the next page of a walk begins: a walk reads all due accounts or all pending deliveries,
// page by page. `at` and `text` are the store's own. The first page begins with the values below,
// which come before every instant and every name. The Monitor sets goes_on for all later pages.
struct WalkCursor {
  std::int64_t at = -1;
  std::string text{};
  bool goes_on = false;

  friend bool operator==(const WalkCursor&, const WalkCursor&) = default;
};

// ---- What the host implements ----

// The Monitor calls it on the thread that called the Monitor, and only during that call.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) = delete;
  Store& operator=(Store&&) = delete;
  virtual ~Store() = default;

  // Appends one record for each name, in the order of the names. An account that is not stored is a
  // record with its name and revision 0. An invalid record is an error of its account alone, which
  // is then left as it is: another name, a revision below 0 or with no room for the next one, an
  // alert with an invalid name, or two alerts with the same name.
  virtual std::optional<HostError> load(std::span<const std::string_view> accounts,
                                        std::vector<AccountRecord>& records) = 0;

  // Stores each account whole or not at all, and sets its place in `results`, which has one place
  // for each commit. The accounts are in the order of their names' bytes, so stores that lock rows
  // cannot deadlock. Results count with or without an error; the error only explains them.
  virtual std::optional<HostError> commit(std::span<const AccountCommit> commits,
                                          std::span<CommitResult> results) = 0;

  // Appends up to `limit` names of accounts that have an alert with next_reminder_at before `end`,
  // or equal to it if `inclusive`: the earliest first, by an index on next_reminder_at. Moves
  // `cursor` behind the last one. An account may be returned more than once. A cursor that an
  // earlier page of the same walk had ends the walk with an error; if the cursors go in a circle,
  // that takes a few rounds.
  virtual std::optional<HostError> due(Instant end, bool inclusive, std::size_t limit,
                                       WalkCursor& cursor, std::vector<std::string>& accounts) = 0;

  // Appends up to `limit` pending deliveries, the oldest first. Moves `cursor` behind the last one.
  // A repeated cursor ends the walk with an error, as for due.
  virtual std::optional<HostError> pending(std::size_t limit, WalkCursor& cursor,
                                           std::vector<Delivery>& deliveries) = 0;

  // Records that a delivery was sent, or failed for good. Leaves a delivery that is no longer
  // pending as it is.
  virtual std::optional<HostError> record_delivery(const Delivery& delivery, DeliveryState state,
                                                   std::string_view error, Instant now) = 0;
};

enum class Handover : std::uint8_t {
  sent = 1,       // accepted by the next system on the way, such as a mail server
  failed = 2,     // will never work: no such address, no such channel
  try_again = 3,  // not now; the delivery stays pending
};

struct HandoverResult {
  Handover handover = Handover::try_again;
  std::string error;  // in words, unless sent
};

// The same key and channel may be handed over more than once: after the process ended between the
// handover and its record, or by several workers that deliver at the same time. So either the
// receiver takes each key once, or only one worker delivers.
class Courier {
 public:
  Courier() = default;
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;
  Courier(Courier&&) = delete;
  Courier& operator=(Courier&&) = delete;
  virtual ~Courier() = default;

  virtual HandoverResult deliver(const Delivery& delivery) = 0;
};

}  // namespace lowtide
