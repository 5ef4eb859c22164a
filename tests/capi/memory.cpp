// SPDX-License-Identifier: Apache-2.0
// Memory runs out at every allocation of a call in turn: at that one alone, or at all from it on.
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "exercised.hpp"
#include "scarce_memory.hpp"

using namespace capi;

TEST_CASE("memory: an event of one account is stored and reported in full, or not stored") {
  const std::pair<const char*, std::function<lowtide_status(Host&)>> calls[] = {
      {"fires", [](Host& host) { return observe(host, "acme", 900, 7); }},
      {"is silent", [](Host& host) { return observe(host, "acme", 2000, 7); }},
      {"enables",
       [](Host& host) { return enable(host, "acme", "another_alert_with_a_long_name"); }},
      {"sets a threshold", [](Host& host) { return set_threshold(host); }},
      {"disables",
       [](Host& host) {
         return lowtide_monitor_disable(&host.report, host.monitor, "acme", 4, "low_balance", 11,
                                        start, start);
       }},
      {"rebases",
       [](Host& host) {
         return lowtide_monitor_rebase(&host.report, host.monitor, "acme", 4, 5, start, start);
       }},
  };
  Seen seen;
  std::uint64_t failures = 0;
  std::uint64_t stored_all_the_same = 0;
  Leaks leaks;
  for (const auto& one : calls) {
    const char* const name = one.first;
    const auto& call = one.second;
    for (const First first : {First::nothing, First::failed, First::conflict, First::unknown_stored,
                              First::unknown_lost}) {
      for (const bool once : {false, true}) {
        CAPTURE(name);
        CAPTURE(static_cast<int>(first));
        CAPTURE(once);
        const auto prepare = [&](Host& host) {
          REQUIRE(enable(host, "acme", "low_balance") == LOWTIDE_OK);
          REQUIRE(observe(host, "acme", 1500, 1) == LOWTIDE_OK);
          host.commit = commit_with(host, first);
        };
        Host whole;
        prepare(whole);
        REQUIRE(call(whole) == LOWTIDE_OK);
        const CopiedReport expected(whole.report);
        for (std::uint64_t n = 0;; ++n) {
          CAPTURE(n);
          Host host;
          prepare(host);
          const std::int64_t before = host.revision();
          const std::size_t deliveries = host.memory->delivery_count;
          const CopiedReport reported_before(host.report);
          const Tried tried = with_memory_for(n, once, [&] { return call(host); });
          seen.add(tried.status);
          const bool stored = host.revision() != before;
          switch (tried.status) {
            case LOWTIDE_OK:
              CHECK(stored);
              CHECK(host.report.flags == LOWTIDE_EVENT_REPORT_STORED);
              CHECK(CopiedReport(host.report).says_the_same(expected));
              stored_all_the_same += tried.ran_out ? 1 : 0;
              break;
            case LOWTIDE_OUT_OF_MEMORY:
              CHECK(!stored);
              // The report before is unchanged, and so are the addresses in it.
              CHECK(std::memcmp(&host.report, &reported_before.report, sizeof host.report) == 0);
              CHECK(CopiedReport(host.report).says_the_same(reported_before));
              break;
            case LOWTIDE_HOST_FAILURE:
            case LOWTIDE_CONFLICT:
              CHECK(!stored);
              CHECK((tried.status != LOWTIDE_CONFLICT || first == First::conflict));
              break;
            case LOWTIDE_UNKNOWN_RESULT:
              CHECK((first == First::unknown_stored || first == First::unknown_lost));
              break;
            default: FAIL_CHECK(lowtide_status_name(tried.status));
          }
          if (tried.status != LOWTIDE_OK) CHECK(tried.ran_out);
          if (!stored) CHECK(host.memory->delivery_count == deliveries);
          CHECK(call(host) == LOWTIDE_OK);
          CHECK(host.memory->delivery_count == whole.memory->delivery_count);
          if (!tried.ran_out) break;
          ++failures;
        }
      }
      leaks.end_round();
    }
  }
  CHECK(leaks.none());
  exercised("allocations that failed in events of one account", failures, "allocations", 1000);
  exercised("of these, after which the event was stored and reported", stored_all_the_same,
            "allocations", 100);
}

TEST_CASE("memory: of many events each is stored and reported, or neither") {
  Seen seen;
  Leaks leaks;
  std::uint64_t failures = 0;
  for (const First first : {First::nothing, First::failed, First::conflict, First::unknown_stored,
                            First::unknown_lost}) {
    for (const bool once : {false, true}) {
      for (std::uint64_t n = 0;; ++n) {
        CAPTURE(static_cast<int>(first));
        CAPTURE(n);
        Host host;
        for (const char* const account : accounts)
          REQUIRE(enable(host, account, "low_balance") == LOWTIDE_OK);
        // Only the commit of the second of the three accounts fails.
        host.commit = [&host, inner = commit_with(host, first)](
                          std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                          std::size_t count) mutable {
          store_commit(host.memory.get(), results, error, commits, count == 3 ? 1 : 0,
                       sizeof *commits);
          if (count == 3)
            store_commit(host.memory.get(), results + 2, error, commits + 2, 1, sizeof *commits);
          return inner(results + (count == 3 ? 1 : 0), error, commits + (count == 3 ? 1 : 0), 1);
        };
        const lowtide_observation low = observation_with(900, 1);
        std::array<lowtide_account_event, 3> events{};
        std::array<lowtide_event_report, 3> reports{};
        for (std::size_t i = 0; i < 3; ++i) {
          events[i] = observation_of(accounts[i], &low);
          reports[i] = sized<lowtide_event_report>();
        }
        const Tried tried = with_memory_for(n, once, [&] {
          return lowtide_monitor_apply(reports.data(), sizeof reports[0], host.monitor,
                                       events.data(), sizeof events[0], 3, start);
        });
        seen.add(tried.status);
        for (std::size_t i = 0; i < 3; ++i) {
          CAPTURE(i);
          const bool stored = revision(host, accounts[i]) == 2;
          if (tried.status == LOWTIDE_OUT_OF_MEMORY) {
            CHECK(!stored);
            CHECK(reports[i].decisions == nullptr);
            continue;
          }
          const bool is_ok = reports[i].status == LOWTIDE_OK;
          if (reports[i].status == LOWTIDE_UNKNOWN_RESULT) {
            CHECK(i == 1);
          } else {
            CHECK(stored == is_ok);
          }
          CHECK(reports[i].decision_count == (is_ok ? 1 : 0));
          if (is_ok) CHECK(reports[i].decisions->why == LOWTIDE_WHY_FELL_BELOW);
          CHECK((reports[i].error.size == 0) == is_ok);
        }
        CHECK((tried.status == LOWTIDE_OK || tried.ran_out));
        CHECK(host.memory->delivery_count % 2 == 0);
        if (!tried.ran_out) break;
        ++failures;
      }
      leaks.end_round();
    }
  }
  CHECK(leaks.none());
  exercised("allocations that failed in events of many accounts", failures, "allocations", 300);
}

TEST_CASE("memory: a tick or a delivery reports what it did, or did nothing") {
  Leaks leaks;
  std::uint64_t failures = 0;
  std::uint64_t partial = 0;
  for (const bool once : {false, true}) {
    for (const bool refused : {false, true}) {
      for (std::uint64_t n = 0;; ++n) {
        CAPTURE(n);
        Host host;
        for (const char* const account : accounts) {
          REQUIRE(enable(host, account, "low_balance") == LOWTIDE_OK);
          REQUIRE(observe(host, account, 900, 1) == LOWTIDE_OK);
        }
        // One account at a time, so that some are done when memory runs out.
        host.due = [&](lowtide_sink* found, lowtide_sink* error, const lowtide_walk* walk) {
          lowtide_walk one = *walk;
          one.limit = 1;
          return store_due(host.memory.get(), found, error, &one);
        };
        if (refused) host.commit = commit_with(host, First::failed);
        const Tried ticked = with_memory_for(
            n, once, [&] { return lowtide_monitor_tick(&host.ticked, host.monitor, start + day); });
        std::uint64_t stored = 0;
        for (const char* const account : accounts) stored += revision(host, account) == 3 ? 1 : 0;
        if (ticked.status == LOWTIDE_OUT_OF_MEMORY) {
          CHECK(stored == 0);
        } else {
          CHECK(host.ticked.accounts == stored);
          CHECK(host.ticked.outputs == stored);
          CHECK((host.ticked.error_count == 0) == (ticked.status == LOWTIDE_OK));
          partial += ticked.status != LOWTIDE_OK && stored != 0 ? 1 : 0;
        }
        CHECK(host.tick(start + day) == LOWTIDE_OK);

        std::uint64_t handed = 0;
        host.deliver = [&](lowtide_sink* error, const lowtide_delivery* delivery) {
          const lowtide_text why =
              text_of("an error so long that it has no place in a short string");
          if (refused) lowtide_sink_put(error, &why);
          ++handed;
          return std::int32_t{refused && delivery->account.data[0] == 'a' ? LOWTIDE_HOST_REJECTED
                                                                          : LOWTIDE_HOST_SENT};
        };
        const Tried sent = with_memory_for(n, once, [&] {
          return lowtide_monitor_deliver(&host.delivered, host.monitor, start + day);
        });
        std::uint64_t recorded = 0;
        for (std::size_t i = 0; i < host.memory->delivery_count; ++i)
          recorded += host.memory->deliveries[i].pending == 0 ? 1 : 0;
        CHECK(recorded == handed);
        if (sent.status == LOWTIDE_OUT_OF_MEMORY) {
          CHECK(handed == 0);
        } else {
          CHECK(host.delivered.sent + host.delivered.failed == recorded);
          CHECK((host.delivered.error_count == 0) == (sent.status == LOWTIDE_OK));
          partial += sent.status != LOWTIDE_OK && handed != 0 ? 1 : 0;
        }
        if (!ticked.ran_out && !sent.ran_out) break;
        ++failures;
      }
      leaks.end_round();
    }
  }
  CHECK(leaks.none());
  exercised("allocations that failed in ticks and deliveries", failures, "allocations", 200);
  exercised("of these, after which part was done and reported", partial, "allocations", 50);
}

TEST_CASE("memory: running out at any allocation leaks nothing and leaves a usable state") {
  std::uint64_t failures = 0;
  Seen seen;
  const std::int64_t living_before = living;
  for (std::uint64_t n = 0;; ++n) {
    Host host;
    auto fields = sized<lowtide_event_report>();
    host.enable();
    // An observation, a tick and a delivery. Each is repeated if memory ran out in it.
    std::uint64_t left = n;
    bool ran_out = false;
    const auto with_failure = [&](const std::function<lowtide_status()>& call) {
      const std::int64_t revision = host.revision();
      allowed = left;
      lowtide_status status = call();
      left = allowed;
      allowed = no_failure;
      const bool stepped = host.revision() == revision || host.revision() == revision + 1;
      CHECK(stepped);
      if (status == LOWTIDE_OK) return;
      CHECK_MESSAGE((status == LOWTIDE_OUT_OF_MEMORY || status == LOWTIDE_HOST_FAILURE ||
                     status == LOWTIDE_INCOMPLETE || status == LOWTIDE_UNKNOWN_RESULT),
                    lowtide_status_name(status));
      seen.add(status);
      ran_out = true;
      left = no_failure;
      CHECK(call() == LOWTIDE_OK);
    };
    const lowtide_observation low = an_observation("900", start, 1);
    with_failure(
        [&] { return lowtide_monitor_observe(&fields, host.monitor, "acme", 4, &low, start); });
    with_failure([&] { return lowtide_monitor_tick(&host.ticked, host.monitor, start + day); });
    with_failure(
        [&] { return lowtide_monitor_deliver(&host.delivered, host.monitor, start + day); });
    CHECK(host.revision() == 3);
    CHECK(host.memory->delivery_count == 4);
    for (std::size_t i = 0; i < host.memory->delivery_count; ++i)
      CHECK(host.memory->deliveries[i].pending == 0);
    if (!ran_out) break;
    ++failures;
  }
  CHECK(living == living_before);
  exercised("allocations that failed, one after the other", failures, "allocations", 50);
}

TEST_CASE("memory: monitor_create and output_key report that it ran out") {
  Host host;
  const lowtide_host from = Host::callbacks(&host);
  const auto options = sized<lowtide_monitor_options>();
  lowtide_monitor* monitor = nullptr;
  for (std::uint64_t n = 0; monitor == nullptr; ++n) {
    const std::int64_t before = living;
    allowed = n;
    const lowtide_status status = lowtide_monitor_create(&monitor, &from, &options);
    allowed = no_failure;
    CHECK(status == (monitor == nullptr ? LOWTIDE_OUT_OF_MEMORY : LOWTIDE_OK));
    if (monitor == nullptr) CHECK(living == before);
  }
  CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
  const lowtide_output output = capi::fire();
  std::array<char, LOWTIDE_KEY_SIZE> key{};
  std::size_t size = 0;
  const char* field = "";
  for (const bool strangely : {false, true}) {
    fail_strangely = strangely;
    allowed = 0;
    const lowtide_status status = lowtide_output_key(&size, key.data(), key.size(), &field, "acme",
                                                     4, "low_balance", 11, &output);
    allowed = no_failure;
    fail_strangely = false;
    CHECK(met(status) == (strangely ? LOWTIDE_INTERNAL_ERROR : LOWTIDE_OUT_OF_MEMORY));
    CHECK(size == 0);
  }
}
