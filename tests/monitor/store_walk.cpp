// SPDX-License-Identifier: Apache-2.0
// Walks over due accounts and pending deliveries end, whatever cursors the store returns.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

namespace {

// A store whose cursors go in a circle of `circle` cursors, if that is not 0.
class CirclingStore final : public MemoryStore {
 public:
  std::int64_t circle = 0;
  int pages = 0;  // of the walk

  std::optional<HostError> due(Instant end, bool inclusive, std::size_t limit, WalkCursor& cursor,
                               std::vector<std::string>& found) override {
    check(cursor);
    auto error = MemoryStore::due(end, inclusive, limit, cursor, found);
    if (circle != 0) repeat(cursor, found, std::string("acme"));
    return error;
  }
  std::optional<HostError> pending(std::size_t limit, WalkCursor& cursor,
                                   std::vector<Delivery>& found) override {
    check(cursor);
    auto error = MemoryStore::pending(limit, cursor, found);
    if (circle != 0) repeat(cursor, found, Delivery{});
    return error;
  }

 private:
  void check(const WalkCursor& cursor) {
    CHECK(cursor.goes_on == (pages != 0));
    REQUIRE(++pages < 10'000);
  }
  // No page is empty, so only the cursor can end the walk.
  template <class Item>
  void repeat(WalkCursor& cursor, std::vector<Item>& items, const Item& item) const {
    items.assign(1, item);
    cursor = {pages % circle - 1, "", false};
  }
};

}  // namespace

TEST_CASE("walk: a cursor that comes again ends it with an error, in circles of any length") {
  std::uint64_t circles = 0;
  for (const std::int64_t circle : {1, 2, 3, 7, 8, 9, 100, 1000}) {
    CAPTURE(circle);
    CirclingStore store;
    StubCourier courier;
    Monitor monitor(store, courier);
    REQUIRE(monitor.enable("acme", "low_balance", enable_at("1000"), day1).status ==
            EventStatus::committed);
    REQUIRE(monitor.observe("acme", credit("5"), day2).status == EventStatus::committed);
    store.circle = circle;
    store.pages = 0;
    const TickReport ticked = monitor.tick(day3);
    REQUIRE(ticked.errors.size() == 1);
    CHECK_MESSAGE(ticked.errors[0].starts_with("due: the cursor came again: ("), ticked.errors[0]);
    // At most two rounds until the remembered cursor is in the circle, and one until it repeats.
    CHECK(store.pages <= 3 * circle + 1);
    store.pages = 0;
    const DeliveryReport delivered = monitor.deliver(day3);
    REQUIRE(delivered.errors.size() == 1);
    CHECK_MESSAGE(delivered.errors[0].starts_with("pending: the cursor came again: ("),
                  delivered.errors[0]);
    CHECK(store.pages <= 3 * circle + 1);
    // Even the values of the first cursor count as a repetition: here (-1, '') repeats.
    if (circle == 1) CHECK(ticked.errors[0] == "due: the cursor came again: (-1, '')");
    store.circle = 0;
    store.pages = 0;
    CHECK(monitor.tick(day3).errors.empty());
    store.pages = 0;
    CHECK(monitor.deliver(day3).errors.empty());
    ++circles;
  }
  exercised("circles of cursors", circles, "circles", 8);
}
