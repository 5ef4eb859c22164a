// SPDX-License-Identifier: Apache-2.0
// Deliveries and due accounts: pages of a walk, wrong stored values, results.
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "exercised.hpp"
#include "faulty_host.hpp"

namespace {

using namespace capi;

lowtide_status create(lowtide_monitor** monitor, const lowtide_host& host, std::uint32_t flags,
                      const std::function<void(lowtide_monitor_options&)>& set = {}) {
  auto options = sized<lowtide_monitor_options>();
  options.flags = flags;
  if (set) set(options);
  return lowtide_monitor_create(monitor, &host, &options);
}

}  // namespace

TEST_CASE("walk: continues behind the last item put, and accepts no more than its limit") {
  Host host;
  std::vector<std::string> walks;
  const auto describe = [&](const lowtide_walk& walk) {
    CHECK(walk.struct_size == sizeof walk);
    CHECK(walk.limit > 0);
    walks.push_back(std::to_string(walk.flags) + " " + std::to_string(walk.end) + " " +
                    std::to_string(walk.cursor_at) + " " + string_of(walk.cursor_text));
    return walks.size();
  };
  host.due = [&](lowtide_sink* accounts, lowtide_sink*, const lowtide_walk* walk) {
    const std::size_t round = describe(*walk);
    for (std::size_t i = 0; round <= 2 && i < 2; ++i) {
      auto due = sized<lowtide_due_account>();
      due.account = text_of("acme");  // put twice, but ticked once
      due.cursor_at = static_cast<std::int64_t>(round);
      due.cursor_text = text_of(i == 0 ? "first" : "second");
      CHECK(lowtide_sink_put(accounts, &due) == LOWTIDE_OK);
    }
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.tick(start) == LOWTIDE_OK);
  const std::string end = " " + std::to_string(start) + " ";
  CHECK(walks == std::vector<std::string>{"2" + end + "-1 ", "3" + end + "1 second",
                                          "3" + end + "2 second"});
  walks.assign(2, "");
  CHECK(lowtide_monitor_tick_until(&host.ticked, host.monitor, start - 5, start, 0) == LOWTIDE_OK);
  CHECK(walks.back() == "0" + end + "-1 ");
  // An invalid name among the due accounts is reported.
  walks.clear();
  host.due = [&](lowtide_sink* accounts, lowtide_sink*, const lowtide_walk* walk) {
    auto due = sized<lowtide_due_account>();
    due.account = text_of("a\nb");
    due.cursor_at = 1;
    return describe(*walk) == 1 && lowtide_sink_put(accounts, &due) != LOWTIDE_OK
               ? LOWTIDE_HOST_FAILED
               : LOWTIDE_HOST_OK;
  };
  CHECK(host.tick(start) == LOWTIDE_INCOMPLETE);
  REQUIRE(host.ticked.error_count == 1);
  CHECK(string_of(host.ticked.errors[0]) ==
        "account 'a?b': account: must not contain a control character: 'a?b'");
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
  // Cursors of deliveries that repeat in a circle. Among them is the cursor with which a walk
  // starts.
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
    enable.threshold = amount("1000");
    REQUIRE(lowtide_monitor_enable(&host.report, host.monitor, account, 1, "low", 3, &enable,
                                   start) == LOWTIDE_OK);
  }
  const lowtide_observation observation = an_observation("900", start, 1);
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
  std::uint64_t postponed = 0;
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
    ++postponed;
  }
  exercised("deliveries with a wrong value, reported and postponed", postponed, "deliveries", 5);
}

TEST_CASE("record_delivery: receives the state, the delivery and the error of each result") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  REQUIRE(host.observe("900", start) == LOWTIDE_OK);
  lowtide_host callbacks = Host::callbacks(&host);
  static std::vector<std::string> recorded;
  recorded.clear();
  callbacks.record_delivery = [](void*, lowtide_sink*, const lowtide_delivery_result* one) {
    CHECK(one->struct_size == sizeof *one);
    recorded.push_back(std::to_string(one->state) + " " + string_of(one->delivery->channel) + " '" +
                       string_of(one->error) + "' " + std::to_string(one->now - start));
    return std::int32_t{LOWTIDE_HOST_OK};
  };
  lowtide_monitor* monitor = nullptr;
  REQUIRE(create(&monitor, callbacks, 0) == LOWTIDE_OK);
  std::swap(monitor, host.monitor);
  std::int32_t result = LOWTIDE_HOST_REJECTED;
  host.deliver = [&](lowtide_sink* error, const lowtide_delivery* delivery) {
    const lowtide_text why = text_of("no such address");
    if (delivery->channel.size != 5) return std::int32_t{LOWTIDE_HOST_SENT};
    lowtide_sink_put(error, &why);
    return result;
  };
  CHECK(host.send(start + 7) == LOWTIDE_INCOMPLETE);
  CHECK(recorded ==
        std::vector<std::string>{"3 email 'no such address' 7", "2 internal_message '' 7"});
  CHECK(host.delivered.failed == 1);
  CHECK(host.delivered.sent == 1);
  CHECK(string_of(host.delivered.errors[0]) == "account 'acme': email: no such address");
  recorded.clear();
  result = LOWTIDE_HOST_TRY_AGAIN;
  CHECK(host.send(start + 8) == LOWTIDE_INCOMPLETE);
  CHECK(host.delivered.postponed == 1);
  CHECK(recorded.size() == 1);
  CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
}
