// SPDX-License-Identifier: Apache-2.0
// Race: four processes observe, tick and deliver the same accounts in one file. Each commit is
// recorded under its account and revision, in shared memory. Deciding the recorded events again in
// the order of the revisions must give what the file contains.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <lowtide/key.hpp>
#include <lowtide/monitor.hpp>

#include "exercised.hpp"
#include "programs/host/sqlite/database.hpp"
#include "programs/host/sqlite/schema.hpp"
#include "properties/chance.hpp"
#include "race_store.hpp"

namespace {

using namespace race;  // NOLINT(google-build-using-namespace)

void count(const EventReport& report, Shared& shared) {
  if (report.status == EventStatus::conflict) ++shared.given_up;
  if (report.status != EventStatus::committed && report.status != EventStatus::unchanged &&
      report.status != EventStatus::conflict)
    ++shared.other;
}

void work(const std::string& path, std::size_t worker, std::uint64_t rounds,
          std::uint64_t conflicts, Shared& shared) {
  Database database(path, Database::Missing::refuse, std::chrono::minutes(5));
  host::prepare(database);
  SqliteStore sqlite(database);
  RecordingStore store(sqlite, shared);
  CountingCourier courier(shared);
  MonitorOptions options;
  options.skew = std::chrono::days(10000);
  Monitor monitor(store, courier, options);
  properties::Chance chance(worker + 1);
  // All begin together, and continue until there were enough conflicts, but not for ever.
  for (++shared.ready; shared.ready.load() < workers;) ::usleep(1000);
  for (std::uint64_t round = 0;
       round < rounds || (shared.conflicts.load() < conflicts && round < most_rounds); ++round) {
    ++shared.rounds;
    const std::uint64_t choice = chance.below(40);
    if (choice == 0) {
      const DeliveryReport report = monitor.deliver(hour_at(0));
      shared.errors += report.errors.size();
    } else if (choice < 8) {
      store.tick = true;
      store.value = shared.hour.load();
      shared.errors += monitor.tick(hour_at(store.value)).errors.size();
    } else {
      const std::size_t account = chance.below(account_names.size());
      store.tick = false;
      store.value = ++shared.sequences.at(account);
      shared.hour = store.value / 3;
      count(monitor.observe(account_names.at(account), observation(store.value), hour_at(0)),
            shared);
    }
  }
}

// A temporary folder, removed at the end of the scope.
class Folder {
 public:
  Folder() {
    path_ = (std::filesystem::temp_directory_path() / "lowtide-race-XXXXXX").string();
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  Folder(Folder&&) = delete;
  Folder& operator=(Folder&&) = delete;
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct Replayed {
  std::map<std::string, Alert> alerts;
  std::set<std::string> keys;
  std::uint64_t outputs = 0;
};

template <class E>
void decide_all(const std::string& account, Replayed& state, const E& event, bool due_only,
                Instant now) {
  for (auto& [name, alert] : state.alerts) {
    const auto due = alert.next_reminder_at();
    if (due_only && !(due && *due <= now)) continue;
    for (const Output& output : step(alert, event).outputs) {
      state.keys.insert(output_key(account, name, output).value());
      ++state.outputs;
    }
  }
}

// Decides the recorded events of one account again, in the order of the revisions. The first
// revision enabled the alerts.
Replayed replay(std::size_t index, std::int64_t revisions, const Shared& shared) {
  const std::string account = account_names.at(index);
  Replayed state;
  for (const char* const name : alert_names) {
    const Threshold threshold =
        Threshold::parse(name == std::string("critical") ? "10" : "1000").value();
    state.alerts.emplace(name, decide(Alert(), Enable{threshold, hour_at(0)}).alert);
  }
  for (std::int64_t revision = 2; revision <= revisions; ++revision) {
    const StoredEvent& event = shared.events.at(index).at(static_cast<std::size_t>(revision));
    CAPTURE(revision);
    REQUIRE(event.times.load() == 1);
    if (event.tick) {
      decide_all(account, state, Tick{hour_at(event.value)}, true, hour_at(event.value));
    } else {
      const BalanceObservation one = observation(event.value);
      decide_all(account, state, Observation{std::get<Amount>(one.credit), one.at, one.sequence},
                 false, one.at);
    }
  }
  return state;
}

std::set<std::string> texts(Database& database, const char* sql, std::uint64_t& rows_read) {
  std::set<std::string> found;
  Statement statement(database, sql);
  auto rows = statement.query();
  for (; rows.next(); ++rows_read) found.emplace(rows.text(0));
  return found;
}

void set_up(const std::string& path) {
  Database database(path, Database::Missing::create, std::chrono::minutes(5));
  host::prepare(database);
  SqliteStore store(database);
  struct NoCourier final : Courier {
    HandoverResult deliver(const Delivery&) override { return {}; }
  } courier;
  Monitor monitor(store, courier);
  for (const char* const account : account_names) {
    const std::array events = {
        AccountEvent{account,
                     AlertEnable{"critical", {Threshold::parse("10").value(), hour_at(0)}}},
        AccountEvent{account,
                     AlertEnable{"low_balance", {Threshold::parse("1000").value(), hour_at(0)}}}};
    for (const EventReport& report : monitor.apply(events, hour_at(0)))
      REQUIRE(report.status == EventStatus::committed);
  }
}

// Compares the file with the result of these decisions, account by account.
void compare(const std::string& path, Shared& shared) {
  Database database(path, Database::Missing::refuse, std::chrono::minutes(5));
  host::prepare(database);
  SqliteStore store(database);
  CHECK(database.text("PRAGMA integrity_check") == "ok");
  std::set<std::string> expected;
  std::uint64_t outputs = 0;
  for (std::size_t i = 0; i < account_names.size(); ++i) {
    CAPTURE(account_names.at(i));
    const std::array<std::string_view, 1> names = {account_names.at(i)};
    std::vector<AccountRecord> records;
    REQUIRE_FALSE(store.load(names, records).has_value());
    const AccountRecord& record = records.at(0);
    const Replayed state = replay(i, record.revision, shared);
    // A commit recorded under a later revision would be lost.
    CHECK(shared.events.at(i).at(static_cast<std::size_t>(record.revision) + 1).times.load() == 0);
    REQUIRE(record.alerts.size() == state.alerts.size());
    for (const StoredAlert& stored : record.alerts) {
      const Alert alert = Alert::decode(stored.state).value();
      CHECK(alert == state.alerts.at(stored.name));
      CHECK(alert.available_credit() == record.available_credit);
      CHECK(alert.sequence() == record.sequence);
    }
    expected.insert(state.keys.begin(), state.keys.end());
    outputs += state.outputs;
  }
  CHECK(expected.size() == outputs);
  std::uint64_t notices = 0;
  CHECK(texts(database, "SELECT key FROM notices", notices) == expected);
  CHECK(notices == outputs);
  CHECK(database.integer("SELECT count(*) FROM (SELECT account_id, alert, episode FROM notices "
                         "WHERE kind = 'fire' GROUP BY 1, 2, 3 "
                         "HAVING count(*) > 1)") == 0);
  CHECK(database.integer("SELECT count(*) FROM deliveries") ==
        2 * database.integer("SELECT count(*) FROM notices WHERE kind <> 'stop'"));

  CountingCourier courier(shared);
  Monitor monitor(store, courier);
  CHECK(monitor.deliver(hour_at(0)).errors.empty());
  CHECK(database.integer("SELECT count(*) FROM deliveries WHERE state <> 'sent'") == 0);
  CHECK(shared.delivered.load() >=
        static_cast<std::uint64_t>(database.integer("SELECT count(*) FROM deliveries")));
  exercised("race: notices", notices, "notices", 100 / properties::test_scale());
}

}  // namespace

TEST_CASE("race: four processes on the same accounts lose nothing and send nothing twice") {
  void* const memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto& shared = *static_cast<Shared*>(memory);
  const Folder folder;
  const std::string path = folder.file("host.db");
  set_up(path);
  const std::uint64_t rounds = properties::scaled(1500);
  const std::uint64_t conflicts = properties::scaled(500);
  std::vector<pid_t> children;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        work(path, worker, rounds, conflicts, shared);
        ::_exit(0);
      } catch (const std::exception& error) {
        std::fputs(error.what(), stderr);
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(shared.other.load() == 0);
  std::printf("race: %llu conflicts given up after 16 attempts, %llu errors of ticks\n",
              static_cast<unsigned long long>(shared.given_up.load()),
              static_cast<unsigned long long>(shared.errors.load()));
  compare(path, shared);
  exercised("race: rounds", shared.rounds.load(), "rounds",
            std::max<std::uint64_t>(1000 / properties::test_scale(), 1));
  exercised("race: conflicts", shared.conflicts.load(), "conflicts", conflicts);
  ::munmap(memory, sizeof(Shared));
}
