// SPDX-License-Identifier: Apache-2.0
// Callbacks: what they return, throw and put, and on which thread they are called.
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include <pthread.h>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "exercised.hpp"
#include "faulty_host.hpp"

namespace {

using namespace capi;

// Runs `call` on a new thread, which may end inside it. Returns whether the call returned.
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

TEST_CASE("callback: is called on the caller's thread, within the call, with its context") {
  Host host;
  bool serving = false;
  std::uint64_t called = 0;
  const std::thread::id caller = std::this_thread::get_id();
  const auto check = [&] {
    CHECK(serving);
    CHECK(std::this_thread::get_id() == caller);
    ++called;
  };
  // Host::of makes the Host of the context, so a wrong context would not call these functions.
  host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
    check();
    const lowtide_text name = text_of("acme");
    return store_load(host.memory.get(), accounts, error, &name, 1);
  };
  host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                    std::size_t count) {
    check();
    return store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
  };
  host.due = [&](lowtide_sink* accounts, lowtide_sink* error, const lowtide_walk* walk) {
    check();
    return store_due(host.memory.get(), accounts, error, walk);
  };
  host.pending = [&](lowtide_sink* deliveries, lowtide_sink* error, const lowtide_walk* walk) {
    check();
    return store_pending(host.memory.get(), deliveries, error, walk);
  };
  host.record_delivery = [&](lowtide_sink*) { return check(), LOWTIDE_HOST_OK; };
  host.deliver = [&](lowtide_sink*, const lowtide_delivery*) { return check(), LOWTIDE_HOST_SENT; };
  serving = true;
  CHECK(host.enable() == LOWTIDE_OK);
  CHECK(host.observe("900", start) == LOWTIDE_OK);
  CHECK(host.tick(start + day) == LOWTIDE_OK);
  // Each pending delivery is handed over once. No result is stored here, so the next call hands
  // them over again, under the same keys.
  CHECK(host.send(start + day) == LOWTIDE_OK);
  CHECK(host.delivered.sent == 4);
  CHECK(host.send(start + day) == LOWTIDE_OK);
  CHECK(host.delivered.sent == 4);
  serving = false;
  exercised("callbacks on the caller's thread", called, "calls", 20);
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
  std::uint64_t returned = 0;
  // The last one throws.
  for (std::size_t i = 0; i <= std::size(garbage); ++i) {
    CAPTURE(i);
    const auto give = [&, i]() -> std::int32_t {
      ++returned;
      if (i == std::size(garbage)) throw std::runtime_error("thrown by a callback");
      return garbage[i];
    };
    Host host;
    REQUIRE(host.enable() == LOWTIDE_OK);
    REQUIRE(host.observe("900", start) == LOWTIDE_OK);
    const std::int64_t revision = host.revision();

    host.load = [&](lowtide_sink*, lowtide_sink*) { return give(); };
    CHECK(host.observe("800", start) == LOWTIDE_HOST_FAILURE);
    CHECK(string_of(host.report.error).find("load") != std::string::npos);
    host.load = nullptr;

    host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
      results[0] = i < std::size(garbage) && garbage[i] != LOWTIDE_HOST_COMMITTED ? garbage[i] : 0;
      return give();
    };
    CHECK(host.observe("800", start) == LOWTIDE_UNKNOWN_RESULT);
    host.commit = nullptr;
    CHECK(host.revision() == revision);

    host.due = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) { return give(); };
    CHECK(host.tick(start + day) == LOWTIDE_INCOMPLETE);
    CHECK(host.ticked.error_count == 1);
    host.due = nullptr;

    host.pending = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) { return give(); };
    CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
    host.pending = nullptr;
    host.deliver = [&](lowtide_sink*, const lowtide_delivery*) { return give(); };
    CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
    CHECK(host.delivered.postponed == 2);
    CHECK(host.delivered.sent == 0);
    host.deliver = nullptr;
    host.record_delivery = [&](lowtide_sink*) { return give(); };
    CHECK(host.send(start) == LOWTIDE_INCOMPLETE);
    CHECK(host.delivered.postponed == 2);
    host.record_delivery = nullptr;
    CHECK(host.send(start) == LOWTIDE_OK);
    CHECK(host.delivered.sent == 2);
    CHECK(host.tick(start + day) == LOWTIDE_OK);
    CHECK(host.ticked.outputs == 1);
  }
  exercised("answers of callbacks that are none, or thrown", returned, "answers", 200);
}

TEST_CASE("callback: a code of another callback is an undefined code") {
  const std::int32_t codes[] = {
      LOWTIDE_HOST_OK,       LOWTIDE_HOST_FAILED,   LOWTIDE_HOST_COMMITTED,
      LOWTIDE_HOST_CONFLICT, LOWTIDE_HOST_UNKNOWN,  LOWTIDE_HOST_NOT_STORED,
      LOWTIDE_HOST_SENT,     LOWTIDE_HOST_REJECTED, LOWTIDE_HOST_TRY_AGAIN};
  std::uint64_t returned = 0;
  for (const std::int32_t code : codes) {
    CAPTURE(code);
    const bool good = code == LOWTIDE_HOST_OK;
    const bool failed = code == LOWTIDE_HOST_FAILED;
    const auto check_error = [&](const lowtide_text& error, const std::string& callback,
                                 bool known) {
      const std::string what =
          known ? " failed" : " returned the undefined code " + std::to_string(code);
      CHECK_MESSAGE(string_of(error).ends_with(callback + what), string_of(error));
      ++returned;
    };
    Host host;
    REQUIRE(host.enable() == LOWTIDE_OK);
    REQUIRE(host.observe("900", start) == LOWTIDE_OK);

    // Without the account in it there is no alert to change, so the event is refused.
    host.load = [&](lowtide_sink*, lowtide_sink*) { return code; };
    CHECK(host.set_threshold() == (good ? LOWTIDE_REFUSED : LOWTIDE_HOST_FAILURE));
    if (!good) check_error(host.report.error, "load", failed);
    host.load = nullptr;

    // The results count, whatever the callback returns.
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
    if (!good) check_error(host.report.error, "commit", failed);
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
    if (!good) check_error(host.ticked.errors[0], "due", failed);
    CHECK(host.send(start) == (good ? LOWTIDE_OK : LOWTIDE_INCOMPLETE));
    if (!good) check_error(host.delivered.errors[0], "pending", failed);
    host.due = host.pending = nullptr;

    host.record_delivery = [&](lowtide_sink*) { return code; };
    CHECK(host.send(start) == (good ? LOWTIDE_OK : LOWTIDE_INCOMPLETE));
    CHECK(host.delivered.sent == (good ? 2 : 0));
    if (!good) check_error(host.delivered.errors[0], "record_delivery", failed);
    host.record_delivery = nullptr;

    host.deliver = [&](lowtide_sink*, const lowtide_delivery*) { return code; };
    CHECK(host.send(start) == (code == LOWTIDE_HOST_SENT ? LOWTIDE_OK : LOWTIDE_INCOMPLETE));
    CHECK(host.delivered.sent == (code == LOWTIDE_HOST_SENT ? 2 : 0));
    CHECK(host.delivered.failed == (code == LOWTIDE_HOST_REJECTED ? 2 : 0));
    CHECK(host.delivered.sent + host.delivered.failed + host.delivered.postponed == 2);
    if (code != LOWTIDE_HOST_SENT && code != LOWTIDE_HOST_REJECTED &&
        code != LOWTIDE_HOST_TRY_AGAIN) {
      check_error(host.delivered.errors[0], "deliver", false);
    }
  }
  exercised("codes that are no result of the callback that answered them", returned, "answers", 45);
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
    const lowtide_observation observation = an_observation("800", start, 2);
    const auto observe = [&] {
      lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, start);
    };
    const auto tick = [&] { lowtide_monitor_tick(&host.ticked, host.monitor, start + day); };
    const auto deliver = [&] { lowtide_monitor_deliver(&host.delivered, host.monitor, start); };
    // The report of the last call stays valid, as after a call that fails.
    const std::string alert_before = string_of(host.report.decisions->alert);

    host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
      const lowtide_text name = text_of("acme");
      store_load(host.memory.get(), accounts, error, &name, 1);
      return end();
    };
    CHECK_FALSE(returns(observe));
    host.load = nullptr;
    CHECK(host.revision() == 2);
    CHECK(string_of(host.report.decisions->alert) == alert_before);

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

    // The same in lowtide_monitor_apply.
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
  // A second error is refused.
  host.load = [](lowtide_sink*, lowtide_sink* error) {
    const lowtide_text why = text_of("why");
    CHECK(lowtide_sink_put(error, &why) == LOWTIDE_OK);
    CHECK(met(lowtide_sink_put(error, &why)) == LOWTIDE_SINK_FULL);
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.enable() == LOWTIDE_HOST_FAILURE);
}
