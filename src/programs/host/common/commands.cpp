// SPDX-License-Identifier: Apache-2.0
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

// Labels end up in mails and on terminals, and are short.
std::optional<std::string> check_label(const std::string& text, const char* field) {
  constexpr std::size_t longest = 64;
  if (text.empty()) return std::nullopt;
  const auto error = check_name(text, field);
  if (!error && text.size() <= longest) return std::nullopt;
  return std::string(field) + ": must be at most 64 bytes of UTF-8 without control characters: \"" +
         events::excerpt(text) + "\"";
}

}  // namespace

void complain(const std::string& message) { std::fputs((message + "\n").c_str(), stderr); }

Instant system_now() {
  return Instant::from(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()))
      .value();
}

int ingest(Database& database, const std::string& file, IngestOptions options) {
  events::Feed feed(file, options.max_line);
  if (feed.error() != 0) {
    complain(shown(file) + ": cannot be opened: " + std::strerror(feed.error()));
    return status_bad;
  }
  Ingest ingest(database, feed, std::move(options));
  if (const auto wrong = ingest.resume()) {
    complain(shown(file) + ": " + *wrong);
    return status_bad;
  }
  auto took = Ingest::Took::batch;
  while (took == Ingest::Took::batch || took == Ingest::Took::dry) {
    took = ingest.take(Ingest::LastLine::is_taken);
    if (took == Ingest::Took::dry) {
      // A pipe whose writer is slow: what there was is committed, and nothing is locked while it is
      // waited for.
      pollfd one{feed.fd(), POLLIN, 0};
      ::poll(&one, 1, -1);
    }
  }
  if (took == Ingest::Took::end) ingest.finish();
  const IngestCounts& counts = ingest.counts();
  complain(number(counts.events, "event", "events") + " in " +
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
  for (const std::string& error : report.errors) complain(error);
  if (report.accounts > 0) {
    complain(number(report.accounts, "account", "accounts") + " ticked, " +
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
  for (const std::string& error : report.errors) complain(error);
  if (report.sent + report.failed + report.postponed > 0) {
    complain(std::to_string(report.sent) + " sent, " + std::to_string(report.failed) + " failed, " +
             std::to_string(report.postponed) + " still pending");
  }
  return report.errors.empty() ? status_good : status_bad;
}

int set_profile(Database& database, const std::string& account, const ProfileChange& change,
                Instant now) {
  if (const auto error = check_name(account, "account")) {
    complain("account: " + std::string(error->rule) + ": \"" + events::excerpt(account) + "\"");
    return status_bad;
  }
  std::optional<std::string> wrong;
  if (change.contact && !change.contact->empty()) {
    wrong = check_address(*change.contact);
    if (wrong) wrong = "contact: " + *wrong + ": \"" + events::excerpt(*change.contact) + "\"";
  }
  if (!wrong && change.language) wrong = check_label(*change.language, "language");
  if (!wrong && change.currency) wrong = check_label(*change.currency, "currency");
  if (wrong) {
    complain(*wrong);
    return status_bad;
  }
  SqliteStore store(database);
  constexpr int attempts = 16;  // others may commit the account in between
  for (int attempt = 0; attempt < attempts; ++attempt) {
    std::vector<AccountRecord> records;
    const std::string_view name = account;
    if (const auto error = store.load({&name, 1}, records)) {
      complain(error->what);
      return status_bad;
    }
    AccountCommit commit;
    commit.after = std::move(records.front());
    if (!commit.after.damage.empty()) {
      complain("account '" + account + "': " + commit.after.damage);
      return status_bad;
    }
    ++commit.after.revision;
    AccountProfile& profile = commit.after.profile;
    if (change.contact) profile.contact = *change.contact;
    if (change.language) profile.language = *change.language;
    if (change.currency) profile.currency = *change.currency;
    if (change.currency_digits) profile.currency_digits = *change.currency_digits;
    commit.recorded_at = now;
    commit.audit.push_back({now, "profile", "", std::nullopt, Phase::off});
    CommitResult result = CommitResult::failed;
    const auto error = store.commit({&commit, 1}, {&result, 1});
    if (result == CommitResult::committed) return status_good;
    if (error) {
      complain("account '" + account + "': " + error->what);
      return status_bad;
    }
  }
  complain("account '" + account + "': others kept committing it in between");
  return status_bad;
}

int follow(Database& database, Database& timer, const std::string& file, IngestOptions options,
           const DeliverOptions& deliver_options, std::chrono::seconds every) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds look_again{250};  // at a file that may have grown
  StopSignal stop;
  events::Feed feed(file, options.max_line);
  if (feed.error() != 0) {
    complain(shown(file) + ": cannot be opened: " + std::strerror(feed.error()));
    return status_bad;
  }
  const auto now = options.now;
  Ingest ingest(database, feed, std::move(options));
  if (const auto wrong = ingest.resume()) {
    complain(shown(file) + ": " + *wrong);
    return status_bad;
  }
  bool good = true;
  // What keeps one account or one delivery is told and does not end the rest. Only who has taken in
  // all there is may tick: an event that still waits may be the recovery of an account that would
  // be reminded.
  enum class Backlog : std::uint8_t { none, waits };
  const auto round = [&](Backlog backlog) {
    if (backlog == Backlog::none) tick(timer, now());
    deliver(timer, deliver_options, now());
  };
  auto next_round = Clock::now();
  auto took = Ingest::Took::batch;
  while (!stop.came()) {
    // Lost is asked before the last look: what the file held until then is taken in all the same.
    const auto lost = feed.lost();
    took = ingest.take(Ingest::LastLine::waits);
    if (took == Ingest::Took::stopped || took == Ingest::Took::end) break;
    if (Clock::now() >= next_round) {
      round(took == Ingest::Took::batch ? Backlog::waits : Backlog::none);
      next_round = Clock::now() + every;
    }
    if (took == Ingest::Took::batch) continue;
    if (lost) {
      complain(shown(file) + ": " + *lost);
      good = false;
      break;
    }
    const auto left =
        std::max(std::chrono::ceil<std::chrono::milliseconds>(next_round - Clock::now()),
                 std::chrono::milliseconds(0));
    stop.wait(feed.is_file() ? std::min(left, look_again) : left, feed.is_file() ? -1 : feed.fd());
  }
  // What was taken in before the end, or before a line that stopped it, is handed over still.
  if (!stop.came()) round(took == Ingest::Took::end ? Backlog::none : Backlog::waits);
  return good && ingest.good() ? status_good : status_bad;
}

}  // namespace lowtide::host
