// SPDX-License-Identifier: Apache-2.0
// The host seam: Store and Courier, which the host implements, and Monitor, which calls them in the
// one order that is safe: load, decide, commit (accounts and notices at once), and only then
// deliver.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <lowtide/alert.hpp>
#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>
#include <lowtide/name.hpp>

namespace lowtide {

// ---- What is stored ----

// Whom to tell, and how. All of it is the host's; lowtide hands it through.
struct AccountProfile {
  std::string contact;               // such as an e-mail address; empty: none known
  std::string language;              // such as "en"
  std::string currency;              // such as "USD"
  std::uint8_t currency_digits = 2;  // decimal places to show

  friend bool operator==(const AccountProfile&, const AccountProfile&) = default;
};

// An alert as it is stored: its bytes, and columns derived from them that a query can use. They are
// written together, always: a commit has both for every alert, changed or not. From load, only name
// and state are read.
struct StoredAlert {
  std::string name;
  std::vector<std::byte> state;  // Alert::encode
  Phase phase = Phase::off;
  Amount threshold;
  std::optional<Amount> available_credit;
  std::optional<Instant> next_reminder_at;
  bool changed = false;  // in a commit: whether this alert is to be written
};

// The unit of storage: one account with all its alerts, under one revision.
struct AccountRecord {
  std::string name;
  std::int64_t revision = 0;  // grows by one with each commit; 0: not stored yet
  std::optional<Balance>
      balance;  // the components last observed; none if only Available Credit was given
  std::optional<Amount> available_credit;  // last observed
  std::optional<Sequence> sequence;        // the last one
  std::optional<Instant> first_cost_at;    // when unsettled usage was first seen
  AccountProfile profile;
  std::vector<StoredAlert>
      alerts;            // in the order of their names' bytes; from load in any, and no name twice
  std::string damage{};  // from load: what is wrong with the account as it is stored, in words;
                         // then it is not touched
};

// An output to tell somebody about. Its key is unique: a store that has it already keeps the old
// one and makes no new delivery.
struct Notice {
  std::string key;  // output_key
  std::string account;
  std::string alert;
  Output output;
  std::int64_t cause = 0;  // the account's revision after the commit that stored the notice
  std::vector<std::string>
      channels;  // one delivery for each, pending at first; none: recorded only
};

// What one event meant for one alert, for the record of how the account came to be as it is.
struct AuditLine {
  Instant at;         // of the event
  std::string event;  // balance, tick, enable, set_threshold, disable, rebase
  std::string alert;  // empty for a rebase
  std::optional<Why> why;
  Phase phase = Phase::off;  // afterwards
};

// One account's part of a commit: all of it is stored, or nothing. `after.revision` is one more
// than the revision that was loaded; a store whose revision is no longer that one answers conflict.
struct AccountCommit {
  AccountRecord after;
  std::vector<Notice> notices;   // in the order in which they are to be sent
  std::vector<AuditLine> audit;  // whatever was more than a silent observation
  Instant recorded_at;           // the host's now
};

enum class CommitResult : std::uint8_t {
  committed = 1,
  conflict = 2,  // somebody else committed this account in between; nothing of it was stored
  unknown = 3,   // it may have been stored or not, such as when the connection broke during COMMIT
  failed = 4,    // nothing of it was stored
};

// A failure of the host's, in words for its log.
struct HostError {
  std::string what;
};

enum class DeliveryState : std::uint8_t { pending = 1, sent = 2, failed = 3 };
std::string_view name(DeliveryState state) noexcept;

struct Delivery {
  Notice notice;  // its channels are left empty
  std::string channel;
  AccountProfile profile;
  std::string damage{};  // what is wrong with the notice as it is stored, in words; then it is not
                         // handed over
};

// Where a walk over due alerts or pending deliveries goes on. `at` and `text` are the store's own;
// at first they are as here, before all instants and all names, and goes_on is false. The Monitor
// sets goes_on for every part but the first.
struct WalkCursor {
  std::int64_t at = -1;
  std::string text{};
  bool goes_on = false;

  friend bool operator==(const WalkCursor&, const WalkCursor&) = default;
};

// ---- What the host implements ----

// Called on the thread that calls the Monitor, and only during that call.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) = delete;
  Store& operator=(Store&&) = delete;
  virtual ~Store() = default;

  // One record for each name, in the order of the names; an account that is not stored is a record
  // of revision 0 with its name. A record that the Monitor cannot go on from (another name, a
  // revision below 0 or without room for the next, an alert without a valid name or with that of
  // another) is told as an error of its account, which is not touched.
  virtual std::optional<HostError> load(std::span<const std::string_view> accounts,
                                        std::vector<AccountRecord>& records) = 0;

  // Stores each account whole or not at all, and tells which. `results` has one place for each
  // commit. The accounts come in the order of their names' bytes, so that stores which lock rows
  // cannot deadlock. An error is for the log; the results hold either way.
  virtual std::optional<HostError> commit(std::span<const AccountCommit> commits,
                                          std::span<CommitResult> results) = 0;

  // Up to `limit` accounts that have an alert with next_reminder_at before `end`, or at it if
  // `inclusive`, by an index on it, the earliest first; `cursor` moves behind the last. An account
  // may come more than once. A cursor that comes again, from a later part of the walk, ends it with
  // an error; where cursors go in a circle, that may take some rounds.
  virtual std::optional<HostError> due(Instant end, bool inclusive, std::size_t limit,
                                       WalkCursor& cursor, std::vector<std::string>& accounts) = 0;

  // Up to `limit` pending deliveries, oldest first; `cursor` moves behind the last. One that comes
  // again ends the walk with an error, as of due.
  virtual std::optional<HostError> pending(std::size_t limit, WalkCursor& cursor,
                                           std::vector<Delivery>& deliveries) = 0;

  // Records that a delivery was sent, or failed for good. One that is no longer pending stays as it
  // is.
  virtual std::optional<HostError> record_delivery(const Delivery& delivery, DeliveryState state,
                                          std::string_view error, Instant now) = 0;
};

enum class Handover : std::uint8_t {
  sent = 1,       // taken over by whoever is next
  failed = 2,     // will never be: no such address, no such channel
  try_again = 3,  // not now; it stays pending
};

struct HandoverResult {
  Handover handover = Handover::try_again;
  std::string error;  // in words, unless sent
};

// May be called again with the same key and channel: should the process end between handing over
// and recording it, and by each of several workers that deliver at the same time. Whoever takes it
// over is to take each key once, or one worker delivers.
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

// ---- What the Monitor takes and tells ----

// An observation of an account: its components, or its Available Credit alone.
struct BalanceObservation {
  std::variant<Balance, Amount> credit;
  Instant at;
  std::optional<Sequence> sequence;
};

struct AlertEnable {
  std::string_view alert = default_alert_name;
  Enable event;
};

struct AlertSetThreshold {
  std::string_view alert = default_alert_name;
  SetThreshold event;
};

struct AlertDisable {
  std::string_view alert = default_alert_name;
  Disable event;
};

struct Rebase {
  std::optional<Sequence> sequence;
  Instant at;
};

// Time has come to `at` for the account's alerts whose reminder falls before `end`, or at it if
// `inclusive`.
struct AccountTick {
  Instant at;
  Instant end;
  bool inclusive = true;
};

using MonitorEvent =
    std::variant<BalanceObservation, AlertEnable, AlertSetThreshold, AlertDisable, Rebase, AccountTick>;

// The names are borrowed for the call.
struct AccountEvent {
  std::string_view account;
  MonitorEvent event;
};

enum class EventStatus : std::uint8_t {
  committed = 1,  // stored (joined mode: written, and the caller's transaction decides)
  unchanged = 2,  // nothing had to be stored: stale, or nothing due
  refused = 3,    // the change is wrong; `error` says how
  conflict = 4,   // others kept committing the account (joined mode: did once); nothing was stored
  unknown = 5,    // the store could not tell, to the last attempt or until others committed on top;
                  // it may have been stored or not
  failed = 6,     // nothing was stored; `error` says why
};
std::string_view name(EventStatus status) noexcept;

struct AlertDecision {
  std::string alert;
  Why why = Why::nothing_pending;
  Phase phase = Phase::off;
  Outputs outputs;
};

// What became of one change.
struct EventReport {
  EventStatus status = EventStatus::failed;
  std::string
      error;  // names the account, or says that memory ran out; empty when committed or unchanged
  std::vector<AlertDecision>
      decisions;  // in the order of the alerts' names; empty unless committed or unchanged
};

struct TickReport {
  std::size_t accounts = 0;  // accounts that were ticked
  std::size_t outputs = 0;
  std::vector<std::string> errors;  // each names its account, which kept no other waiting; or says
                                    // why the walk ended early
};

struct DeliveryReport {
  std::size_t sent = 0;
  std::size_t failed = 0;
  std::size_t postponed = 0;  // still pending
  std::vector<std::string> errors;
};

enum class TransactionMode : std::uint8_t {
  own,     // the store commits; conflicts and unknown results are tried again
  joined,  // the store writes within the backend's own transaction: no second attempt, conflicts go
           // to the caller
};

struct MonitorOptions {
  TransactionMode mode = TransactionMode::own;
  std::chrono::seconds skew = std::chrono::days(1);  // a change later than now + skew is refused
  unsigned attempts = 16;                            // in all, on conflicts and unknown results
  std::vector<std::string> channels = {"email", "internal_message"};
  bool deliver_stops = false;
};

// Drives a Store and a Courier, both borrowed. Serves one call at a time; workers have one each,
// over the same database if they like. `now` is the host's clock: the Monitor reads none.
class Monitor {
 public:
  Monitor(Store& store, Courier& courier, MonitorOptions options = {});

  EventReport observe(std::string_view account, const BalanceObservation& observation, Instant now);
  EventReport enable(std::string_view account, std::string_view alert, const Enable& event, Instant now);
  EventReport set_threshold(std::string_view account, std::string_view alert, const SetThreshold& event,
                       Instant now);
  EventReport disable(std::string_view account, std::string_view alert, const Disable& event,
                 Instant now);
  EventReport rebase(std::string_view account, const Rebase& event, Instant now);

  // Many changes, each with its report, in their order. Those of one account are decided in that
  // order and committed together; the accounts are loaded and committed in the order of their
  // names. Changes of one account stand and fall together in the store; one that is refused does
  // not keep the others.
  //
  // After an unknown result the account is loaded again. If it is what was to be stored, that was
  // stored; if nobody committed, or somebody else did under the same revision, it was not, and is
  // decided again. If others committed on top, only what is safe to repeat is decided again:
  // observations with sequences, and ticks. Any other change, and whatever has no effect the second
  // time, is reported as unknown: to be observed, set or rebased again if that is still what the
  // caller wants.
  //
  // std::bad_alloc leaves it only if nothing was stored, and no commit's end is unknown: what
  // memory ran out for afterwards is reported. `prepare`, if there is one, is shown the reports
  // before each commit, as they will be if that succeeds. Who needs memory to hand them on takes it
  // there: what it throws keeps the first commit from being made, and std::bad_alloc any later one.
  using Prepare = std::function<void(std::span<const EventReport>)>;
  std::vector<EventReport> apply(std::span<const AccountEvent> changes, Instant now,
                                   const Prepare& prepare = {});

  // Sends every reminder that is due at `now`. An account that cannot be ticked is reported, and
  // keeps no other waiting. std::bad_alloc leaves it only if nothing was stored; and `deliver` only
  // if nothing was handed over.
  TickReport tick(Instant now) { return tick(now, now, true); }
  // The same, decided at `at`, for reminders that fall before `end`, or at it if `inclusive`: for a
  // host that plays past time.
  TickReport tick(Instant at, Instant end, bool inclusive);

  // Hands every pending delivery to the courier, and records what became of it after each.
  DeliveryReport deliver(Instant now);

 private:
  Store& store_;
  Courier& courier_;
  MonitorOptions options_;
};

}  // namespace lowtide
