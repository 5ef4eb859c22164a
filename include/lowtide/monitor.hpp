// SPDX-License-Identifier: Apache-2.0
// Monitor applies events to stored accounts and delivers the notices. It calls the host's Store and
// Courier in the one safe order: load, decide, commit (accounts and notices together), and only
// then deliver.
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
#include <lowtide/amount.hpp>
#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>
#include <lowtide/instant.hpp>
#include <lowtide/name.hpp>
#include <lowtide/store.hpp>

namespace lowtide {

// ---- Events ----

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

// It is now `at` for those alerts of the account whose reminder is due before `end`, or at it if
// `inclusive`.
struct AccountTick {
  Instant at;
  Instant end;
  bool inclusive = true;
};

using MonitorEvent = std::variant<BalanceObservation, AlertEnable, AlertSetThreshold, AlertDisable,
                                  Rebase, AccountTick>;

// One event and the account it belongs to. Both names are borrowed until apply returns.
struct AccountEvent {
  std::string_view account;
  MonitorEvent event;
};

// ---- Reports ----

enum class EventStatus : std::uint8_t {
  committed = 1,  // stored (joined mode: written, and the caller's transaction decides)
  unchanged = 2,  // there was nothing to store: stale, or nothing due
  refused = 3,    // the event is invalid; `error` says why
  conflict = 4,   // nothing was stored: others committed the account at every attempt
  unknown = 5,    // stored or not: the store could not tell, and no later attempt found out
  failed = 6,     // nothing was stored; `error` says why
};
std::string_view name(EventStatus status) noexcept;

// What an event did to one alert.
struct AlertDecision {
  std::string alert;
  Why why = Why::nothing_pending;
  Phase phase = Phase::off;
  Outputs outputs;
};

// What became of one event.
struct EventReport {
  EventStatus status = EventStatus::failed;
  // Empty if committed or unchanged. Otherwise it names the account, or only says that memory ran
  // out.
  std::string error;
  // In the order of the alerts' names. Empty unless committed or unchanged.
  std::vector<AlertDecision> decisions;
};

struct TickReport {
  std::size_t accounts = 0;  // accounts for which something was stored
  std::size_t outputs = 0;
  // Each names an account that could not be ticked (the others were), or says why the tick ended
  // early.
  std::vector<std::string> errors;
};

struct DeliveryReport {
  std::size_t sent = 0;
  std::size_t failed = 0;
  std::size_t postponed = 0;  // still pending
  std::vector<std::string> errors;
};

// ---- Monitor ----

enum class TransactionMode : std::uint8_t {
  own,     // the store commits; conflicts and unknown results are tried again
  joined,  // the store writes within the caller's own transaction: one attempt, and conflicts go to
           // the caller
};

struct MonitorOptions {
  TransactionMode mode = TransactionMode::own;
  std::chrono::seconds skew = std::chrono::days(1);  // an event later than now + skew is refused
  unsigned attempts = 16;  // in all, on conflicts and unknown results; 0 counts as 1
  // The most accounts in one call of Store::load, Store::commit and Store::due; 0 counts as 1.
  std::size_t accounts_per_commit = 256;
  std::vector<std::string> channels = {"email", "internal_message"};
  bool deliver_stops = false;
};

// Borrows a Store and a Courier. Serves one call at a time; give each worker a Monitor of its own,
// over the same database if you like. `now` is the host's clock: a Monitor reads none.
class Monitor {
 public:
  Monitor(Store& store, Courier& courier, MonitorOptions options = {});

  // One event each, through apply.
  EventReport observe(std::string_view account, const BalanceObservation& observation, Instant now);
  EventReport enable(std::string_view account, std::string_view alert, const Enable& event,
                     Instant now);
  EventReport set_threshold(std::string_view account, std::string_view alert,
                            const SetThreshold& event, Instant now);
  EventReport disable(std::string_view account, std::string_view alert, const Disable& event,
                      Instant now);
  EventReport rebase(std::string_view account, const Rebase& event, Instant now);

  // Applies any number of events, of any kind and for any accounts. Returns one report for each
  // event, in the order of the events.
  //
  // The events of one account are decided in the order given and committed together: all of them
  // are stored, or none. An event that is refused does not affect the others.
  //
  // The accounts are taken in the order of their names' bytes, accounts_per_commit at a time. Each
  // such chunk is loaded, decided and committed, all its attempts included, before the next chunk
  // is loaded. All events of an account are in one chunk. An error affects as few accounts as it
  // can: that of a commit its account, that of a load the accounts of its chunk that are not
  // finished. The other chunks are applied all the same.
  //
  // After an unknown result the account is loaded again. If it is what was to be stored, it was
  // stored. If its revision says that the commit did not take place, the events are decided again.
  // If others have committed on top, nobody can tell, and the events are decided again only if that
  // is safe: observations with sequences, and ticks. All other events, and those without an effect
  // the second time, are reported as unknown: observe, set or rebase again if you still want that.
  //
  // std::bad_alloc leaves apply only if no chunk stored anything and no commit's result is unknown.
  // Otherwise the accounts that memory ran out for are reported (as failed, conflict or unknown,
  // with the error "memory ran out"), and the other chunks are applied.
  //
  // `prepare`, if given, is called before each commit with the reports of all events, as they will
  // be if that commit succeeds. `decided` has the places of the events that were decided for this
  // commit; the decisions of all others were shown by an earlier call. Use prepare to reserve the
  // memory that passing the reports on will take. If it throws, the commit is not made.
  // std::bad_alloc is then treated as above; any other exception leaves apply, even if earlier
  // commits were made.
  using Prepare = std::function<void(std::span<const EventReport> reports,
                                     std::span<const std::size_t> decided)>;
  std::vector<EventReport> apply(std::span<const AccountEvent> events, Instant now,
                                 const Prepare& prepare = {});

  // Sends every reminder that is due at `now`, accounts_per_commit accounts at a time. An account
  // that cannot be ticked is reported and does not hold up the others. std::bad_alloc leaves tick
  // only if nothing was stored.
  TickReport tick(Instant now) { return tick(now, now, true); }
  // The same, decided at `at`, for reminders due before `end`, or at it if `inclusive`: for a host
  // that replays the past.
  TickReport tick(Instant at, Instant end, bool inclusive);

  // Hands every pending delivery to the courier, and records each result before the next handover.
  // std::bad_alloc leaves deliver only if nothing was handed over.
  DeliveryReport deliver(Instant now);

 private:
  Store& store_;
  Courier& courier_;
  MonitorOptions options_;
};

}  // namespace lowtide
