// SPDX-License-Identifier: Apache-2.0
// The Monitor through C: what a host may do to it, and what it makes of that. The store is the one
// of examples/c; faults are put before it.
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "exercised.hpp"
#include "faulty_host.hpp"

namespace {

using namespace capi;

}  // namespace

TEST_CASE("monitor: an event is loaded, decided, committed and delivered") {
  Host host;
  CHECK(host.enable() == LOWTIDE_OK);
  CHECK(host.report.flags == LOWTIDE_EVENT_REPORT_STORED);
  CHECK(host.observe("900", start + day, 1) == LOWTIDE_OK);
  REQUIRE(host.report.decision_count == 1);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_FELL_BELOW);
  CHECK(host.report.decisions->phase == LOWTIDE_PHASE_ALERTING);
  CHECK(host.report.decisions->output_count == 1);
  CHECK(string_of(host.report.decisions->alert) == "low_balance");
  CHECK(host.observe("800", start + day, 1) == LOWTIDE_OK);
  CHECK(host.report.flags == 0);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_STALE);
  CHECK(host.send(start + day) == LOWTIDE_OK);
  CHECK(host.delivered.sent == 2);
  CHECK(host.tick(start + 2 * day) == LOWTIDE_OK);
  CHECK(host.ticked.accounts == 1);
  CHECK(host.ticked.outputs == 1);
  CHECK(met(lowtide_monitor_tick_until(&host.ticked, host.monitor, start + 3 * day, start + 3 * day,
                                       0)) == LOWTIDE_OK);
  CHECK(host.ticked.outputs == 0);
  CHECK(met(lowtide_monitor_tick_until(&host.ticked, host.monitor, start + 3 * day, start + 3 * day,
                                       2)) == LOWTIDE_CODE);
  CHECK(lowtide_monitor_rebase(&host.report, host.monitor, "acme", 4, 0, start, start) ==
        LOWTIDE_OK);
  CHECK(host.observe("800", start + 2 * day, 1) == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_REMINDER_NOT_DUE);
  CHECK(host.set_threshold() == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_THRESHOLD_CHANGED);
  CHECK(lowtide_monitor_disable(&host.report, host.monitor, "acme", 4, "low_balance", 11, start,
                                start) == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_DISABLED);
}

TEST_CASE("monitor: what it refuses is reported, and wrong arguments never reach the host") {
  Host host;
  CHECK(host.set_threshold("never_enabled") == LOWTIDE_REFUSED);
  CHECK(string_of(host.report.error).find("'acme'") != std::string::npos);
  CHECK(host.enable("") == LOWTIDE_REFUSED);
  auto wide = Host::observation("0", start);
  wide.flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
  wide.cash_balance.high = wide.credit_limit.high = INT64_MAX;
  CHECK(lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &wide, start) ==
        LOWTIDE_REFUSED);
  const auto late = Host::observation("0", start + day + 1);
  CHECK(lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &late, start) ==
        LOWTIDE_REFUSED);

  host.load = [](lowtide_sink*, lowtide_sink*) -> std::int32_t {
    throw std::logic_error("not to be called");
  };
  auto observation = Host::observation("0", -1, 1);
  const auto observe = [&] {
    return lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, start);
  };
  CHECK(observe() == LOWTIDE_TIME_RANGE);
  observation.at = start;
  observation.sequence = -1;
  CHECK(observe() == LOWTIDE_SEQUENCE_RANGE);
  observation.flags = 0;
  CHECK(observe() == LOWTIDE_FLAGS);
  observation.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
  CHECK(lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, INT64_MAX) ==
        LOWTIDE_TIME_RANGE);
  CHECK(lowtide_monitor_observe(&host.report, host.monitor, "acme", SIZE_MAX, &observation,
                                start) == LOWTIDE_STRIDE);
  CHECK(lowtide_monitor_rebase(&host.report, host.monitor, "acme", 4, -1, start, start) ==
        LOWTIDE_SEQUENCE_RANGE);
  CHECK(lowtide_monitor_disable(&host.report, host.monitor, "acme", 4, "a", 1, -1, start) ==
        LOWTIDE_TIME_RANGE);
  CHECK(host.tick(-1) == LOWTIDE_TIME_RANGE);
  CHECK(host.send(INT64_MIN) == LOWTIDE_TIME_RANGE);
}

TEST_CASE("monitor: NULL or a misaligned one is an error of every function") {
  Host host;
  auto* const off = static_cast<lowtide_monitor*>(
      static_cast<void*>(static_cast<char*>(static_cast<void*>(host.monitor)) + 1));
  for (lowtide_monitor* const monitor : {static_cast<lowtide_monitor*>(nullptr), off}) {
    lowtide_monitor* const kept = std::exchange(host.monitor, monitor);
    const lowtide_status expected = monitor == nullptr ? LOWTIDE_NULL_ARGUMENT : LOWTIDE_MISALIGNED;
    CHECK(host.observe("1", start) == expected);
    CHECK(host.enable() == expected);
    CHECK(host.set_threshold() == expected);
    CHECK(lowtide_monitor_disable(&host.report, monitor, "a", 1, "b", 1, start, start) == expected);
    CHECK(lowtide_monitor_rebase(&host.report, monitor, "a", 1, 1, start, start) == expected);
    CHECK(host.tick(start) == expected);
    CHECK(host.send(start) == expected);
    CHECK(lowtide_monitor_destroy(monitor) == expected);
    host.monitor = kept;
  }
}

TEST_CASE("monitor: inside a callback every call on it is busy, except sink_put") {
  Host host;
  std::uint64_t busy = 0;
  const auto try_all = [&] {
    auto report = sized<lowtide_event_report>();
    auto ticked = sized<lowtide_tick_report>();
    auto delivered = sized<lowtide_delivery_report>();
    const auto observation = Host::observation("1", start);
    const auto enable = sized<lowtide_enable>();
    const auto set = sized<lowtide_set_threshold>();
    const lowtide_account_event many = observation_of("acme", &observation);
    lowtide_monitor* const m = host.monitor;
    for (const lowtide_status status :
         {lowtide_monitor_observe(&report, m, "acme", 4, &observation, start),
          lowtide_monitor_enable(&report, m, "a", 1, "b", 1, &enable, start),
          lowtide_monitor_set_threshold(&report, m, "a", 1, "b", 1, &set, start),
          lowtide_monitor_disable(&report, m, "a", 1, "b", 1, 0, 0),
          lowtide_monitor_rebase(&report, m, "a", 1, 0, 0, 0),
          lowtide_monitor_apply(&report, sizeof report, m, &many, sizeof many, 1, 0),
          lowtide_monitor_tick(&ticked, m, start), lowtide_monitor_tick_until(&ticked, m, 0, 0, 0),
          lowtide_monitor_deliver(&delivered, m, start), lowtide_monitor_destroy(m)}) {
      CHECK(met(status) == LOWTIDE_BUSY);
      ++busy;
    }
    // What knows no Monitor may be called.
    lowtide_amount amount{};
    CHECK(lowtide_amount_parse(&amount, "1", 1) == LOWTIDE_OK);
  };
  host.load = [&](lowtide_sink*, lowtide_sink*) { return try_all(), LOWTIDE_HOST_OK; };
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit* commits,
                    std::size_t count) {
    try_all();
    return store_commit(host.memory.get(), results, nullptr, commits, count, sizeof *commits);
  };
  CHECK(host.enable() == LOWTIDE_OK);
  host.load = nullptr;
  CHECK(host.observe("900", start) == LOWTIDE_OK);
  // Another thread is no different.
  host.due = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) {
    return std::thread(try_all).join(), LOWTIDE_HOST_OK;
  };
  CHECK(host.tick(start) == LOWTIDE_OK);
  host.pending = [&](lowtide_sink* deliveries, lowtide_sink* error, const lowtide_walk* walk) {
    try_all();
    return store_pending(host.memory.get(), deliveries, error, walk);
  };
  host.deliver = [&](lowtide_sink*, const lowtide_delivery*) {
    return try_all(), LOWTIDE_HOST_SENT;
  };
  host.record_delivery = [&](lowtide_sink*) { return try_all(), LOWTIDE_HOST_OK; };
  CHECK(host.send(start) == LOWTIDE_OK);
  exercised("calls on a Monitor inside its callbacks, all busy", busy, "calls", 80);
}

TEST_CASE("sink: is closed outside its callback") {
  Host host;
  lowtide_sink* kept = nullptr;
  lowtide_sink* kept_error = nullptr;
  host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
    kept = accounts;
    kept_error = error;
    return LOWTIDE_HOST_OK;
  };
  const auto account = sized<lowtide_account>();
  const lowtide_text why = text_of("why");
  host.commit = [&](std::int32_t*, lowtide_sink*, const lowtide_commit*, std::size_t) {
    CHECK(met(lowtide_sink_put(kept, &account)) == LOWTIDE_SINK_CLOSED);
    return LOWTIDE_HOST_FAILED;
  };
  CHECK(host.enable() == LOWTIDE_UNKNOWN_RESULT);
  CHECK(lowtide_sink_put(kept, &account) == LOWTIDE_SINK_CLOSED);
  CHECK(lowtide_sink_put(kept_error, &why) == LOWTIDE_SINK_CLOSED);
  CHECK(lowtide_sink_put(kept, nullptr) == LOWTIDE_SINK_CLOSED);
  CHECK(lowtide_sink_put(nullptr, &why) == LOWTIDE_NULL_ARGUMENT);
}

TEST_CASE("callback: whatever it returns or throws becomes a failure of the host") {
  const std::int32_t garbage[] = {0,
                                  1,
                                  -1,
                                  48,
                                  7,
                                  INT32_MIN,
                                  INT32_MAX,
                                  LOWTIDE_HOST_FAILED,
                                  LOWTIDE_HOST_COMMITTED,
                                  LOWTIDE_HOST_OK + 0x100,
                                  0x4C540000};
  std::uint64_t answers = 0;
  // The last one throws.
  for (std::size_t i = 0; i <= std::size(garbage); ++i) {
    CAPTURE(i);
    const auto answer = [&, i]() -> std::int32_t {
      ++answers;
      if (i == std::size(garbage)) throw std::runtime_error("thrown by a callback");
      return garbage[i];
    };
    Host host;
    REQUIRE(host.enable() == LOWTIDE_OK);
    REQUIRE(host.observe("900", start) == LOWTIDE_OK);
    const std::int64_t revision = host.revision();

    host.load = [&](lowtide_sink*, lowtide_sink*) { return answer(); };
    CHECK(host.observe("800", start) == LOWTIDE_HOST_FAILURE);
    CHECK(string_of(host.report.error).find("load") != std::string::npos);
    host.load = nullptr;

    host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
      results[0] = i < std::size(garbage) && garbage[i] != LOWTIDE_HOST_COMMITTED ? garbage[i] : 0;
      return answer();
    };
    CHECK(host.observe("800", start) == LOWTIDE_UNKNOWN_RESULT);
    host.commit = nullptr;
    CHECK(host.revision() == revision);

    host.due = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) { return answer(); };
    CHECK(host.tick(start + day) == LOWTIDE_INCOMPLETE);
    CHECK(host.ticked.error_count == 1);
    host.due = nullptr;

    host.pending = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) { return answer(); };
    CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
    host.pending = nullptr;
    host.deliver = [&](lowtide_sink*, const lowtide_delivery*) { return answer(); };
    CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
    CHECK(host.delivered.postponed == 2);
    CHECK(host.delivered.sent == 0);
    host.deliver = nullptr;
    host.record_delivery = [&](lowtide_sink*) { return answer(); };
    CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
    CHECK(host.delivered.postponed == 2);
    host.record_delivery = nullptr;
    CHECK(host.send(start) == LOWTIDE_OK);
    CHECK(host.delivered.sent == 2);
    CHECK(host.tick(start + day) == LOWTIDE_OK);
    CHECK(host.ticked.outputs == 1);
  }
  exercised("answers of callbacks that are none, or thrown", answers, "answers", 200);
}

TEST_CASE("callback: a code of another callback is an undefined code") {
  const std::int32_t codes[] = {
      LOWTIDE_HOST_OK,       LOWTIDE_HOST_FAILED,   LOWTIDE_HOST_COMMITTED,
      LOWTIDE_HOST_CONFLICT, LOWTIDE_HOST_UNKNOWN,  LOWTIDE_HOST_NOT_STORED,
      LOWTIDE_HOST_SENT,     LOWTIDE_HOST_REJECTED, LOWTIDE_HOST_TRY_AGAIN};
  std::uint64_t answers = 0;
  for (const std::int32_t code : codes) {
    CAPTURE(code);
    const bool good = code == LOWTIDE_HOST_OK;
    const bool failed = code == LOWTIDE_HOST_FAILED;
    const auto says = [&](const lowtide_text& error, const std::string& callback, bool known) {
      const std::string what =
          known ? " failed" : " returned the undefined code " + std::to_string(code);
      CHECK_MESSAGE(string_of(error).ends_with(callback + what), string_of(error));
      ++answers;
    };
    Host host;
    REQUIRE(host.enable() == LOWTIDE_OK);
    REQUIRE(host.observe("900", start) == LOWTIDE_OK);

    // A load, and one account to be found in it: without it there is nothing to change.
    host.load = [&](lowtide_sink*, lowtide_sink*) { return code; };
    CHECK(host.set_threshold() == (good ? LOWTIDE_REFUSED : LOWTIDE_HOST_FAILURE));
    if (!good) says(host.report.error, "load", failed);
    host.load = nullptr;

    // The results hold, whatever is returned besides.
    host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                      std::size_t count) {
      store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
      return code;
    };
    CHECK(host.observe("800", start) == LOWTIDE_OK);
    host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
      results[0] = LOWTIDE_HOST_NOT_STORED;
      return code;
    };
    CHECK(host.observe("700", start) == LOWTIDE_HOST_FAILURE);
    if (!good) says(host.report.error, "commit", failed);
    host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
      results[0] = code;
      return LOWTIDE_HOST_OK;
    };
    const lowtide_status stored = host.observe("600", start);
    CHECK(stored == (code == LOWTIDE_HOST_COMMITTED    ? LOWTIDE_OK
                     : code == LOWTIDE_HOST_CONFLICT   ? LOWTIDE_CONFLICT
                     : code == LOWTIDE_HOST_NOT_STORED ? LOWTIDE_HOST_FAILURE
                                                       : LOWTIDE_UNKNOWN_RESULT));
    host.commit = nullptr;

    host.due =
        host.pending = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) { return code; };
    CHECK(host.tick(start) == (good ? LOWTIDE_OK : LOWTIDE_INCOMPLETE));
    if (!good) says(host.ticked.errors[0], "due", failed);
    CHECK(host.send(start) == (good ? LOWTIDE_OK : LOWTIDE_INCOMPLETE));
    if (!good) says(host.delivered.errors[0], "pending", failed);
    host.due = host.pending = nullptr;

    host.record_delivery = [&](lowtide_sink*) { return code; };
    CHECK(host.send(start) == (good ? LOWTIDE_OK : LOWTIDE_INCOMPLETE));
    CHECK(host.delivered.sent == (good ? 2 : 0));
    if (!good) says(host.delivered.errors[0], "record_delivery", failed);
    host.record_delivery = nullptr;

    host.deliver = [&](lowtide_sink*, const lowtide_delivery*) { return code; };
    CHECK(host.send(start) == (code == LOWTIDE_HOST_SENT ? LOWTIDE_OK : LOWTIDE_INCOMPLETE));
    CHECK(host.delivered.sent == (code == LOWTIDE_HOST_SENT ? 2 : 0));
    CHECK(host.delivered.failed == (code == LOWTIDE_HOST_REJECTED ? 2 : 0));
    CHECK(host.delivered.sent + host.delivered.failed + host.delivered.postponed == 2);
    if (code != LOWTIDE_HOST_SENT && code != LOWTIDE_HOST_REJECTED &&
        code != LOWTIDE_HOST_TRY_AGAIN) {
      says(host.delivered.errors[0], "deliver", false);
    }
  }
  exercised("codes that are no result of the callback that answered them", answers, "answers", 45);
}

TEST_CASE("callback: a refused put does not change the results of commit and deliver") {
  Host host;
  const auto refused = [](lowtide_sink* error) {
    const lowtide_text bad{nullptr, 5};
    CHECK(met(lowtide_sink_put(error, &bad)) == LOWTIDE_NULL_ARGUMENT);
  };
  host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                    std::size_t count) {
    refused(error);
    return store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
  };
  CHECK(host.enable() == LOWTIDE_OK);
  CHECK(host.observe("900", start) == LOWTIDE_OK);
  host.deliver = [&](lowtide_sink* error, const lowtide_delivery*) {
    return refused(error), LOWTIDE_HOST_SENT;
  };
  host.record_delivery = [&](lowtide_sink* error) { return refused(error), LOWTIDE_HOST_OK; };
  CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
  CHECK(host.delivered.postponed == 2);
  CHECK(string_of(host.delivered.errors[0])
            .ends_with("record_delivery put something into a sink that was refused"));
  host.record_delivery = nullptr;
  CHECK(host.send(start) == LOWTIDE_OK);
  CHECK(host.delivered.sent == 2);
}

namespace {

// Runs `call` on a thread of its own, which may end in it. Gives whether the call returned.
bool returns(const std::function<void()>& call) {
  struct Run {
    const std::function<void()>& call;
    bool returned = false;
  } run{call};
  const auto body = [](void* context) -> void* {
    Run& one = *static_cast<Run*>(context);
    one.call();
    one.returned = true;
    return nullptr;
  };
  pthread_t thread{};
  REQUIRE(pthread_create(&thread, nullptr, body, &run) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  return run.returned;
}

}  // namespace

TEST_CASE("callback: a thread that ends in one leaves the Monitor free, and what was stored") {
  std::uint64_t ended = 0;
  for (const bool cancelled : {false, true}) {
    CAPTURE(cancelled);
    const auto end = [&]() -> std::int32_t {
      ++ended;
      if (!cancelled) pthread_exit(nullptr);
      pthread_cancel(pthread_self());
      pthread_testcancel();
      return LOWTIDE_HOST_OK;
    };
    Host host;
    REQUIRE(host.enable() == LOWTIDE_OK);
    REQUIRE(host.observe("900", start, 1) == LOWTIDE_OK);
    const lowtide_observation observation = Host::observation("800", start, 2);
    const auto observe = [&] {
      lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, start);
    };
    const auto tick = [&] { lowtide_monitor_tick(&host.ticked, host.monitor, start + day); };
    const auto deliver = [&] { lowtide_monitor_deliver(&host.delivered, host.monitor, start); };
    // What the last call told stays, as after one that fails.
    const std::string told = string_of(host.report.decisions->alert);

    host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
      const lowtide_text name = text_of("acme");
      store_load(host.memory.get(), accounts, error, &name, 1);
      return end();
    };
    CHECK_FALSE(returns(observe));
    host.load = nullptr;
    CHECK(host.revision() == 2);
    CHECK(string_of(host.report.decisions->alert) == told);

    host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                      std::size_t count) {
      store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
      return end();
    };
    CHECK_FALSE(returns(observe));
    host.commit = nullptr;
    CHECK(host.revision() == 3);
    CHECK(host.observe("800", start, 2) == LOWTIDE_OK);
    CHECK(host.report.decisions->why == LOWTIDE_WHY_STALE);

    host.due =
        host.pending = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) { return end(); };
    CHECK_FALSE(returns(tick));
    CHECK_FALSE(returns(deliver));
    host.due = host.pending = nullptr;
    host.deliver = [&](lowtide_sink*, const lowtide_delivery*) { return end(); };
    CHECK_FALSE(returns(deliver));
    host.deliver = nullptr;
    host.record_delivery = [&](lowtide_sink*) { return end(); };
    CHECK_FALSE(returns(deliver));
    host.record_delivery = nullptr;
    CHECK(host.send(start) == LOWTIDE_OK);
    CHECK(host.delivered.sent == 2);
    CHECK(host.tick(start + day) == LOWTIDE_OK);
    CHECK(host.ticked.outputs == 1);

    // Among many changes, too.
    const lowtide_account_event many = observation_of("acme", &observation);
    auto report = sized<lowtide_event_report>();
    host.load = [&](lowtide_sink*, lowtide_sink*) { return end(); };
    CHECK_FALSE(returns([&] {
      lowtide_monitor_apply(&report, sizeof report, host.monitor, &many, sizeof many, 1,
                            start + day);
    }));
    host.load = nullptr;
    CHECK(host.observe("700", start + day, 3) == LOWTIDE_OK);
  }
  exercised("threads that ended inside a callback", ended, "threads", 14);
}

TEST_CASE("callback: the error that it puts is in the report") {
  Host host;
  host.load = [](lowtide_sink*, lowtide_sink* error) {
    const lowtide_text why = text_of("the database is away");
    CHECK(lowtide_sink_put(error, &why) == LOWTIDE_OK);
    return LOWTIDE_HOST_FAILED;
  };
  CHECK(host.enable() == LOWTIDE_HOST_FAILURE);
  CHECK(string_of(host.report.error) == "account 'acme': load failed: the database is away");
  // A second one is too much.
  host.load = [](lowtide_sink*, lowtide_sink* error) {
    const lowtide_text why = text_of("why");
    CHECK(lowtide_sink_put(error, &why) == LOWTIDE_OK);
    CHECK(met(lowtide_sink_put(error, &why)) == LOWTIDE_SINK_FULL);
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.enable() == LOWTIDE_HOST_FAILURE);
}

TEST_CASE("commit: conflicts are tried again, and reported if they do not end") {
  Host host;
  int attempts = 0;
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit* commits,
                    std::size_t count) {
    if (++attempts == 3)
      return store_commit(host.memory.get(), results, nullptr, commits, count, sizeof *commits);
    results[0] = LOWTIDE_HOST_CONFLICT;
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.enable() == LOWTIDE_OK);
  CHECK(attempts == 3);
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
    ++attempts;
    results[0] = LOWTIDE_HOST_CONFLICT;
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("900", start) == LOWTIDE_CONFLICT);
  CHECK(attempts == 3 + 16);
  host.commit = [](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
    results[0] = LOWTIDE_HOST_NOT_STORED;
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("900", start) == LOWTIDE_HOST_FAILURE);
  // Stored, though the store could not tell: the Monitor looks.
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit* commits,
                    std::size_t count) -> std::int32_t {
    store_commit(host.memory.get(), results, nullptr, commits, count, sizeof *commits);
    results[0] = LOWTIDE_HOST_UNKNOWN;
    throw std::runtime_error("the connection broke");
  };
  CHECK(host.observe("900", start) == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_FELL_BELOW);
}

TEST_CASE("commit: a rebase with an unknown result is not repeated after others committed") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  REQUIRE(host.observe("2000", start, 100) == LOWTIDE_OK);
  auto report = sized<lowtide_event_report>();
  lowtide_monitor* other = nullptr;
  const lowtide_host callbacks = Host::callbacks(&host);
  const auto options = sized<lowtide_monitor_options>();
  bool once = true;
  REQUIRE(lowtide_monitor_create(&other, &callbacks, &options) == LOWTIDE_OK);
  host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                    std::size_t count) {
    const std::int32_t answer =
        store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
    if (!std::exchange(once, false)) return answer;
    results[0] = LOWTIDE_HOST_UNKNOWN;
    const lowtide_observation observation = Host::observation("900", start, 1);
    CHECK(lowtide_monitor_observe(&report, other, "acme", 4, &observation, start) == LOWTIDE_OK);
    CHECK(report.decisions->why == LOWTIDE_WHY_FELL_BELOW);
    return answer;
  };
  CHECK(met(lowtide_monitor_rebase(&host.report, host.monitor, "acme", 4, 0, start, start)) ==
        LOWTIDE_UNKNOWN_RESULT);
  CHECK(host.report.flags == 0);
  CHECK(host.revision() == 4);
  // Had it been repeated, this would count as a new one, and not as stale.
  CHECK(host.observe("800", start, 1) == LOWTIDE_OK);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_STALE);
  CHECK(lowtide_monitor_destroy(other) == LOWTIDE_OK);
}

namespace {

struct BadAccount {
  lowtide_status status;
  std::function<void(lowtide_account&, std::vector<lowtide_stored_alert>&)> spoil;
  std::string
      error{};  // what the account's report says, if the account was taken and is wrong in itself
};

}  // namespace

TEST_CASE("sink: an account is checked completely, and an incomplete result is not used") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  const alert_row& row = host.memory->accounts[0].alerts[0];
  const std::string long_name(256, 'a');
  const std::vector<std::uint8_t> too_long(129, 1);
  const BadAccount rows[] = {
      {LOWTIDE_OK, [](auto&, auto&) {}},
      {LOWTIDE_STRUCT_SIZE, [](auto& a, auto&) { a.struct_size = 8; }},
      {LOWTIDE_STRUCT_SIZE, [](auto& a, auto&) { a.struct_size = 5000; }},
      {LOWTIDE_SINK_FULL, [](auto& a, auto&) { a.name = text_of("somebody_else"); }},
      {LOWTIDE_NULL_ARGUMENT,
       [](auto& a, auto&) {
         a.name = {nullptr, 4};
       }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.name.size = SIZE_MAX; }},
      {LOWTIDE_FLAGS, [](auto& a, auto&) { a.flags = 16; }},
      {LOWTIDE_OK, [](auto& a, auto&) { a.revision = -1; },
       "revision: must be 0 to 9223372036854775806: -1"},
      {LOWTIDE_OK, [](auto& a, auto&) { a.revision = INT64_MAX; },
       "revision: must be 0 to 9223372036854775806: 9223372036854775807"},
      {LOWTIDE_OK, [](auto& a, auto&) { a.reserved = 1; }, "reserved: must be 0: 1"},
      {LOWTIDE_OK, [](auto& a, auto&) { a.flags = LOWTIDE_ACCOUNT_HAS_SEQUENCE; },
       "sequence: must be 1 to 9223372036854775807: 0"},
      {LOWTIDE_OK,
       [](auto& a, auto&) { a.flags = LOWTIDE_ACCOUNT_HAS_FIRST_COST_AT, a.first_cost_at = -1; },
       "first_cost_at: must be 0 to 253402300799: -1"},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.reserved = 1, a.contact.size = 1; }},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.contact.size = 1; }},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.language.size = 1; }},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.currency.size = 1; }},
      {LOWTIDE_OK, [](auto& a, auto&) { a.currency_digits = 19; },
       "currency_digits: must be 0 to 18: 19"},
      {LOWTIDE_OK, [](auto& a, auto&) { a.currency_digits = 256 + 2; },
       "currency_digits: must be 0 to 18: 258"},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.alerts = nullptr; }},
      {LOWTIDE_MISALIGNED,
       [](auto& a, auto&) {
         a.alerts = static_cast<const lowtide_stored_alert*>(static_cast<const void*>(
             static_cast<const char*>(static_cast<const void*>(a.alerts)) + 1));
       }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.alert_stride = 0; }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.alert_stride += 4; }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.alert_stride -= 8; }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.alert_count = SIZE_MAX; }},
      {LOWTIDE_STRUCT_SIZE, [](auto&, auto& alerts) { alerts[0].struct_size = 0; }},
      {LOWTIDE_STRUCT_SIZE, [](auto&, auto& alerts) { alerts[0].struct_size += 8; }},
      {LOWTIDE_FLAGS, [](auto&, auto& alerts) { alerts[0].flags = 8; }},
      {LOWTIDE_NULL_ARGUMENT, [](auto&, auto& alerts) { alerts[0].name.data = nullptr; }},
      {LOWTIDE_OK, [](auto&, auto& alerts) { alerts[0].name.size = 0; },
       "alert: must have 1 to 255 bytes: ''"},
      {LOWTIDE_OK, [&](auto&, auto& alerts) { alerts[0].name = text_of(long_name); },
       "alert: must have 1 to 255 bytes: 'aaa"},
      {LOWTIDE_OK, [](auto&, auto& alerts) { alerts[0].name = text_of("\xff"); },
       "alert: must be UTF-8: '\xff'"},
      {LOWTIDE_NULL_ARGUMENT, [](auto&, auto& alerts) { alerts[0].state.data = nullptr; }},
      {LOWTIDE_OK,
       [&](auto&, auto& alerts) {
         alerts[0].state = {too_long.data(), too_long.size()};
       },
       "alert 'low_balance': alert: "},
      {LOWTIDE_OK,
       [](auto& a, auto& alerts) {
         alerts.push_back(alerts[0]), a.alerts = alerts.data(), a.alert_count = 2;
       },
       "alert 'low_balance': is stored twice"},
  };
  for (const BadAccount& bad : rows) {
    CAPTURE(&bad - rows);
    const std::int64_t revision = host.revision();
    host.load = [&](lowtide_sink* accounts, lowtide_sink*) {
      auto alert = sized<lowtide_stored_alert>();
      alert.name = {row.name.data, row.name.size};
      alert.state = {row.state, row.state_size};
      std::vector<lowtide_stored_alert> alerts{alert};
      auto account = sized<lowtide_account>();
      account.name = text_of("acme");
      account.revision = revision;
      account.alerts = alerts.data();
      account.alert_count = 1;
      account.alert_stride = sizeof alert;
      bad.spoil(account, alerts);
      CHECK(met(lowtide_sink_put(accounts, &account)) == bad.status);
      return LOWTIDE_HOST_OK;
    };
    const bool good = bad.status == LOWTIDE_OK && bad.error.empty();
    CHECK(host.observe("1100", start) == (good ? LOWTIDE_OK : LOWTIDE_HOST_FAILURE));
    CHECK(host.revision() == (good ? revision + 1 : revision));
    if (!bad.error.empty())
      CHECK_MESSAGE(string_of(host.report.error).starts_with("account 'acme': " + bad.error),
                    string_of(host.report.error));
  }
  // The same account twice.
  host.load = [&](lowtide_sink* accounts, lowtide_sink*) {
    auto account = sized<lowtide_account>();
    account.name = text_of("acme");
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_OK);
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_SINK_FULL);
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("1200", start) == LOWTIDE_HOST_FAILURE);
  // Stored bytes that were damaged: the account is not touched.
  host.load = [&](lowtide_sink* accounts, lowtide_sink*) {
    const std::uint8_t damaged[] = {1, 2, 3};
    auto alert = sized<lowtide_stored_alert>();
    alert.name = text_of("low_balance");
    alert.state = {damaged, sizeof damaged};
    auto account = sized<lowtide_account>();
    account.name = text_of("acme");
    account.alerts = &alert;
    account.alert_count = 1;
    account.alert_stride = sizeof alert;
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_OK);
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("1200", start) == LOWTIDE_HOST_FAILURE);
  exercised("accounts put into a sink", std::size(rows), "accounts", 30);
}

TEST_CASE("walk: too many items, invalid items or a repeated cursor make it fail and end") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  REQUIRE(host.observe("900", start) == LOWTIDE_OK);
  host.due = [](lowtide_sink* accounts, lowtide_sink*, const lowtide_walk* walk) {
    auto due = sized<lowtide_due_account>();
    due.account = text_of("acme");
    for (std::size_t i = 0; i < walk->limit; ++i) {
      due.cursor_at = static_cast<std::int64_t>(i);
      CHECK(lowtide_sink_put(accounts, &due) == LOWTIDE_OK);
    }
    CHECK(lowtide_sink_put(accounts, &due) == LOWTIDE_SINK_FULL);
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.tick(start + day) == LOWTIDE_INCOMPLETE);
  int calls = 0;
  host.due = [&](lowtide_sink* accounts, lowtide_sink*, const lowtide_walk*) {
    auto due = sized<lowtide_due_account>();
    due.account = text_of("acme");
    due.cursor_at = 5;
    ++calls;
    return lowtide_sink_put(accounts, &due) == LOWTIDE_OK ? LOWTIDE_HOST_OK : LOWTIDE_HOST_FAILED;
  };
  CHECK(host.tick(start + day) == LOWTIDE_INCOMPLETE);
  CHECK(calls == 2);
  // Cursors that go in a circle, of deliveries; among them the one that stands in a walk from the
  // start.
  for (const std::int64_t circle : {1, 2, 5}) {
    CAPTURE(circle);
    calls = 0;
    int from_the_start = 0;
    host.pending = [&](lowtide_sink* deliveries, lowtide_sink*, const lowtide_walk* walk) {
      auto delivery = sized<lowtide_delivery>();
      delivery.output = capi::fire();
      delivery.cursor_at = calls++ % circle - 1;
      from_the_start += (walk->flags & LOWTIDE_WALK_GOES_ON) == 0 ? 1 : 0;
      return calls < 100 && lowtide_sink_put(deliveries, &delivery) == LOWTIDE_OK
                 ? LOWTIDE_HOST_OK
                 : LOWTIDE_HOST_FAILED;
    };
    CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
    CHECK(calls <= 3 * circle + 1);
    CHECK(from_the_start == 1);
    CHECK(string_of(host.delivered.errors[host.delivered.error_count - 1])
              .starts_with("pending: the cursor came again: ("));
  }
  host.pending = [&](lowtide_sink* deliveries, lowtide_sink*, const lowtide_walk*) {
    auto delivery = sized<lowtide_delivery>();
    CHECK(lowtide_sink_put(deliveries, &delivery) == LOWTIDE_STRUCT_SIZE);
    delivery.output = capi::fire();
    delivery.flags = 1;
    CHECK(lowtide_sink_put(deliveries, &delivery) == LOWTIDE_FLAGS);
    delivery.flags = 0;
    delivery.key.size = 1;
    CHECK(lowtide_sink_put(deliveries, &delivery) == LOWTIDE_NULL_ARGUMENT);
    CHECK(lowtide_sink_put(deliveries, nullptr) == LOWTIDE_NULL_ARGUMENT);
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
  CHECK(host.delivered.sent == 0);
}

TEST_CASE(
    "sink: a wrong stored value is reported, and does not hold up other accounts or deliveries") {
  Host host;
  for (const char* const account : {"a", "b", "c"}) {
    auto enable = sized<lowtide_enable>();
    enable.at = start;
    enable.threshold = Host::observation("1000", start).available_credit;
    REQUIRE(lowtide_monitor_enable(&host.report, host.monitor, account, 1, "low", 3, &enable,
                                   start) == LOWTIDE_OK);
  }
  const lowtide_observation observation = Host::observation("900", start, 1);
  std::array<lowtide_account_event, 3> events{};
  std::array<lowtide_event_report, 3> reports{};
  for (std::size_t i = 0; i < 3; ++i) {
    events[i] = observation_of(std::string_view("abc").substr(i, 1), &observation);
    reports[i] = sized<lowtide_event_report>();
  }
  host.memory->accounts[1].columns.currency_digits = 19;
  CHECK(lowtide_monitor_apply(reports.data(), sizeof reports[0], host.monitor, events.data(),
                              sizeof events[0], 3, start) == LOWTIDE_INCOMPLETE);
  CHECK(reports[0].status == LOWTIDE_OK);
  CHECK(reports[1].status == LOWTIDE_HOST_FAILURE);
  CHECK(string_of(reports[1].error) == "account 'b': currency_digits: must be 0 to 18: 19");
  CHECK(reports[2].status == LOWTIDE_OK);

  struct Row {
    std::function<void(lowtide_delivery&)> spoil;
    std::string error;
  };
  const Row rows[] = {
      {[](lowtide_delivery& d) { d.currency_digits = 19; }, "currency_digits: must be 0 to 18: 19"},
      {[](lowtide_delivery& d) { d.reserved = 1; }, "reserved: must be 0: 1"},
      {[](lowtide_delivery& d) { d.output.kind = 7; }, "output.kind: is not what an output has"},
      {[](lowtide_delivery& d) { d.output.at = -1; }, "output.at: is not what an output has"},
      {[](lowtide_delivery& d) { d.output.episode = 0; },
       "output.episode: is not what an output has"},
  };
  std::uint64_t told = 0;
  for (const Row& row : rows) {
    const std::string& error = row.error;
    CAPTURE(error);
    std::string handed;
    host.pending = [&](lowtide_sink* deliveries, lowtide_sink*, const lowtide_walk* walk) {
      for (std::int64_t i = 0; (walk->flags & LOWTIDE_WALK_GOES_ON) == 0 && i < 3; ++i) {
        auto delivery = sized<lowtide_delivery>();
        delivery.account = text_of(std::string_view("abc").substr(static_cast<std::size_t>(i), 1));
        delivery.channel = text_of("pager");
        delivery.output = capi::fire();
        delivery.cursor_at = i;
        if (i == 1) row.spoil(delivery);
        CHECK(met(lowtide_sink_put(deliveries, &delivery)) == LOWTIDE_OK);
      }
      return LOWTIDE_HOST_OK;
    };
    host.deliver = [&](lowtide_sink*, const lowtide_delivery* delivery) {
      handed += string_of(delivery->account);
      return LOWTIDE_HOST_SENT;
    };
    host.record_delivery = [](lowtide_sink*) { return LOWTIDE_HOST_OK; };
    CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
    CHECK(handed == "ac");
    CHECK(host.delivered.sent == 2);
    CHECK(host.delivered.postponed == 1);
    REQUIRE(host.delivered.error_count == 1);
    CHECK(string_of(host.delivered.errors[0]) == "account 'b': pager: " + error);
    ++told;
  }
  exercised("deliveries with a wrong value, told and put off", told, "deliveries", 5);
}

TEST_CASE("monitor_create: the host must be complete and the options valid") {
  Host host;
  lowtide_monitor* monitor = nullptr;
  auto options = sized<lowtide_monitor_options>();
  const auto create = [&](const lowtide_host& from) {
    return met(lowtide_monitor_create(&monitor, &from, &options));
  };
  for (std::size_t place = 16; place < sizeof(lowtide_host); place += 8) {
    lowtide_host lacking = Host::callbacks(&host);
    std::memset(static_cast<char*>(static_cast<void*>(&lacking)) + place, 0, 8);
    CHECK(create(lacking) == LOWTIDE_NULL_ARGUMENT);
  }
  lowtide_host whole = Host::callbacks(&host);
  whole.flags = 1;
  CHECK(create(whole) == LOWTIDE_FLAGS);
  whole.flags = 0;
  options.flags = 64;
  CHECK(create(whole) == LOWTIDE_FLAGS);
  options.flags = LOWTIDE_OPTIONS_HAS_SKEW;
  options.skew = -1;
  CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  options.skew = INT64_MAX;
  CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  options.flags = LOWTIDE_OPTIONS_HAS_ATTEMPTS;
  CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  options.flags = LOWTIDE_OPTIONS_HAS_ACCOUNTS_PER_COMMIT;
  CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  options.flags = LOWTIDE_OPTIONS_HAS_CHANNELS;
  options.channel_count = 1;
  CHECK(create(whole) == LOWTIDE_NULL_ARGUMENT);
  const lowtide_text nothing{nullptr, 1};
  options.channels = &nothing;
  CHECK(create(whole) == LOWTIDE_NULL_ARGUMENT);
  options.channel_count = SIZE_MAX;
  CHECK(create(whole) == LOWTIDE_STRIDE);
  // Channels that are none, or the same.
  for (const auto& [first, second] : {std::pair{"pager", "pager"},
                                      {"", "pager"},
                                      {"pager", ""},
                                      {"pa\nger", "mail"},
                                      {"mail", "\x7F"}}) {
    const lowtide_text two[] = {text_of(first), text_of(second)};
    options.channels = two;
    options.channel_count = 2;
    CHECK(create(whole) == LOWTIDE_OUT_OF_RANGE);
  }
  CHECK(monitor == nullptr);
  CHECK(lowtide_monitor_destroy(nullptr) == LOWTIDE_NULL_ARGUMENT);

  // Stops delivered, on a channel of its own, within the caller's transaction.
  const lowtide_text channel = text_of("pager");
  options = sized<lowtide_monitor_options>();
  options.flags = LOWTIDE_OPTIONS_HAS_CHANNELS | LOWTIDE_OPTIONS_DELIVER_STOPS |
                  LOWTIDE_OPTIONS_JOINED | LOWTIDE_OPTIONS_HAS_ATTEMPTS | LOWTIDE_OPTIONS_HAS_SKEW;
  options.channels = &channel;
  options.channel_count = 1;
  options.attempts = 1;
  REQUIRE(create(whole) == LOWTIDE_OK);
  std::swap(host.monitor, monitor);
  CHECK(host.enable() == LOWTIDE_OK);
  CHECK(host.observe("-1", start) == LOWTIDE_OK);
  CHECK(host.send(start) == LOWTIDE_OK);
  CHECK(host.delivered.sent == 2);
  CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
}
