// SPDX-License-Identifier: Apache-2.0
// Monitor::deliver: what is handed over, recorded and handed over again.
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

TEST_CASE("deliver: sent, failed and postponed are counted apart, and the postponed come again") {
  Host host;
  constexpr std::size_t accounts = 300;
  for (std::size_t i = 0; i < accounts; ++i) make_alerting(host, "a" + std::to_string(i));
  std::size_t turn = 0;
  std::set<Handover> seen;
  host.courier.answer = [&](const Delivery& delivery) -> HandoverResult {
    CHECK(delivery.notice.channels.empty());
    const auto handover = static_cast<Handover>(1 + turn++ % 3);
    seen.insert(handover);
    return {handover, handover == Handover::sent ? "" : "no such street"};
  };
  const DeliveryReport first = host.monitor.deliver(day2);
  CHECK(first.sent == 200);
  CHECK(first.failed == 200);
  CHECK(first.postponed == 200);
  CHECK(first.errors.size() == 400);
  CHECK_MESSAGE(first.errors[0].ends_with("no such street"), first.errors[0]);
  CHECK(host.courier.handed.size() == 600);
  std::size_t recorded_failures = 0;
  for (const auto& one : host.store.deliveries)
    recorded_failures +=
        one.state == DeliveryState::failed && one.error == "no such street" ? 1 : 0;
  CHECK(recorded_failures == 200);
  host.courier.answer = nullptr;
  CHECK(host.monitor.deliver(day2).sent == 200);
  CHECK(host.monitor.deliver(day2).sent == 0);
  CHECK(host.courier.handed.size() == 800);
  exercised("handovers that occurred", seen.size(), "handovers", 3);
  exercised("deliveries", host.courier.handed.size(), "deliveries", 800);
}

TEST_CASE("deliver: a result that cannot be recorded means another handover under the same key") {
  Host host;
  make_alerting(host, "acme");
  host.store.record_error = HostError{"read-only"};
  const DeliveryReport report = host.monitor.deliver(day2);
  CHECK(report.sent == 0);
  CHECK(report.postponed == 2);
  REQUIRE(report.errors.size() == 2);
  CHECK(report.errors[0] == "account 'acme': email: read-only");
  host.store.record_error.reset();
  CHECK(host.monitor.deliver(day2).sent == 2);
  REQUIRE(host.courier.handed.size() == 4);
  CHECK(host.courier.handed[0] == host.courier.handed[2]);
  CHECK(host.courier.handed[1] == host.courier.handed[3]);
}

TEST_CASE("deliver: a damaged notice is reported and stays pending, and does not stop the others") {
  Host host;
  for (const char* const account : {"a", "b", "c"}) make_alerting(host, account);
  host.store.deliveries.at(2).delivery.damage = "at: 9e99";
  const DeliveryReport report = host.monitor.deliver(day2);
  CHECK(report.sent == 5);
  CHECK(report.postponed == 1);
  CHECK(report.errors == std::vector<std::string>{"account 'b': email: at: 9e99"});
  CHECK(host.store.deliveries.at(2).state == DeliveryState::pending);
  CHECK(host.courier.handed.size() == 5);
}
