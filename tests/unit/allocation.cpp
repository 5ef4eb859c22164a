// SPDX-License-Identifier: Apache-2.0
// No decision allocates: this program replaces operator new and counts every call.
#include <cstdlib>
#include <new>

#include <doctest/doctest.h>

#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>

#include "exercised.hpp"

namespace {
std::uint64_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;  // NOLINT(cppcoreguidelines-no-malloc)
  throw std::bad_alloc();
}

// GCC warns about free() of memory from operator new, although both are defined here.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
// NOLINTBEGIN(cppcoreguidelines-no-malloc)
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
// NOLINTEND(cppcoreguidelines-no-malloc)

namespace {

using namespace lowtide;

TEST_CASE("allocation: the counter counts") {
  const std::uint64_t before = allocations;
  ::operator delete(::operator new(1));
  CHECK(allocations == before + 1);
}

TEST_CASE("allocation: parsing amounts, deciding and encoding allocate nothing") {
  const auto at = [](std::int64_t day) {
    return Instant::from_seconds(1772352000 + day * 86400).value();
  };
  const Balance wide{Amount::max(), Amount::max(), {}, Amount::max(), {}};
  const std::uint64_t before = allocations;
  std::uint64_t decisions = 0;
  std::uint64_t outputs = 0;
  for (int round = 0; round < 1000; ++round) {
    Alert alert;
    const auto count = [&](const InPlaceDecision& decision) {
      ++decisions;
      outputs += decision.outputs.size();
    };
    count(step(alert, Enable{Threshold::parse("1000").value(), at(0), Schedule::make(2).value()}));
    count(step(alert, Observation{Amount::parse("12.5e2").value(), at(0)}));
    count(step(alert, Observation{Amount::parse("999.999999999999999999").value(), at(1)}));
    count(step(alert, Tick{at(2)}));
    count(step(alert, SetThreshold{Threshold::parse("2000").value(), at(2)}));
    count(step(alert, Tick{at(3)}));
    count(step(alert, Observation{available_credit(wide).value(), at(3)}));
    count(step(alert, AlertEvent(Observation{Amount::parse("-1").value(), at(4)})));
    count(step(alert, Disable{at(5)}));
    REQUIRE(Alert::decode(alert.encode().bytes()).value() == alert);
    REQUIRE(Alert::restore(alert.fields()).value() == alert);
    REQUIRE(!Amount::parse("1e999"));
  }
  CHECK(allocations == before);
  CHECK(outputs == 6000);
  exercised("decisions without an allocation", decisions, "decisions", 9000);
}

}  // namespace
