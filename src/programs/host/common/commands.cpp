// SPDX-License-Identifier: Apache-2.0
// The commands of lowtide-host that change the database. main.cpp calls them. An error of one
// account or one delivery must never keep the others from their turn.
#include "programs/host/common/commands.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include <lowtide/monitor.hpp>
#include <lowtide/name.hpp>

#include "programs/events/excerpt.hpp"
#include "programs/host/channels/host_courier.hpp"
#include "programs/host/channels/mail.hpp"
#include "programs/host/common/stop_signal.hpp"
#include "programs/host/sqlite/sqlite_store.hpp"

namespace lowtide::host {
namespace {

std::string number(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string shown(const std::string& path) { return events::excerpt(path, std::string::npos); }

// Checks a language or a currency. They are shown in mails and on terminals, so they must be short
// and printable. Returns a message if the text is not allowed.
std::optional<std::string> check_label(const std::string& text, const char* field) {
  constexpr std::size_t max_size = 64;
  if (text.empty()) return std::nullopt;
  const auto error = check_name(text, field);
  if (!error && text.size() <= max_size) return std::nullopt;
  return std::string(field) + ": must be at most 64 bytes of UTF-8 without control characters: \"" +
         events::excerpt(text) + "\"";
}

// Prints an error if the feed is not open.
bool is_open(const events::Feed& feed, const std::string& file) {
  if (feed.error() == 0) return true;
  print_error(shown(file) + ": cannot be opened: " + std::strerror(feed.error()));
  return false;
}

// Prints an error if an earlier run cannot be continued.
bool resume(Ingest& ingest, const std::string& file) {
  const auto message = ingest.resume();
  if (message) print_error(shown(file) + ": " + *message);
  return !message;
}

}  // namespace

void print_error(const std::string& message) { std::fputs((message + "\n").c_str(), stderr); }

Instant system_now() {
  return Instant::from(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()))
      .value();
}

int ingest(Database& database, const std::string& file, IngestOptions options) {
  events::Feed feed(file, options.max_line);
  if (!is_open(feed, file)) return status_bad;
  Ingest ingest(database, feed, std::move(options));
  if (!resume(ingest, file)) return status_bad;
  auto state = Ingest::State::more;
  while (state == Ingest::State::more || state == Ingest::State::none_yet) {
    state = ingest.ingest_batch(Ingest::LastLine::may_lack_end);
    if (state == Ingest::State::none_yet) {
      // A pipe with a slow writer. Everything so far is committed, so the wait holds no lock.
      pollfd one{feed.fd(), POLLIN, 0};
      ::poll(&one, 1, -1);
    }
  }
  if (state == Ingest::State::end) ingest.finish();
  const IngestCounts& counts = ingest.counts();
  print_error(number(counts.events, "event", "events") + " in " +
              number(counts.transactions, "transaction", "transactions") + ", " +
              number(counts.refused, "line", "lines") + " refused");
  return ingest.good() ? status_good : status_bad;
}

int tick(Database& database, Instant now) {
  SqliteStore store(database);
  class : public Courier {
    HandoverResult deliver(const Delivery&) override { return {}; }
  } no_courier;
  const TickReport report = Monitor(store, no_courier).tick(now);
  for (const std::string& error : report.errors) print_error(error);
  if (report.accounts > 0) {
    print_error(number(report.accounts, "account", "accounts") + " ticked, " +
                number(report.outputs, "notice", "notices"));
  }
  return report.errors.empty() ? status_good : status_bad;
}

int deliver(Database& database, const DeliverOptions& options, Instant now) {
  if (options.retry_failed)
    database.execute("UPDATE deliveries SET state = 'pending' WHERE state = 'failed'");
  SqliteStore store(database);
  HostCourier courier(database, options.mail_folder, options.from, now);
  const DeliveryReport report = Monitor(store, courier).deliver(now);
  for (const std::string& error : report.errors) print_error(error);
  if (report.sent + report.failed + report.postponed > 0) {
    print_error(std::to_string(report.sent) + " sent, " + std::to_string(report.failed) +
                " failed, " + std::to_string(report.postponed) + " still pending");
  }
  return report.errors.empty() ? status_good : status_bad;
}

namespace {

// Returns a message if a part of the profile is not allowed.
std::optional<std::string> check_profile(const std::string& account, const ProfileChange& change) {
  if (const auto error = check_name(account, "account"))
    return "account: " + std::string(error->rule) + ": \"" + events::excerpt(account) + "\"";
  if (change.contact && !change.contact->empty()) {
    if (const auto rule = check_address(*change.contact))
      return "contact: " + *rule + ": \"" + events::excerpt(*change.contact) + "\"";
  }
  if (change.language) {
    if (auto message = check_label(*change.language, "language")) return message;
  }
  return change.currency ? check_label(*change.currency, "currency") : std::nullopt;
}

void apply_profile(AccountProfile& profile, const ProfileChange& change) {
  if (change.contact) profile.contact = *change.contact;
  if (change.language) profile.language = *change.language;
  if (change.currency) profile.currency = *change.currency;
  if (change.currency_digits) profile.currency_digits = *change.currency_digits;
}

}  // namespace

int set_profile(Database& database, const std::string& account, const ProfileChange& change,
                Instant now) {
  if (const auto message = check_profile(account, change)) {
    print_error(*message);
    return status_bad;
  }
  SqliteStore store(database);
  constexpr int attempts = 16;  // another process may commit the account in between
  for (int attempt = 0; attempt < attempts; ++attempt) {
    std::vector<AccountRecord> records;
    const std::string_view name = account;
    if (const auto error = store.load({&name, 1}, records)) {
      print_error(error->what);
      return status_bad;
    }
    AccountCommit commit;
    commit.after = std::move(records.front());
    if (!commit.after.damage.empty()) {
      print_error("account '" + account + "': " + commit.after.damage);
      return status_bad;
    }
    ++commit.after.revision;
    apply_profile(commit.after.profile, change);
    commit.recorded_at = now;
    commit.audit.push_back({now, "profile", "", std::nullopt, Phase::off});
    CommitResult result = CommitResult::failed;
    const auto error = store.commit({&commit, 1}, {&result, 1});
    if (result == CommitResult::committed) return status_good;
    if (error) {
      print_error("account '" + account + "': " + error->what);
      return status_bad;
    }
  }
  print_error("account '" + account + "': other processes kept changing it");
  return status_bad;
}

int follow(Database& database, Database& timer, const std::string& file, IngestOptions options,
           const DeliverOptions& deliver_options, std::chrono::seconds every) {
  using Clock = std::chrono::steady_clock;
  using State = Ingest::State;
  constexpr std::chrono::milliseconds poll_interval{250};  // for a file that may have grown
  StopSignal stop;
  events::Feed feed(file, options.max_line);
  if (!is_open(feed, file)) return status_bad;
  const auto now = options.now;
  Ingest ingest(database, feed, std::move(options));
  if (!resume(ingest, file)) return status_bad;

  // Ticks only if no event is waiting: it could be the payment that makes a reminder wrong. An
  // error of one account or delivery is printed and does not affect the others.
  enum class Backlog : std::uint8_t { none, waiting };
  const auto tick_and_deliver = [&](Backlog backlog) {
    if (backlog == Backlog::none) tick(timer, now());
    deliver(timer, deliver_options, now());
  };
  bool good = true;
  auto next_round = Clock::now();
  auto state = State::more;
  while (!stop.received()) {
    // Checked before reading, so that everything the file contained by then is ingested.
    const auto lost = feed.lost();
    state = ingest.ingest_batch(Ingest::LastLine::must_have_end);
    if (state == State::stopped || state == State::end) break;
    if (Clock::now() >= next_round) {
      tick_and_deliver(state == State::more ? Backlog::waiting : Backlog::none);
      next_round = Clock::now() + every;
    }
    if (state == State::more) continue;
    if (lost) {
      print_error(shown(file) + ": " + *lost);
      good = false;
      break;
    }
    const auto left =
        std::max(std::chrono::ceil<std::chrono::milliseconds>(next_round - Clock::now()),
                 std::chrono::milliseconds(0));
    stop.wait(feed.is_file() ? std::min(left, poll_interval) : left,
              feed.is_file() ? -1 : feed.fd());
  }
  // Delivers what was ingested before the end, or before a line that stopped the input.
  if (!stop.received()) tick_and_deliver(state == State::end ? Backlog::none : Backlog::waiting);
  return good && ingest.good() ? status_good : status_bad;
}

}  // namespace lowtide::host
